package chain

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// sums is all TRX and every token on the chain.
type sums struct {
	trx    wallet.Sun
	tokens map[state.TokenID]int64
}

// count adds up every place where TRX and tokens can be: balances, stake, what is lent or on its way back, the exchange, the market.
func count(n *Node) sums {
	t := sums{tokens: map[state.TokenID]int64{}}
	n.read(Head, func(s *state.State) {
		for _, a := range s.Accounts() {
			acc := s.Account(a)
			if a == Blackhole {
				t.trx -= math.MinInt64 // what it began with
			}
			t.trx += acc.Balance + acc.Lent[0] + acc.Lent[1] + acc.LentOld[0] + acc.LentOld[1]
			for _, f := range acc.Frozen {
				t.trx += f.Amount
			}
			for _, st := range acc.Stakes {
				t.trx += st.Amount
			}
			for _, u := range acc.Unstakes {
				t.trx += u.Amount
			}
			for _, f := range acc.FrozenSupply {
				t.tokens[acc.Issued] += f.Amount
			}
		}
		for _, id := range s.Exchanges() {
			e := s.Exchange(id)
			addSide(&t, e.GetFirstTokenId(), e.GetFirstTokenBalance())
			addSide(&t, e.GetSecondTokenId(), e.GetSecondTokenBalance())
		}
		s.EachOrder(func(o *tronpb.MarketOrder) { addSide(&t, o.GetSellTokenId(), o.GetSellTokenQuantityRemain()) })
		s.EachHolding(func(h state.Holding, amount int64) { t.tokens[h.Token] += amount })
		t.trx += wallet.Sun(s.Param(state.Burnt) + s.Param(state.FeePool) - s.Param(state.Minted))
	})
	return t
}

func addSide(t *sums, token []byte, amount int64) {
	if string(token) == "_" {
		t.trx += wallet.Sun(amount)
		return
	}
	id, _ := state.ParseTokenID(token)
	t.tokens[id] += amount
}

// player makes random transactions of random accounts.
type player struct {
	t    *testing.T
	n    *Node
	r    *rand.Rand
	keys []*wallet.Key
	made int
	by   map[actuator.ContractType]int
	code [][]byte
}

func (p *player) key() *wallet.Key { return p.keys[p.r.IntN(len(p.keys))] }

func (p *player) amount() int64 { return int64(wallet.TRX) * (1 + p.r.Int64N(50)) }

