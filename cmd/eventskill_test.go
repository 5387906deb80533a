package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/testnettest"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// TestEventsTailKilled kills `piecework events tail --from-cursor FILE` with SIGKILL while deposits come, and starts it again: every deposit is printed, in order.
// It prints before it remembers, so one block at most can be printed again after a kill, and its events have the same ids then.
// PIECEWORK_TEST_KILLS is how often it is killed, 6 when it is not set.
func TestEventsTailKilled(t *testing.T) {
	kills, deposits := 6, 40
	if text := os.Getenv("PIECEWORK_TEST_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
		deposits = 7 * kills
	}
	network := testnettest.Start(t, testnet.Config{})
	paid := make(chan error, 1)
	go func() { paid <- deposit(t.Context(), network, deposits) }()

	tail := tailed{t: t, node: network.GRPC(), dir: t.TempDir()}
	for kill := range kills {
		tail.run(len(tail.printed())+1+kill%3, "--from-block", "1")
	}
	if err := <-paid; err != nil {
		t.Fatal(err)
	}
	tail.run(-1, "--from-block", "1", "--once")
	tail.check(deposits, kills)
}

// deposit pays bob 1 sun, 2 sun, … one a block.
func deposit(ctx context.Context, network *testnet.Network, count int) error {
	n, err := node.Dial(ctx, node.Config{Address: network.GRPC(), RequestsPerSecond: -1})
	if err != nil {
		return err
	}
	defer func() { _ = n.Close() }()
	alice, bob := network.Accounts()[0], network.Accounts()[1].Address()
	for i := range count {
		transaction, _, err := n.Build(ctx, &tx.Transfer{Owner: alice.Address(), To: bob, Amount: wallet.Sun(i + 1)}, tx.Options{})
		if err != nil {
			return err
		}
		if err := transaction.Sign(ctx, alice); err != nil {
			return err
		}
		if _, err := n.Broadcast(ctx, transaction.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// tailed is a file that one `piecework events tail` after the other writes.
type tailed struct {
	t         *testing.T
	node, dir string
}

// run starts it, kills it when the file has so many lines, or lets it come to its end where that is negative.
func (e *tailed) run(lines int, more ...string) {
	e.t.Helper()
	out, err := os.OpenFile(e.file(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	var stderr bytes.Buffer
	command := exec.CommandContext(e.t.Context(), os.Args[0])
	command.Args = append([]string{"piecework", "events", "tail", "--to", "bob", "--from-cursor", filepath.Join(e.dir, "cursor"), "-o", "jsonl"}, more...)
	command.Env = append(os.Environ(), "PIECEWORK_NODE="+e.node, "PIECEWORK_DATA_DIR="+e.dir, "HOME="+e.dir)
	command.Stdout, command.Stderr = out, &stderr
	if err := command.Start(); err != nil {
		e.t.Fatal(err)
	}
	for begun := time.Now(); lines >= 0 && len(e.printed()) < lines; time.Sleep(time.Millisecond) {
		if time.Since(begun) > time.Minute {
			_ = command.Process.Kill()
			e.t.Fatalf("waited a minute for %d lines: %v\n%s", lines, command.Wait(), stderr.String())
		}
	}
	if lines >= 0 {
		_ = command.Process.Kill()
	}
	if err := command.Wait(); lines < 0 && err != nil {
		e.t.Fatalf("%v\n%s", err, stderr.String())
	}
}

func (e *tailed) file() string { return filepath.Join(e.dir, "events.jsonl") }

// printed is a line of the file.
type printed struct{ ID, Units string }

func (e *tailed) printed() (all []printed) {
	body, err := os.ReadFile(e.file())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		e.t.Fatal(err)
	}
	for line := range bytes.Lines(body) {
		var p printed
		if err := json.Unmarshal(line, &p); err != nil {
			e.t.Fatalf("%q: %v", line, err)
		}
		all = append(all, p)
	}
	return all
}

// check holds the lines against the deposits: each is there, in order; one that is there twice has one id, and there are no more of those than kills.
func (e *tailed) check(deposits, kills int) {
	next, again := 1, 0
	var last printed
	for _, p := range e.printed() {
		switch {
		case p.Units == strconv.Itoa(next):
			next++
		case p == last:
			again++
		default:
			e.t.Fatalf("%s sun (%s) came where %d sun was expected", p.Units, p.ID, next)
		}
		last = p
	}
	if next != deposits+1 || again > kills {
		e.t.Errorf("%d of %d deposits were printed, %d of them again", next-1, deposits, again)
	}
	e.t.Logf("%d deposits, %d kills, %d printed again", deposits, kills, again)
}
