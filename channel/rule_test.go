package channel_test

import (
	"errors"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

var (
	domain = channel.Domain{ChainID: 0xcd8690dc, Contract: wallet.MustParseAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")}
	rule   = channel.NewRule(domain, 0)
	now    = time.Unix(1_800_000_000, 0)
)

// payer is one channel from both ends.
type payer struct {
	t      testing.TB
	key    *wallet.Key
	record channel.Record
}

func newPayer(t testing.TB, deposit uint64) *payer {
	key, err := wallet.KeyFromBytes(append(make([]byte, 31), 7))
	if err != nil {
		t.Fatal(err)
	}
	terms := channel.Terms{Payer: key.Address(), Payee: domain.Contract, Signer: key.Address(), Challenge: time.Hour}
	return &payer{t, key, channel.NewRecord(terms, channel.NewAmount(deposit))}
}

func (p *payer) voucher(cumulative uint64, tails ...channel.Tail) *channel.SignedVoucher {
	v := channel.Voucher{Channel: p.record.ID, Cumulative: channel.NewAmount(cumulative), Tails: tails}.Sign(p.key, domain)
	return &v
}

func (p *payer) chain(seed byte, length uint32, unit uint64) (*channel.Chain, channel.Tail) {
	c, err := channel.ChainFrom([32]byte{seed}, length)
	if err != nil {
		p.t.Fatal(err)
	}
	return c, channel.Tail{Anchor: c.Anchor(), Unit: channel.NewAmount(unit), Length: length, Expiry: now.Add(time.Hour).Unix()}
}

func (p *payer) mustVoucher(v *channel.SignedVoucher) {
	p.t.Helper()
	if outcome, err := rule.AcceptVoucher(&p.record, v, now); err != nil || outcome != channel.Accepted {
		p.t.Fatalf("accepting a voucher of %s: %d %v", v.Cumulative, outcome, err)
	}
}

func (p *payer) mustReveal(c *channel.Chain, count uint32) {
	p.t.Helper()
	r := c.Reveal(count)
	if outcome, err := rule.AcceptReveal(&p.record, &r, now); err != nil || outcome != channel.Accepted {
		p.t.Fatalf("accepting %d steps: %d %v", count, outcome, err)
	}
}

// Vouchers against a record that holds: cumulative 100, a tail A of 10 × 5 with 4 steps revealed (paid 120), a deposit of 1,000, settled 60.
func TestAcceptVoucher(t *testing.T) {
	setup := newPayer(t, 1_000)
	chainA, a := setup.chain(1, 10, 5)
	chainB, b := setup.chain(2, 10, 5)
	reanchored := a
	reanchored.Anchor, reanchored.Length = channel.Anchor(chainA.Reveal(4).Preimage), 6
	with := func(t channel.Tail, change func(*channel.Tail)) channel.Tail { change(&t); return t }
	stranger, _ := wallet.NewKey()

	for _, c := range []struct {
		name    string
		make    func(p *payer) *channel.SignedVoucher
		want    error // nil: accepted
		outcome channel.Outcome
		paid    uint64
	}{
		{"the same again", func(p *payer) *channel.SignedVoucher { return p.voucher(100, a) }, nil, channel.Replayed, 120},
		{"more, tail carried over", func(p *payer) *channel.SignedVoucher { return p.voucher(101, a) }, nil, channel.Accepted, 121},
		{"another tail beside", func(p *payer) *channel.SignedVoucher { return p.voucher(100, a, b) }, nil, channel.Accepted, 120},
		{"tails in another order", func(p *payer) *channel.SignedVoucher { return p.voucher(101, b, a) }, nil, channel.Accepted, 121},
		{"tail lengthened", func(p *payer) *channel.SignedVoucher {
			return p.voucher(100, with(a, func(t *channel.Tail) { t.Length = 11 }))
		}, nil, channel.Accepted, 120},
		{"tail shortened to its reveals, more paid", func(p *payer) *channel.SignedVoucher {
			return p.voucher(110, with(a, func(t *channel.Tail) { t.Length = 4 }))
		}, nil, channel.Accepted, 130},
		{"tail renewed, more paid", func(p *payer) *channel.SignedVoucher {
			return p.voucher(101, with(a, func(t *channel.Tail) { t.Expiry += 3600 }))
		}, nil, channel.Accepted, 121},
		{"redeemed, tail gone", func(p *payer) *channel.SignedVoucher { return p.voucher(120) }, nil, channel.Accepted, 120},
		{"redeemed, re-anchored", func(p *payer) *channel.SignedVoucher { return p.voucher(120, reanchored) }, nil, channel.Accepted, 120},
		{"redeemed, other tail", func(p *payer) *channel.SignedVoucher { return p.voucher(120, b) }, nil, channel.Accepted, 120},
		{"the whole deposit", func(p *payer) *channel.SignedVoucher { return p.voucher(1_000) }, nil, channel.Accepted, 1_000},
		{"the whole deposit with its tail", func(p *payer) *channel.SignedVoucher { return p.voucher(950, a) }, nil, channel.Accepted, 970},

		{"over the deposit", func(p *payer) *channel.SignedVoucher { return p.voucher(1_001) }, channel.ErrOverDeposit, 0, 0},
		{"over the deposit by its tail", func(p *payer) *channel.SignedVoucher { return p.voucher(951, a) }, channel.ErrOverDeposit, 0, 0},
		{"dropped a tail without its reveals", func(p *payer) *channel.SignedVoucher { return p.voucher(119) }, errStale, 0, 0},
		{"re-anchored without its reveals", func(p *payer) *channel.SignedVoucher { return p.voucher(119, reanchored) }, errStale, 0, 0},
		{"less", func(p *payer) *channel.SignedVoucher { return p.voucher(99, a) }, errStale, 0, 0},
		{"nothing", func(p *payer) *channel.SignedVoucher { return p.voucher(0) }, errStale, 0, 0},
		{"less, signed by a stranger", func(p *payer) *channel.SignedVoucher { p.key = stranger; return p.voucher(99, a) }, channel.ErrBadSignature, 0, 0},
		{"more, signed by a stranger", func(p *payer) *channel.SignedVoucher { p.key = stranger; return p.voucher(500) }, channel.ErrBadSignature, 0, 0},
		{"the same with another signature", func(p *payer) *channel.SignedVoucher { p.key = stranger; return p.voucher(100, a) }, channel.ErrBadSignature, 0, 0},
		{"tail shortened below its reveals", func(p *payer) *channel.SignedVoucher {
			return p.voucher(500, with(a, func(t *channel.Tail) { t.Length = 3 }))
		}, channel.ErrBadTail, 0, 0},
		{"tail of another unit", func(p *payer) *channel.SignedVoucher {
			return p.voucher(500, with(a, func(t *channel.Tail) { t.Unit = channel.NewAmount(6) }))
		}, channel.ErrBadTail, 0, 0},
		{"tail that ends earlier", func(p *payer) *channel.SignedVoucher {
			return p.voucher(500, with(a, func(t *channel.Tail) { t.Expiry-- }))
		}, channel.ErrBadTail, 0, 0},
		{"new tail that ends within the margin", func(p *payer) *channel.SignedVoucher {
			return p.voucher(500, with(b, func(t *channel.Tail) { t.Expiry = now.Add(channel.DefaultMargin).Unix() }))
		}, channel.ErrTailExpired, 0, 0},
		{"new tail that ends a second later", func(p *payer) *channel.SignedVoucher {
			return p.voucher(500, with(b, func(t *channel.Tail) { t.Expiry = now.Add(channel.DefaultMargin).Unix() + 1 }))
		}, nil, channel.Accepted, 500},
		{"one anchor twice", func(p *payer) *channel.SignedVoucher { return p.voucher(500, b, b) }, channel.ErrMalformed, 0, 0},
		{"tail of no steps", func(p *payer) *channel.SignedVoucher {
			return p.voucher(500, with(b, func(t *channel.Tail) { t.Length = 0 }))
		}, channel.ErrMalformed, 0, 0},
		{"tail of 1,025 steps", func(p *payer) *channel.SignedVoucher {
			return p.voucher(500, with(b, func(t *channel.Tail) { t.Length = 1_025 }))
		}, channel.ErrMalformed, 0, 0},
		{"tail of no worth", func(p *payer) *channel.SignedVoucher {
			return p.voucher(500, with(b, func(t *channel.Tail) { t.Unit = channel.Amount{} }))
		}, channel.ErrMalformed, 0, 0},
		{"tail that never was", func(p *payer) *channel.SignedVoucher {
			return p.voucher(500, with(b, func(t *channel.Tail) { t.Expiry = -1 }))
		}, channel.ErrMalformed, 0, 0},
		{"17 tails", func(p *payer) *channel.SignedVoucher {
			var tails []channel.Tail
			for i := range byte(17) {
				_, tail := p.chain(100+i, 1, 1)
				tails = append(tails, tail)
			}
			return p.voucher(500, tails...)
		}, channel.ErrMalformed, 0, 0},
		{"16 tails", func(p *payer) *channel.SignedVoucher {
			var tails []channel.Tail
			for i := range byte(16) {
				_, tail := p.chain(100+i, 1, 1)
				tails = append(tails, tail)
			}
			return p.voucher(500, tails...)
		}, nil, channel.Accepted, 500},
		{"of another channel", func(p *payer) *channel.SignedVoucher {
			v := channel.Voucher{Channel: channel.ID{1}, Cumulative: channel.NewAmount(500)}.Sign(p.key, domain)
			return &v
		}, channel.ErrUnknownChannel, 0, 0},
		{"of another contract", func(p *payer) *channel.SignedVoucher {
			v := channel.Voucher{Channel: p.record.ID, Cumulative: channel.NewAmount(500)}.Sign(p.key, channel.Domain{ChainID: domain.ChainID, Contract: p.key.Address()})
			return &v
		}, channel.ErrBadSignature, 0, 0},
		{"of another chain", func(p *payer) *channel.SignedVoucher {
			v := channel.Voucher{Channel: p.record.ID, Cumulative: channel.NewAmount(500)}.Sign(p.key, channel.Domain{ChainID: 0x2b6653dc, Contract: domain.Contract})
			return &v
		}, channel.ErrBadSignature, 0, 0},
		{"signature with the other v", func(p *payer) *channel.SignedVoucher {
			v := p.voucher(500)
			v.Signature[64] ^= 27 ^ 28
			return v
		}, nil, channel.Accepted, 500},
		{"signature with v 29", func(p *payer) *channel.SignedVoucher {
			v := p.voucher(500)
			v.Signature[64] = 29
			return v
		}, channel.ErrBadSignature, 0, 0},
		{"signature of zeros", func(p *payer) *channel.SignedVoucher {
			v := p.voucher(500)
			v.Signature = wallet.Signature{}
			return v
		}, channel.ErrBadSignature, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPayer(t, 1_000)
			p.mustVoucher(p.voucher(100, a))
			p.mustReveal(chainA, 4)
			p.record.Settled = channel.NewAmount(60)
			before := p.record.Clone()
			outcome, err := rule.AcceptVoucher(&p.record, c.make(p), now)
			if errors.Is(c.want, errStale) {
				var s *channel.StaleError
				if !errors.As(err, &s) || s.Paid != channel.NewAmount(120) || len(s.Reveals) != 1 || s.Voucher.Cumulative != channel.NewAmount(100) {
					t.Fatalf("got %v", err)
				}
			} else if !errors.Is(err, c.want) || outcome != c.outcome {
				t.Fatalf("got %d %v, want %d %v", outcome, err, c.outcome, c.want)
			}
			if outcome != channel.Accepted && !same(&before, &p.record) {
				t.Fatalf("changed although not accepted: %+v", p.record)
			}
			if outcome != 0 && p.record.Paid() != channel.NewAmount(c.paid) {
				t.Fatalf("%s is paid, want %d", p.record.Paid(), c.paid)
			}
		})
	}
	_ = chainB
}

// errStale stands for a *StaleError in tables.
var errStale = errors.New("stale")

func same(a, b *channel.Record) bool {
	return string(a.AppendEvidence(nil)) == string(b.AppendEvidence(nil)) && a.Accepted == b.Accepted && a.State == b.State && a.DueSince == b.DueSince
}

func TestHighSIsRefused(t *testing.T) {
	p := newPayer(t, 1_000)
	v := p.voucher(500)
	flipS(&v.Signature)
	if who, err := v.Signature.Recover(v.Digest(rule.Separator())); err != nil || who != p.key.Address() {
		t.Fatal("the twin is not a signature of the same key:", who, err)
	}
	if _, err := rule.AcceptVoucher(&p.record, v, now); !errors.Is(err, channel.ErrBadSignature) {
		t.Fatalf("got %v", err)
	}
}

func TestStanding(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*channel.Record)
		want error
	}{
		"closing": {func(r *channel.Record) { r.State = channel.Closing }, channel.ErrClosing},
		"frozen":  {func(r *channel.Record) { r.Frozen = true }, channel.ErrClosing},
		"closed":  {func(r *channel.Record) { r.State = channel.Closed }, channel.ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPayer(t, 1_000)
			chain, tail := p.chain(1, 10, 5)
			held := p.voucher(100, tail)
			p.mustVoucher(held)
			p.mustReveal(chain, 3)
			c.set(&p.record)
			if _, err := rule.AcceptVoucher(&p.record, p.voucher(200), now); !errors.Is(err, c.want) {
				t.Errorf("voucher: %v", err)
			}
			next, last := chain.Reveal(4), chain.Reveal(3)
			if _, err := rule.AcceptReveal(&p.record, &next, now); !errors.Is(err, c.want) {
				t.Errorf("reveal: %v", err)
			}
			if outcome, err := rule.AcceptVoucher(&p.record, held, now); outcome != channel.Replayed || err != nil {
				t.Errorf("a lost answer must be given again: %v", err)
			}
			if outcome, err := rule.AcceptReveal(&p.record, &last, now); outcome != channel.Replayed || err != nil {
				t.Errorf("a lost answer must be given again: %v", err)
			}
		})
	}
}

