package wallet

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// ErrMnemonic is wrapped by errors about mnemonic sentences; they name positions, never words.
var ErrMnemonic = errors.New("not a mnemonic sentence")

const (
	seedRounds   = 2048 // of HMAC-SHA512, BIP-39
	seedBytes    = 64
	maxMnemonic  = 2048 // bytes of text that are looked at
	minWords     = 12
	maxWords     = 24
	wordStep     = 3  // sentences have 12, 15, 18, 21 or 24 words
	bitsPerCheck = 32 // one bit of checksum for 32 bits of entropy
)

// Mnemonic is a checked BIP-39 sentence. It is a secret and never prints; Phrase shows it. The zero Mnemonic has no words.
type Mnemonic struct {
	language Language
	entropy  func() []byte // a closure, because fmt prints what lies in unexported fields of other people's structs without asking Format
}

func (m Mnemonic) secret() []byte {
	if m.entropy == nil {
		return nil
	}
	return m.entropy()
}

// NewMnemonic draws a sentence of 12, 15, 18, 21 or 24 English words from the system's random source.
func NewMnemonic(words int) (Mnemonic, error) {
	if err := checkWordCount(words); err != nil {
		return Mnemonic{}, err
	}
	entropy := make([]byte, words/wordStep*4)
	if _, err := io.ReadFull(rand.Reader, entropy); err != nil {
		return Mnemonic{}, fmt.Errorf("drawing a mnemonic: %w", err)
	}
	return MnemonicFromEntropy(entropy, English)
}

// MnemonicFromEntropy is the sentence for 16, 20, 24, 28 or 32 bytes of entropy.
func MnemonicFromEntropy(entropy []byte, language Language) (Mnemonic, error) {
	if err := checkWordCount(len(entropy) / 4 * wordStep); err != nil || len(entropy)%4 != 0 {
		return Mnemonic{}, fmt.Errorf("%w: %d bytes of entropy, want 16, 20, 24, 28 or 32", ErrMnemonic, len(entropy))
	}
	if _, err := language.list(); err != nil {
		return Mnemonic{}, err
	}
	entropy = bytes.Clone(entropy)
	return Mnemonic{language: language, entropy: func() []byte { return entropy }}, nil
}

// ParseMnemonic reads a sentence in any of the ten languages and checks its checksum. Spacing, case and Unicode form do not matter.
func ParseMnemonic(phrase string) (Mnemonic, error) {
	if len(phrase) > maxMnemonic {
		return Mnemonic{}, fmt.Errorf("%w: it is too long", ErrMnemonic)
	}
	words := strings.Fields(nfkd(strings.ToLower(nfkd(phrase))))
	if err := checkWordCount(len(words)); err != nil {
		return Mnemonic{}, err
	}
	var first error
	for _, l := range Languages() {
		m, err := parseIn(l, words)
		if err == nil {
			return m, nil
		}
		first = nearer(first, err)
	}
	return Mnemonic{}, first
}

// nearer keeps the more telling of two errors: a wrong checksum says that all words are known.
func nearer(old, err error) error {
	if old == nil || errors.Is(err, errChecksum) && !errors.Is(old, errChecksum) {
		return err
	}
	return old
}

var errChecksum = fmt.Errorf("%w: the checksum is wrong (a word is mistaken, or two are swapped)", ErrMnemonic)

func parseIn(l Language, words []string) (Mnemonic, error) {
	list, err := l.list()
	if err != nil {
		return Mnemonic{}, err
	}
	indices := make([]int, len(words))
	for i, w := range words {
		n, ok := list.index[w]
		if !ok {
			return Mnemonic{}, fmt.Errorf("%w: word %d is not in the %s list", ErrMnemonic, i+1, l)
		}
		indices[i] = n
	}
	entropy, ok := unpack(indices)
	if !ok {
		return Mnemonic{}, errChecksum
	}
	return Mnemonic{language: l, entropy: func() []byte { return entropy }}, nil
}

// Phrase is the sentence itself, the secret that a person writes down.
func (m Mnemonic) Phrase() string {
	list, err := m.language.list()
	if err != nil {
		return "" // the zero Mnemonic has no language
	}
	indices := pack(m.secret())
	words := make([]string, len(indices))
	for i, n := range indices {
		words[i] = list.words[n]
	}
	return strings.Join(words, m.language.separator())
}

// Language is the list that the words come from.
func (m Mnemonic) Language() Language { return m.language }

// Words is how many words the sentence has.
func (m Mnemonic) Words() int { return len(m.secret()) / 4 * wordStep }

// Seed is the 64-byte seed of BIP-39 for the sentence and a passphrase, which may be empty. It takes about a millisecond.
func (m Mnemonic) Seed(passphrase string) ([]byte, error) {
	if m.Words() == 0 {
		return nil, fmt.Errorf("%w: it has no words", ErrMnemonic)
	}
	seed, err := pbkdf2.Key(sha512.New, nfkd(m.Phrase()), []byte("mnemonic"+nfkd(passphrase)), seedRounds, seedBytes)
	if err != nil {
		return nil, fmt.Errorf("stretching a mnemonic: %w", err)
	}
	return seed, nil
}

// Format keeps the secret out of every verb of package fmt.
func (m Mnemonic) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "mnemonic of %d words", m.Words())
}

// LogValue keeps the secret out of logs.
func (m Mnemonic) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(m)) }

// MarshalJSON refuses.
func (m Mnemonic) MarshalJSON() ([]byte, error) { return nil, errors.New("a mnemonic is not JSON") }

func checkWordCount(words int) error {
	if words < minWords || words > maxWords || words%wordStep != 0 {
		return fmt.Errorf("%w: %d words, want 12, 15, 18, 21 or 24", ErrMnemonic, words)
	}
	return nil
}

// pack cuts entropy and its checksum into numbers of 11 bits.
func pack(entropy []byte) []int {
	sum := sha256.Sum256(entropy)
	bits := append(append([]byte(nil), entropy...), sum[0])
	indices := make([]int, len(entropy)/4*wordStep)
	for i := range indices {
		for b := range wordBits {
			at := i*wordBits + b
			indices[i] = indices[i]<<1 | int(bits[at/8]>>(7-at%8)&1)
		}
	}
	return indices
}

// unpack is the opposite of pack and says whether the checksum is right.
func unpack(indices []int) ([]byte, bool) {
	bits := make([]byte, len(indices)*wordBits/8+1)
	for i, n := range indices {
		for b := range wordBits {
			at := i*wordBits + b
			bits[at/8] |= byte(n>>(wordBits-1-b)&1) << (7 - at%8)
		}
	}
	checkBits := len(indices) / wordStep
	entropy := bits[:checkBits*bitsPerCheck/8]
	sum := sha256.Sum256(entropy)
	shift := 8 - checkBits
	return entropy, bits[len(entropy)]>>shift == sum[0]>>shift
}
