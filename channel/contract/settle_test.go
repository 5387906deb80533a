package contract

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

// TestStale: attacks 6 and 41. A voucher that adds nothing is no error and changes nothing, so that nobody can spoil a settlement by being first.
func TestStale(t *testing.T) {
	s := newScene(t)
	c, err := Settle(s.claim(s.terms, s.payer, 500))
	s.must(s.other.Address(), c, err)
	for _, cumulative := range []uint64{500, 499, 0} {
		c, err := Settle(s.claim(s.terms, s.payer, cumulative))
		if events := s.must(s.other.Address(), c, err); len(events) != 0 {
			t.Errorf("cumulative %d: %+v", cumulative, events)
		}
	}
	// Nor does its signature matter then: it is not looked at.
	c, err = Settle(s.claim(s.terms, s.other, 500))
	s.must(s.other.Address(), c, err)
	if f := s.figures(s.terms.ID()); f.Settled != channel.NewAmount(500) {
		t.Errorf("settled %s", f.Settled)
	}
}

// TestOverDeposit: attack 7. A voucher over the deposit pays the deposit, and what is deposited later is paid by showing it again.
func TestOverDeposit(t *testing.T) {
	s := newScene(t)
	claim := s.claim(s.terms, s.payer, 0)
	claim.Voucher.Cumulative = channel.MaxAmount()
	claim.Voucher.Signature = s.payer.Sign(claim.Voucher.Digest(s.sep))
	had := s.balance(channel.TRX, s.payee.Address()).Int64()
	for i := range 2 {
		c, err := Settle(claim)
		s.must(s.other.Address(), c, err)
		if got := s.balance(channel.TRX, s.payee.Address()).Int64() - had; got != int64(1000+i*7) {
			t.Fatalf("paid %d", got)
		}
		c, err = Deposit(s.terms, channel.NewAmount(7))
		s.must(s.other.Address(), c, err)
	}
}

// TestTails: each preimage is worth one unit more, up to the expiry; what does not fit the anchor or the promise is refused whole.
func TestTails(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*scene, *Claim)
		settled uint64
		refused string
		reveals int
	}{
		"both shown":           {nil, 10 + 3*20 + 64*2, "", 2},
		"none shown":           {func(_ *scene, c *Claim) { c.Reveals = nil }, 10, "", 0},
		"one shown":            {func(_ *scene, c *Claim) { c.Reveals = c.Reveals[1:] }, 10 + 64*2, "", 1},
		"first expired":        {func(s *scene, _ *Claim) { s.next(101) }, 10 + 64*2, "", 1},
		"last second":          {func(s *scene, _ *Claim) { s.next(100) }, 10 + 3*20 + 64*2, "", 2},
		"wrong preimage":       {func(_ *scene, c *Claim) { c.Reveals[0].Preimage[5]++ }, 0, "BadPreimage", 0},
		"wrong count":          {func(_ *scene, c *Claim) { c.Reveals[0].Count-- }, 0, "BadPreimage", 0},
		"over the promise":     {func(_ *scene, c *Claim) { c.Reveals[0].Count = 21 }, 0, "BadTail", 0},
		"signature over other": {func(_ *scene, c *Claim) { c.Voucher.Tails[0].Unit = channel.NewAmount(4) }, 0, "BadSignature", 0},
		"tail too long": {func(s *scene, c *Claim) {
			c.Voucher.Tails[1].Length = 1025
			c.Voucher.Signature = s.payer.Sign(c.Voucher.Digest(s.sep))
		}, 0, "BadTail", 0},
		"expired and wrong": {func(s *scene, c *Claim) { c.Reveals[0].Preimage[5]++; s.next(101) }, 10 + 64*2, "", 1},
		"over the deposit": {func(s *scene, c *Claim) {
			c.Voucher.Tails[0].Unit = channel.MaxAmount()
			c.Voucher.Tails[1].Unit = channel.MaxAmount()
			c.Voucher.Signature = s.payer.Sign(c.Voucher.Digest(s.sep))
		}, 1000, "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			a, b := mustChain(t, 1, 20), mustChain(t, 2, 1024)
			claim := s.claim(s.terms, s.payer, 10,
				channel.Tail{Anchor: a.Anchor(), Unit: channel.NewAmount(3), Length: 20, Expiry: s.now() + 100},
				channel.Tail{Anchor: b.Anchor(), Unit: channel.NewAmount(2), Length: 1024, Expiry: s.now() + 1000})
			claim.Reveals = []channel.Reveal{a.Reveal(20), b.Reveal(64)}
			if c.change != nil {
				c.change(s, &claim)
			}
			single, err := Settle(claim)
			batch, batchErr := SettleBatch([]Claim{claim})
			if c.refused != "" {
				s.refused(c.refused, s.other.Address(), single, err)
				events := s.must(s.other.Address(), batch, batchErr)
				if last := events[len(events)-1]; last.Kind != channel.EventSkipped || last.Reason != c.refused {
					t.Errorf("a batch gave %+v", events)
				}
				return
			}
			events := s.must(s.other.Address(), single, err)
			checkTails(t, s, events, c.settled, c.reveals, claim)
			again := s.must(s.other.Address(), batch, batchErr)
			if last := again[len(again)-1]; last.Kind != channel.EventSkipped || last.Reason != SkippedStale {
				t.Errorf("a batch after it gave %+v", again)
			}
		})
	}
}