func TestAcceptReveal(t *testing.T) {
	setup := newPayer(t, 100_000)
	chain, tail := setup.chain(1, 1024, 5)
	other, _ := setup.chain(9, 1024, 5)
	as := func(r channel.Reveal, count uint32) channel.Reveal { r.Count = count; return r }
	for _, c := range []struct {
		name    string
		reveal  channel.Reveal
		at      time.Time
		want    error
		outcome channel.Outcome
		count   uint32
	}{
		{"next", chain.Reveal(11), now, nil, channel.Accepted, 11},
		{"all at once", chain.Reveal(1024), now, nil, channel.Accepted, 1024},
		{"held", chain.Reveal(10), now, nil, channel.Replayed, 10},
		{"older", chain.Reveal(1), now, nil, channel.Replayed, 10},
		{"a second before the margin", chain.Reveal(11), time.Unix(tail.Expiry, 0).Add(-channel.DefaultMargin - time.Second), nil, channel.Accepted, 11},
		{"at the margin", chain.Reveal(11), time.Unix(tail.Expiry, 0).Add(-channel.DefaultMargin), channel.ErrTailExpired, 0, 10},
		{"older, after the expiry", chain.Reveal(5), now.Add(2 * time.Hour), nil, channel.Replayed, 10},
		{"count too high for the preimage", as(chain.Reveal(11), 12), now, channel.ErrBadPreimage, 0, 10},
		{"count too low for the preimage", as(chain.Reveal(12), 11), now, channel.ErrBadPreimage, 0, 10},
		{"the held preimage as the next", as(chain.Reveal(10), 11), now, channel.ErrBadPreimage, 0, 10},
		{"older with a wrong preimage", as(chain.Reveal(3), 4), now, channel.ErrBadPreimage, 0, 10},
		{"of another chain", channel.Reveal{Tail: tail.Anchor, Count: 11, Preimage: other.Reveal(11).Preimage}, now, channel.ErrBadPreimage, 0, 10},
		{"of an unknown tail", other.Reveal(1), now, channel.ErrUnknownTail, 0, 10},
		{"no steps", as(chain.Reveal(1), 0), now, channel.ErrMalformed, 0, 10},
		{"more steps than the tail has", as(chain.Reveal(1024), 1025), now, channel.ErrMalformed, 0, 10},
		{"2^32-1 steps", as(chain.Reveal(1024), 1<<32-1), now, channel.ErrMalformed, 0, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPayer(t, 100_000)
			p.mustVoucher(p.voucher(0, tail))
			p.mustReveal(chain, 10)
			outcome, err := rule.AcceptReveal(&p.record, &c.reveal, c.at)
			if !errors.Is(err, c.want) || outcome != c.outcome {
				t.Fatalf("got %d %v, want %d %v", outcome, err, c.outcome, c.want)
			}
			if want := channel.NewAmount(5 * uint64(c.count)); p.record.Paid() != want {
				t.Fatalf("%s is paid, want %s", p.record.Paid(), want)
			}
		})
	}
}

