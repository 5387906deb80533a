package wallettest

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// told is a test that remembers its errors instead of failing.
type told struct {
	testing.TB
	errors []string
}

func (f *told) Errorf(format string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}

func TestLogRefusesSecrets(t *testing.T) {
	key, phrase := Key(t), "abandon ability able about above absent"
	Watch([]byte(phrase))
	secret := key.Bytes()
	text := hex.EncodeToString(secret[:])
	for name, value := range map[string]any{
		"hex": text, "upper": strings.ToUpper(text), "bytes": secret[:], "numbers": fmt.Sprint(secret), "array": secret, "in longer hex": "0a20" + text + "1801", "phrase": phrase,
	} {
		f := &told{TB: t}
		Log(f).Debug("made", "value", value)
		if len(f.errors) == 0 {
			t.Errorf("%s: the log took a secret", name)
		}
	}
	f := &told{TB: t}
	Log(f).Info("made", "key", key, "address", key.Address(), "digest", hex.EncodeToString(make([]byte, 32)))
	if len(f.errors) > 0 {
		t.Errorf("nothing secret was refused: %s", f.errors)
	}
}