func checkTails(t *testing.T, s *scene, events []channel.Event, settled uint64, reveals int, claim Claim) {
	t.Helper()
	if got := s.figures(s.terms.ID()).Settled; got != channel.NewAmount(settled) {
		t.Errorf("settled %s, want %d", got, settled)
	}
	if len(events) != reveals+1 || events[reveals].Kind != channel.EventSettled {
		t.Fatalf("events %+v", events)
	}
	for _, e := range events[:reveals] {
		if e.Kind != channel.EventRevealed || !slices.Contains(claim.Reveals, e.Reveal) {
			t.Errorf("revealed %+v", e)
		}
	}
}

// TestEveryCount: a chain of every length from 1 to 1,024 settles in a tail's worth (the contract's loop is unrolled in three sizes).
func TestEveryCount(t *testing.T) {
	s := newScene(t)
	chain := mustChain(t, 3, 1024)
	for count := uint32(1); count <= 1024; count++ {
		if testing.Short() && count > 200 && count%31 != 0 {
			continue
		}
		claim := s.claim(s.terms, s.payer, 0, channel.Tail{Anchor: chain.Anchor(), Unit: channel.NewAmount(1), Length: 1024, Expiry: s.now()})
		claim.Reveals = []channel.Reveal{chain.Reveal(count)}
		c, err := Settle(claim)
		s.must(s.payee.Address(), c, err)
		want := min(count, 1000)
		if got := s.stored(s.terms.ID()).Settled; got != channel.NewAmount(uint64(want)) {
			t.Fatalf("%d steps settled %s", count, got)
		}
	}
}

