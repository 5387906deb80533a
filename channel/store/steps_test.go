package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"modernc.org/sqlite"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

var errStep = errors.New("injected fault")

// failing is a driver before SQLite's that counts statements and commits, and makes one of them fail.
type failing struct {
	sqlite driver.Driver
	mu     sync.Mutex
	armed  bool
	n      int  // steps since armed
	at     int  // the step that fails
	after  bool // it fails after it was done
	what   string
}

var faults = &failing{sqlite: &sqlite.Driver{}}

var register = sync.OnceFunc(func() { sql.Register("sqlite-failing", faults) })

func (f *failing) arm(at int, after bool) {
	f.mu.Lock()
	f.armed, f.n, f.at, f.after, f.what = true, 0, at, after, ""
	f.mu.Unlock()
}

func (f *failing) disarm() (steps int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed = false
	return f.n
}

// step does one step, or not.
func (f *failing) step(what string, do func() error) error {
	f.mu.Lock()
	fails := false
	if f.armed {
		f.n++
		fails = f.n == f.at
	}
	after := f.after
	if fails {
		f.what = what
	}
	f.mu.Unlock()
	if fails && !after {
		return errStep
	}
	err := do()
	if fails && err == nil {
		err = errStep
	}
	return err
}

func (f *failing) Open(name string) (driver.Conn, error) {
	c, err := f.sqlite.Open(name)
	if err != nil {
		return nil, err
	}
	return &failingConn{c, f}, nil
}

type failingConn struct {
	driver.Conn
	f *failing
}

func (c *failingConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	if err != nil || opts.ReadOnly {
		return tx, err
	}
	return failingTx{tx, c.f}, nil
}

