package wallet_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/piecework/piecework/wallet"
)

const (
	oneBase58 = "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC" // of the private key 1, as every Tron library has it
	oneHex    = "417e5f4552091a69125d5dfcb7b8c2659029395bdf"
)

func TestAddressForms(t *testing.T) {
	want := testKey(t, 1).Address()
	for _, s := range []string{oneBase58, oneHex, "0x" + oneHex, "0X" + oneHex, strings.ToUpper(oneHex), oneHex[2:], "0x" + oneHex[2:], "0x" + strings.ToUpper(oneHex[2:])} {
		if got, err := wallet.ParseAddress(s); err != nil || got != want {
			t.Errorf("%s reads as %s, %v", s, got, err)
		}
	}
	if want.String() != oneBase58 || want.Hex() != oneHex || wallet.AddressFromEVM(want.EVM()) != want {
		t.Errorf("prints as %s, %s", want, want.Hex())
	}
}

// The examples of EIP-55, one of them with a letter in the other case.
func TestAddressCaseIsAChecksum(t *testing.T) {
	for _, s := range []string{
		"5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
		"0x52908400098527886E0F7030069857D2E4169EE7", "0xde709f2102306220921060314715629080e2fb77",
	} {
		if _, err := wallet.ParseAddress(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	if a, err := wallet.ParseAddress("0x5aAeb6053f3E94C9b9A09f33669435E7Ef1BeAed"); !errors.Is(err, wallet.ErrAddress) || !strings.Contains(err.Error(), "mistyped") {
		t.Errorf("it reads as %s, %v", a, err)
	}
}

func TestBadAddresses(t *testing.T) {
	for name, s := range map[string]string{
		"empty":             "",
		"mistyped":          "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HD",
		"swapped":           "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2CH",
		"short":             oneBase58[:33],
		"long":              oneBase58 + "1",
		"not base58":        "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK20C",
		"Bitcoin":           "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
		"wrong prefix":      "a0" + oneHex[2:],
		"no prefix, short":  oneHex[4:],
		"an Ethereum ENS":   "vitalik.eth",
		"space":             " " + oneBase58,
		"very long":         strings.Repeat("4", 1<<20),
		"prefix of nothing": "0x",
	} {
		_, err := wallet.ParseAddress(s)
		if !errors.Is(err, wallet.ErrAddress) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}

func TestAddressText(t *testing.T) {
	type holder struct{ A, B wallet.Address }
	in := holder{A: testKey(t, 1).Address()}
	data, err := json.Marshal(in)
	if err != nil || string(data) != `{"A":"`+oneBase58+`","B":""}` {
		t.Errorf("%s, %v", data, err)
	}
	var out holder
	if err := json.Unmarshal(data, &out); err != nil || out != in {
		t.Errorf("%v, %v", out, err)
	}
	if err := json.Unmarshal([]byte(`{"A":"T"}`), &out); !errors.Is(err, wallet.ErrAddress) {
		t.Error(err)
	}
	if (wallet.Address{}).String() != "none" || !(wallet.Address{}).IsZero() {
		t.Error("the zero address prints as one")
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add(oneBase58)
	f.Add(oneHex)
	f.Add("0x" + oneHex[2:])
	f.Fuzz(func(t *testing.T, s string) {
		a, err := wallet.ParseAddress(s)
		if err != nil {
			if !errors.Is(err, wallet.ErrAddress) {
				t.Fatal(err)
			}
			return
		}
		for _, form := range []string{a.String(), a.Hex()} {
			if again, err := wallet.ParseAddress(form); err != nil || again != a {
				t.Fatalf("%q reads as %s, which reads as %s, %v", s, a, again, err)
			}
		}
	})
}

func TestPrintable(t *testing.T) {
	if got := wallet.PrintableLines("a\tb\nc\r\x1b[K"); got != "a\tb\nc\uFFFD\uFFFD[K" {
		t.Errorf("lines: %q", got)
	}
	for text, want := range map[string]string{
		"日本 café 1+1=2":                  "日本 café 1+1=2",
		"a\x1b[2Jb\r\nc\td\u009b":        "a\uFFFD[2Jb\uFFFD\uFFFDc\uFFFDd\uFFFD",
		"pay\u202eecilA\u200b":           "pay\uFFFDecilA\uFFFD",
		"broken " + string([]byte{0xff}): "broken \uFFFD",
		"あいこくしん\u3000あいさつ":               "あいこくしん\u3000あいさつ", // the words of a sentence that somebody writes down
	} {
		if got := wallet.Printable(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
