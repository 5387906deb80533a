// Package browser runs scripts in a real Chromium, for the tests of the pages that Piecework serves. The browser is Debian's, the driver is
// playwright-core from npm, pinned by a lock file and installed outside of the tree at the first use.
package browser

import (
	"context"
	"embed"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/piecework/piecework/testnet/installed"
)

//go:embed package.json package-lock.json launch.mjs
var driver embed.FS

// patience bounds one script, the start of the browser included.
const patience = 2 * time.Minute

// Run runs a script in Node with a Chromium at hand, and ends the test with what it printed when it fails. The script imports what it needs from
// './launch.mjs'; the arguments are in process.argv from 2 on. SCREENSHOTS names a folder for pictures: the one of the environment, or a passing one.
// Without Node or Chromium the test is skipped.
func Run(t testing.TB, script string, args ...string) {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("needs the Debian package chromium: apt-get install chromium")
	}
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("needs Node 20 and npm: apt-get install nodejs npm")
	}
	dir := installed.Project(t, driver, installed.Once(t, driver, "package-lock.json", func(dir string) { install(t, dir) }))
	text, err := os.ReadFile(script)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, filepath.Base(script)), text, 0o600) //nolint:gosec // a test names its own script
	}
	if err != nil {
		t.Fatal(err)
	}
	pictures := os.Getenv("SCREENSHOTS")
	if pictures == "" {
		pictures = t.TempDir()
	}
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	node := exec.CommandContext(ctx, "node", append([]string{filepath.Base(script)}, args...)...)
	node.Dir, node.Env = dir, append(os.Environ(), "CHROMIUM="+chromium, "SCREENSHOTS="+pictures)
	if out, err := node.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
}

// install puts the driver's packages into a folder.
func install(t testing.TB, dir string) {
	t.Helper()
	npm := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
}