// TestBatch: attack 7. One item over the deposit, one of a closed channel, one wrongly signed, one stale, one with a wrong preimage, one tail too long; the rest is paid.
func TestBatch(t *testing.T) {
	s := newScene(t)
	fresh := func() channel.Terms { return s.open(s.payer.Address(), s.opening(1000)) }
	closed, stale, over := fresh(), fresh(), fresh()
	c, err := Close(s.claim(closed, s.payer, 1))
	s.must(s.payee.Address(), c, err)
	c, err = Settle(s.claim(stale, s.payer, 10))
	s.must(s.payee.Address(), c, err)
	hot := s.opening(1000)
	hot.Signer = s.other.Address()
	byOther := s.open(s.payer.Address(), hot)
	chain := mustChain(t, 4, 8)
	tail := channel.Tail{Anchor: chain.Anchor(), Unit: channel.NewAmount(5), Length: 8, Expiry: s.now()}
	wrong := s.claim(fresh(), s.payer, 3, tail)
	wrong.Reveals = []channel.Reveal{{Tail: tail.Anchor, Count: 2}}
	right := s.claim(fresh(), s.payer, 3, tail)
	right.Reveals = []channel.Reveal{chain.Reveal(8)}
	tail.Length = 1025
	long := s.claim(fresh(), s.payer, 3, tail)
	claims := []Claim{
		s.claim(over, s.payer, 5000), s.claim(closed, s.payer, 900), s.claim(s.terms, s.other, 5), s.claim(stale, s.payer, 10),
		s.claim(byOther, s.other, 70), s.claim(byOther, s.payer, 80), wrong, right, long, s.claim(s.terms, s.payer, 33), s.claim(s.terms, s.payer, 44),
	}
	had := s.balance(channel.TRX, s.payee.Address()).Int64()
	c, err = SettleBatch(claims)
	r := s.call(s.other.Address(), c)
	if err != nil || r.Outcome != vm.Success {
		t.Fatal(err, r.Outcome, r.RuntimeError)
	}
	var story []string
	for _, e := range s.events(r) {
		story = append(story, fmt.Sprint(e.Kind, " ", e.Settled, e.Reason))
	}
	want := []string{
		"Settled 1000", "Skipped 0UnknownChannel", "Skipped 0BadSignature", "Skipped 0Stale", "Settled 70", "Skipped 0BadSignature", "Skipped 0BadPreimage",
		"Revealed 0", "Settled 43", "Skipped 0BadTail", "Settled 33", "Settled 44",
	}
	if !slices.Equal(story, want) {
		t.Errorf("events\n%q\nwant\n%q", story, want)
	}
	if got := s.balance(channel.TRX, s.payee.Address()).Int64() - had; got != 1000+70+43+44 {
		t.Errorf("paid %d", got)
	}
	if len(r.Internal) != 1 {
		t.Errorf("%d transfers for one batch", len(r.Internal))
	}
}

// TestBatchBytes: a plain item has 134 bytes; items that end early, have unknown flags or are too many undo everything.
func TestBatchBytes(t *testing.T) {
	s := newScene(t)
	item, err := packItem(s.claim(s.terms, s.payer, 5))
	if err != nil || len(item) != itemBytes || itemBytes != 134 {
		t.Fatalf("%d bytes, %v", len(item), err)
	}
	raw := func(items []byte) Call { return settleItems(s.payee.Address(), channel.TRX, items) }
	for _, n := range []int{1, 20, 133, 135, 200, 267} {
		items := append(bytes.Clone(item), item...)[:n]
		s.refused("BadItems", s.other.Address(), raw(items), nil)
	}
	flagged := bytes.Clone(item)
	for _, flags := range []byte{0x20, 0x40, 0x60, 0xe0} {
		flagged[0] = flags
		s.refused("BadItems", s.other.Address(), raw(append(flagged, make([]byte, 20)...)), nil)
	}
	for _, flags := range []byte{1, 16, 17, 31, 0x80, 0x81} {
		flagged[0] = flags
		s.refused("BadItems", s.other.Address(), raw(flagged[:134]), nil)
	}
	flagged[0] = 17
	events := s.must(s.other.Address(), raw(append(flagged[:134], make([]byte, 17*192)...)), nil)
	if len(events) != 1 || events[0].Reason != SkippedBadTail {
		t.Errorf("17 tails: %+v", events)
	}
	s.refused("TooManyItems", s.other.Address(), raw(bytes.Repeat(item, 33)), nil)
	events = s.must(s.other.Address(), raw(bytes.Repeat(item, 32)), nil)
	if len(events) != 32 || events[0].Kind != channel.EventSettled || events[31].Reason != SkippedStale {
		t.Errorf("32 items: %d events", len(events))
	}
	s.must(s.other.Address(), raw(nil), nil)
}

