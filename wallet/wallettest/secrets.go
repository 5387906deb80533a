// Package wallettest has keys for tests, and a log that fails the test in which one of their secrets, or any other secret that is watched, stands in it.
package wallettest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/piecework/piecework/wallet"
)

// Key draws a key that no log may show.
func Key(t testing.TB) *wallet.Key {
	t.Helper()
	key, err := wallet.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	watchKey(key)
	return key
}

// Numbered is the same key for the same number in every run; no log may show it.
func Numbered(n byte) *wallet.Key {
	digest := sha256.Sum256([]byte{'t', 'e', 's', 't', ' ', 'k', 'e', 'y', ' ', n})
	key, err := wallet.KeyFromBytes(digest[:])
	if err != nil {
		panic(err) // of 256 digests none is beyond the curve's order
	}
	watchKey(key)
	return key
}

func watchKey(key *wallet.Key) {
	secret := key.Bytes()
	Watch(secret[:])
}

var watched struct {
	sync.Mutex
	spellings map[string]bool // of secrets: as hex, base64, a list of numbers, and as they are
}

// Watch has every log of this process's tests refuse a secret: at least 8 bytes of a key, a token, a password or a seed phrase.
func Watch(secret []byte) {
	watched.Lock()
	defer watched.Unlock()
	if watched.spellings == nil {
		watched.spellings = map[string]bool{}
	}
	for _, spelling := range []string{
		hex.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret), base64.RawURLEncoding.EncodeToString(secret), fmt.Sprintf("%v", secret), string(secret),
	} {
		watched.spellings[spelling] = true
	}
}

// words are what a log's line has that may be a secret.
var words = regexp.MustCompile(`[0-9A-Za-z+/=_.-]{8,}|\[[0-9]+( [0-9]+)+\]|"(\\.|[^"\\])*"`)

// leak is a secret that stands in a text, or nothing. It is looked for word by word, and in every 32 bytes of longer hex.
func leak(text string) string {
	watched.Lock()
	defer watched.Unlock()
	for _, word := range words.FindAllString(text, -1) {
		inside := word
		if raw, err := strconv.Unquote(word); err == nil {
			inside = raw
		}
		if watched.spellings[inside] || watched.spellings[strings.ToLower(inside)] {
			return inside
		}
		for at := 0; at+64 <= len(inside); at++ {
			if part := strings.ToLower(inside[at : at+64]); watched.spellings[part] {
				return part
			}
		}
	}
	return ""
}
