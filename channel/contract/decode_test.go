package contract

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/wallettest"
)

// encodeEvent is DecodeEvent backwards, for tests of both.
func encodeEvent(e channel.Event) (topics [][32]byte, data []byte) {
	topics = [][32]byte{Topic(e.Kind), e.Channel}
	p := &packer{}
	switch e.Kind {
	case channel.EventOpened:
		parties := (&packer{}).address(e.Terms.Payer).address(e.Terms.Payee).data
		topics = append(topics, [32]byte(parties[:32]), [32]byte(parties[32:]))
		p.address(e.Terms.Signer).word(e.Terms.Asset.Word()).number(uint64(e.Terms.Challenge.Seconds())).word(e.Terms.Seed).amount(e.Deposit)
	case channel.EventDeposited:
		p.amount(e.Deposit)
	case channel.EventSettled:
		p.amount(e.Settled)
	case channel.EventRevealed:
		topics = append(topics, e.Reveal.Tail)
		p.number(uint64(e.Reveal.Count)).word(e.Reveal.Preimage)
	case channel.EventSkipped:
		for i, reason := range skipReasons {
			if reason == e.Reason {
				p.number(uint64(i))
			}
		}
	case channel.EventClosing:
		p.number(uint64(e.CloseAt))
	case channel.EventClosed:
		p.amount(e.Settled).amount(e.Refund)
	}
	return topics, p.data
}

func sampleEvents() []channel.Event {
	terms := Opening{Payee: deployer, Amount: channel.NewAmount(3), Challenge: day}.Terms(wallet.AddressFromEVM([20]byte{1, 2, 3}), [32]byte{4})
	id := terms.ID()
	return []channel.Event{
		{Kind: channel.EventOpened, Channel: id, Terms: terms, Deposit: channel.MaxAmount()},
		{Kind: channel.EventDeposited, Channel: id, Deposit: channel.NewAmount(9)},
		{Kind: channel.EventSettled, Channel: id, Settled: channel.NewAmount(8)},
		{Kind: channel.EventRevealed, Channel: id, Reveal: channel.Reveal{Tail: channel.Anchor{7}, Count: 1024, Preimage: [32]byte{6}}},
		{Kind: channel.EventSkipped, Channel: id, Reason: SkippedBadPreimage},
		{Kind: channel.EventClosing, Channel: id, CloseAt: 1_900_000_000},
		{Kind: channel.EventClosed, Channel: id, Settled: channel.NewAmount(5), Refund: channel.NewAmount(4)},
	}
}

func TestDecodeEvent(t *testing.T) {
	for _, want := range sampleEvents() {
		topics, data := encodeEvent(want)
		got, err := DecodeEvent(topics, data)
		if err != nil || got != want {
			t.Errorf("%s: %+v %v", want.Kind, got, err)
		}
		bad := func(what string, topics [][32]byte, data []byte) {
			t.Helper()
			if _, err := DecodeEvent(topics, data); !errors.Is(err, ErrEvent) {
				t.Errorf("%s with %s: %v", want.Kind, what, err)
			}
		}
		bad("a topic less", topics[:len(topics)-1], data)
		bad("a topic more", append(topics[:len(topics):len(topics)], [32]byte{}), data)
		bad("a byte less", topics, data[1:])
		bad("a word more", topics, append(data[:len(data):len(data)], make([]byte, 32)...))
		bad("no topics", nil, data)
		bad("another topic", append([][32]byte{{1}}, topics[1:]...), data)
		if want.Kind != channel.EventRevealed {
			wide := bytes.Clone(data)
			wide[0] = 1 // over 104 bits, no address, no number
			bad("a wide word", topics, wide)
		}
	}
	topics, data := encodeEvent(sampleEvents()[0])
	data[31]++ // another signer: not the terms of that id
	if _, err := DecodeEvent(topics, data); !errors.Is(err, ErrEvent) {
		t.Errorf("terms of another channel: %v", err)
	}
}

func FuzzDecodeEvent(f *testing.F) {
	for _, e := range sampleEvents() {
		topics, data := encodeEvent(e)
		var flat []byte
		for _, topic := range topics {
			flat = append(flat, topic[:]...)
		}
		f.Add(flat, data)
	}
	f.Fuzz(func(t *testing.T, flat, data []byte) {
		var topics [][32]byte
		for ; len(flat) >= 32; flat = flat[32:] {
			topics = append(topics, [32]byte(flat))
		}
		e, err := DecodeEvent(topics, data)
		if err != nil {
			if !errors.Is(err, ErrEvent) {
				t.Error(err)
			}
			return
		}
		again, bytesAgain := encodeEvent(e)
		if len(again) != len(topics) || !bytes.Equal(bytesAgain, data) {
			t.Errorf("%+v encodes to %x %x", e, again, bytesAgain)
		}
		for i := range topics {
			if topics[i] != again[i] {
				t.Errorf("topic %d: %x, was %x", i, again[i], topics[i])
			}
		}
	})
}

