package channel_test

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// flipS makes the other spelling of a signature: n − s, and the other v.
func flipS(s *wallet.Signature) {
	flipped := new(big.Int).Sub(crypto.S256().Params().N, new(big.Int).SetBytes(s[32:64]))
	flipped.FillBytes(s[32:64])
	s[64] ^= 27 ^ 28
}

// Random payers, honest and not, and everything they ever sent replayed in random order: paid never falls (P1), the promise is within the deposit (P2), the evidence proves
// what is paid (P3, without the contract), and replays change nothing (P5).
func TestRuleProperties(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		w := &walk{t: t, rng: rng, p: newPayer(t, 100_000), seed: seed, now: now}
		for range 120 {
			w.step()
			w.check()
		}
		w.replay()
	}
}

type walk struct {
	t        *testing.T
	rng      *rand.Rand
	seed     uint64
	p        *payer
	now      time.Time
	chains   map[channel.Anchor]*channel.Chain
	vouchers []*channel.SignedVoucher
	reveals  []channel.Reveal
	paid     channel.Amount
	n        byte
}

func (w *walk) step() {
	switch w.rng.IntN(6) {
	case 0, 1:
		w.voucher()
	case 2, 3, 4:
		w.reveal()
	case 5:
		w.now = w.now.Add(time.Duration(w.rng.IntN(120)) * time.Second)
		paid, _ := w.p.record.Paid().Uint64()
		w.p.record.Apply(&channel.Event{Kind: channel.EventSettled, Channel: w.p.record.ID, Settled: channel.NewAmount(w.rng.Uint64N(paid + 1))})
	}
}

// voucher sends one that keeps, drops, re-anchors and adds tails at random, with a cumulative around what it must be.
func (w *walk) voucher() {
	if w.chains == nil {
		w.chains = map[channel.Anchor]*channel.Chain{}
	}
	r := &w.p.record
	v := channel.Voucher{Channel: r.ID, Cumulative: r.Held.Cumulative}
	for i, tail := range r.Held.Tails {
		moved := tail.Unit.Mul(uint64(r.Reveals[i].Count))
		switch w.rng.IntN(4) {
		case 0: // dropped
			v.Cumulative = v.Cumulative.Add(moved)
		case 1: // re-anchored where it was revealed
			if count := r.Reveals[i].Count; count > 0 && count < tail.Length {
				tail.Anchor, tail.Length = channel.Anchor(r.Reveals[i].Preimage), tail.Length-count
				v.Cumulative = v.Cumulative.Add(moved)
			}
			v.Tails = append(v.Tails, tail)
		default:
			v.Tails = append(v.Tails, tail)
		}
	}
	if w.rng.IntN(2) == 0 && len(v.Tails) < channel.MaxTails {
		w.n++
		chain, _ := channel.ChainFrom([32]byte{w.n, byte(w.seed)}, uint32(w.rng.IntN(40))+1)
		w.chains[chain.Anchor()] = chain
		v.Tails = append(v.Tails, channel.Tail{
			Anchor: chain.Anchor(), Unit: channel.NewAmount(w.rng.Uint64N(20) + 1), Length: chain.Length(), Expiry: w.now.Add(time.Duration(w.rng.IntN(3600)+1) * time.Second).Unix(),
		})
	}
	switch w.rng.IntN(3) {
	case 0:
		v.Cumulative = v.Cumulative.Add(channel.NewAmount(w.rng.Uint64N(100)))
	case 1:
		if less, ok := v.Cumulative.SubOK(channel.NewAmount(w.rng.Uint64N(30))); ok {
			v.Cumulative = less
		}
	}
	signed := v.Sign(w.p.key, domain)
	w.vouchers = append(w.vouchers, &signed)
	w.offer(func() (channel.Outcome, error) { return rule.AcceptVoucher(&w.p.record, &signed, w.now) })
}

// reveal reveals some steps of a held tail, or garbage.
func (w *walk) reveal() {
	r := &w.p.record
	if len(r.Held.Tails) == 0 {
		return
	}
	tail := r.Held.Tails[w.rng.IntN(len(r.Held.Tails))]
	chain, ok := w.chains[tail.Anchor]
	if !ok {
		return // re-anchored: its chain is the old one; it is not revealed further here
	}
	reveal := chain.Reveal(uint32(w.rng.IntN(int(chain.Length()))) + 1)
	if w.rng.IntN(10) == 0 {
		reveal.Count = w.rng.Uint32N(50)
	}
	w.reveals = append(w.reveals, reveal)
	w.offer(func() (channel.Outcome, error) { return rule.AcceptReveal(&w.p.record, &reveal, w.now) })
}

func (w *walk) offer(accept func() (channel.Outcome, error)) {
	w.t.Helper()
	before := w.p.record.Clone()
	outcome, err := accept()
	if (err == nil) != (outcome != 0) {
		w.t.Fatalf("seed %d: outcome %d with %v", w.seed, outcome, err)
	}
	if outcome != channel.Accepted && !same(&before, &w.p.record) {
		w.t.Fatalf("seed %d: changed by what was not accepted", w.seed)
	}
}