// step makes one random transaction; many are refused, which must not change anything either.
func (p *player) step() {
	owner, other := p.key(), p.key()
	o, to := owner.Address(), other.Address()
	ob, tb := o[:], to[:]
	token := []byte(fmt.Sprint(1_000_001 + p.r.IntN(3)))
	resource := tronpb.ResourceCode(p.r.IntN(2))
	witness := p.n.ActiveWitnesses()[0]
	now := p.n.Param(state.HeadTime)
	fresh := derived("fresh", p.r.Uint32()).Address()
	choices := []message{
		{1, &tronpb.TransferContract{OwnerAddress: ob, ToAddress: tb, Amount: p.amount()}},
		{1, &tronpb.TransferContract{OwnerAddress: ob, ToAddress: fresh[:], Amount: p.amount()}},
		{0, &tronpb.AccountCreateContract{OwnerAddress: ob, AccountAddress: fresh[:]}},
		{6, &tronpb.AssetIssueContract{
			OwnerAddress: ob, Name: []byte("token"), TotalSupply: 1_000_000, TrxNum: 1, Num: 1, Precision: 2, StartTime: now + 1, EndTime: now + 1_000_000_000,
			Url: []byte("u"), FreeAssetNetLimit: 1000, PublicFreeAssetNetLimit: 1000, FrozenSupply: []*tronpb.AssetIssueContract_FrozenSupply{{FrozenAmount: 10, FrozenDays: 1}},
		}},
		{2, &tronpb.TransferAssetContract{OwnerAddress: ob, ToAddress: tb, AssetName: token, Amount: 1 + p.r.Int64N(1000)}},
		{9, &tronpb.ParticipateAssetIssueContract{OwnerAddress: ob, ToAddress: tb, AssetName: token, Amount: 1 + p.r.Int64N(1000)}},
		{14, &tronpb.UnfreezeAssetContract{OwnerAddress: ob}},
		{11, &tronpb.FreezeBalanceContract{OwnerAddress: ob, FrozenBalance: p.amount(), FrozenDuration: 3, Resource: resource, ReceiverAddress: tb}},
		{11, &tronpb.FreezeBalanceContract{OwnerAddress: ob, FrozenBalance: p.amount(), FrozenDuration: 3, Resource: resource}},
		{12, &tronpb.UnfreezeBalanceContract{OwnerAddress: ob, Resource: resource, ReceiverAddress: tb}},
		{12, &tronpb.UnfreezeBalanceContract{OwnerAddress: ob, Resource: resource}},
		{54, &tronpb.FreezeBalanceV2Contract{OwnerAddress: ob, FrozenBalance: p.amount(), Resource: resource}},
		{55, &tronpb.UnfreezeBalanceV2Contract{OwnerAddress: ob, UnfreezeBalance: p.amount(), Resource: resource}},
		{56, &tronpb.WithdrawExpireUnfreezeContract{OwnerAddress: ob}},
		{57, &tronpb.DelegateResourceContract{OwnerAddress: ob, ReceiverAddress: tb, Balance: p.amount(), Resource: resource, Lock: p.r.IntN(2) == 0, LockPeriod: 1 + p.r.Int64N(5)}},
		{58, &tronpb.UnDelegateResourceContract{OwnerAddress: ob, ReceiverAddress: tb, Balance: p.amount(), Resource: resource}},
		{59, &tronpb.CancelAllUnfreezeV2Contract{OwnerAddress: ob}},
		{4, &tronpb.VoteWitnessContract{OwnerAddress: ob, Votes: []*tronpb.VoteWitnessContract_Vote{{VoteAddress: witness[:], VoteCount: 1 + p.r.Int64N(20)}}}},
		{13, &tronpb.WithdrawBalanceContract{OwnerAddress: ob}},
		{41, &tronpb.ExchangeCreateContract{OwnerAddress: ob, FirstTokenId: []byte("_"), FirstTokenBalance: p.amount(), SecondTokenId: token, SecondTokenBalance: 1 + p.r.Int64N(1000)}},
		{42, &tronpb.ExchangeInjectContract{OwnerAddress: ob, ExchangeId: 1, TokenId: []byte("_"), Quant: p.amount()}},
		{43, &tronpb.ExchangeWithdrawContract{OwnerAddress: ob, ExchangeId: 1, TokenId: token, Quant: 1 + p.r.Int64N(10)}},
		{44, &tronpb.ExchangeTransactionContract{OwnerAddress: ob, ExchangeId: 1, TokenId: []byte("_"), Quant: p.amount(), Expected: 1}},
		{52, &tronpb.MarketSellAssetContract{OwnerAddress: ob, SellTokenId: []byte("_"), SellTokenQuantity: p.amount(), BuyTokenId: token, BuyTokenQuantity: 1 + p.r.Int64N(50)}},
		{52, &tronpb.MarketSellAssetContract{OwnerAddress: ob, SellTokenId: token, SellTokenQuantity: 1 + p.r.Int64N(50), BuyTokenId: []byte("_"), BuyTokenQuantity: p.amount()}},
		{53, &tronpb.MarketCancelOrderContract{OwnerAddress: ob, OrderId: p.order()}},
		{5, &tronpb.WitnessCreateContract{OwnerAddress: ob, Url: []byte("http://w")}},
		{46, &tronpb.AccountPermissionUpdateContract{
			OwnerAddress: ob, Owner: state.OwnerPermission(o),
			Actives: []*tronpb.Permission{state.ActivePermission(o, append([]byte{2}, make([]byte, 31)...))},
		}},
		{30, &tronpb.CreateSmartContract{OwnerAddress: ob, NewContract: &tronpb.SmartContract{
			OriginAddress: ob, Bytecode: p.code[p.r.IntN(len(p.code))], ConsumeUserResourcePercent: int64(p.r.IntN(101)), OriginEnergyLimit: 1000, CallValue: p.r.Int64N(3),
		}}},
	}
	p.send(owner, choices[p.r.IntN(len(choices))])
}

