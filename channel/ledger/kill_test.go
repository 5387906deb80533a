package ledger_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store/storetest"
)

// killHelper names, in the environment, the store over which the test binary plays the process that is killed.
const killHelper = "PIECEWORK_TEST_KILL_STORE"

// kills is how often a process is killed in one run of the test; PIECEWORK_TEST_KILLS raises it.
const kills = 20

const (
	killPayers = 4
	killSteps  = 1_000
)

// TestKill kills a real process in the middle of its work, again and again: whatever it had acknowledged is there afterwards (P4), and paid never falls (P1).
func TestKill(t *testing.T) {
	if where := os.Getenv(killHelper); where != "" {
		serveUntilKilled(t, where)
		return
	}
	rounds := kills
	if n, err := strconv.Atoi(os.Getenv("PIECEWORK_TEST_KILLS")); err == nil {
		rounds = n
	}
	if testing.Short() {
		rounds = 3
	}
	storetest.Each(t, func(t *testing.T, where string) {
		acked := map[string]uint64{}
		total := 0
		for n := range rounds {
			total += killOnce(t, where, 30+n*7%90, acked)
			w := &world{t: t, where: where, now: time.Unix(1_800_000_000, 0)}
			w.open()
			for i := range byte(killPayers) {
				p := w.newPayer(i + 1)
				if _, ok := acked[p.id.Short()]; !ok {
					continue
				}
				r, err := w.l.Record(context.Background(), p.id)
				if err != nil {
					t.Fatal(err)
				}
				paid, _ := r.Paid().Uint64()
				if paid < acked[p.id.Short()] {
					t.Fatalf("kill %d: %d was acknowledged, %d is there", n, acked[p.id.Short()], paid)
				}
				if err := w.l.Rule().CheckEvidence(&r); err != nil {
					t.Fatal(err)
				}
			}
			w.close()
		}
		t.Logf("%d payments acknowledged over %d kills", total, rounds)
		if total == 0 {
			t.Error("nothing was ever acknowledged")
		}
	})
}

// killOnce lets a process run until it has acknowledged so many payments more, kills it, and notes what it had acknowledged.
func killOnce(t *testing.T, where string, after int, acked map[string]uint64) (lines int) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestKill$", "-test.timeout=30s")
	cmd.Env = append(os.Environ(), killHelper+"="+where)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		id, paid, ok := strings.Cut(strings.TrimPrefix(scanner.Text(), "acked "), " ")
		if !ok || !strings.HasPrefix(scanner.Text(), "acked ") {
			if strings.HasPrefix(scanner.Text(), "--- FAIL") || strings.Contains(scanner.Text(), "_test.go") {
				t.Fatal(scanner.Text())
			}
			continue
		}
		n, err := strconv.ParseUint(paid, 10, 64)
		if err != nil {
			continue // the last line may be cut
		}
		acked[id] = max(acked[id], n)
		if lines++; lines == after {
			_ = cmd.Process.Kill() // what is still in the pipe was acknowledged too, and is read on
		}
	}
	return lines
}

// serveUntilKilled accepts payments on several channels at once and prints each acknowledgement once it has it.
func serveUntilKilled(t *testing.T, where string) {
	w := &world{t: t, where: where, now: time.Unix(1_800_000_000, 0)}
	w.open()
	w.block = w.l.Cursor().Solid.Number + 1
	var opened []channel.Event
	var all [killPayers]*payer
	for i := range all {
		p := w.newPayer(byte(i + 1))
		all[i] = p
		opened = append(opened, channel.Event{Kind: channel.EventOpened, Channel: p.id, Terms: p.terms, Deposit: channel.NewAmount(1 << 50)})
	}
	w.follow(opened, nil)
	var group sync.WaitGroup
	for _, p := range all {
		group.Go(func() {
			for { // a tail is used up, and the next voucher takes it in
				r, err := w.l.Record(context.Background(), p.id)
				if err != nil {
					t.Error(err)
					return
				}
				paid, _ := r.Paid().Uint64()
				chain, tail := p.chain(killSteps, 1)
				w.print(p.voucher(paid, tail))
				for n := uint32(1); n <= killSteps; n++ {
					w.print(p.reveal(chain, n))
				}
			}
		})
	}
	group.Wait()
}

func (w *world) print(p channel.Payment) {
	r, err := w.l.Accept(context.Background(), p)
	if err != nil {
		w.t.Fatal(err)
	}
	fmt.Printf("acked %s %s\n", r.Channel.Short(), r.Paid)
}
