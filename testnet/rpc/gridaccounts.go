package rpc

import (
	"context"
	"encoding/hex"
	"encoding/json"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// gridAccount is an account as /wallet/getaccount shows it, with the TRC-20 tokens that it was seen to hold.
func (s *Server) gridAccount(ctx context.Context, a wallet.Address, q gridQuery) ([]any, error) {
	m := s.chain.Account(q.view(), a[:])
	if m == nil {
		return []any{}, nil
	}
	o := javajson.ObjectOf(m, false)
	if id := m.GetAssetIssued_ID(); len(id) > 0 {
		o.Put("asset_issued_ID", string(id))
	}
	readableAddresses(o)
	balances, err := s.balancesOf(ctx, a, q)
	if err != nil {
		return nil, err
	}
	tokens := javajson.Array{}
	for _, b := range balances {
		tokens = append(tokens, javajson.NewObject().Put(b.address.String(), b.units.String()))
	}
	o.Put("trc20", tokens).Put("address", a.Hex())
	return []any{json.RawMessage(o.String())}, nil
}

// readableAddresses shows the keys of permissions and the candidates of votes in base58, as TronGrid does: only the account's own address is hex.
func readableAddresses(o *javajson.Object) {
	permissions := append(objectsAt(o, "active_permission"), objectAt(o, "owner_permission"), objectAt(o, "witness_permission"))
	for _, p := range permissions {
		readableAddress(objectsAt(p, "keys"), "address")
	}
	readableAddress(objectsAt(o, "votes"), "vote_address")
}

func readableAddress(list []*javajson.Object, key string) {
	for _, o := range list {
		text, _ := o.Get(key).(string)
		if a, err := wallet.ParseAddress(text); err == nil {
			o.Put(key, a.String())
		}
	}
}

// objectAt is the object below a key, nil when there is none.
func objectAt(o *javajson.Object, key string) *javajson.Object {
	if o == nil {
		return nil
	}
	below, _ := o.Get(key).(*javajson.Object)
	return below
}

// objectsAt is the objects of the list below a key.
func objectsAt(o *javajson.Object, key string) (all []*javajson.Object) {
	if o == nil {
		return nil
	}
	list, _ := o.Get(key).(javajson.Array)
	for _, entry := range list {
		if one, ok := entry.(*javajson.Object); ok {
			all = append(all, one)
		}
	}
	return all
}

// transactionsOf lists the transactions of a block that an address made or received, and, if asked, the transfers inside contracts behind theirs.
func transactionsOf(b *chain.Block, a wallet.Address, q gridQuery) []found {
	var all []found
	for i, t := range b.Block.GetTransactions() {
		contracts := t.GetRawData().GetContract()
		if len(contracts) == 0 || b.Number() == 0 {
			continue
		}
		if m := unpacked(contracts[0]); q.wants(a[:], ownerOf(m), recipientOf(m)) {
			all = append(all, found{position{int(b.Number()), i, 0}, json.RawMessage(gridTransaction(b, i).String())})
		}
		if q.internal {
			all = append(all, internalIn(b, i, a, q)...)
		}
	}
	return all
}

// gridTransaction is a transaction with what TronGrid adds to it.
func gridTransaction(b *chain.Block, i int) *javajson.Object {
	t, info := b.Block.GetTransactions()[i], b.Infos[i]
	cost := info.GetReceipt()
	o := txObject(t, false)
	readableAsset(o)
	for _, ret := range objectsAt(o, "ret") {
		ret.Put("fee", info.GetFee())
	}
	for key, amount := range map[string]int64{
		"withdraw_amount": info.GetWithdrawAmount(), "unfreeze_amount": info.GetUnfreezeAmount(), "withdraw_expire_amount": info.GetWithdrawExpireAmount(),
	} {
		if amount != 0 {
			o.Put(key, amount)
		}
	}
	return o.Put("blockNumber", b.Number()).Put("block_timestamp", b.Time()).
		Put("net_usage", cost.GetNetUsage()).Put("net_fee", cost.GetNetFee()).
		Put("energy_usage", cost.GetEnergyUsage()).Put("energy_fee", cost.GetEnergyFee()).Put("energy_usage_total", cost.GetEnergyUsageTotal()).
		Put("internal_transactions", internalList(info))
}

// readableAsset shows the id of a TRC-10 token as text: TronGrid does, where java-tron writes the hex of it.
func readableAsset(o *javajson.Object) {
	for _, c := range objectsAt(objectAt(o, "raw_data"), "contract") {
		value := objectAt(objectAt(c, "parameter"), "value")
		if value == nil || !value.Has("asset_name") {
			continue
		}
		text, _ := value.Get("asset_name").(string)
		if id, err := hex.DecodeString(text); err == nil {
			value.Put("asset_name", string(id))
		}
	}
}

func internalList(info *tronpb.TransactionInfo) javajson.Array {
	list := javajson.Array{}
	for _, t := range info.GetInternalTransactions() {
		list = append(list, javajson.ObjectOf(t, false))
	}
	return list
}

// internalOf lists the transfers inside contracts that an address made or received.
func internalOf(b *chain.Block, a wallet.Address, q gridQuery) []found {
	var all []found
	for i := range b.Infos {
		all = append(all, internalIn(b, i, a, q)...)
	}
	return all
}

func internalIn(b *chain.Block, i int, a wallet.Address, q gridQuery) []found {
	var all []found
	for j, t := range b.Infos[i].GetInternalTransactions() {
		if q.wants(a[:], t.GetCallerAddress(), t.GetTransferToAddress()) {
			all = append(all, found{position{int(b.Number()), i, 1 + j}, json.RawMessage(gridInternal(b, i, t).String())})
		}
	}
	return all
}

func gridInternal(b *chain.Block, i int, t *tronpb.InternalTransaction) *javajson.Object {
	value := javajson.NewObject()
	for _, v := range t.GetCallValueInfo() {
		key := v.GetTokenId()
		if key == "" {
			key = "_"
		}
		value.Put(key, v.GetCallValue())
	}
	data := javajson.NewObject().Put("note", hexText(t.GetNote())).Put("rejected", t.GetRejected()).Put("call_value", value)
	return javajson.NewObject().Put("internal_tx_id", hexText(t.GetHash())).Put("tx_id", hexText(b.IDs[i][:])).Put("data", data).
		Put("block_timestamp", b.Time()).Put("from_address", hexText(t.GetCallerAddress())).Put("to_address", hexText(t.GetTransferToAddress()))
}

func (s *Server) internalOfTransaction(id string) ([]any, error) {
	b, i, err := s.locateText(id)
	if err != nil || b == nil {
		return []any{}, err
	}
	list := []any{}
	for _, t := range b.Infos[i].GetInternalTransactions() {
		list = append(list, json.RawMessage(gridInternal(b, i, t).String()))
	}
	return list, nil
}