func (c *failingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (result driver.Result, err error) {
	err = c.f.step(strings.Fields(query)[0], func() error {
		result, err = c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
		return err
	})
	return result, err
}

func (c *failingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c *failingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	return failingStmt{stmt, c.f, query}, err
}

type failingStmt struct {
	driver.Stmt
	f     *failing
	query string
}

func (s failingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (result driver.Result, err error) {
	err = s.f.step(strings.Fields(s.query)[0], func() error {
		result, err = s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
		return err
	})
	return result, err
}

func (s failingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

type failingTx struct {
	driver.Tx
	f *failing
}

func (t failingTx) Commit() error {
	if err := t.f.step("COMMIT", t.Tx.Commit); err != nil {
		_ = t.Tx.Rollback() // what a connection does that is thrown away
		return err
	}
	return nil
}

// Every statement and every commit of a transaction with a bit of everything, and of a batch of evidence with folding, fails once, before and after it was done:
// all of it is there or nothing, what the store answers is what a new process reads, and the book balances (P6).
func TestEveryStepFails(t *testing.T) {
	register()
	for name, work := range map[string]func(*Store, *channel.Record) error{"transaction": everything, "evidence": evidence} {
		for _, after := range []bool{false, true} {
			steps := 1
			for at := 0; at <= steps; at++ { // 0: nothing fails, and the steps are counted
				n, what := oneStep(t, work, at, after)
				if at == 0 {
					steps = n
				}
				if at > 0 && what == "" {
					t.Errorf("%s: step %d of %d was never reached", name, at, steps)
				}
			}
			t.Logf("%s: %d steps, failing afterwards %v", name, steps, after)
		}
	}
}

func oneStep(t *testing.T, work func(*Store, *channel.Record) error, at int, after bool) (steps int, what string) {
	t.Helper()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := openSQLiteBy(ctx, "sqlite-failing", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ready(ctx); err != nil {
		t.Fatal(err)
	}
	model := fill(t, s, 3)
	if lost, err := s.SaveEvidence(ctx, []channel.Record{model[0]}); err != nil || len(lost) > 0 {
		t.Fatal(lost, err)
	}
	model[0].Version++
	s.kind.(*sqliteBackend).limit = 1 // the next batch folds
	faults.arm(at, after)
	err = work(s, &model[0])
	steps, what = faults.disarm(), faults.what
	if (err != nil) != (at > 0) {
		t.Fatalf("step %d (%s) failed and the answer is %v", at, what, err)
	}
	if done := what == "COMMIT" && after; err != nil && errors.Is(err, ErrUnknownOutcome) != (what == "COMMIT") {
		t.Fatalf("step %d (%s, done %v): %v", at, what, done, err)
	}
	before := picture(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	now := picture(t, s)
	if now != before {
		t.Fatalf("step %d (%s): before closing %s, after opening %s", at, what, before, now)
	}
	if there := at == 0 || what == "COMMIT" && after; strings.Contains(now, "new") != there || strings.Contains(now, "old") == there {
		t.Fatalf("step %d (%s, after %v): %s", at, what, after, now)
	}
	// And it goes on.
	r := model[0]
	if err := s.View(ctx, func(t *Tx) (err error) { r, err = t.Channel(r.ID); return err }); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(everything(s, &r), evidence(s, &r)); err != nil {
		t.Fatalf("step %d (%s): going on: %v", at, what, err)
	}
	return steps, what
}

func everything(s *Store, r *channel.Record) error {
	return s.Update(context.Background(), func(t *Tx) error {
		c := r.Clone()
		c.Settled = channel.NewAmount(1)
		from, err := t.Cursor()
		if err != nil {
			return err
		}
		to := channel.Cursor{Solid: channel.Block{Number: from.Solid.Number + 1}, Window: []channel.Block{{Number: from.Solid.Number + 2}}}
		txid := [32]byte{byte(to.Solid.Number)}
		err = errors.Join(t.PutCursor(from, to), t.PutChannel(&c), t.PutSettlement(channel.Settlement{Channel: c.ID, Block: to.Solid.Number, Amount: c.Settled, Settled: c.Settled}),
			t.PutIntent(channel.Intent{TxID: txid, Raw: []byte{1}, State: channel.IntentSigned, Settles: []channel.IntentChannel{{Channel: c.ID, Worth: c.Settled}}}),
			t.PutSession(channel.Session{Anchor: channel.Anchor(txid), State: channel.SessionOpen}),
			t.Book(&channel.Entry{Kind: "settled", Lines: []channel.Line{{Account: "wallet", Debit: c.Settled}, {Account: "claimable", Credit: c.Settled}}}),
			t.Tell(&channel.News{Kind: "settled", Channel: c.ID}), t.PutAnswer(channel.Answer{Scope: "x", Key: fmt.Sprint(to.Solid.Number)}))
		if err == nil {
			*r = c
		}
		return err
	})
}

func evidence(s *Store, r *channel.Record) error {
	c := r.Clone()
	c.Held.Cumulative = c.Held.Cumulative.Add(channel.NewAmount(1))
	lost, err := s.SaveEvidence(context.Background(), []channel.Record{c})
	if err == nil && len(lost) > 0 {
		err = ErrConflict
	}
	if err == nil {
		c.Version++
		*r = c
	}
	return err
}

// picture says whether what work wrote is there as a whole, and checks the book.
func picture(t *testing.T, s *Store) (p string) {
	t.Helper()
	err := s.View(context.Background(), func(tx *Tx) error {
		cursor, err := tx.Cursor()
		if err != nil {
			return err
		}
		n := cursor.Solid.Number
		paid, state := channel.Amount{}, "old"
		if err := tx.Channels(channel.Query{}, func(r channel.Record) error {
			paid = paid.Add(r.Paid()).Add(r.Settled)
			if r.Held.Cumulative.Add(r.Settled) != (channel.Amount{}) {
				state = "new"
			}
			return nil
		}); err != nil {
			return err
		}
		facts := 0
		err1 := tx.Settlements(wallet.AddressFromEVM([20]byte{9}), 0, time.Time{}, func(channel.Settlement, channel.Asset) error { facts++; return nil })
		open, err2 := tx.OpenIntents()
		sessions, err3 := tx.OpenSessions(channel.ID{})
		news, err4 := tx.News(0, 10) // one of the intent, one of its own
		if err := errors.Join(err1, err2, err3, err4, tx.Audit()); err != nil {
			return err
		}
		for _, have := range []int{facts, len(open), len(sessions), len(news) / 2} {
			if have != int(n) {
				return fmt.Errorf("half a transaction: %d, want %d", have, n)
			}
		}
		p = fmt.Sprintf("%s %d %s", state, n, paid)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
