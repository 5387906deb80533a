package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
)

func TestOpeningWhatCannotBeOpened(t *testing.T) {
	folder := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	inUse := filepath.Join(folder, "inuse.db")
	open(t, inUse)
	readOnly := filepath.Join(folder, "readonly")
	if err := os.Mkdir(readOnly, 0o500); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		where string
		want  error
		text  string
	}{
		"no folder":                   {filepath.Join(folder, "no", "store.db"), nil, "create it first"},
		"a file in place of a folder": {filepath.Join(write("file", ""), "store.db"), nil, "create it first"},
		"a folder in place of a file": {folder, store.ErrReadOnly, "permissions"},
		"in use":                      {inUse, store.ErrInUse, "another process"},
		"no store":                    {write("text.db", strings.Repeat("this is no database ", 100)), nil, "restore a backup"},
		"no PostgreSQL there":         {"postgres://nobody:secret@127.0.0.1:1/x?connect_timeout=1", nil, "reaching PostgreSQL"},
		"no PostgreSQL URL":           {"postgres://%zz:secret@", nil, "PostgreSQL"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := store.Open(ctx, c.where)
			if err == nil {
				_ = s.Close()
				t.Fatal("it opened")
			}
			if c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v", err)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a password: %v", err)
			}
		})
	}
	if os.Getuid() != 0 { // root writes everywhere
		if _, err := store.Open(ctx, filepath.Join(readOnly, "store.db")); !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("a folder that cannot be written: %v", err)
		}
	}
	again, err := store.Open(ctx, filepath.Join(folder, "again.db"))
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
	open(t, filepath.Join(folder, "again.db"))
}

func TestFileIsPrivate(t *testing.T) {
	where := storetest.SQLite(t)
	s := open(t, where)
	r := record(1, 1)
	put(t, s, &r)
	for _, suffix := range []string{"", "-wal", ".lock"} {
		info, err := os.Stat(where + suffix)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", suffix, info.Mode(), err)
		}
	}
}

func TestBackup(t *testing.T) {
	where := storetest.SQLite(t)
	s := open(t, where)
	r := record(1, 100)
	put(t, s, &r)
	if lost, err := s.SaveEvidence(ctx, []channel.Record{r}); err != nil || lost != nil {
		t.Fatal(lost, err)
	}
	r.Version++
	asked := func(s *store.Store) (first bool) {
		t.Helper()
		if err := s.Update(ctx, func(t *store.Tx) (err error) { _, first, err = t.AskRecovery(store.Recovery{}, 1); return err }); err != nil {
			t.Fatal(err)
		}
		return first
	}
	if !asked(s) || asked(s) {
		t.Fatal("a recovery is not begun once")
	}
	copied := where + ".backup"
	if err := s.Backup(ctx, copied); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(ctx, copied); err == nil {
		t.Error("a backup was written over another")
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	restored := open(t, copied)
	if equal(t, get(t, restored, r.ID), r); !asked(restored) {
		t.Error("who goes on from a backup has no recovery, because the store had one before")
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		_ = s.Close()
		driver := "sqlite"
		if strings.HasPrefix(where, "postgres") {
			driver = "pgx"
		}
		db, err := sql.Open(driver, where)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		if _, err := db.Exec(`UPDATE schema_version SET version = 999`); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(ctx, where); !errors.Is(err, store.ErrTooNew) {
			t.Errorf("got %v", err)
		}
	})
}

func TestDamagedFile(t *testing.T) {
	where := storetest.SQLite(t)
	s := open(t, where)
	for n := range byte(200) {
		r := record(n, 100)
		put(t, s, &r)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(where)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(raw); i += 4096 {
		copy(raw[i:], bytes.Repeat([]byte{0xff}, 512))
	}
	if err := os.WriteFile(where, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := store.Open(ctx, where); err == nil {
		_ = s.Close()
		t.Fatal("it opened")
	} else if !strings.Contains(err.Error(), "restore a backup") {
		t.Errorf("got %v", err)
	}
}

// An audit finds a line that does not say what its account adds up to.
func TestAuditOfSums(t *testing.T) {
	where := storetest.SQLite(t)
	s := open(t, where)
	entry := channel.Entry{Kind: "settled", Lines: []channel.Line{{Account: "wallet", Debit: channel.NewAmount(7)}, {Account: "claimable", Credit: channel.NewAmount(7)}}}
	if err := s.Update(ctx, func(t *store.Tx) error { return t.Book(&entry) }); err != nil {
		t.Fatal(err)
	}
	audit := func() error { return s.View(ctx, func(t *store.Tx) error { return t.Audit() }) }
	if err := audit(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", where)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(`UPDATE lines SET credits = debits WHERE account = 'wallet'`); err != nil {
		t.Fatal(err)
	}
	if err := audit(); !errors.Is(err, channel.ErrUnbalanced) {
		t.Errorf("got %v", err)
	}
}
