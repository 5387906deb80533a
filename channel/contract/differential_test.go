package contract

import (
	"encoding/binary"
	"errors"
	"flag"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

var differentialCases = flag.Int("cases", 100_000, "cases of the differential test")

// TestDifferential is property 5, attack 4 and P14: the payee's rule in package channel takes a voucher and its reveals exactly when the contract would pay for them.
//
// Every case is one voucher with its reveals, good or spoilt in one of the ways of spoil, on a channel with a deposit at one of the boundaries. Go's verdict
// is AcceptVoucher and then AcceptReveal of every reveal; the contract's is one item of a batch. They must agree on whether it counts, and on what it is
// worth to the unit. The two differ on purpose in five things: what v says is not looked at by Go,
// and a claim shows the one that recovers the signer; Go refuses a promise over the deposit, where the contract pays
// the deposit; a voucher for nothing is held by Go and skipped by the contract as stale; Go wants tails that still last a while; and Go takes no tail of
// which a step is worth nothing. Signatures that are not 65 bytes long are no wallet.Signature; in a packed item they move the end (TestBatchBytes).
func TestDifferential(t *testing.T) {
	t.Parallel()
	cases := *differentialCases
	if testing.Short() {
		cases /= 20
	}
	d := newDifferential(t)
	for i := range cases {
		d.run(uint64(i))
	}
	if d.accepted < cases/20 || d.refused < cases/3 {
		t.Errorf("%d accepted and %d refused of %d: the cases test too little", d.accepted, d.refused, cases)
	}
	t.Logf("%d cases: %d accepted by both, %d refused by both", cases, d.accepted, d.refused)
}

// differential is a world with channels whose deposits lie at the boundaries, on which each case starts afresh.
type differential struct {
	*world
	rule              channel.Rule
	payer, other      *wallet.Key
	payee             wallet.Address
	records           []channel.Record
	chains            []*channel.Chain
	accepted, refused int
}

func newDifferential(t testing.TB) *differential {
	w := newWorld(t)
	d := &differential{world: w, rule: channel.NewRule(w.domain, time.Second), payer: w.person("payer"), other: w.person("other")}
	d.payee = w.person("payee").Address()
	asset := w.token("Plain", 0)
	w.tell(deployer, asset.Contract(), "mint(address,uint256)", d.payer.Address(), new(big.Int).Lsh(big.NewInt(1), 120))
	w.tell(d.payer.Address(), asset.Contract(), "approve(address,uint256)", w.contract, new(big.Int).Lsh(big.NewInt(1), 200))
	top := channel.MaxAmount()
	for i, deposit := range []channel.Amount{channel.NewAmount(1), channel.NewAmount(1000), channel.NewAmount(1<<63 - 1), channel.NewAmount(1 << 63), top.Sub(channel.NewAmount(1)), top} {
		terms := w.open(d.payer.Address(), Opening{Payee: d.payee, Asset: asset, Amount: deposit, Challenge: day, Salt: [32]byte{byte(i)}})
		d.records = append(d.records, channel.NewRecord(terms, deposit))
	}
	for i := range 8 {
		d.chains = append(d.chains, mustChain(t, byte(i), []uint32{1, 2, 7, 64, 100, 300, 1023, 1024}[i]))
	}
	return d
}

// run makes one case and compares the verdicts. Nothing is left of it: the contract's state goes back.
func (d *differential) run(n uint64) {
	r := rand.New(rand.NewPCG(n, 1))
	record := d.records[r.IntN(len(d.records))].Clone()
	claim, spoilt := d.makeCase(r, &record)
	goWorth, goErr := d.goVerdict(&record, claim)
	shown := claim // as ClaimOf shows it
	shown.Voucher = claim.Voucher.Recovering(d.rule.Separator(), record.Terms.Signer)
	skip, worth := d.contractVerdict(shown)
	counts := goErr == nil
	switch {
	case errors.Is(goErr, errEncoding):
		// Amounts and signatures that have no form on chain at all are refused by the packing.
		d.refused++
	case errors.Is(goErr, channel.ErrOverDeposit):
		// Without the ceiling the contract would have paid at most the deposit; either it is refused for another reason too, or it pays no more.
		if skip == "" && record.Deposit.Less(worth) {
			d.t.Fatalf("case %d (%s): the contract paid %s of a deposit of %s", n, spoilt, worth, record.Deposit)
		}
		d.refused++
	case counts && skip == SkippedStale && goWorth.IsZero():
		d.accepted++ // a voucher for nothing
	case counts != (skip == "") || counts && goWorth != worth:
		d.t.Fatalf("case %d (%s): Go says %v, worth %s; the contract %q, worth %s\n%+v", n, spoilt, goErr, goWorth, skip, worth, claim)
	case counts:
		d.accepted++
	default:
		d.refused++
	}
}

var errEncoding = errors.New("no form on chain")

// goVerdict is what a payee with nothing yet would hold after the voucher and all its reveals.
func (d *differential) goVerdict(record *channel.Record, c Claim) (channel.Amount, error) {
	if _, err := packItem(c); err != nil {
		return channel.Amount{}, errEncoding
	}
	now := time.Unix(d.now(), 0)
	if _, err := d.rule.AcceptVoucher(record, &c.Voucher, now); err != nil {
		return channel.Amount{}, err
	}
	for i := range c.Reveals {
		if _, err := d.rule.AcceptReveal(record, &c.Reveals[i], now); err != nil {
			return channel.Amount{}, err
		}
	}
	return record.Due(now), nil
}

// contractVerdict is why the contract would skip the item, or what it would pay. Afterwards the channel is as before.
func (d *differential) contractVerdict(c Claim) (string, channel.Amount) {
	call, err := SettleBatch([]Claim{c})
	if err != nil {
		return err.Error(), channel.Amount{}
	}
	row, _ := d.state.Row(d.contract, c.row())
	r := d.call(deployer, call)
	if r.Outcome != vm.Success {
		d.t.Fatalf("a batch ended %s %v", r.Outcome, DecodeRevert(r.Return))
	}
	events := d.events(r)
	last := events[len(events)-1]
	if last.Kind == channel.EventSkipped {
		return last.Reason, channel.Amount{}
	}
	d.putBack(c, row, last.Settled)
	return "", last.Settled
}

// row is where the contract keeps the claim's channel: the TVM's rows have the low half of the slot.
func (c Claim) row() [16]byte {
	id := c.Terms.ID()
	return [16]byte(id[16:])
}

// putBack undoes a settlement: the channel's row, and the tokens, which the payee gives back.
func (d *differential) putBack(c Claim, row [32]byte, paid channel.Amount) {
	d.state.SetRow(d.contract, c.row(), row)
	d.tell(d.payee, c.Terms.Asset.Contract(), "transfer(address,uint256)", d.contract, paid)
}

// makeCase signs a voucher on the record's channel and spoils it in one way, or in none.
func (d *differential) makeCase(r *rand.Rand, record *channel.Record) (Claim, string) {
	v := channel.Voucher{Channel: record.ID, Cumulative: d.makeAmount(r, record.Deposit)}
	var reveals []channel.Reveal
	if r.IntN(3) == 0 {
		// Little, so that the promise fits.
		v.Cumulative = channel.NewAmount(r.Uint64N(20))
		for _, i := range r.Perm(len(d.chains))[:1+r.IntN(3)] {
			chain := d.chains[i]
			tail := channel.Tail{Anchor: chain.Anchor(), Unit: channel.NewAmount(1 + r.Uint64N(3)), Length: chain.Length(), Expiry: d.now() + 2 + r.Int64N(100)}
			v.Tails = append(v.Tails, tail)
			if r.IntN(4) > 0 {
				reveals = append(reveals, chain.Reveal(1+uint32(r.IntN(int(min(chain.Length(), 40))))))
			}
		}
	}
	claim := Claim{Terms: record.Terms, Voucher: v.Sign(d.payer, d.domain), Reveals: reveals}
	if r.IntN(3) == 0 {
		return claim, "nothing"
	}
	names := spoilNames
	name := names[r.IntN(len(names))]
	spoil[name](d, r, &claim)
	return claim, name
}

// makeAmount is often at, just below or just above a boundary.
func (d *differential) makeAmount(r *rand.Rand, deposit channel.Amount) channel.Amount {
	one := channel.NewAmount(1)
	switch r.IntN(8) {
	case 0:
		return deposit
	case 1:
		return deposit.Sub(one)
	case 2:
		return deposit.Add(one) // 2^104 does not fit any more
	case 3:
		return channel.NewAmount(1 << 63).Min(deposit)
	case 4:
		return channel.NewAmount(1<<63 - 1).Min(deposit)
	case 5:
		return channel.Amount{}
	}
	return channel.NewAmount(1 + r.Uint64()>>r.IntN(64)).Min(deposit)
}

var curveOrder, _ = new(big.Int).SetString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16)

