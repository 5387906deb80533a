package cmd_test

import (
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/piecework/piecework/testnet"
)

// watched is the T of a script. It reads everything that the script's commands printed, with logs at debug level, and fails where a secret stands in it.
type watched struct {
	*testing.T
	secrets map[string]string // what it is, by the secret itself
}

// Run gives each script a list of its own.
func (w *watched) Run(name string, f func(testscript.T)) {
	w.T.Run(name, func(t *testing.T) { f(&watched{T: t, secrets: map[string]string{}}) })
}

// Verbose has a script keep what its successful commands printed, and those in the background.
func (w *watched) Verbose() bool { return true }

func (w *watched) Log(args ...any) {
	text := fmt.Sprint(args...)
	for secret, what := range w.secrets {
		if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
			w.Errorf("a command printed %s", what)
		}
	}
	w.T.Log(text)
}

// secretFile is what scripts call files with a password, a seed phrase, a private key or a token.
var secretFile = regexp.MustCompile(`(?i)(password|phrase|wrong|paper|\.key)[^/]*$|/token$`)

// watch collects the testnet's keys now and, when the script has ended, the secrets that lie in files.
func (w *watched) watch(env *testscript.Env, network *testnet.Network) {
	for _, key := range network.Accounts() {
		bytes := key.Bytes()
		w.secrets[hex.EncodeToString(bytes[:])] = "the private key of " + key.Address().String()
	}
	env.Defer(func() {
		_ = filepath.WalkDir(env.WorkDir, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && secretFile.MatchString(path) {
				w.guard(path)
			}
			return nil
		})
	})
}

// guard takes what a file holds for a secret. A file that is gone by now holds none.
func (w *watched) guard(path string) {
	text, _ := os.ReadFile(path)
	if secret := strings.TrimSpace(string(text)); len(secret) >= 8 && len(secret) < 1000 {
		w.secrets[secret] = "what is in " + filepath.Base(path)
	}
}
