package chain

import (
	"bytes"
	"cmp"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// quiet says whether both nodes are at the same block and nothing waits.
func (f *follower) quiet() bool {
	waits := ask(f, f.java.GetPendingSize, &tronpb.EmptyMessage{})
	return waits.GetNum() == 0 && f.head() == f.n.HeadNumber()
}

// still compares until nothing has changed meanwhile.
func (f *follower) still(compare func() func()) {
	for range 20 {
		f.catchUp()
		if report := compare(); f.quiet() {
			report()
			return
		}
	}
	f.t.Error("the network never rests")
}

// compareGovernance compares witnesses, and what everybody is owed.
func (f *follower) compareGovernance() {
	f.still(func() func() {
		ours, theirs := f.n.Witnesses(Head), ask(f, f.java.ListWitnesses, &tronpb.EmptyMessage{})
		byAddress(ours.GetWitnesses())
		byAddress(theirs.GetWitnesses())
		ours = withoutEarlyTurn(ours, f.block(1).GetBlockHeader().GetRawData().GetWitnessAddress())
		return func() { f.same("witnesses", ours, theirs) }
	})
	for _, a := range f.everybody() {
		f.still(func() func() {
			reward, brokerage := f.n.Reward(Head, a[:]), f.n.Brokerage(Head, a[:])
			theirs := ask(f, f.java.GetRewardInfo, &tronpb.BytesMessage{Value: a[:]}).GetNum()
			percent := ask(f, f.java.GetBrokerageInfo, &tronpb.BytesMessage{Value: a[:]}).GetNum()
			return func() {
				if int64(reward) != theirs || brokerage != percent {
					f.t.Errorf("%s: reward %d, brokerage %d; theirs %d, %d", a, reward, brokerage, theirs, percent)
				}
			}
		})
	}
}

// withoutEarlyTurn takes back the turn that the first producer missed before there was a network: here it counts, in java-tron it does not.
func withoutEarlyTurn(list *tronpb.WitnessList, first []byte) *tronpb.WitnessList {
	list = proto.CloneOf(list)
	for _, w := range list.GetWitnesses() {
		if bytes.Equal(w.GetAddress(), first) {
			w.TotalMissed--
		}
	}
	return list
}

func byAddress(list []*tronpb.Witness) {
	slices.SortFunc(list, func(a, b *tronpb.Witness) int { return bytes.Compare(a.GetAddress(), b.GetAddress()) })
}

func (f *follower) everybody() (list []wallet.Address) {
	f.n.read(Head, func(s *state.State) { list = s.Accounts() })
	return list
}

// compareMarket compares what is equal unless somebody takes an order of their own, where java-tron loses what it brings (see DESIGN.md, 12): the pairs, their prices and orders in their order, and the orders of everybody, ended ones too.
func (f *follower) compareMarket() {
	if f.n.Param(state.AllowMarketTransaction) == 0 {
		return
	}
	pairs := ask(f, f.java.GetMarketPairList, &tronpb.EmptyMessage{})
	f.still(func() func() {
		ours := f.n.MarketPairs(Head)
		pairs = ask(f, f.java.GetMarketPairList, &tronpb.EmptyMessage{})
		inOrder(pairs) // java-tron lists what it has not written to its disk first
		return func() { f.same("pairs", orEmpty(ours), pairs) }
	})
	for _, p := range pairs.GetOrderPair() {
		f.comparePair(p)
	}
	for _, a := range f.everybody() {
		f.still(func() func() {
			ours, theirs := f.n.MarketOrdersOf(Head, a[:]), ask(f, f.java.GetMarketOrderByAccount, &tronpb.BytesMessage{Value: a[:]})
			return func() { f.same("orders of "+a.String(), orEmpty(ours), theirs) }
		})
	}
}

func inOrder(list *tronpb.MarketOrderPairList) {
	slices.SortFunc(list.OrderPair, func(a, b *tronpb.MarketOrderPair) int {
		return cmp.Or(bytes.Compare(a.GetSellTokenId(), b.GetSellTokenId()), bytes.Compare(a.GetBuyTokenId(), b.GetBuyTokenId()))
	})
}

func (f *follower) comparePair(p *tronpb.MarketOrderPair) {
	name := string(p.GetSellTokenId()) + "/" + string(p.GetBuyTokenId())
	f.still(func() func() {
		ours, theirs := f.n.MarketPrices(Head, p.GetSellTokenId(), p.GetBuyTokenId()), ask(f, f.java.GetMarketPriceByPair, p)
		return func() { f.same("prices of "+name, orEmpty(ours), theirs) }
	})
	f.still(func() func() {
		ours, theirs := f.n.MarketOrdersByPair(Head, p.GetSellTokenId(), p.GetBuyTokenId()), ask(f, f.java.GetMarketOrderListByPair, p)
		return func() { f.same("orders of "+name, orEmpty(ours), theirs) }
	})
}
