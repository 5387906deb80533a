package cmd_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet"
)

// netProcess is `piecework testnet` as a process of its own; testscript.Main has put the command into the path.
type netProcess struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  string // a file with what it printed
	http string
}

func startTestnet(t *testing.T, args ...string) *netProcess {
	t.Helper()
	dir := t.TempDir()
	ready := filepath.Join(dir, "ready")
	p := &netProcess{t: t, out: filepath.Join(dir, "out")}
	out, err := os.Create(p.out)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close() //nolint:errcheck // the process has its own handle
	p.cmd = exec.CommandContext(t.Context(), "piecework", append([]string{"testnet", "--port", "0", "--ready-file", ready}, args...)...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	deadline := time.Now().Add(time.Minute)
	for {
		text, _ := os.ReadFile(ready)
		if lines := strings.Split(string(text), "\n"); len(lines) == 3 {
			p.http = lines[0]
			return p
		}
		if time.Now().After(deadline) {
			t.Fatalf("the testnet is not ready: %s", p.said())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (p *netProcess) said() string {
	text, err := os.ReadFile(p.out)
	if err != nil {
		p.t.Error(err)
	}
	return string(text)
}

// ask posts JSON and reads the answer.
func (p *netProcess) ask(path string, body any) map[string]any {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.http+path, bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // read to its end or not at all
	var object map[string]any
	decoder := json.NewDecoder(answer.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		p.t.Fatal(err)
	}
	return object
}

// pay sends TRX and waits for the answer, by which it is in a block.
func (p *netProcess) pay(from *wallet.Key, to wallet.Address, amount wallet.Sun) {
	p.t.Helper()
	tx := p.ask("/wallet/createtransaction", map[string]any{"owner_address": from.Address().Hex(), "to_address": to.Hex(), "amount": int64(amount)})
	id, err := hex.DecodeString(tx["txID"].(string))
	if err != nil {
		p.t.Fatal(err)
	}
	signature := from.Sign([32]byte(id))
	tx["signature"] = []string{hex.EncodeToString(signature[:])}
	if answer := p.ask("/wallet/broadcasttransaction", tx); answer["result"] != true {
		p.t.Fatal(answer)
	}
}

func (p *netProcess) balance(a wallet.Address) string {
	p.t.Helper()
	n, _ := p.ask("/wallet/getaccount", map[string]any{"address": a.Hex()})["balance"].(json.Number)
	return n.String()
}

func (p *netProcess) blockID(number any) string {
	p.t.Helper()
	id, _ := p.ask("/wallet/getblockbynum", map[string]any{"num": number})["blockID"].(string)
	return id
}

// TestTestnetKilled kills a testnet with SIGKILL right after it answered, starts it again on its state file and finds all that it had answered.
func TestTestnetKilled(t *testing.T) {
	file := filepath.Join(t.TempDir(), "chain.state")
	accounts := wallet.DevAccounts()
	alice, bob := accounts[0].Key, accounts[1].Key.Address()
	args := []string{"--state", file, "--block-time", "instant", "--balance", "1000", "--quiet"}
	var want, head string
	for round := range 3 {
		p := startTestnet(t, args...)
		if round > 0 {
			if got := p.balance(bob); got != want {
				t.Errorf("round %d: bob has %s sun after the kill, %s before", round, got, want)
			}
			if got := p.blockID(round * 5); got == "" || got != head {
				t.Errorf("round %d: block %d is %q, was %q", round, round*5, got, head)
			}
		}
		for range 5 {
			p.pay(alice, bob, wallet.TRX)
		}
		want, head = p.balance(bob), p.blockID((round+1)*5)
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.cmd.Wait()
	}
	p := startTestnet(t, args...)
	if got := p.balance(bob); got != want {
		t.Errorf("bob has %s sun, want %s", got, want)
	}
	other := exec.CommandContext(t.Context(), "piecework", append([]string{"testnet", "--port", "0"}, args...)...)
	if text, err := other.CombinedOutput(); exitCode(err) != "1" || !strings.Contains(string(text), "another testnet uses the state file") {
		t.Errorf("a second process on the same file: %v: %s", err, text)
	}
	for _, stop := range []os.Signal{syscall.SIGTERM, syscall.SIGHUP, os.Interrupt} {
		if err := p.cmd.Process.Signal(stop); err != nil {
			t.Fatal(err)
		}
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("stopping by %s: %v: %s", stop, err, p.said())
		}
		if p = startTestnet(t, args...); p.balance(bob) != want {
			t.Errorf("bob has %s sun after %s, want %s", p.balance(bob), stop, want)
		}
	}
}

// TestTestnetAccounts looks at what a testnet tells of its accounts, to people, programs and TronBox.
func TestTestnetAccounts(t *testing.T) {
	p := startTestnet(t, "--accounts", "12", "--balance", "5", "-o", "json", "--param", "getEnergyFee=210", "--hd-path", "m/44'/195'/7'/0")
	shown := struct {
		Schema   string `json:"schema"`
		Accounts []struct{ Address, Private_Key, Path, TRX string }
	}{}
	if err := json.Unmarshal([]byte(p.said()), &shown); err != nil {
		t.Fatalf("%v: %s", err, p.said())
	}
	if shown.Schema != "piecework.testnet.v1" || len(shown.Accounts) != 12 || shown.Accounts[11].Path != "m/44'/195'/7'/0/11" || shown.Accounts[11].TRX != "5" {
		t.Errorf("shown: %+v", shown)
	}
	path, err := wallet.ParsePath("m/44'/195'/7'/0/11")
	if err != nil {
		t.Fatal(err)
	}
	last, err := wallet.DeriveKey(wallet.DevMnemonic, "", path)
	if err != nil || last.Address().String() != shown.Accounts[11].Address || p.balance(last.Address()) != "5000000" {
		t.Errorf("the last account is %s with %s sun (%v)", shown.Accounts[11].Address, p.balance(last.Address()), err)
	}
	listed := p.ask("/admin/accounts-json", nil)
	if keys, _ := listed["privateKeys"].([]any); len(keys) != 12 || keys[11] != shown.Accounts[11].Private_Key || listed["mnemonic"] != wallet.DevMnemonic {
		t.Errorf("/admin/accounts-json: %v", listed)
	}
	if prices := p.ask("/wallet/getenergyprices", nil)["prices"]; prices != "0:210" {
		t.Errorf("energy prices %v", prices)
	}
}
