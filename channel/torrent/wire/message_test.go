package wire_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/wire"
	"github.com/piecework/piecework/wallet"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

// samples is one message of every type, with every field set.
func samples() []wire.Message {
	fill := func(b byte) (w [32]byte) {
		for i := range w {
			w[i] = b
		}
		return w
	}
	address := func(b byte) wallet.Address { return wallet.AddressFromEVM([20]byte(bytes.Repeat([]byte{b}, 20))) }
	voucher := channel.SignedVoucher{
		Voucher: channel.Voucher{
			Channel: channel.ID(fill(0xc1)), Cumulative: channel.NewAmount(5000),
			Tails: []channel.Tail{{Anchor: fill(0xa1), Unit: channel.NewAmount(250), Length: 1024, Expiry: 1767225600}},
		},
		Signature: wallet.Signature(bytes.Repeat([]byte{0x51}, 65)),
	}
	reveal := channel.Reveal{Tail: fill(0xa1), Count: 7, Preimage: fill(0x77)}
	next := channel.Anchor(fill(0xa2))
	nonce := wire.Nonce(bytes.Repeat([]byte{0x0a}, 16))
	return []wire.Message{
		&wire.Terms{
			Domain: channel.Domain{ChainID: 0xcd8690dc, Contract: address(0x0c)}, Asset: channel.TRX, Payee: address(0x0b), Price: channel.NewAmount(1000),
			UnitBytes: 256 << 10, Window: 1 << 20, WindowMax: 32 << 20, Expiry: 1767225600, Nonce: nonce, More: 2, Payers: []wallet.Address{address(0x0d)},
		},
		&wire.Open{
			Version: 1, Nonce: nonce, Voucher: voucher, Tail: fill(0xa1), Prev: &next,
			Price: channel.NewAmount(1000), Bid: channel.NewAmount(50), Received: 123456,
		},
		&wire.Accept{Channel: voucher.Channel, Window: 1 << 20, Sent: 123456, Paid: channel.NewAmount(250), Since: 4096, Charged: channel.NewAmount(4)},
		&wire.Pay{Reveal: &reveal},
		&wire.Pay{Voucher: &voucher, Tail: &next},
		&wire.Ack{Paid: channel.NewAmount(1750), Window: 1 << 20},
		&wire.Need{Due: 16384},
		&wire.Error{Role: wire.Payee, Code: wire.CodeStale, Text: "the voucher is worth less than 5250", Voucher: &voucher, Reveal: &reveal},
		&wire.Close{Role: wire.Payer, Channel: voucher.Channel, Paid: channel.NewAmount(1750)},
	}
}

type vector struct {
	Type  string `json:"type"`
	Bytes string `json:"bytes"`
}

func TestVectors(t *testing.T) {
	var got []vector
	for _, m := range samples() {
		got = append(got, vector{m.Type().String(), hex.EncodeToString(wire.Marshal(m))})
	}
	if *update {
		text, _ := json.MarshalIndent(got, "", "  ")
		if err := os.WriteFile("testdata/vectors.json", append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var want []vector
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the bytes on the wire changed; a new version is needed, or -update when nobody speaks the old one")
	}
}

func TestRoundTrip(t *testing.T) {
	for _, m := range samples() {
		b := wire.Marshal(m)
		if len(b) > wire.MaxMessage {
			t.Errorf("%s: %d bytes", m.Type(), len(b))
		}
		got, err := wire.Unmarshal(b)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s: got %+v, %v; want %+v", m.Type(), got, err, m)
		}
	}
}

func TestUnmarshalForeign(t *testing.T) {
	for name, c := range map[string]struct {
		in     string
		refuse bool
	}{
		"unknown type":        {"d1:ti99e1:xi1ee", false},
		"unknown key":         {"d3:duei7e1:ti5e3:zzz3:abce", false},
		"no type":             {"d3:duei7ee", true},
		"negative type":       {"d1:ti-1ee", true},
		"negative bytes":      {"d3:duei-7e1:ti5ee", true},
		"minus zero":          {"d3:duei-0e1:ti5ee", true},
		"leading zero":        {"d3:duei07e1:ti5ee", true},
		"huge number":         {"d3:duei99999999999999999999e1:ti5ee", true},
		"over 4 EiB":          {"d3:duei4611686018427387905e1:ti5ee", true},
		"key twice":           {"d1:ti5e1:ti5ee", true},
		"open dictionary":     {"d1:ti5e", true},
		"bytes behind":        {"d3:duei7e1:ti5eex", true},
		"string over the end": {"d1:t9999999:ae", true},
		"not a dictionary":    {"i5e", true},
		"empty":               {"", true},
		"deep lists":          {"d1:q" + strings.Repeat("l", 8000) + strings.Repeat("e", 8000), true},
		"many values":         {"d1:ql" + strings.Repeat("i1e", 3000) + "e1:ti5ee", true},
		"too long":            {"d1:ti5e1:q20000:" + strings.Repeat("x", 20000) + "e", true},
		"pay with nothing":    {"d1:ti3ee", true},
		"short anchor":        {"d2:red1:a3:abc1:ki1e1:x3:abce1:ti3ee", true},
	} {
		m, err := wire.Unmarshal([]byte(c.in))
		if c.refuse != (err != nil) || err != nil && !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: got %v, %v", name, m, err)
		}
	}
}

func TestHandshakeKeepsWhatItDoesNotKnow(t *testing.T) {
	in := "d1:ei1e1:md11:ut_metadatai3e6:ut_pexi1ee13:metadata_sizei12345e1:pi6881e4:reqqi250e1:v5:qB 4.e"
	h, err := wire.ParseHandshake([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	if string(h.Marshal()) != in {
		t.Errorf("unchanged, it reads %s", h.Marshal())
	}
	h.SetID(wire.Extension, h.Free())
	h.SetID("ut_pex", 0)
	h.SetInt("p", 7000)
	want := "d1:ei1e1:md6:pw_payi255e11:ut_metadatai3ee13:metadata_sizei12345e1:pi7000e4:reqqi250e1:v5:qB 4.e"
	if string(h.Marshal()) != want {
		t.Errorf("got  %s\nwant %s", h.Marshal(), want)
	}
	if h.ID(wire.Extension) != 255 || h.ID("ut_pex") != 0 {
		t.Error("ids are not what was set")
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, m := range samples() {
		f.Add(wire.Marshal(m))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := wire.Unmarshal(b)
		if err != nil || m == nil {
			return
		}
		again, err := wire.Unmarshal(wire.Marshal(m))
		if err != nil || !reflect.DeepEqual(m, again) {
			t.Errorf("%x reads as %+v, which writes as %+v, %v", b, m, again, err)
		}
	})
}

func FuzzHandshake(f *testing.F) {
	f.Add([]byte("d1:ei1e1:md11:ut_metadatai3e6:ut_pexi1ee1:pi6881ee"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := wire.ParseHandshake(b)
		if err != nil {
			return
		}
		h.SetID(wire.Extension, h.Free())
		if _, err := wire.ParseHandshake(h.Marshal()); err != nil && len(h.Marshal()) < 60<<10 {
			t.Errorf("%q does not read back: %v", h.Marshal(), err)
		}
	})
}
