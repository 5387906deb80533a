package rpc

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// gridAssets lists TRC-10 tokens: all, those of an id or an owner, or those of a name.
func (s *Server) gridAssets(route, id string, q gridQuery) (page []any, more string, err error) {
	if err := q.order.by(assetOrders); err != nil {
		return nil, "", err
	}
	var all []*tronpb.AssetIssueContract
	owner, notOwner := wallet.ParseAddress(id)
	for _, t := range s.chain.Assets(q.view()) {
		named := string(t.GetName()) == id
		if route != "assets/list" {
			named = id == "" || t.GetId() == id || notOwner == nil && string(t.GetOwnerAddress()) == string(owner[:])
		}
		if named {
			all = append(all, t)
		}
	}
	if q.order.field != "" { // otherwise by ascending id, as they come
		slices.SortStableFunc(all, func(a, b *tronpb.AssetIssueContract) int {
			if q.order.ascending {
				return compareAssets(q.order.field, a, b)
			}
			return compareAssets(q.order.field, b, a)
		})
	}
	list := make([]any, len(all))
	for i, t := range all {
		o := javajson.ObjectOf(t, true).Put("id", gridID(t.GetId())).Put("owner_address", hexText(t.GetOwnerAddress()))
		list[i] = json.RawMessage(o.String())
	}
	return q.pageOf(list)
}

func compareAssets(field string, a, b *tronpb.AssetIssueContract) int {
	switch field {
	case "total_supply":
		return cmp.Compare(a.GetTotalSupply(), b.GetTotalSupply())
	case "start_time":
		return cmp.Compare(a.GetStartTime(), b.GetStartTime())
	case "end_time":
		return cmp.Compare(a.GetEndTime(), b.GetEndTime())
	case "name":
		return strings.Compare(string(a.GetName()), string(b.GetName()))
	}
	return cmp.Or(cmp.Compare(len(a.GetId()), len(b.GetId())), strings.Compare(a.GetId(), b.GetId())) // decimal numbers
}
