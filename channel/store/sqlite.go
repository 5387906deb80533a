package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"github.com/piecework/piecework/channel"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// sqliteReaders is how many reads may run beside the one writer.
const sqliteReaders = 4

// sqliteBackend is one file, one process. WAL lets reads go on beside the writer; synchronous=FULL is what makes a commit durable
// (NORMAL does not, in WAL mode, however fast it looks).
type sqliteBackend struct{ lock *flock.Flock }

func openSQLite(ctx context.Context, path string) (*Store, error) {
	lock, err := claimFile(path)
	if err != nil {
		return nil, err
	}
	b := &sqliteBackend{lock: lock}
	s, err := b.connect(ctx, path)
	if err != nil {
		return nil, errors.Join(b.explain(err), b.close())
	}
	return s, nil
}

func (b *sqliteBackend) connect(ctx context.Context, path string) (*Store, error) {
	write, err := sql.Open("sqlite", sqliteDSN(path, "_txlock=immediate"))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if err := write.PingContext(ctx); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read, err := sql.Open("sqlite", sqliteDSN(path, "_pragma=query_only(1)"))
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(sqliteReaders)
	return &Store{write: write, read: read, kind: b}, nil
}

func sqliteDSN(path, more string) string {
	file := url.URL{Scheme: "file", Opaque: url.PathEscape(path)}
	return file.String() + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&" + more
}

// claimFile keeps two servers off one file, and makes the file readable by its owner only before SQLite creates it.
func claimFile(path string) (*flock.Flock, error) {
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("no folder %s: create it first", filepath.Dir(path))
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	switch {
	case errors.Is(err, fs.ErrPermission) || isReadOnlyFS(err):
		return nil, fmt.Errorf("%s: %w", path, ErrReadOnly)
	case err != nil:
		return nil, err
	case !got:
		return nil, fmt.Errorf("%s: %w", path, ErrInUse)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, ErrReadOnly), lock.Close())
	}
	return lock, f.Close()
}

func (b *sqliteBackend) name() string       { return "sqlite" }
func (b *sqliteBackend) forUpdate() string  { return "" } // the whole file is locked
func (b *sqliteBackend) lockSchema() string { return "" }
func (b *sqliteBackend) close() error       { return b.lock.Close() }

// explain names the failures that an operator can do something about.
func (b *sqliteBackend) explain(err error) error {
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Code() & 0xff {
	case lib.SQLITE_FULL:
		return fmt.Errorf("%w (%w)", ErrFull, err)
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		return fmt.Errorf("%w (%w)", ErrReadOnly, err)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fmt.Errorf("%w (%w)", ErrInUse, err)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return fmt.Errorf("store file is damaged or no store: restore a backup (%w)", err)
	}
	return err
}

// saveEvidence writes each record's row in one transaction.
func (b *sqliteBackend) saveEvidence(ctx context.Context, s *Store, records []channel.Record) (lost []channel.ID, err error) {
	err = s.Update(ctx, func(t *Tx) error {
		lost = lost[:0]
		for i := range records {
			r := &records[i]
			paid, promised := r.Paid(), r.Promised()
			n, err := t.exec(`UPDATE channels SET paid = $1, promised = $2, evidence = $3, due_since = $4, accepted = $5, version = version + 1
				WHERE id = $6 AND version = $7 AND state = 0 AND frozen = 0 AND $2 <= deposit`,
				paid.Bytes(), promised.Bytes(), r.AppendEvidence([]byte{}), r.DueSince, int64(r.Accepted), r.ID[:], int64(r.Version))
			if err != nil {
				return err
			}
			if n == 0 {
				lost = append(lost, r.ID)
			}
		}
		return nil
	})
	return lost, err
}
