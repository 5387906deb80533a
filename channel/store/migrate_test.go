package store_test

import (
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
)

// writeOld writes the files of the schema before the newest again: a store with three channels, one settlement, one entry, a request, and in SQLite's evidence in the log
// as a killed process leaves it. Only when that schema is new; a released file never changes.
var writeOld = flag.Bool("write-old", false, "write testdata/schema6.db.gz and schema6.sql.gz")

// lastSchema is the one before the newest.
const lastSchema = 6

// oldFiles are stores of earlier schemas. The last ones are of lastSchema; schema 1 was made by the first release.
var oldFiles = []struct {
	file   string
	backup func(t *testing.T, file string) (where string)
	schema int
}{
	{"testdata/schema1.db.gz", oldSQLite, 1},
	{"testdata/schema5.db.gz", oldSQLite, 5},
	{"testdata/schema5.sql.gz", oldPostgres, 5},
	{"testdata/schema6.db.gz", oldSQLite, lastSchema},
	{"testdata/schema6.sql.gz", oldPostgres, lastSchema},
}

func oldSQLite(t *testing.T, file string) string {
	where := storetest.SQLite(t)
	if err := os.WriteFile(where, unpack(t, file), 0o600); err != nil {
		t.Fatal(err)
	}
	return where
}

// oldPostgres loads what pg_dump wrote.
func oldPostgres(t *testing.T, file string) string {
	where := storetest.Postgres(t)
	db, err := sql.Open("pgx", where)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, statement := range strings.SplitAfter(string(unpack(t, file)), ";\n") {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return where
}

// oldRecords is what the old files hold.
func oldRecords() []channel.Record {
	list := []channel.Record{record(1, 100), record(2, 200), record(3, 300)}
	for i := range list {
		list[i].Version = 1
	}
	list[2].Held.Cumulative, list[2].Version = channel.NewAmount(333), 2 // this one lies in the log
	return list
}

// Stores of earlier schemas come up to the newest with all that is in them, go back to what they were, and come up again.
func TestOldFiles(t *testing.T) {
	if *writeOld {
		makeOld(t)
	}
	for _, old := range oldFiles {
		t.Run(filepath.Base(old.file), func(t *testing.T) {
			where := old.backup(t, old.file)
			for range 2 {
				s := open(t, where)
				checkOld(t, s, old.schema)
				if err := s.Downgrade(ctx, old.schema); err != nil {
					t.Fatal(err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func checkOld(t *testing.T, s *store.Store, schema int) {
	t.Helper()
	for _, want := range oldRecords() {
		equal(t, get(t, s, want.ID), want)
	}
	if err := s.View(ctx, func(tx *store.Tx) error {
		var facts []channel.Settlement
		err := tx.Settlements(bob, 0, time.Now(), func(f channel.Settlement, _ channel.Asset) error { facts = append(facts, f); return nil }) // when it was is not known
		if len(facts) != 1 || facts[0].Settled != channel.NewAmount(7) {
			t.Errorf("settlements %+v", facts)
		}
		return errors.Join(err, tx.Audit())
	}); err != nil {
		t.Fatal(err)
	}
	if schema < 5 {
		return
	}
	requests, err := s.TakeRequests(ctx)
	if err != nil || len(requests) != 1 || requests[0] != oldRequest() {
		t.Errorf("requests %+v (%v)", requests, err)
	}
	if err := s.PutRequest(ctx, oldRequest()); err != nil {
		t.Fatal(err)
	}
}

func oldRequest() store.Request { return store.Request{Channel: record(2, 1).ID, Created: 1} }

// The last version's migration and its way back, on both databases: whatever is in the store stays.
func TestMigrationBothWays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		r := record(1, 100)
		put(t, s, &r)
		for range 2 {
			if err := s.Downgrade(ctx, 1); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, where)
			equal(t, get(t, s, r.ID), r)
		}
		if err := s.Downgrade(ctx, 0); err != nil { // and all the way
			t.Fatal(err)
		}
		_ = s.Close()
		s = open(t, where)
		if err := s.View(ctx, func(t *store.Tx) error { _, err := t.Channel(r.ID); return err }); !errors.Is(err, channel.ErrUnknownChannel) {
			t.Fatal(err)
		}
	})
}

// makeOld fills a store on either database, takes it back to lastSchema and copies it.
func makeOld(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		for _, r := range []channel.Record{record(1, 100), record(2, 200), record(3, 300)} {
			put(t, s, &r)
		}
		fact := channel.Settlement{Channel: record(1, 1).ID, Block: 5, Settled: channel.NewAmount(7), Amount: channel.NewAmount(7)}
		entry := channel.Entry{Kind: "settled", Lines: []channel.Line{{Account: "wallet", Debit: fact.Amount}, {Account: "claimable", Credit: fact.Amount}}}
		if err := s.Update(ctx, func(t *store.Tx) error { return errors.Join(t.PutSettlement(fact), t.Book(&entry)) }); err != nil {
			t.Fatal(err)
		}
		if err := s.PutRequest(ctx, oldRequest()); err != nil {
			t.Fatal(err)
		}
		if err := s.Downgrade(ctx, lastSchema); err != nil {
			t.Fatal(err)
		}
		logged := oldRecords()[2]
		logged.Version--
		if lost, err := s.SaveEvidence(context.Background(), []channel.Record{logged}); err != nil || len(lost) > 0 {
			t.Fatal(lost, err)
		}
		if strings.Contains(where, "://") {
			pack(t, dump(t, where), "testdata/schema6.sql.gz")
			return
		}
		copied := where + ".backup" // of the file as it is, its log not folded
		if err := s.Backup(ctx, copied); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(copied)
		if err != nil {
			t.Fatal(err)
		}
		pack(t, raw, "testdata/schema6.db.gz")
	})
}

// dump is a database as SQL, without the commands of psql itself.
func dump(t *testing.T, where string) []byte {
	t.Helper()
	text, err := exec.Command("pg_dump", "--inserts", "--no-owner", "--no-privileges", "--no-comments", where).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.DeleteFunc(strings.SplitAfter(string(text), "\n"), func(line string) bool {
		return line == "\n" || strings.HasPrefix(line, "--") || strings.HasPrefix(line, `\`)
	})
	return []byte(strings.Join(lines, ""))
}

func pack(t *testing.T, raw []byte, to string) {
	t.Helper()
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	if _, err := z.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func unpack(t *testing.T, from string) []byte {
	t.Helper()
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
