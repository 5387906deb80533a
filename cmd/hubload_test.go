package cmd_test

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/store"
)

const (
	// hubKills is how often one run kills the hub; PIECEWORK_TEST_HUB_KILLS raises it.
	hubKills = 8
	// hubSeeders are paid at the same time, out of one channel.
	hubSeeders = 3
)

// TestHubKilledUnderLoad kills a hub with SIGKILL at random while one downloader, with one channel, opens sessions with several seeders and reveals to them as fast as it can,
// and they redeem all the time. What was answered is there after every kill; in the end every seeder has exactly what was revealed to it, once, and the book says the same.
func TestHubKilledUnderLoad(t *testing.T) {
	kills := hubKills
	if n, err := strconv.Atoi(os.Getenv("PIECEWORK_TEST_HUB_KILLS")); err == nil {
		kills = n
	}
	l := newHubLoad(t)
	ended := l.pay()
	for range kills {
		time.Sleep(time.Duration(5+rand.IntN(200)) * time.Millisecond) // not to wait for anything: to kill at any moment
		answered := l.answered()
		l.kill()
		before := l.done.Load()
		l.until("payments after a kill", func() bool { return l.done.Load() > before+2*hubSeeders })
		l.kept(answered)
	}
	if err := ended(); err != nil {
		t.Fatal(err)
	}
	l.compare()
	t.Logf("%d kills: %d sessions, %d steps, %d redemptions", kills, l.sessions.Load(), l.steps.Load(), l.redemptions.Load())
}

// kill kills the hub's process and starts it again.
func (l *hubLoad) kill() {
	l.t.Helper()
	if err := l.serve.Process.Kill(); err != nil {
		l.t.Fatal(err)
	}
	_ = l.serve.Wait()
	l.begin(l.address)
}

func (l *hubLoad) begin(listen string) {
	l.serve = l.start("serve", "--contract", l.contract, "--from", "heidi", "--listen", listen, "--ready-file", l.path("ready"), "--period", "1h", "--hub-deposit", "TRX=500", "--hub-fee", "100")
}

// answered are the vouchers that the hub has handed out for redemptions.
func (l *hubLoad) answered() (list []channel.Record) {
	for _, s := range l.seeders {
		r, err := s.ledger.Record(l.t.Context(), s.id)
		if err != nil {
			l.t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// kept: the hub holds at least what it had answered before a kill, and has evidence for all that it has promised to pay.
func (l *hubLoad) kept(answered []channel.Record) {
	l.t.Helper()
	own := l.own()
	var out channel.Amount
	for _, before := range answered {
		now := own[before.ID]
		if now.Held.Cumulative.Less(before.Held.Cumulative) {
			l.t.Errorf("channel %s: the hub had signed %s, after the kill it holds %s", before.ID.Short(), before.Held.Cumulative, now.Held.Cumulative)
		}
		out = out.Add(now.Held.Cumulative)
	}
	in, err := l.remote.Record(l.t.Context(), l.in) // after the others: it only grows
	if err != nil || in.Paid().Less(out) {
		l.t.Errorf("the hub has promised %s and can claim %s (%v)", out, in.Paid(), err)
	}
}

// own are the hub's channels to the seeders.
func (l *hubLoad) own() map[channel.ID]channel.Record {
	l.t.Helper()
	own := map[channel.ID]channel.Record{}
	l.until("the hub's channels", func() bool {
		for _, r := range l.records(l.address) {
			if r.ID != l.in {
				own[r.ID] = r
			}
		}
		return len(own) == hubSeeders
	})
	return own
}

// compare lets the seeders redeem what is left, and compares every figure: theirs, the hub's, the statements, the contract's and the book's.
func (l *hubLoad) compare() {
	l.t.Helper()
	var cost channel.Amount
	for _, s := range l.seeders {
		if err := s.redeemer.RedeemAll(l.t.Context()); err != nil {
			l.t.Fatal(err)
		}
		r, err := s.ledger.Record(l.t.Context(), s.id)
		if err != nil {
			l.t.Fatal(err)
		}
		want := channel.NewAmount(loadUnit).Mul(s.steps)
		if at := l.own()[s.id]; r.Held.Cumulative != want || at.Held.Cumulative != want {
			l.t.Errorf("%s was paid %d steps, %s: it holds a voucher of %s, the hub one of %s", s.name, s.steps, want, r.Held.Cumulative, at.Held.Cumulative)
		}
		statement := l.run("hub", "statement", "--hub", l.address, "--contract", l.contract, "--from", s.name)
		if statement["closing_units"] != want.String() { // the command has added its lines up
			l.t.Errorf("%s: the statement closes at %v, want %s", s.name, statement["closing_units"], want)
		}
		cost = cost.Add(channel.NewAmount(loadUnit + loadUnit/10).Mul(s.steps))
	}
	l.paidOnce(cost)
	l.interrupt(l.serve)
	l.auditHub()
}

// paidOnce: the downloader has paid each step once, and for each session the fee, one unit; and that is what the contract pays the hub.
func (l *hubLoad) paidOnce(steps channel.Amount) {
	l.t.Helper()
	in, err := l.remote.Record(l.t.Context(), l.in)
	if err != nil {
		l.t.Fatal(err)
	}
	least, most := steps.Add(channel.NewAmount(l.sessions.Load())), steps.Add(channel.NewAmount(l.sessions.Load()+l.failed.Load()))
	if in.Paid().Less(least) || most.Less(in.Paid()) {
		l.t.Errorf("the downloader has paid %s, want %s to %s", in.Paid(), least, most)
	}
	l.run("channel", "settle", "--id", l.in.String(), "--server", l.address)
	if shown := l.run("channel", "show", "--id", l.in.String(), "--contract", l.contract); shown["settled_units"] != in.Paid().String() {
		l.t.Errorf("the contract paid the hub %v of %s", shown["settled_units"], in.Paid())
	}
}

func (r *rig) interrupt(c *exec.Cmd) {
	r.t.Helper()
	if err := c.Process.Signal(os.Interrupt); err != nil {
		r.t.Fatal(err)
	}
	_ = c.Wait()
}

// auditHub adds up the book of a hub that has ended, line by line.
func (r *rig) auditHub() {
	r.t.Helper()
	s, err := store.Open(context.Background(), r.path("data/server.db"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	err = s.View(context.Background(), func(t *store.Tx) error {
		if err := t.Audit(); err != nil {
			return err
		}
		sheets, err := hub.Sheets(t)
		for _, sheet := range sheets {
			if !sheet.Balanced() || !sheet.Lost.IsZero() {
				r.t.Errorf("the book: %+v", sheet)
			}
		}
		if len(sheets) != 1 {
			r.t.Errorf("%d sheets", len(sheets))
		}
		return err
	})
	if err != nil {
		r.t.Error(err)
	}
}