// spoil are the ways in which a signed claim goes wrong, most of them with the signature's spelling.
var spoil = map[string]func(d *differential, r *rand.Rand, c *Claim){
	"high s twin": func(_ *differential, _ *rand.Rand, c *Claim) {
		s := &c.Voucher.Signature
		twin := new(big.Int).Sub(curveOrder, new(big.Int).SetBytes(s[32:64]))
		twin.FillBytes(s[32:64])
		s[64] = 27 + 28 - s[64]
	},
	"high s, bit 255 cleared": func(_ *differential, _ *rand.Rand, c *Claim) {
		s := &c.Voucher.Signature
		new(big.Int).Sub(curveOrder, new(big.Int).SetBytes(s[32:64])).FillBytes(s[32:64])
		s[32] &= 0x7f
	},
	"other v": func(_ *differential, _ *rand.Rand, c *Claim) {
		c.Voucher.Signature[64] = 27 + 28 - c.Voucher.Signature[64]
	},
	"v of 0 or 1": func(_ *differential, _ *rand.Rand, c *Claim) { c.Voucher.Signature[64] -= 27 },
	"v of 29":     func(_ *differential, r *rand.Rand, c *Claim) { c.Voucher.Signature[64] = 29 + byte(r.IntN(200)) },
	"r of 0":      func(_ *differential, _ *rand.Rand, c *Claim) { clear(c.Voucher.Signature[:32]) },
	"s of 0":      func(_ *differential, _ *rand.Rand, c *Claim) { clear(c.Voucher.Signature[32:64]) },
	"r of n":      func(_ *differential, _ *rand.Rand, c *Claim) { curveOrder.FillBytes(c.Voucher.Signature[:32]) },
	"r over n": func(_ *differential, _ *rand.Rand, c *Claim) {
		v := new(big.Int).Add(curveOrder, new(big.Int).SetBytes(c.Voucher.Signature[28:32]))
		v.FillBytes(c.Voucher.Signature[:32])
	},
	"s of half the order": func(_ *differential, r *rand.Rand, c *Claim) {
		half := new(big.Int).Rsh(curveOrder, 1)
		half.Add(half, big.NewInt(int64(r.IntN(2))))
		half.FillBytes(c.Voucher.Signature[32:64])
	},
	"nothing at all": func(_ *differential, _ *rand.Rand, c *Claim) { c.Voucher.Signature = wallet.Signature{64: 27} },
	"a byte of the signature": func(_ *differential, r *rand.Rand, c *Claim) {
		c.Voucher.Signature[r.IntN(64)] ^= byte(1 + r.IntN(255))
	},
	"noise": func(_ *differential, r *rand.Rand, c *Claim) {
		for i := 0; i < 64; i += 8 {
			binary.BigEndian.PutUint64(c.Voucher.Signature[i:], r.Uint64())
		}
		c.Voucher.Signature[32] &= 0x7f
	},
	"r and s swapped": func(_ *differential, _ *rand.Rand, c *Claim) {
		s := c.Voucher.Signature
		copy(c.Voucher.Signature[:32], s[32:64])
		copy(c.Voucher.Signature[32:64], s[:32])
	},
	"another key": func(d *differential, _ *rand.Rand, c *Claim) { c.Voucher = c.Voucher.Voucher.Sign(d.other, d.domain) },
	"another domain": func(d *differential, r *rand.Rand, c *Claim) {
		domain := d.domain
		domain.ChainID ^= 1 << r.IntN(32)
		c.Voucher = c.Voucher.Voucher.Sign(d.payer, domain)
	},
	"another contract": func(d *differential, r *rand.Rand, c *Claim) {
		domain := d.domain
		domain.Contract[1+r.IntN(20)] ^= 1 << r.IntN(8)
		c.Voucher = c.Voucher.Voucher.Sign(d.payer, domain)
	},
	"another channel": func(d *differential, _ *rand.Rand, c *Claim) {
		v := c.Voucher.Voucher
		v.Channel[3] ^= 1
		c.Voucher.Signature = d.payer.Sign(v.Digest(d.sep))
	},
	"another amount": func(_ *differential, _ *rand.Rand, c *Claim) {
		if next, ok := c.Voucher.Cumulative.SubOK(channel.NewAmount(1)); ok {
			c.Voucher.Cumulative = next
		}
	},
	"a tail's unit": func(_ *differential, _ *rand.Rand, c *Claim) {
		withTail(c, func(t *channel.Tail) { t.Unit = t.Unit.Add(channel.NewAmount(1)) })
	},
	"a tail's length": func(_ *differential, _ *rand.Rand, c *Claim) { withTail(c, func(t *channel.Tail) { t.Length-- }) },
	"a tail's expiry": func(_ *differential, _ *rand.Rand, c *Claim) { withTail(c, func(t *channel.Tail) { t.Expiry++ }) },
	"one tail less": func(_ *differential, _ *rand.Rand, c *Claim) {
		if n := len(c.Voucher.Tails); n > 0 && len(c.Reveals) == 0 {
			c.Voucher.Tails = c.Voucher.Tails[:n-1]
		}
	},
	"a tail over 1,024 steps, signed": func(d *differential, _ *rand.Rand, c *Claim) {
		withTail(c, func(t *channel.Tail) { t.Length = 1025 })
		c.Voucher = c.Voucher.Voucher.Sign(d.payer, d.domain)
	},
	"a preimage": func(_ *differential, r *rand.Rand, c *Claim) {
		withReveal(c, func(v *channel.Reveal) { v.Preimage[r.IntN(32)] ^= byte(1 + r.IntN(255)) })
	},
	"one step too many": func(_ *differential, _ *rand.Rand, c *Claim) { withReveal(c, func(v *channel.Reveal) { v.Count++ }) },
	"one step too few": func(_ *differential, _ *rand.Rand, c *Claim) {
		withReveal(c, func(v *channel.Reveal) { v.Count = max(v.Count, 2) - 1 })
	},
	"more than promised": func(_ *differential, _ *rand.Rand, c *Claim) {
		withReveal(c, func(v *channel.Reveal) { v.Count = 1025 })
	},
}

var spoilNames = slices.Sorted(maps.Keys(spoil))

func withTail(c *Claim, change func(*channel.Tail)) {
	if len(c.Voucher.Tails) > 0 {
		change(&c.Voucher.Tails[0])
	}
}

func withReveal(c *Claim, change func(*channel.Reveal)) {
	if len(c.Reveals) > 0 {
		change(&c.Reveals[0])
	}
}