// TestSettleInto: what is due becomes deposit, no money moves, and both events say so.
func TestSettleInto(t *testing.T) {
	s := newScene(t)
	onward := s.open(s.payee.Address(), Opening{Payee: s.other.Address(), Amount: channel.NewAmount(50), Challenge: day})
	c, err := SettleInto(s.claim(s.terms, s.payer, 600), onward)
	r := s.call(s.payee.Address(), c)
	if err != nil || r.Outcome != vm.Success || len(r.Internal) != 0 {
		t.Fatal(err, r.Outcome, r.Internal)
	}
	events := s.events(r)
	if len(events) != 2 || events[0].Settled != channel.NewAmount(600) || events[1].Deposit != channel.NewAmount(650) || events[1].Channel != onward.ID() {
		t.Errorf("events %+v", events)
	}
	if a, b := s.figures(s.terms.ID()), s.figures(onward.ID()); a.Settled != channel.NewAmount(600) || b.Deposit != channel.NewAmount(650) {
		t.Errorf("figures %+v %+v", a, b)
	}
	if events := s.must(s.payee.Address(), c, nil); len(events) != 0 {
		t.Errorf("again: %+v", events)
	}
}

// TestClose: by the payee with and without a voucher, and agreed below, at and above what was settled.
func TestClose(t *testing.T) {
	for name, c := range map[string]struct {
		settled uint64 // before
		by      func(*scene) (*wallet.Key, Call, error)
		paid    uint64
	}{
		"last voucher": {100, func(s *scene) (*wallet.Key, Call, error) {
			c, err := Close(s.claim(s.terms, s.payer, 700))
			return s.payee, c, err
		}, 700},
		"old voucher": {100, func(s *scene) (*wallet.Key, Call, error) {
			c, err := Close(s.claim(s.terms, s.payer, 50))
			return s.payee, c, err
		}, 100},
		"no voucher": {100, func(s *scene) (*wallet.Key, Call, error) {
			c, err := Close(Claim{Terms: s.terms})
			return s.payee, c, err
		}, 100},
		"everything": {0, func(s *scene) (*wallet.Key, Call, error) {
			c, err := Close(s.claim(s.terms, s.payer, 9999))
			return s.payee, c, err
		}, 1000},
		"everything before": {1000, func(s *scene) (*wallet.Key, Call, error) {
			c, err := Close(Claim{Terms: s.terms})
			return s.payee, c, err
		}, 1000},
		"agreed":                {100, agreedClose(600), 600},
		"agreed below":          {100, agreedClose(60), 100},
		"agreed at nothing":     {0, agreedClose(0), 0},
		"agreed over the limit": {100, agreedClose(1001), 1000},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			payer, payee := s.balance(channel.TRX, s.payer.Address()).Int64(), s.balance(channel.TRX, s.payee.Address()).Int64()
			settle, err := Settle(s.claim(s.terms, s.payer, c.settled))
			s.must(s.other.Address(), settle, err)
			from, call, err := c.by(s)
			events := s.must(from.Address(), call, err)
			want := channel.Event{Kind: channel.EventClosed, Channel: s.terms.ID(), Settled: channel.NewAmount(c.paid), Refund: channel.NewAmount(1000 - c.paid)}
			if len(events) != 1 || events[0] != want {
				t.Errorf("events %+v, want %+v", events, want)
			}
			if got := s.balance(channel.TRX, s.payee.Address()).Int64() - payee; got != int64(c.paid) {
				t.Errorf("payee got %d", got)
			}
			if got := s.balance(channel.TRX, s.payer.Address()).Int64() - payer; got != int64(1000-c.paid) {
				t.Errorf("payer got %d back", got)
			}
			s.refused("UnknownChannel", s.payer.Address(), StartClose(s.terms), nil)
		})
	}
}

