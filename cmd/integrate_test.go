package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// integrate is where the walk-throughs of channel/api/INTEGRATE.md are: the page shows these very files.
const integrate = "../channel/api/integrate"

// TestIntegrate runs the walk-throughs in Go and Python against a real server on a testnet: open a channel with a transaction that the server prepared, pay, reconnect,
// settle, read the statement. That in TypeScript is typed from the page, by TestPages.
func TestIntegrate(t *testing.T) {
	if testing.Short() {
		t.Skip("installs packages of PyPI")
	}
	r := newRig(t)
	r.start(append(r.serveArgs("127.0.0.1:0"), "--hub-deposit", "TRX=50")...)
	address := r.wait("ready")
	for i, walk := range []struct {
		name string
		make func(*testing.T, *rig) []string
	}{{"go", walkGo}, {"python", walkPython}} {
		t.Run(walk.name, func(t *testing.T) {
			command := walk.make(t, r)
			r.walk(t, i+2, append(command, address))
		})
	}
}

func walkGo(t *testing.T, r *rig) []string {
	t.Helper()
	binary := r.path("walk")
	sh(t, "", "go", "build", "-o", binary, "../channel/api/integrate/go")
	return []string{binary}
}

func walkPython(t *testing.T, r *rig) []string {
	t.Helper()
	need(t, "python3", "apt-get install python3-venv")
	dir := r.path("python")
	copyAll(t, filepath.Join(integrate, "python"), dir, "requirements.txt", "walk.py")
	if err := exec.CommandContext(t.Context(), "python3", "-m", "venv", filepath.Join(dir, "env")).Run(); err != nil {
		t.Skip("python3 has no venv: apt-get install python3-venv")
	}
	python := filepath.Join(dir, "env/bin/python")
	sh(t, dir, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes", "-r", "requirements.txt")
	return []string{python, filepath.Join(dir, "walk.py")}
}

// walk runs one with a token of its own scopes and the key of an account, and compares what it says.
func (r *rig) walk(t *testing.T, account int, command []string) {
	t.Helper()
	if filepath.Base(command[0]) != "walk" {
		root, err := filepath.Abs("..")
		if err != nil {
			t.Fatal(err)
		}
		command = append(command, root)
	}
	secret := r.network.Accounts()[account].Bytes()
	token, err := os.ReadFile(r.path("data/token"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Env = append(os.Environ(), "TOKEN="+strings.TrimSpace(string(token)), fmt.Sprintf("PAYER_KEY=%x", secret))
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, &said)
	}
	var result struct{ Channel, Paid, Settled, Booked string }
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatal(err)
	}
	if len(result.Channel) != 64 || result.Paid != "30000000" || result.Settled != "30000000" || result.Booked != "30000000" {
		t.Errorf("the walk says %+v\n%s", result, &said)
	}
}

func need(t *testing.T, program, install string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed: %s", program, install)
	}
}

func sh(t *testing.T, dir string, command ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), command[0], command[1:]...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
}

func copyAll(t *testing.T, from, to string, names ...string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestIntegratePageShowsTheFiles: the page and the programs cannot drift apart.
func TestIntegratePageShowsTheFiles(t *testing.T) {
	page, err := os.ReadFile("../channel/api/INTEGRATE.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go/main.go", "typescript/walk.ts", "typescript/deposits.ts", "python/walk.py"} {
		text, err := os.ReadFile(filepath.Join(integrate, name))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), strings.TrimRight(string(text), "\n")) {
			t.Errorf("INTEGRATE.md does not show %s as it is", name)
		}
	}
}
