package wallet_test

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/piecework/piecework/wallet"
)

// junk is the mnemonic of every tutorial.
const junk = "test test test test test test test test test test test junk"

func TestBIP39Vectors(t *testing.T) {
	var file struct {
		Vectors []struct{ Entropy, Mnemonic, Seed string }
	}
	readJSON(t, "testdata/bip39.json", &file)
	for _, v := range file.Vectors {
		m, err := wallet.ParseMnemonic(v.Mnemonic)
		if err != nil {
			t.Fatal(err)
		}
		if m.Language() != wallet.English || m.Phrase() != v.Mnemonic {
			t.Errorf("%s reads as %s %q", v.Mnemonic, m.Language(), m.Phrase())
		}
		seed, err := m.Seed("TREZOR")
		if err != nil || hex.EncodeToString(seed) != v.Seed {
			t.Errorf("%s: seed %x, %v", v.Mnemonic, seed, err)
		}
		entropy, _ := hex.DecodeString(v.Entropy)
		again, err := wallet.MnemonicFromEntropy(entropy, wallet.English)
		if err != nil || again.Phrase() != v.Mnemonic {
			t.Errorf("%s: %q, %v", v.Entropy, again.Phrase(), err)
		}
	}
	if len(file.Vectors) != 24 {
		t.Errorf("%d vectors, want 24", len(file.Vectors))
	}
}

// The first vector of bip32JP's test_JP_BIP39.json: ideographic spaces, and a passphrase that NFKD changes.
func TestJapaneseVector(t *testing.T) {
	m, err := wallet.MnemonicFromEntropy(make([]byte, 16), wallet.Japanese)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := m.Seed("㍍ガバヴァぱばぐゞちぢ十人十色")
	if err != nil {
		t.Fatal(err)
	}
	const want = "a262d6fb6122ecf45be09c50492b31f92e9beb7d9a845987a02cefda57a15f9c467a17872029a9e92299b5cbdf306e3a0ee620245cbd508959b6cb7ca637bd55"
	if got := hex.EncodeToString(seed); got != want {
		t.Errorf("seed %s, want %s", got, want)
	}
}

func TestEveryLanguageReadsBack(t *testing.T) {
	for _, l := range wallet.Languages() {
		for _, size := range []int{16, 20, 24, 28, 32} {
			entropy := make([]byte, size)
			for i := range entropy {
				entropy[i] = byte(i*37 + size + len(l))
			}
			m, err := wallet.MnemonicFromEntropy(entropy, l)
			if err != nil {
				t.Fatal(err)
			}
			again, err := wallet.ParseMnemonic("  " + strings.ToUpper(m.Phrase()) + "\n")
			if err != nil || again.Phrase() != m.Phrase() || m.Words() != size/4*3 {
				t.Errorf("%s, %d bytes: %v", l, size, err)
			}
		}
	}
}

func TestTronAccountsOfAMnemonic(t *testing.T) {
	for i, want := range []string{"TWer2Ygk5TEheHp3TPuYeqxmB6SsGZmaL6", "TPjjvMwjPoDC32V2dGDYTkLH4E5LAtBZ6C", "TB7mhtkvfhsRBRhe5FuRa4tFXSEyGDe4eA"} {
		key, err := wallet.DeriveKey(junk, "", wallet.AccountPath(uint32(i)))
		if err != nil {
			t.Fatal(err)
		}
		if got := key.Address().String(); got != want {
			t.Errorf("account %d is %s, want %s", i, got, want)
		}
	}
	for text, usual := range map[string]bool{"m/44'/195'/0'/0/7": true, "m/44'/195'/7'/0/0": true, "m/44'/195'/1'/0/1": false, "m/44'/60'/0'/0/0": false, "m/44'/195'/0'/0": false, "m": false} {
		if path, err := wallet.ParsePath(text); err != nil || path.Usual() != usual {
			t.Errorf("%s: usual %v (%v), want %v", text, path.Usual(), err, usual)
		}
	}
	zero, err := wallet.DeriveKey(junk, "", wallet.LedgerPath(0))
	if err != nil || zero.Address().String() != "TWer2Ygk5TEheHp3TPuYeqxmB6SsGZmaL6" {
		t.Errorf("the two path styles differ at 0: %v, %v", zero, err)
	}
	one, err := wallet.DeriveKey(junk, "", wallet.LedgerPath(1))
	if err != nil || one.Address().String() == "TPjjvMwjPoDC32V2dGDYTkLH4E5LAtBZ6C" {
		t.Errorf("the two path styles agree at 1: %v, %v", one, err)
	}
}

