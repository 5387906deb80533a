// Package browser runs scripts in a real Chromium, for the tests of the pages that Piecework serves. The browser is Debian's, the driver is
// playwright-core from npm, pinned by a lock file and installed outside of the tree at the first use.
package browser

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
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
	dir := t.TempDir()
	copyScript(t, script, dir)
	if err := os.Symlink(filepath.Join(installed(t), "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
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

// copyScript puts the script and the driver's own file side by side, so that one imports the other.
func copyScript(t testing.TB, script, dir string) {
	t.Helper()
	launch, err := driver.ReadFile("launch.mjs")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"launch.mjs": launch, filepath.Base(script): text} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// installed is the folder with the driver's packages. It is named for the lock file, so that the next run finds it; whoever comes first puts it there whole.
func installed(t testing.TB) string {
	t.Helper()
	lock, err := driver.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(lock)
	dir := filepath.Join(os.TempDir(), "piecework-browser-"+strconv.Itoa(os.Getuid())+"-"+hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	fresh, err := os.MkdirTemp(os.TempDir(), "piecework-browser-") //nolint:usetesting // it outlives the test, so that the next one finds it
	if err == nil {
		err = os.CopyFS(fresh, driver)
	}
	if err != nil {
		t.Fatal(err)
	}
	npm := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund")
	npm.Dir = fresh
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	if err := os.Rename(fresh, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, there := os.Stat(dir); there != nil {
			t.Fatal(err)
		}
	}
	return dir
}