func TestAcceptRevealAllocatesNothing(t *testing.T) {
	p := newPayer(t, 100_000)
	chain, tail := p.chain(1, 1024, 5)
	p.mustVoucher(p.voucher(0, tail))
	count := uint32(0)
	if n := testing.AllocsPerRun(500, func() {
		count++
		r := chain.Reveal(count)
		_, _ = rule.AcceptReveal(&p.record, &r, now)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if p.record.Reveals[0].Count != count {
		t.Error("they were not accepted")
	}
}

// A hub that is asked to redeem answers with a tail that goes on behind what was shown to it; what the payee got meanwhile stays.
func TestReanchoredBehind(t *testing.T) {
	for _, moved := range []uint32{1, 4, 7} {
		p := newPayer(t, 1_000)
		chain, a := p.chain(1, 10, 5)
		p.mustVoucher(p.voucher(100, a))
		p.mustReveal(chain, 7)
		before := p.record.Paid()
		next := a
		next.Anchor, next.Length = channel.Anchor(chain.Reveal(moved).Preimage), 10-moved
		p.mustVoucher(p.voucher(100+5*uint64(moved), next))
		if p.record.Paid() != before {
			t.Errorf("moved by %d: paid %s, was %s", moved, p.record.Paid(), before)
		}
		if err := rule.CheckEvidence(&p.record); err != nil {
			t.Errorf("moved by %d: %v", moved, err)
		}
		r := channel.Reveal{Tail: next.Anchor, Count: 9 - moved, Preimage: chain.Reveal(9).Preimage}
		if _, err := rule.AcceptReveal(&p.record, &r, now); err != nil || p.record.Paid() != channel.NewAmount(145) {
			t.Errorf("moved by %d: %v, paid %s", moved, err, p.record.Paid())
		}
	}
	// Moved further than anything that was shown, or of another chain: the reveals would be lost.
	for name, change := range map[string]func(*channel.Chain, *channel.Tail){
		"ahead":        func(c *channel.Chain, t *channel.Tail) { t.Anchor, t.Length = channel.Anchor(c.Reveal(8).Preimage), 2 },
		"wrong length": func(c *channel.Chain, t *channel.Tail) { t.Anchor, t.Length = channel.Anchor(c.Reveal(4).Preimage), 7 },
		"other unit": func(c *channel.Chain, t *channel.Tail) {
			t.Anchor, t.Length, t.Unit = channel.Anchor(c.Reveal(4).Preimage), 6, channel.NewAmount(4)
		},
	} {
		p := newPayer(t, 1_000)
		chain, a := p.chain(1, 10, 5)
		p.mustVoucher(p.voucher(100, a))
		p.mustReveal(chain, 7)
		next := a
		change(chain, &next)
		var stale *channel.StaleError
		if _, err := rule.AcceptVoucher(&p.record, p.voucher(120, next), now); !errors.As(err, &stale) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Collect takes what was promised before while the channel closes, until the challenge is nearly over, and nothing once a close is signed.
func TestCollect(t *testing.T) {
	p := newPayer(t, 1_000)
	chain, a := p.chain(1, 10, 5)
	p.mustVoucher(p.voucher(100, a))
	p.record.State, p.record.CloseAt = channel.Closing, now.Add(30*time.Minute).Unix()
	r := chain.Reveal(3)
	if _, err := rule.AcceptReveal(&p.record, &r, now); !errors.Is(err, channel.ErrClosing) {
		t.Errorf("a payment on a closing channel: %v", err)
	}
	if _, err := rule.Collect(&p.record, &r, now.Add(25*time.Minute)); !errors.Is(err, channel.ErrClosing) {
		t.Errorf("five minutes before the refund: %v", err)
	}
	if outcome, err := rule.Collect(&p.record, &r, now); err != nil || outcome != channel.Accepted {
		t.Errorf("%d %v", outcome, err)
	}
	r = chain.Reveal(4)
	p.record.Frozen = true
	if _, err := rule.Collect(&p.record, &r, now); !errors.Is(err, channel.ErrClosing) {
		t.Errorf("frozen: %v", err)
	}
}
