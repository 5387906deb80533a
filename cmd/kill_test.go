package cmd_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/testnettest"
)

// TestServerKilledMidTransfer kills `piecework serve` with SIGKILL while a downloader pays its seeder, starts it again, and looks whether the download goes on,
// nothing acknowledged is lost, and everything adds up.
func TestServerKilledMidTransfer(t *testing.T) {
	r := newRig(t)
	content := r.makeFile(24 << 20)
	serve := r.start(r.serveArgs("127.0.0.1:0")...)
	address := r.wait("ready")
	r.start("seed", "--server", address, "--contract", r.contract, "--from", "bob", "--price", "1 TRX/MiB", "--peers", "127.0.0.1:0",
		"--uplink", "8 MiB/s", "--magnet-file", r.path("magnet"), r.path("film.bin"))
	magnet := r.wait("magnet")
	fetching := r.start("get", "--contract", r.contract, "--from", "carol", "--deposit", "50", "--max-price", "1 TRX/MiB", "--budget", "50", "--out", r.path("out"), magnet)

	acknowledged := r.paidAtLeast(address, channel.NewAmount(4_000_000))
	if err := serve.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = serve.Wait()
	r.start(r.serveArgs(address)...)
	if after := r.paidAtLeast(address, channel.NewAmount(1)); after.Less(acknowledged) {
		t.Errorf("%s was acknowledged before the kill, the server holds %s after it", acknowledged, after)
	}
	if err := fetching.Wait(); err != nil {
		t.Fatalf("the download did not go on: %v\n%s", err, fetching.Stderr)
	}
	got, err := os.ReadFile(r.path("out/film.bin"))
	if err != nil || sha256.Sum256(got) != content {
		t.Errorf("the file differs (%v)", err)
	}
	r.settleAndCompare(address, 24_000_000)
}

// rig is a testnet with the contract on it, and processes of the real command.
type rig struct {
	t        testing.TB
	dir      string
	binary   string
	network  *testnet.Network
	contract string
	data     string // folder of who keeps the books
}

// binary builds the command, once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(binaries, "piecework")
	if out, err := exec.Command("go", "build", "-o", path, "./piecework").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the command: %w: %s", err, out)
	}
	return path, nil
})

func newRig(t testing.TB) *rig { return newRigOn(t, testnet.Config{}) }

func newRigOn(t testing.TB, config testnet.Config) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), data: "data"}
	var err error
	if r.binary, err = binary(); err != nil {
		t.Fatal(err)
	}
	r.network = testnettest.Start(t, config)
	go r.network.Run(t.Context()) // makes the blocks of an interval, if there is one
	r.contract = r.run("channel", "deploy", "--from", "alice")["contract"].(string)
	return r
}

func (r *rig) path(name string) string { return filepath.Join(r.dir, name) }

func (r *rig) serveArgs(listen string) []string {
	return []string{"serve", "--contract", r.contract, "--from", "bob", "--listen", listen, "--ready-file", r.path("ready"), "--period", "1h"}
}

func (r *rig) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, r.binary, args...)
	c.Env = append(os.Environ(), "PIECEWORK_NODE="+r.network.GRPC(), "PIECEWORK_DATA_DIR="+r.path("data-"+args[0]))
	if args[0] == "serve" || args[0] == "channel" {
		c.Env = append(c.Env, "PIECEWORK_DATA_DIR="+r.path("data"))
	}
	return c
}

// start runs a command beside the test, until the test ends.
func (r *rig) start(args ...string) *exec.Cmd {
	r.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	c := r.command(ctx, args...)
	c.Stderr = &bytes.Buffer{}
	if err := c.Start(); err != nil {
		stop()
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		stop()
		_ = c.Wait()
		if r.t.Failed() {
			r.t.Logf("%s said:\n%s", args[0], c.Stderr)
		}
	})
	return c
}

// run runs a command to its end and reads its JSON.
func (r *rig) run(args ...string) map[string]any {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := r.command(ctx, append(args, "-o", "json")...)
	var errors bytes.Buffer
	c.Stderr = &errors
	out, err := c.Output()
	if err != nil {
		r.t.Fatalf("%v: %v\n%s", args, err, &errors)
	}
	var result map[string]any
	if err := json.Unmarshal(out, &result); err != nil {
		r.t.Fatal(err)
	}
	return result
}

// wait waits for a file that a command writes when it is ready.
func (r *rig) wait(name string) string {
	r.t.Helper()
	text := ""
	r.until(name, func() bool {
		b, _ := os.ReadFile(r.path(name))
		text = strings.TrimSpace(string(b))
		return strings.HasSuffix(string(b), "\n")
	})
	return text
}

// paidAtLeast waits until the server holds that much on its one channel, and returns what it holds.
func (r *rig) paidAtLeast(address string, want channel.Amount) (paid channel.Amount) {
	r.t.Helper()
	r.until("payments", func() bool {
		records := r.records(address)
		if len(records) == 1 {
			paid = records[0].Paid()
		}
		return len(records) == 1 && !paid.Less(want)
	})
	return paid
}

func (r *rig) records(address string) []channel.Record {
	token, _ := os.ReadFile(r.path(r.data + "/token"))
	server, err := client.Dial(address, client.Options{Token: strings.TrimSpace(string(token))})
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	records, _ := server.List(r.t.Context(), true) // the server may be away
	return records
}

// settleAndCompare settles and closes the one channel, and compares every figure.
func (r *rig) settleAndCompare(address string, want uint64) {
	r.t.Helper()
	record := r.records(address)[0]
	if record.Paid() != channel.NewAmount(want) {
		r.t.Errorf("paid %s, want %d", record.Paid(), want)
	}
	id := record.ID.String()
	r.run("channel", "settle", "--id", id, "--server", address)
	shown := r.run("channel", "show", "--id", id, "--contract", r.contract)
	if shown["settled_units"] != channel.NewAmount(want).String() {
		r.t.Errorf("the contract settled %v, want %d", shown["settled_units"], want)
	}
	r.run("channel", "close", "--id", id, "--server", address)
	shown = r.run("channel", "show", "--id", id, "--contract", r.contract)
	if shown["state"] != "closed" {
		r.t.Errorf("the channel is %v after its close", shown["state"])
	}
}

func (r *rig) makeFile(size int64) [32]byte {
	r.t.Helper()
	file, err := os.Create(r.path("film.bin"))
	if err != nil {
		r.t.Fatal(err)
	}
	hash := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(file, hash), rand.NewChaCha8([32]byte{7}), size); err != nil {
		r.t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		r.t.Fatal(err)
	}
	return [32]byte(hash.Sum(nil))
}

func (r *rig) until(what string, so func() bool) {
	r.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !so() {
		if time.Now().After(deadline) {
			r.t.Fatalf("waited a minute for %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
