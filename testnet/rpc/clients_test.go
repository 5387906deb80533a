package rpc_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/installed"
	"github.com/piecework/piecework/testnet/rpc"
	"github.com/piecework/piecework/wallet"
)

// The clients of other people, from their registries, unmodified, pinned in testdata/clients. A test is skipped only where its language is missing.

// clientTime bounds a client's run, its installation included.
const clientTime = 8 * time.Minute

// node starts a testnet with a real clock behind HTTP: some clients look at their own.
func node(t *testing.T, c rpc.Config) (url string, keys []*wallet.Key) {
	t.Helper()
	var funded []chain.Funded
	for _, a := range wallet.DevAccounts() {
		keys = append(keys, a.Key)
		funded = append(funded, chain.Funded{Address: a.Key.Address(), Balance: 1_000_000 * wallet.TRX})
	}
	n, err := chain.New(chain.Config{Accounts: funded, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	c.Keys, c.Mnemonic, c.HDPath = keys, wallet.DevMnemonic, "m/44'/195'/0'/0/"
	server := httptest.NewServer(rpc.New(n, c))
	t.Cleanup(server.Close)
	return server.URL, keys
}

func secret(k *wallet.Key) string {
	raw := k.Bytes()
	return hex.EncodeToString(raw[:])
}

// run runs a command and gives what it printed; a failure ends the test with it.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), clientTime)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed", p)
		}
	}
}

// npm is a folder with the scripts of the clients and their packages.
func npm(t *testing.T) string {
	t.Helper()
	need(t, "node", "npm")
	files := os.DirFS("testdata/clients")
	return installed.Project(t, files, installed.Once(t, files, "package-lock.json", func(dir string) { run(t, dir, nil, "npm", "ci") }))
}

func TestTronWeb(t *testing.T) {
	dir := npm(t)
	url, keys := node(t, rpc.Config{})
	out := run(t, dir, nil, "node", "tronweb.mjs", url, secret(keys[0]), secret(keys[1]))
	t.Log(strings.TrimSpace(out))
	const least = 60
	_, text, _ := strings.Cut(out, "good ")
	if count, err := strconv.Atoi(strings.TrimSpace(text)); err != nil || count < least {
		t.Errorf("%d calls, want at least %d (%v)", count, least, err)
	}
}

// counter is the compiled contract of the clients.
func counter(t *testing.T, dir string) string {
	t.Helper()
	const compile = `
		const solc = require('solc'), fs = require('fs');
		const input = { language: 'Solidity', sources: { 'Counter.sol': { content: fs.readFileSync('Counter.sol', 'utf8') } },
			settings: { outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } } };
		const { abi, evm } = JSON.parse(solc.compile(JSON.stringify(input))).contracts['Counter.sol'].Counter;
		fs.writeFileSync('counter.json', JSON.stringify({ abi, bytecode: evm.bytecode.object }));`
	run(t, dir, nil, "node", "-e", compile)
	return filepath.Join(dir, "counter.json")
}

func TestTronPy(t *testing.T) {
	need(t, "python3")
	scripts := npm(t)
	artifact := counter(t, scripts)
	dir := installed.Once(t, os.DirFS("testdata/clients"), "requirements.txt", func(dir string) {
		run(t, dir, nil, "python3", "-m", "venv", "venv")
		run(t, dir, nil, filepath.Join(dir, "venv/bin/pip"), "install", "--quiet", "--requirement", "requirements.txt")
	})
	url, keys := node(t, rpc.Config{})
	out := run(t, scripts, nil, filepath.Join(dir, "venv/bin/python"), "tronpy_calls.py", url, secret(keys[0]), secret(keys[1]), artifact)
	t.Log(strings.TrimSpace(out))
}

// TestTronBox makes TronBox's sample project as a newcomer would: init, compile, migrate, test, with only the URL changed.
// Its compiler comes from the registry instead of the place that TronBox loads it from.
func TestTronBox(t *testing.T) {
	dir := npm(t)
	url, _ := node(t, rpc.Config{})
	home, project := t.TempDir(), t.TempDir()
	compiler, err := os.ReadFile(filepath.Join(dir, "node_modules/solc/soljson.js"))
	if err != nil {
		t.Fatal(err)
	}
	place := filepath.Join(home, ".tronbox", "solc")
	if err := os.MkdirAll(place, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(place, "soljson_v0.8.29.js"), compiler, 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"HOME=" + home}
	tronbox := filepath.Join(dir, "node_modules/tronbox/build/tronbox.js")
	initProject(t, project, env, tronbox)
	config := filepath.Join(project, "tronbox-config.js")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "http://127.0.0.1:9090", url, 1)
	if err := os.WriteFile(config, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, project, env, "node", tronbox, "compile")
	if out := run(t, project, env, "node", tronbox, "migrate", "--network", "development"); !strings.Contains(out, "MetaCoin:") {
		t.Errorf("migrate:\n%s", out)
	}
	out := run(t, project, env, "node", tronbox, "test", "--network", "development")
	if !strings.Contains(out, "6 passing") || strings.Contains(out, "failing") {
		t.Errorf("test:\n%s", out)
	}
}

// initProject chooses the MetaCoin project from the menu of tronbox init.
func initProject(t *testing.T, project string, env []string, tronbox string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "node", tronbox, "init")
	c.Dir, c.Env = project, append(os.Environ(), env...)
	c.Stdin = strings.NewReader("\x1b[B\r")
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Run(); err != nil {
		t.Fatalf("tronbox init: %v\n%s", err, out.String())
	}
	if _, err := os.Stat(filepath.Join(project, "contracts/MetaCoin.sol")); err != nil {
		t.Fatalf("tronbox init made another project: %v\n%s", err, out.String())
	}
}

func TestEthersAndViem(t *testing.T) {
	dir := npm(t)
	url, keys := node(t, rpc.Config{CleanBlocks: true})
	var artifact struct{ Bytecode string }
	raw, err := os.ReadFile(counter(t, dir))
	if err == nil {
		err = json.Unmarshal(raw, &artifact)
	}
	if err != nil {
		t.Fatal(err)
	}
	const deploy = `
		const { TronWeb } = require('tronweb'), fs = require('fs');
		(async () => {
			const [url, key] = process.argv.slice(1);
			const web = new TronWeb({ fullHost: url, privateKey: key });
			const { abi, bytecode } = JSON.parse(fs.readFileSync('counter.json'));
			const c = await web.contract().new({ abi, bytecode, feeLimit: 1e9, parameters: ['x'] });
			const id = await c.add(7, 'seven').send({ feeLimit: 1e9 });
			console.log('0x' + web.address.toHex(c.address).slice(2), id, '0x' + web.defaultAddress.hex.slice(2));
		})();`
	made := strings.Fields(run(t, dir, nil, "node", "-e", deploy, url, secret(keys[0])))
	if len(made) != 3 {
		t.Fatalf("deploying: %v", made)
	}
	out := run(t, dir, nil, "node", "ethereum.mjs", url, made[0], made[1], made[2])
	t.Log(strings.TrimSpace(out))
}
