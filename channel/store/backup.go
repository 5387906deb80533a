package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
)

// Backup writes a copy of an SQLite store, as of now, to a new file of mode 0600, while the store goes on being used. PostgreSQL has tools of its own for that.
//
// A payee that goes on from an old backup loses nothing that its payers send again: their vouchers and reveals are cumulative.
func (s *Store) Backup(ctx context.Context, path string) error {
	from, ok := s.kind.(*sqliteBackend)
	if !ok {
		return errors.New("backing up the store: use pg_dump or PostgreSQL's own archiving")
	}
	return BackupFile(ctx, from.path, path)
}

// BackupFile is Backup of a file that another process may have open and be writing: WAL lets it be read meanwhile.
func BackupFile(ctx context.Context, from, path string) error {
	if _, err := os.Stat(from); err != nil {
		return fmt.Errorf("backing up the store: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) // VACUUM INTO takes an empty file, and would create one that everybody can read
	if err != nil {
		return fmt.Errorf("backing up the store: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("backing up the store: %w", err)
	}
	db, err := sql.Open("sqlite", sqliteDSN(from, "")) // the readers' connections refuse it, the writer has other things to do
	if err != nil {
		return fmt.Errorf("backing up the store: %w", err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, `VACUUM INTO $1`, path); err != nil {
		return errors.Join(fmt.Errorf("backing up the store: %w", (&sqliteBackend{}).explain(err)), os.Remove(path))
	}
	if err := forgetRecoveries(ctx, path); err != nil {
		return errors.Join(fmt.Errorf("backing up the store: %w", err), os.Remove(path))
	}
	return syncFile(path)
}

// forgetRecoveries makes a copy one of which no recovery was asked for: whoever goes on from it is to have one, also by a flag that stands in a configuration since the last.
func forgetRecoveries(ctx context.Context, path string) error {
	file := url.URL{Scheme: "file", Opaque: url.PathEscape(path)}
	db, err := sql.Open("sqlite", file.String()+"?_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var tables int
	if err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_master WHERE name = 'recoveries'`).Scan(&tables); err != nil || tables == 0 {
		return err // a store of an earlier schema has none
	}
	_, err = db.ExecContext(ctx, `DELETE FROM recoveries`)
	return err
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