func TestBadMnemonics(t *testing.T) {
	for name, phrase := range map[string]string{
		"empty":        "",
		"eleven words": strings.Repeat("abandon ", 11),
		"checksum":     strings.Repeat("abandon ", 12),
		"swapped":      "winner legal thank year wave sausage worth useful legal winner thank yellow",
		"unknown word": "letter advice cage absurd amount doctor acoustic avoid letter advice caged above",
		"27 words":     strings.Repeat("abandon ", 27),
		"huge":         strings.Repeat("abandon ", 100_000),
	} {
		_, err := wallet.ParseMnemonic(phrase)
		if !errors.Is(err, wallet.ErrMnemonic) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "abandon") || strings.Contains(err.Error(), "caged")) {
			t.Errorf("%s: the error shows a word: %v", name, err)
		}
	}
	for _, words := range []int{0, 11, 13, 27} {
		if _, err := wallet.NewMnemonic(words); !errors.Is(err, wallet.ErrMnemonic) {
			t.Errorf("%d words: %v", words, err)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	m, err := wallet.ParseMnemonic(junk)
	if err != nil {
		t.Fatal(err)
	}
	key, err := wallet.DeriveKey(junk, "", wallet.AccountPath(0))
	if err != nil {
		t.Fatal(err)
	}
	private := key.Bytes()
	secret := hex.EncodeToString(private[:])
	type holder struct { // unexported fields: fmt does not ask their methods
		m wallet.Mnemonic
		k *wallet.Key
		h *wallet.HDKey
	}
	seed, err := m.Seed("")
	if err != nil {
		t.Fatal(err)
	}
	node, err := wallet.NewMaster(seed)
	if err == nil {
		node, err = node.Derive(wallet.AccountPath(0))
	}
	if err != nil {
		t.Fatal(err)
	}
	word := strconv.FormatUint(uint64(binary.BigEndian.Uint32(private[28:])), 10) // how a scalar in words of 32 bits would print
	leaks := []string{"junk", secret, "223 155", word, "df9b", "0xdf, 0x9b"}      // the words, the key, and how the first bytes of the entropy would print
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		shown := fmt.Sprintf(verb+verb, m, key) + fmt.Sprintf(verb, struct{ K any }{key}) + fmt.Sprintf(verb, holder{m, key, node}) + fmt.Sprintf(verb, node)
		for _, leak := range leaks {
			if strings.Contains(strings.ToLower(shown), leak) {
				t.Errorf("%s shows %s", verb, shown)
			}
		}
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("made", "mnemonic", m, "key", key)
	if shown := log.String(); strings.Contains(shown, "junk") || strings.Contains(shown, secret) || !strings.Contains(shown, key.Address().String()) {
		t.Errorf("the log shows %s", shown)
	}
	if out, err := json.Marshal(struct{ A, B any }{m, key}); err == nil {
		t.Errorf("JSON shows %s", out)
	}
}

func TestPaths(t *testing.T) {
	for _, s := range []string{"m", "m/0", "m/44'/195'/0'/0/7", "m/2147483647'/2147483647"} {
		p, err := wallet.ParsePath(s)
		if err != nil || p.String() != s {
			t.Errorf("%s reads as %s, %v", s, p, err)
		}
	}
	if p, err := wallet.ParsePath("m/44h/195H/0'/0/1"); err != nil || p.String() != wallet.AccountPath(1).String() {
		t.Errorf("h and H: %s, %v", p, err)
	}
	for _, s := range []string{"", "44'/195'", "m/", "m/-1", "m/+1", "m/2147483648", "m/0''", "m/x", "m/0x1", "M/0", "m/0/0/0/0/0/0/0/0/0/0/0"} {
		if _, err := wallet.ParsePath(s); !errors.Is(err, wallet.ErrPath) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func readJSON(t testing.TB, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

func FuzzParseMnemonic(f *testing.F) {
	f.Add(junk)
	f.Add("あいこくしん　あいこくしん")
	f.Fuzz(func(t *testing.T, phrase string) {
		m, err := wallet.ParseMnemonic(phrase)
		if err != nil {
			if !errors.Is(err, wallet.ErrMnemonic) {
				t.Fatal(err)
			}
			return
		}
		again, err := wallet.ParseMnemonic(m.Phrase())
		if err != nil || again.Phrase() != m.Phrase() {
			t.Fatalf("%q: %v", phrase, err)
		}
	})
}

func TestEveryLanguageAgainstScure(t *testing.T) {
	var file struct {
		Languages map[wallet.Language][]struct{ Entropy, Mnemonic, Seed string }
	}
	readJSON(t, "testdata/bip39-languages.json", &file)
	for _, l := range wallet.Languages() {
		if len(file.Languages[l]) == 0 {
			t.Errorf("%s: no vectors", l)
		}
		for _, v := range file.Languages[l] {
			m, err := wallet.ParseMnemonic(v.Mnemonic)
			if err != nil {
				t.Fatalf("%s: %v", l, err)
			}
			entropy, _ := hex.DecodeString(v.Entropy)
			made, err := wallet.MnemonicFromEntropy(entropy, l)
			if err != nil || made.Phrase() != m.Phrase() || norm.NFKD.String(v.Mnemonic) != norm.NFKD.String(made.Phrase()) {
				t.Errorf("%s: %s makes other words, %v", l, v.Entropy, err)
			}
			if seed, err := m.Seed("TREZOR"); err != nil || hex.EncodeToString(seed) != v.Seed {
				t.Errorf("%s: %s has the seed %x, %v", l, v.Entropy, seed, err)
			}
		}
	}
}
