package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/piecework/piecework/channel"
)

// A disk that is full, which SQLite is told by a limit of pages: the error says so, nothing is half there, and with room again it goes on.
func TestFullDisk(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	model := fill(t, s, 50)
	pages := func(limit int) {
		t.Helper()
		var now int
		if err := s.write.QueryRow(`PRAGMA page_count`).Scan(&now); err != nil {
			t.Fatal(err)
		}
		if err := s.write.QueryRow(`PRAGMA max_page_count = ` + map[bool]string{true: "1", false: "1000000"}[limit == 0]).Scan(&now); err != nil {
			t.Fatal(err)
		}
	}
	batch := func() (records []channel.Record) {
		for i := range model {
			r := model[i].Clone()
			r.Held.Cumulative = r.Held.Cumulative.Add(channel.NewAmount(5))
			records = append(records, r)
		}
		return records
	}
	pages(0)
	if _, err := s.SaveEvidence(ctx, batch()); !errors.Is(err, ErrFull) {
		t.Fatalf("a full disk: %v", err)
	}
	for i := range model {
		if err := s.View(ctx, func(tx *Tx) error {
			r, err := tx.Channel(model[i].ID)
			if r.Paid() != model[i].Paid() {
				t.Errorf("%s is there, %s was", r.Paid(), model[i].Paid())
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	pages(1)
	if lost, err := s.SaveEvidence(ctx, batch()); err != nil || len(lost) > 0 {
		t.Fatalf("with room again: %v %v", lost, err)
	}
}

// What makes a commit durable: synchronous=FULL is 2, on the connection that writes.
func TestSynchronousIsFull(t *testing.T) {
	s, err := Open(context.Background(), filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var synchronous int
	var mode string
	if err := errors.Join(s.write.QueryRow(`PRAGMA synchronous`).Scan(&synchronous), s.write.QueryRow(`PRAGMA journal_mode`).Scan(&mode)); err != nil {
		t.Fatal(err)
	}
	if synchronous != 2 || mode != "wal" {
		t.Fatalf("synchronous %d, journal mode %s", synchronous, mode)
	}
}