// order is the id of some order of the market, or nothing.
func (p *player) order() (id []byte) {
	p.n.read(Head, func(s *state.State) {
		var ids [][]byte
		s.EachOrder(func(o *tronpb.MarketOrder) { ids = append(ids, o.GetOrderId()) })
		if len(ids) > 0 {
			slices.SortFunc(ids, bytes.Compare)
			id = ids[p.r.IntN(len(ids))]
		}
	})
	return id
}

type message struct {
	t actuator.ContractType
	m proto.Message
}

func (p *player) send(owner *wallet.Key, m message) {
	tx, err := p.n.Build(m.t, m.m)
	if err != nil {
		return
	}
	tx.RawData.FeeLimit = int64(100 * wallet.TRX)
	if p.r.IntN(10) == 0 {
		tx.RawData.Data = []byte("memo")
	}
	if p.n.Broadcast(sign(tx, owner)).GetResult() {
		p.made++
		p.by[m.t]++
	}
}

func dumpOf(t *testing.T, n *Node) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := n.Dump(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestInvariants plays random transactions over days of chain time: no TRX and no token appears or vanishes, going back to a snapshot gives the
// same dump byte for byte, and a dump that is loaded dumps the same again.
func TestInvariants(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { t.Parallel(); play(t, seed, 400) })
	}
}

func play(t *testing.T, seed uint64, steps int) {
	cfg := Config{Mining: Mining(seed % 3), SolidLag: int64(seed % 4), Params: map[string]int64{
		"getMaintenanceTimeInterval": 3_600_000, "getAllowMarketTransaction": 1, "getMarketSellFee": 7,
	}}
	if seed%2 == 1 { // this network begins before Stake 2.0
		cfg.Params["getUnfreezeDelayDays"] = 0
	}
	p := &player{t: t, r: rand.New(rand.NewPCG(seed, 1)), by: map[actuator.ContractType]int{}}
	for i := range uint32(6) {
		k := derived("player", i)
		p.keys = append(p.keys, k)
		cfg.Accounts = append(cfg.Accounts, Funded{Address: k.Address(), Balance: 30_000 * wallet.TRX})
	}
	n, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p.n = n
	p.code = [][]byte{unhex(t, answerCode), unhex(t, "fe"), unhex(t, "60ff60005560006000fd"), unhex(t, "33ff")}
	genesis := count(n)
	var id int
	var before []byte
	for i := range steps {
		if i%40 == 0 {
			n.Mine(1)
			id, before = n.Snapshot(), dumpOf(t, n)
		}
		if i == steps/2 {
			n.SetParam("getUnfreezeDelayDays", 14)
		}
		p.step()
		if i%7 == 0 {
			n.Advance(3 * 3600 * 1e9)
		}
		if i%5 == 0 {
			n.Mine(1)
		}
		if i%40 == 39 && p.r.IntN(2) == 0 {
			if err := n.Revert(id); err != nil {
				t.Fatal(err)
			}
			if after := dumpOf(t, n); !bytes.Equal(before, after) {
				t.Fatalf("step %d: the dump after going back differs: %d bytes, %d before", i, len(after), len(before))
			}
		}
		checkSums(t, n, genesis)
	}
	t.Logf("%d transactions of %d kinds", p.made, len(p.by))
	n.Mine(1)
	dump := dumpOf(t, n)
	again, err := Load(cfg, bytes.NewReader(dump))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(dump, dumpOf(t, again)) {
		t.Error("a loaded dump dumps differently")
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b := make([]byte, len(s)/2)
	if _, err := fmt.Sscanf(s, "%x", &b); err != nil {
		t.Fatal(err)
	}
	return b
}

func checkSums(t *testing.T, n *Node, genesis sums) {
	t.Helper()
	now := count(n)
	if now.trx != genesis.trx {
		t.Fatalf("%d sun, want %d (difference %d)", now.trx, genesis.trx, now.trx-genesis.trx)
	}
	for id, amount := range now.tokens {
		if want := n.Asset(Head, id.String()).GetTotalSupply(); id != 0 && amount != want {
			t.Fatalf("token %s: %d units, supply %d", id, amount, want)
		}
	}
}
