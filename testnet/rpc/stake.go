package rpc

import (
	"strconv"

	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet/tronpb"
)

// lent is getdelegatedresource, old is the list of before Stake 2.0.
func lent(old bool) servlet {
	reply := func(r *request, from, to []byte, visible bool) (string, error) {
		if old {
			return show(r.node.chain.DelegatedResourceOld(r.view, from, to), visible), nil
		}
		return show(r.node.chain.DelegatedResource(r.view, from, to), visible), nil
	}
	return servlet{
		get: func(r *request) (string, error) {
			visible := r.visibleParam()
			from, err := r.address("fromAddress", visible)
			if err != nil {
				return "", err
			}
			to, err := r.address("toAddress", visible)
			if err != nil {
				return "", err
			}
			return reply(r, from, to, visible)
		},
		post: asked(func(r *request, q *tronpb.DelegatedResourceMessage, visible bool) (string, error) {
			return reply(r, q.GetFromAddress(), q.GetToAddress(), visible)
		}),
	}
}

// byAddressValue is a servlet that is asked with an address as value, base58 when visible.
func byAddressValue(reply func(r *request, address []byte, visible bool) (string, error)) servlet {
	return servlet{
		get: func(r *request) (string, error) {
			visible := r.visibleParam()
			address, err := r.address("value", visible)
			if err != nil {
				return "", err
			}
			return reply(r, address, visible)
		},
		post: func(r *request) (string, error) {
			text, visible, err := r.posted()
			if err != nil {
				return "", err
			}
			if visible {
				if text, err = hexValue(text); err != nil {
					return "", err
				}
			}
			q := &tronpb.BytesMessage{}
			if err := javajson.Merge(text, q, visible); err != nil {
				return "", err
			}
			return reply(r, q.GetValue(), visible)
		},
	}
}

// hexValue puts the hex of value in its place.
func hexValue(text string) (string, error) {
	o, err := object(text)
	if err != nil {
		return "", err
	}
	value, ok := o.Text("value")
	raw, err := addressBytes(value, ok, true)
	if err != nil {
		return "", err
	}
	if !ok {
		return o.Put("value", nil).String(), nil
	}
	return o.Put("value", hexText(raw)).String(), nil
}

func lentIndex(old bool) servlet {
	return byAddressValue(func(r *request, address []byte, visible bool) (string, error) {
		return show(r.node.chain.DelegatedResourceAccountIndex(r.view, address, old), visible), nil
	})
}

func getCanDelegatedMaxSize(r *request, owner []byte, resource int32, visible bool) (string, error) {
	most := r.node.chain.CanDelegatedMaxSize(r.view, owner, resource)
	return show(&tronpb.CanDelegatedMaxSizeResponseMessage{MaxSize: int64(most)}, visible), nil
}

var canDelegatedMaxSizeServlet = servlet{
	get: func(r *request) (string, error) {
		visible, kind := r.visibleParam(), int64(0)
		if text, ok := r.param("type"); ok {
			var err error
			if kind, err = parseLong(text, 32); err != nil {
				return "", err
			}
		}
		owner, err := r.address("owner_address", visible)
		if err != nil {
			return "", err
		}
		return getCanDelegatedMaxSize(r, owner, int32(kind), visible)
	},
	post: asked(func(r *request, q *tronpb.CanDelegatedMaxSizeRequestMessage, visible bool) (string, error) {
		return getCanDelegatedMaxSize(r, q.GetOwnerAddress(), q.GetType(), visible)
	}),
}

func getAvailableUnfreezeCount(r *request, owner []byte, visible bool) (string, error) {
	count := r.node.chain.AvailableUnfreezeCount(r.view, owner)
	return show(&tronpb.GetAvailableUnfreezeCountResponseMessage{Count: count}, visible), nil
}

var availableUnfreezeCountServlet = servlet{
	get: func(r *request) (string, error) {
		visible, key := r.visibleParam(), "ownerAddress"
		if _, ok := r.param(key); !ok {
			key = "owner_address"
		}
		owner, err := r.address(key, visible)
		if err != nil {
			return "", err
		}
		return getAvailableUnfreezeCount(r, owner, visible)
	},
	post: asked(func(r *request, q *tronpb.GetAvailableUnfreezeCountRequestMessage, visible bool) (string, error) {
		return getAvailableUnfreezeCount(r, q.GetOwnerAddress(), visible)
	}),
}

func getCanWithdrawUnfreezeAmount(r *request, owner []byte, at int64, visible bool) (string, error) {
	amount := r.node.chain.CanWithdrawUnfreezeAmount(r.view, owner, at)
	return show(&tronpb.CanWithdrawUnfreezeAmountResponseMessage{Amount: int64(amount)}, visible), nil
}

var canWithdrawUnfreezeAmountServlet = servlet{
	get: func(r *request) (string, error) {
		visible, at := r.visibleParam(), int64(0)
		if text, ok := r.param("timestamp"); ok {
			var err error
			if at, err = strconv.ParseInt(text, 10, 64); err != nil {
				return "", javajson.Throw(javajson.NumberFormat, `For input string: "`+text+`"`)
			}
		}
		owner, err := r.address("owner_address", visible)
		if err != nil {
			return "", err
		}
		return getCanWithdrawUnfreezeAmount(r, owner, at, visible)
	},
	post: asked(func(r *request, q *tronpb.CanWithdrawUnfreezeAmountRequestMessage, visible bool) (string, error) {
		return getCanWithdrawUnfreezeAmount(r, q.GetOwnerAddress(), q.GetTimestamp(), visible)
	}),
}
