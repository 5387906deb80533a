package store_test

import (
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
)

// writeOld writes testdata/schema1.db.gz again: a store of schema 1 with three channels, one settlement, one entry, and evidence in the log as a killed process leaves it.
// Only for when schema 1 itself was wrong; a released file never changes.
var writeOld = flag.Bool("write-old", false, "write testdata/schema1.db.gz")

const oldFile = "testdata/schema1.db.gz"

// oldRecords is what the old file holds.
func oldRecords() []channel.Record {
	list := []channel.Record{record(1, 100), record(2, 200), record(3, 300)}
	for i := range list {
		list[i].Version = 1
	}
	list[2].Held.Cumulative, list[2].Version = channel.NewAmount(333), 2 // this one lies in the log
	return list
}

func TestOldFile(t *testing.T) {
	if *writeOld {
		makeOld(t)
	}
	where := storetest.SQLite(t)
	unpack(t, oldFile, where)
	s := open(t, where)
	for _, want := range oldRecords() {
		equal(t, get(t, s, want.ID), want)
	}
	if err := s.View(ctx, func(tx *store.Tx) error {
		facts, err := tx.Settlements(channel.ID{})
		if len(facts) != 1 || facts[0].Settled != channel.NewAmount(7) {
			t.Errorf("settlements %+v", facts)
		}
		return errors.Join(err, tx.Audit())
	}); err != nil {
		t.Fatal(err)
	}
}

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

func makeOld(t *testing.T) {
	where := storetest.SQLite(t)
	s := open(t, where)
	for _, r := range []channel.Record{record(1, 100), record(2, 200), record(3, 300)} {
		put(t, s, &r)
	}
	fact := channel.Settlement{Channel: record(1, 1).ID, Block: 5, Settled: channel.NewAmount(7), Amount: channel.NewAmount(7)}
	entry := channel.Entry{Kind: "settled", Lines: []channel.Line{{Account: "wallet", Debit: fact.Amount}, {Account: "claimable", Credit: fact.Amount}}}
	if err := s.Update(ctx, func(t *store.Tx) error { return errors.Join(t.PutSettlement(fact), t.Book(&entry)) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Downgrade(ctx, 1); err != nil {
		t.Fatal(err)
	}
	logged := oldRecords()[2]
	logged.Version--
	if lost, err := s.SaveEvidence(context.Background(), []channel.Record{logged}); err != nil || len(lost) > 0 {
		t.Fatal(lost, err)
	}
	copied := where + ".backup" // of the file as it is, its log not folded
	if err := s.Backup(ctx, copied); err != nil {
		t.Fatal(err)
	}
	pack(t, copied, oldFile)
}

func pack(t *testing.T, from, to string) {
	t.Helper()
	raw, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
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

func unpack(t *testing.T, from, to string) {
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
	if err := os.WriteFile(to, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}
