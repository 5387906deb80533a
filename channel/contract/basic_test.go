package contract

import (
	"testing"
	"time"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/channel"
)

// TestLife follows one channel in each kind of asset: opened, topped up, settled, closed, and every unit accounted for.
func TestLife(t *testing.T) {
	for _, kind := range []string{"TRX", "TRC-10", "TRC-20"} {
		t.Run(kind, func(t *testing.T) { life(t, kind) })
	}
}

func life(t *testing.T, kind string) {
	w := newWorld(t)
	payer, payee := w.person("payer"), w.person("payee")
	asset := map[string]func() channel.Asset{
		"TRX":    func() channel.Asset { return channel.TRX },
		"TRC-10": func() channel.Asset { return w.trc10(1_000_001, 1e12, payer.Address()) },
		"TRC-20": func() channel.Asset { return w.ownToken(1e12, payer.Address()) },
	}[kind]()
	payeeHad := w.balance(asset, payee.Address()).Int64()
	payerHad := w.balance(asset, payer.Address()).Int64()

	terms := w.open(payer.Address(), Opening{Payee: payee.Address(), Asset: asset, Amount: channel.NewAmount(1000), Challenge: day})
	c, err := Deposit(terms, channel.NewAmount(500))
	w.must(payer.Address(), c, err)
	c, err = Settle(w.claim(terms, payer, 600))
	events := w.must(deployer, c, err)
	if len(events) != 1 || events[0].Kind != channel.EventSettled || events[0].Settled != channel.NewAmount(600) {
		t.Fatalf("settling gave %+v", events)
	}
	if f := w.figures(terms.ID()); f.Deposit != channel.NewAmount(1500) || f.Settled != channel.NewAmount(600) || f.State() != channel.Open {
		t.Fatalf("figures %+v", f)
	}
	w.must(payer.Address(), StartClose(terms), nil)
	w.refused("TooEarly", deployer, FinishClose(terms), nil)
	c, err = Settle(w.claim(terms, payer, 5000))
	w.must(deployer, c, err)
	w.next(int64(day / time.Second))
	w.must(deployer, FinishClose(terms), nil)
	if f := w.figures(terms.ID()); f.State() != channel.Closed || !f.Exists() || f.Settled != channel.NewAmount(1500) {
		t.Fatalf("figures %+v", f)
	}
	if got := w.balance(asset, payee.Address()).Int64() - payeeHad; got != 1500 {
		t.Errorf("the payee got %d", got)
	}
	if got := payerHad - w.balance(asset, payer.Address()).Int64(); got != 1500 {
		t.Errorf("the payer spent %d", got)
	}
	if left := w.balance(asset, w.contract); left.Sign() != 0 {
		t.Errorf("the contract keeps %s", left)
	}
}

// TestDigests compares ids and digests with the package of rules.
func TestDigests(t *testing.T) {
	w := newWorld(t)
	payer, payee := w.person("payer"), w.person("payee")
	terms := w.open(payer.Address(), Opening{Payee: payee.Address(), Signer: payee.Address(), Amount: channel.NewAmount(7), Challenge: 90 * day, Salt: [32]byte{1}})
	tails := []channel.Tail{{Anchor: channel.Anchor{9}, Unit: channel.NewAmount(5), Length: 256, Expiry: 1 << 40}, {Unit: channel.MaxAmount(), Length: 1024}}
	voucher := channel.Voucher{Channel: terms.ID(), Cumulative: channel.MaxAmount(), Tails: tails}
	plain := channel.Voucher{Channel: terms.ID(), Cumulative: channel.NewAmount(3)}
	for _, c := range []struct {
		method    string
		arguments []any
		want      [32]byte
	}{
		{"domainSeparator", nil, w.sep},
		{"idOf", []any{termsTuple(terms)}, terms.ID()},
		{"voucherDigest", []any{voucher.Channel, voucher.Cumulative, tailTuples(tails)}, voucher.Digest(w.sep)},
		{"voucherDigest", []any{plain.Channel, plain.Cumulative, tailTuples(nil)}, plain.Digest(w.sep)},
		{"closeDigest", []any{terms.ID(), plain.Cumulative}, channel.CloseDigest(w.sep, terms.ID(), plain.Cumulative)},
	} {
		m := Interface().MustMethod(c.method)
		var got [32]byte
		if err := m.DecodeInto(w.call(deployer, Call{Data: mustEncode(t, m, c.arguments...)}).Return, &got); err != nil || got != c.want {
			t.Errorf("%s gave %x %v, want %x", c.method, got, err, c.want)
		}
	}
}

