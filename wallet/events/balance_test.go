package events_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/testnet/rpc"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/events"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// Whoever adds up the events of an account, and takes off the fees, has its balance, whatever it did: of TRX and of a TRC-10 token.
func TestEventsAddUpToBalances(t *testing.T) {
	w := newWorld(t)
	start := map[wallet.Address]wallet.Sun{}
	for _, k := range []*wallet.Key{w.alice, w.bob} {
		balance, _, err := w.node.Balance(t.Context(), k.Address())
		if err != nil {
			t.Fatal(err)
		}
		start[k.Address()] = balance
	}
	w.live()
	trx, acm := map[wallet.Address]int64{}, map[wallet.Address]int64{}
	kinds := map[events.Kind]bool{}
	for number := int64(1); number <= w.network.HeadNumber(); number++ {
		block, err := w.node.Block(t.Context(), node.Head, number)
		if err != nil {
			t.Fatal(err)
		}
		for _, transaction := range block.Transactions {
			if transaction.Receipt.Failed {
				t.Errorf("block %d: %s", number, transaction.Receipt.Reason)
			}
			decoded, err := tx.DecodeRaw(transaction.Raw)
			if err != nil {
				t.Fatal(err)
			}
			trx[decoded.Contract().Sender()] -= int64(transaction.Receipt.Fee)
		}
		found, err := events.Of(t.Context(), block, w.node)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range found {
			kinds[e.Kind] = true
			sums := trx
			if e.Asset != events.AssetTRX {
				sums = acm
			}
			amount, err := e.Amount.Int64()
			if err != nil {
				t.Fatal(err)
			}
			sums[e.From] -= amount
			sums[e.To] += amount
		}
	}
	for who, before := range start {
		balance, _, err := w.node.Balance(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		if want := before + wallet.Sun(trx[who]); balance != want {
			t.Errorf("%s has %s TRX, by events %s", who, balance, want)
		}
		tokens, err := w.node.AssetBalance(t.Context(), who, 1_000_001)
		if err != nil {
			t.Fatal(err)
		}
		if have, _ := tokens.Int64(); have != acm[who] {
			t.Errorf("%s has %d units of the token, by events %d", who, have, acm[who])
		}
	}
	for _, kind := range []events.Kind{events.TRX, events.TRC10, events.Reward, events.Stake, events.Exchange, events.Issue} {
		if !kinds[kind] {
			t.Errorf("nothing of the kind %s happened", kind)
		}
	}
}

// live lets alice and bob do everything that moves TRX and a token.
func (w *world) live() {
	alice, bob := w.alice.Address(), w.bob.Address()
	units := wallet.UnitsFromUint64
	now := w.network.Now()
	w.do(w.alice, &tx.AssetIssue{
		Owner: alice, Name: "Acme", URL: "https://acme.example", TotalSupply: units(10_000), Frozen: []tx.FrozenPart{{Amount: units(4_000), Days: 30}},
		TRXNum: 1_000_000, Num: 3, Start: now.Add(time.Minute), End: now.Add(24 * time.Hour),
	})
	w.do(w.alice, &tx.FreezeBalanceV2{Owner: alice, Amount: 500 * wallet.TRX, Resource: tx.Energy})
	producer := w.network.ActiveWitnesses()[0]
	w.do(w.alice, &tx.VoteWitness{Owner: alice, Votes: []tx.Vote{{Candidate: producer, Count: 500}}})
	w.network.Advance(2 * time.Minute)
	w.network.Mine(1)
	w.do(w.bob, &tx.ParticipateAssetIssue{Owner: bob, To: alice, Asset: "1000001", Amount: 7 * wallet.TRX})
	w.do(w.alice, &tx.TransferAsset{Owner: alice, To: bob, Asset: "1000001", Amount: units(100)})
	w.do(w.alice, &tx.ExchangeCreate{Owner: alice, FirstToken: node.ExchangeTRX, FirstBalance: units(1_000_000_000), SecondToken: "1000001", SecondBalance: units(1_000)})
	w.do(w.bob, &tx.ExchangeTransaction{Owner: bob, Exchange: 1, Token: node.ExchangeTRX, Amount: units(50_000_000), Expected: units(1)})
	w.do(w.bob, &tx.ExchangeTransaction{Owner: bob, Exchange: 1, Token: "1000001", Amount: units(20), Expected: units(1)})
	w.do(w.alice, &tx.ExchangeInject{Owner: alice, Exchange: 1, Token: "1000001", Amount: units(500)})
	w.do(w.alice, &tx.ExchangeWithdraw{Owner: alice, Exchange: 1, Token: "1000001", Amount: units(500)})
	w.do(w.alice, &tx.UnfreezeBalanceV2{Owner: alice, Amount: 200 * wallet.TRX, Resource: tx.Energy})
	for range 3 { // over a maintenance, so that the vote earns, and over the waiting time of the stake
		w.network.Advance(8 * 24 * time.Hour)
		w.network.Mine(2)
	}
	w.do(w.alice, &tx.WithdrawExpireUnfreeze{Owner: alice})
	w.do(w.alice, &tx.WithdrawBalance{Owner: alice})
	w.pay(3)
}

// A real node goes away in the middle and comes back at its address: nothing is lost and nothing is told twice.
func TestNodeGoesAway(t *testing.T) {
	w := newWorld(t)
	for i := range int64(3) {
		w.pay(i + 1)
	}
	address := w.network.GRPC()
	from, away, back := events.Before(2), make(chan struct{}), 0
	var once sync.Once
	var steps []events.Step
	f := &events.Follower{
		Node: w.node, View: node.Solid, From: &from, Until: 7, Poll: time.Millisecond,
		Waiting: func(err error, _ time.Duration) {
			if err == nil {
				back++
			} else if len(steps) == 3 {
				once.Do(func() { close(away) })
			}
		},
	}
	done := make(chan error, 1)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	go func() {
		done <- f.Run(ctx, func(_ context.Context, s events.Step) error {
			if steps = append(steps, s); len(steps) == 3 {
				return w.network.Close()
			}
			return nil
		})
	}()
	select {
	case <-away:
	case err := <-done:
		t.Fatal(err)
	}
	if err := w.network.Listen("127.0.0.1:0", address, rpc.Config{}); err != nil {
		t.Fatal(err)
	}
	w.node = w.dial()
	for i := range int64(3) {
		w.pay(i + 4)
	}
	if err := <-done; err != nil || back == 0 {
		t.Errorf("%v, back %d times", err, back)
	}
	var want []string
	for i := range 6 {
		want = append(want, strconv.Itoa(i+2)+" trx "+strconv.Itoa(i+1)+"000000 TRX")
	}
	w.want(steps, want...)
}

// TestContractStakes: what a contract stakes by itself is in its balance by events too.
func TestContractStakes(t *testing.T) {
	w := newWorld(t)
	alice := w.alice.Address()
	// Its constructor stakes 10 of the 25 TRX that it got.
	code := []byte{
		0x63, 0x00, 0x98, 0x96, 0x80, 0x60, 1, 0xda, 0x50, // PUSH4 10 TRX, PUSH1 energy, FREEZEBALANCEV2, POP
		0x60, 0, 0x60, 0, 0xf3, // it has no code afterwards
	}
	id := w.do(w.alice, &tx.CreateSmartContract{Owner: alice, New: &tx.SmartContract{
		Origin: alice, Bytecode: code, CallValue: 25 * wallet.TRX, CallerEnergyPercent: 100, OriginEnergyLimit: 1_000_000, Name: "Stakes",
	}})
	receipt, err := w.node.Receipt(t.Context(), node.Head, id)
	if err != nil || receipt.Failed {
		t.Fatal(err, receipt)
	}
	steps, err := w.from(node.Head, events.Before(2), 2)
	if err != nil {
		t.Fatal(err)
	}
	w.want(steps, "2 trx 25000000 TRX", "2 stake 10000000 TRX")
	if balance, _, err := w.node.Balance(t.Context(), receipt.Contract); err != nil || balance != 15*wallet.TRX {
		t.Errorf("the contract has %s, by events 15 TRX (%v)", balance, err)
	}
}