func TestDecodeWord(t *testing.T) {
	w := func(set map[int]byte) (word [32]byte) {
		for at, b := range set {
			word[at] = b
		}
		return word
	}
	for name, c := range map[string]struct {
		word [32]byte
		want Figures
		bad  bool
	}{
		"never opened":         {w(nil), Figures{}, false},
		"open":                 {w(map[int]byte{31: 9, 18: 4}), Figures{Deposit: channel.NewAmount(9), Settled: channel.NewAmount(4)}, false},
		"closing":              {w(map[int]byte{31: 9, 5: 7}), Figures{Deposit: channel.NewAmount(9), CloseAt: 7}, false},
		"closed":               {w(map[int]byte{1: 255, 2: 255, 3: 255, 4: 255, 5: 255, 18: 9}), Figures{Settled: channel.NewAmount(9), Closed: true}, false},
		"settled over deposit": {w(map[int]byte{31: 3, 18: 4}), Figures{}, true},
		"settled, no deposit":  {w(map[int]byte{18: 4}), Figures{}, true},
		"closed with deposit":  {w(map[int]byte{1: 255, 2: 255, 3: 255, 4: 255, 5: 255, 31: 9}), Figures{}, true},
		"bits above closeAt":   {w(map[int]byte{0: 1, 31: 9}), Figures{}, true},
	} {
		got, err := DecodeWord(c.word)
		if got != c.want || (err != nil) != c.bad || err != nil && !errors.Is(err, ErrWord) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	if _, err := DecodeChannel(make([]byte, 95)); !errors.Is(err, ErrWord) {
		t.Errorf("95 bytes: %v", err)
	}
}

func FuzzDecodeChannel(f *testing.F) {
	f.Add(make([]byte, 96), make([]byte, 32))
	f.Fuzz(func(t *testing.T, output, row []byte) {
		if _, err := DecodeChannel(output); err != nil && !errors.Is(err, ErrWord) {
			t.Error(err)
		}
		if len(row) != 32 {
			return
		}
		if got, err := DecodeWord([32]byte(row)); err == nil && got.Exists() != ([32]byte(row) != [32]byte{}) {
			t.Errorf("%x is %+v", row, got)
		}
		_ = DecodeRevert(output)
	})
}

// TestCallErrors: what cannot be packed says so.
func TestCallErrors(t *testing.T) {
	w := newWorld(t)
	payer, payee := w.person("payer"), w.person("payee")
	terms := Opening{Payee: payee.Address(), Challenge: day}.Terms(payer.Address(), [32]byte{1})
	good := w.claim(terms, payer, 5, channel.Tail{Length: 3})
	other := terms
	other.Seed[0]++
	change := func(f func(*Claim)) Claim {
		c := good
		f(&c)
		return c
	}
	for name, c := range map[string]Claim{
		"a reveal of no tail":     change(func(c *Claim) { c.Reveals = []channel.Reveal{{Tail: channel.Anchor{9}, Count: 1}} }),
		"two reveals of a tail":   change(func(c *Claim) { c.Reveals = []channel.Reveal{{Count: 1}, {Count: 2}} }),
		"terms of another":        change(func(c *Claim) { c.Terms = other }),
		"a high s":                change(func(c *Claim) { c.Voucher.Signature[32] |= 0x80 }),
		"v of 29":                 change(func(c *Claim) { c.Voucher.Signature[64] = 29 }),
		"seventeen tails":         change(func(c *Claim) { c.Voucher.Tails = make([]channel.Tail, 17) }),
		"more than 2^104−1":       change(func(c *Claim) { c.Voucher.Cumulative = channel.MaxAmount().Add(channel.NewAmount(1)) }),
		"no voucher in a batch":   {Terms: terms, Voucher: channel.SignedVoucher{Signature: wallet.Signature{64: 5}}},
		"no payee's terms, mixed": change(func(c *Claim) { c.Terms = other; c.Terms.Payee = deployer; c.Voucher.Channel = c.Terms.ID() }),
	} {
		if _, err := SettleBatch([]Claim{good, c}); !errors.Is(err, ErrCall) && !errors.Is(err, channel.ErrAmount) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, n := range []int{0, 33} {
		if _, err := SettleBatch(make([]Claim, n)); !errors.Is(err, ErrCall) {
			t.Errorf("%d claims: %v", n, err)
		}
	}
}

// An opening says for whom it is; what is no opening does not.
func TestOpenedFor(t *testing.T) {
	usd, err := channel.TRC20(wallettest.Numbered(7).Address())
	if err != nil {
		t.Fatal(err)
	}
	for _, asset := range []channel.Asset{channel.TRX, usd} {
		call, err := Open(Opening{Payee: wallettest.Numbered(3).Address(), Asset: asset, Amount: channel.NewAmount(5), Challenge: time.Hour, Salt: [32]byte{8}})
		if err != nil {
			t.Fatal(err)
		}
		payee, of, err := OpenedFor(call.Data)
		if err != nil || payee != wallettest.Numbered(3).Address() || of != asset {
			t.Errorf("%s in %s: %v", payee, of, err)
		}
		for _, bad := range [][]byte{nil, call.Data[:len(call.Data)-1], append([]byte{1}, call.Data[1:]...)} {
			if _, _, err := OpenedFor(bad); !errors.Is(err, ErrCall) {
				t.Errorf("%x is an opening: %v", bad, err)
			}
		}
	}
}