func (w *walk) check() {
	w.t.Helper()
	r := &w.p.record
	if r.Paid().Less(w.paid) {
		w.t.Fatalf("seed %d: paid fell from %s to %s", w.seed, w.paid, r.Paid())
	}
	w.paid = r.Paid()
	if r.Deposit.Less(r.Promised()) || r.Promised().Less(r.Paid()) {
		w.t.Fatalf("seed %d: deposit %s, promised %s, paid %s", w.seed, r.Deposit, r.Promised(), r.Paid())
	}
	if err := rule.CheckEvidence(r); err != nil {
		w.t.Fatalf("seed %d: %v", w.seed, err)
	}
	stored := channel.Record{ID: r.ID, Terms: r.Terms}
	if err := stored.SetEvidence(r.AppendEvidence(nil)); err != nil || stored.Paid() != r.Paid() {
		w.t.Fatalf("seed %d: evidence does not survive being stored: %v", w.seed, err)
	}
	if unsettled := r.Settled.Less(r.Paid()); unsettled != (r.DueSince != 0) {
		w.t.Fatalf("seed %d: settled %s, paid %s, due since %d", w.seed, r.Settled, r.Paid(), r.DueSince)
	}
}

// replay sends all again in random order: whatever was replaced must stay so.
func (w *walk) replay() {
	w.t.Helper()
	before := w.p.record.Clone()
	for range 300 {
		var outcome channel.Outcome
		var err error
		if i := w.rng.IntN(len(w.vouchers) + len(w.reveals)); i < len(w.vouchers) {
			outcome, err = rule.AcceptVoucher(&w.p.record, w.vouchers[i], w.now)
		} else {
			outcome, err = rule.AcceptReveal(&w.p.record, &w.reveals[i-len(w.vouchers)], w.now)
		}
		// What was refused in its time may be news now only if it is really more; what was accepted must not be.
		if outcome == channel.Accepted && !before.Paid().Less(w.p.record.Paid()) && !before.Promised().Less(w.p.record.Promised()) {
			w.t.Fatalf("seed %d: a replay was accepted and added nothing", w.seed)
		}
		_ = err
		w.check()
	}
}

// A strict history: every voucher that was accepted and later replaced is stale for ever.
func TestReplacedVouchersNeverComeBack(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 2))
		w := &walk{t: t, rng: rng, p: newPayer(t, 100_000), seed: seed, now: now}
		var accepted []*channel.SignedVoucher
		for range 100 {
			held := w.p.record.Held
			w.step()
			if held.Channel != (channel.ID{}) && held.Signature != w.p.record.Held.Signature {
				accepted = append(accepted, &held)
			}
			for _, v := range accepted {
				before := w.p.record.Clone()
				if outcome, err := rule.ApplyVoucher(&w.p.record, v, w.now); outcome == channel.Accepted {
					t.Fatalf("seed %d: a voucher of %s came back over one of %s: %v", seed, v.Cumulative, before.Held.Cumulative, err)
				}
			}
		}
		if len(accepted) < 3 {
			t.Errorf("seed %d: only %d vouchers were accepted", seed, len(accepted))
		}
	}
}

func TestChain(t *testing.T) {
	for _, length := range []uint32{1, 2, 31, 32, 33, 256, 1023, 1024} {
		c, err := channel.ChainFrom([32]byte{9}, length)
		if err != nil {
			t.Fatal(err)
		}
		if c.Anchor() != channel.Anchor(channel.HashForward([32]byte{9}, length)) {
			t.Fatalf("anchor of %d steps", length)
		}
		for count := uint32(1); count <= length; count++ {
			r := c.Reveal(count)
			if r.Count != count || channel.HashForward(r.Preimage, count) != c.Anchor() {
				t.Fatalf("step %d of %d", count, length)
			}
		}
	}
	for _, length := range []uint32{0, 1025} {
		if _, err := channel.ChainFrom([32]byte{}, length); !errors.Is(err, channel.ErrMalformed) {
			t.Errorf("%d steps: %v", length, err)
		}
	}
}

func FuzzSetEvidence(f *testing.F) {
	p := newPayer(f, 1_000)
	chain, tail := p.chain(1, 10, 5)
	p.mustVoucher(p.voucher(100, tail))
	p.mustReveal(chain, 4)
	f.Add(p.record.AppendEvidence(nil))
	f.Add([]byte{})
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := channel.Record{ID: p.record.ID}
		if err := r.SetEvidence(b); err != nil {
			if !errors.Is(err, channel.ErrEvidence) {
				t.Fatalf("unknown error %v", err)
			}
			return
		}
		if again := r.AppendEvidence(nil); string(again) != string(b) {
			t.Fatalf("%x became %x", b, again)
		}
		_, _, _ = r.Paid(), r.Promised(), r.Worth(now)
	})
}