func termsTuple(t channel.Terms) []any {
	return []any{t.Payer, t.Payee, t.Signer, t.Asset, uint64(t.Challenge / time.Second), t.Seed}
}

func tailTuples(tails []channel.Tail) []any {
	tuples := []any{}
	for _, t := range tails {
		tuples = append(tuples, []any{[32]byte(t.Anchor), t.Unit, uint64(t.Length), t.Expiry})
	}
	return tuples
}

// TestCalldata compares the packing by hand with the ABI's own.
func TestCalldata(t *testing.T) {
	w := newWorld(t)
	payer, payee := w.person("payer"), w.person("payee")
	asset, err := channel.TRC10(1_000_007)
	if err != nil {
		t.Fatal(err)
	}
	terms := Opening{Payee: payee.Address(), Asset: asset, Challenge: day}.Terms(payer.Address(), [32]byte{5})
	chain := mustChain(t, 1, 20)
	claim := w.claim(terms, payer, 12, channel.Tail{Anchor: chain.Anchor(), Unit: channel.NewAmount(3), Length: 20, Expiry: 77}, channel.Tail{Length: 4})
	reveal := chain.Reveal(5)
	claim.Reveals = []channel.Reveal{reveal}
	r, vs, err := compact(claim.Voucher.Signature)
	if err != nil {
		t.Fatal(err)
	}
	voucher := []any{claim.Voucher.Cumulative, r, vs, []any{
		[]any{[]any{[32]byte(chain.Anchor()), 3, 20, 77}, []any{5, reveal.Preimage}},
		[]any{[]any{[32]byte{}, 0, 4, 0}, []any{0, [32]byte{}}},
	}}
	amount := channel.NewAmount(99)
	must := func(c Call, err error) Call {
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	tuple := termsTuple(terms)
	for _, c := range []struct {
		call      Call
		method    string
		arguments []any
	}{
		{must(Open(Opening{Payee: payee.Address(), Asset: asset, Amount: amount, Challenge: day, Salt: [32]byte{8}})), "open", []any{payee.Address(), [20]byte{}, asset, amount, 86400, [32]byte{8}}},
		{must(Deposit(terms, amount)), "deposit", []any{tuple, amount}},
		{must(Settle(claim)), "settle", []any{tuple, voucher}},
		{must(Close(claim)), "close", []any{tuple, voucher}},
		{must(SettleInto(claim, terms)), "settleInto", []any{tuple, voucher, tuple}},
		{must(CloseAgreed(terms, amount, claim.Voucher.Signature)), "closeAgreed", []any{tuple, amount, []any{r, vs}}},
		{StartClose(terms), "startClose", []any{tuple}},
		{FinishClose(terms), "finishClose", []any{tuple}},
		{GetChannel(terms.ID()), "channel", []any{terms.ID()}},
		{settleItems(payee.Address(), asset, []byte{1, 2, 3}), "settleBatch", []any{payee.Address(), asset, []byte{1, 2, 3}}},
	} {
		if want := mustEncode(t, Interface().MustMethod(c.method), c.arguments...); string(want) != string(c.call.Data) {
			t.Errorf("%s:\n%s\nwant\n%s", c.method, words(c.call.Data), words(want))
		}
	}
}

func words(data []byte) string {
	s := ""
	for data = data[4:]; len(data) >= 32; data = data[32:] {
		s += abi.FormatValue(abi.MustParams("bytes32 word")[0].Type, [32]byte(data)) + "\n"
	}
	return s
}

func mustChain(t testing.TB, seed byte, length uint32) *channel.Chain {
	t.Helper()
	chain, err := channel.ChainFrom([32]byte{seed}, length)
	if err != nil {
		t.Fatal(err)
	}
	return chain
}
