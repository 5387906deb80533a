package wire_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/wire"
	"github.com/piecework/piecework/wallet"
)

const protocol = "../PROTOCOL.md"

// TestProtocolVectors compares the test vectors in PROTOCOL.md with what the code says.
func TestProtocolVectors(t *testing.T) {
	page, err := os.ReadFile(protocol)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- begin vectors -->\n", "<!-- end vectors -->"
	before, rest, _ := strings.Cut(string(page), begin)
	_, after, found := strings.Cut(rest, end)
	if !found {
		t.Fatal("PROTOCOL.md has no place for the vectors")
	}
	want := before + begin + vectors(t) + end + after
	if *update {
		if err := os.WriteFile(protocol, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(page) {
		t.Error("the vectors in PROTOCOL.md are not what the code says; a new version is needed, or -update when nobody speaks the old one")
	}
}

// vectors is one conversation with everything that it is made of.
func vectors(t *testing.T) string {
	t.Helper()
	key := func(last byte) *wallet.Key {
		k, err := wallet.KeyFromBytes(append(make([]byte, 31), last))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	payer, payee := key(1), key(2)
	domain := channel.Domain{ChainID: 0xcd8690dc, Contract: wallet.MustParseAddress("TG3XXyExBkPp9nzdajDZsozEu4BkaSJozs")}
	terms := channel.Terms{
		Payer: payer.Address(), Payee: payee.Address(), Signer: payer.Address(), Asset: channel.TRX, Challenge: 24 * time.Hour, Seed: [32]byte{31: 7},
	}
	chain, err := channel.ChainFrom([32]byte{31: 9}, 256)
	if err != nil {
		t.Fatal(err)
	}
	voucher := channel.Voucher{Channel: terms.ID(), Cumulative: channel.NewAmount(5000), Tails: []channel.Tail{
		{Anchor: chain.Anchor(), Unit: channel.NewAmount(250), Length: 256, Expiry: 1767225600},
	}}
	separator := domain.Separator()
	signed := voucher.Sign(payer, domain)
	first, third := chain.Reveal(1), chain.Reveal(3)

	var b strings.Builder
	row := func(name string, value any) { fmt.Fprintf(&b, "| %s | `%v` |\n", name, value) }
	b.WriteString("| what | value |\n| --- | --- |\n")
	row("payer's private key", "00…01")
	row("payer and signer", payer.Address())
	row("payee (private key 00…02)", payee.Address())
	row("chain id", domain.ChainID)
	row("contract", domain.Contract)
	row("challenge, seed", "86400, 00…07")
	row("channel id", terms.ID())
	row("domain separator", fmt.Sprintf("%x", separator))
	row("tail: secret (256 hashes before the anchor)", "00…09")
	row("anchor", fmt.Sprintf("%x", chain.Anchor()))
	row("reveal 1", fmt.Sprintf("%x", first.Preimage))
	row("reveal 3", fmt.Sprintf("%x", third.Preimage))
	digest := voucher.Digest(separator)
	row("voucher digest", fmt.Sprintf("%x", digest))
	row("voucher signature", fmt.Sprintf("%x", signed.Signature[:]))
	b.WriteString("\nOne conversation about that channel; the payer accepts 1,000 sun a MiB, has paid for 5 MiB before, and bids nothing.\n")
	nonce := wire.Nonce([]byte("sixteen bytes 01"))
	price, none := channel.NewAmount(1000), channel.Amount{}
	for _, m := range []struct {
		who string
		wire.Message
	}{
		{"payee", &wire.Terms{
			Domain: domain, Asset: channel.TRX, Payee: payee.Address(), Price: price, UnitBytes: 256 << 10, Window: 1 << 20, WindowMax: 32 << 20,
			Expiry: 1767225600, Nonce: nonce,
		}},
		{"payer", &wire.Open{Version: 1, Nonce: nonce, Voucher: signed, Tail: chain.Anchor(), Price: price, Bid: none, Received: 5 << 20}},
		{"payee", &wire.Accept{Channel: terms.ID(), Window: 1<<20 + 5<<20/8, Sent: 5 << 20, Paid: channel.NewAmount(5000), Charged: none}},
		{"payer", &wire.Pay{Reveal: &first}},
		{"payer", &wire.Pay{Reveal: &third}},
		{"payee", &wire.Ack{Paid: channel.NewAmount(5750), Window: 1<<20 + (5<<20+768<<10)/8}},
		{"payee", &wire.Need{Due: 16384}},
		{"payee", &wire.Error{Role: wire.Payee, Code: wire.CodeStale, Text: "behind what is held", Voucher: &signed, Reveal: &third}},
		{"payer", &wire.Close{Role: wire.Payer, Channel: terms.ID(), Paid: channel.NewAmount(5750)}},
	} {
		text := wire.Marshal(m.Message)
		if again, err := wire.Unmarshal(text); err != nil || again.Type() != m.Type() {
			t.Fatalf("%s: %v", m.Type(), err)
		}
		fmt.Fprintf(&b, "\n%s, by the %s:\n\n```\n%x\n```\n", m.Type(), m.who, text)
	}
	return b.String()
}