func agreedClose(amount uint64) func(*scene) (*wallet.Key, Call, error) {
	return func(s *scene) (*wallet.Key, Call, error) {
		a := channel.NewAmount(amount)
		c, err := CloseAgreed(s.terms, a, s.payee.Sign(channel.CloseDigest(s.sep, s.terms.ID(), a)))
		return s.payer, c, err
	}
}

// TestFallback: where batchvalidatesign does not exist or says nothing, ecrecover decides; a signature that is good by neither is refused.
func TestFallback(t *testing.T) {
	s := newScene(t)
	s.env.Params.Solidity059 = false
	c, err := Settle(s.claim(s.terms, s.payer, 5))
	s.must(s.other.Address(), c, err)
	c, err = Settle(s.claim(s.terms, s.other, 6))
	s.refused("BadSignature", s.other.Address(), c, err)
	for i, params := range []vm.Params{vm.Mainnet(), vm.Mainnet480()} {
		s.env.Params = params
		c, err = Settle(s.claim(s.terms, s.payer, uint64(6+i)))
		r := s.call(s.other.Address(), c)
		if err != nil || r.Outcome != vm.Success || r.EnergyUsed > 18_000 {
			t.Errorf("rules %d: %s with %d energy, which has no room for ecrecover", i, r.Outcome, r.EnergyUsed)
		}
	}
}

// TestWideWords: attack 22. Words of 256 bits, which no voucher of ours has but a payer may sign, are cut to what a channel holds; no sum wraps around.
func TestWideWords(t *testing.T) {
	wide := [32]byte(bytes.Repeat([]byte{0xff}, 32))
	almost := wide
	almost[31] = 0xfe
	for name, c := range map[string]struct{ cumulative, unit [32]byte }{
		"all ones":          {wide, wide},
		"unit alone":        {[32]byte{}, wide},
		"wraps to one less": {[32]byte{31: 1}, almost},
		"wraps to seven":    {wide, [32]byte{31: 1}},
		"half":              {[32]byte{}, [32]byte{0: 0x80}},
		"wraps by count":    {[32]byte{}, [32]byte{0: 0x20}}, // eight of them are 2^256
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			chain := mustChain(t, 5, 8)
			reveal, expiry := chain.Reveal(8), uint64(s.now())
			digest := Interface().MustMethod("voucherDigest")
			tail := []any{[32]byte(chain.Anchor()), new(big.Int).SetBytes(c.unit[:]), 8, expiry}
			var hash [32]byte
			answer := s.call(deployer, Call{Data: mustEncode(t, digest, s.terms.ID(), new(big.Int).SetBytes(c.cumulative[:]), []any{tail})})
			if err := digest.DecodeInto(answer.Return, &hash); err != nil {
				t.Fatal(err)
			}
			r, vs, err := compact(s.payer.Sign(hash))
			if err != nil {
				t.Fatal(err)
			}
			voucher := []any{new(big.Int).SetBytes(c.cumulative[:]), r, vs, []any{[]any{tail, []any{8, reveal.Preimage}}}}
			s.must(s.other.Address(), Call{Data: mustEncode(t, Interface().MustMethod("settle"), termsTuple(s.terms), voucher)}, nil)
			if f := s.figures(s.terms.ID()); f.Settled != channel.NewAmount(1000) {
				t.Errorf("settled %s of 1000", f.Settled)
			}
		})
	}
}

// TestWideChainID: attack 2. Where CHAINID is the whole id of block 0 (parameter 71 off), the domain still has its last four bytes, as wallets sign it.
func TestWideChainID(t *testing.T) {
	s := newScene(t)
	s.env.Params.OptimizedChainID = false
	s.env.GenesisID = [32]byte{0: 9, 28: 0x2b, 29: 0x66, 30: 0x53, 31: 0xdc}
	s.must(s.other.Address(), mustCall(t)(Settle(s.claim(s.terms, s.payer, 5))), nil)
	if f := s.figures(s.terms.ID()); f.Settled != channel.NewAmount(5) {
		t.Errorf("settled %s", f.Settled)
	}
}
