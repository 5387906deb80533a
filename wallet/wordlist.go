package wallet

import (
	"embed"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"
)

// Language is one of the languages that BIP-39 has a word list for.
type Language string

// The languages of BIP-39.
const (
	English            Language = "english"
	Japanese           Language = "japanese"
	Korean             Language = "korean"
	Spanish            Language = "spanish"
	ChineseSimplified  Language = "simplified-chinese"
	ChineseTraditional Language = "traditional-chinese"
	French             Language = "french"
	Italian            Language = "italian"
	Czech              Language = "czech"
	Portuguese         Language = "portuguese"
)

// Languages lists them, English first: a sentence that fits several is read as the first of them.
func Languages() []Language {
	return []Language{English, Japanese, Korean, Spanish, ChineseSimplified, ChineseTraditional, French, Italian, Czech, Portuguese}
}

const wordBits = 11 // a word is one of 2^11

//go:embed words/*.txt
var wordFiles embed.FS

// wordlist is a list with its index, both in Unicode form NFKD.
type wordlist struct {
	words []string
	index map[string]int
}

// lists are read when they are first asked for.
var lists = map[Language]func() *wordlist{
	English:            lazyList(English),
	Japanese:           lazyList(Japanese),
	Korean:             lazyList(Korean),
	Spanish:            lazyList(Spanish),
	ChineseSimplified:  lazyList(ChineseSimplified),
	ChineseTraditional: lazyList(ChineseTraditional),
	French:             lazyList(French),
	Italian:            lazyList(Italian),
	Czech:              lazyList(Czech),
	Portuguese:         lazyList(Portuguese),
}

func lazyList(l Language) func() *wordlist {
	return sync.OnceValue(func() *wordlist {
		text, err := wordFiles.ReadFile("words/" + string(l) + ".txt")
		if err != nil {
			panic("wallet: a word list is missing from the program: " + err.Error())
		}
		list := &wordlist{words: strings.Fields(string(text)), index: make(map[string]int, 1<<wordBits)}
		for i, w := range list.words {
			list.index[w] = i
		}
		return list
	})
}

func (l Language) list() (*wordlist, error) {
	list, ok := lists[l]
	if !ok {
		return nil, fmt.Errorf("%w: there is no word list for %q", ErrMnemonic, Clip(string(l)))
	}
	return list(), nil
}

// separator is what stands between the words of a sentence.
func (l Language) separator() string {
	if l == Japanese {
		return "\u3000"
	}
	return " "
}

func nfkd(s string) string { return norm.NFKD.String(s) }
