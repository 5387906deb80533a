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
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/piecework/piecework/channel"
)

// sqliteReaders is how many reads may run beside the one writer.
const sqliteReaders = 4

// sqliteBackend is one file, one process. WAL lets reads go on beside the writer; synchronous=FULL is what makes a commit durable
// (NORMAL does not, in WAL mode, however fast it looks).
type sqliteBackend struct {
	evidenceLog
	path   string
	driver string // "sqlite"; tests put one before it that fails where they say
	lock   *flock.Flock
	writer chan struct{} // holds one token: the writer's turn
	broken atomic.Pointer[error]
}

func openSQLite(ctx context.Context, path string) (*Store, error) {
	return openSQLiteBy(ctx, "sqlite", path)
}

func openSQLiteBy(ctx context.Context, driver, path string) (*Store, error) {
	lock, err := claimFile(path)
	if err != nil {
		return nil, err
	}
	b := &sqliteBackend{path: path, driver: driver, lock: lock, writer: make(chan struct{}, 1)}
	b.limit, b.step = foldAbove, foldStep
	s, err := b.connect(ctx, path)
	if err != nil {
		return nil, errors.Join(b.explain(err), b.close())
	}
	return s, nil
}

func (b *sqliteBackend) connect(ctx context.Context, path string) (*Store, error) {
	write, err := sql.Open(b.driver, sqliteDSN(path, "_txlock=immediate"))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if err := write.PingContext(ctx); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read, err := sql.Open(b.driver, sqliteDSN(path, "_pragma=query_only(1)"))
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(sqliteReaders)
	return &Store{write: write, read: read, kind: b, statements: &statements{kept: map[string]*sql.Stmt{}}}, nil
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

func (b *sqliteBackend) name() string      { return "sqlite" }
func (b *sqliteBackend) forUpdate() string { return "" } // the whole file is locked
// lockTable has nothing to do: there is one writer.
func (b *sqliteBackend) lockTable(string) string { return "" }

// clock is the caller's: nobody else writes to the file.
func (b *sqliteBackend) clock(_ *Tx, now time.Time) (time.Time, error) { return now, nil }

func (b *sqliteBackend) close() error { return b.lock.Close() }

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

// turn waits for the one writer's turn. If the last commit had an unknown outcome, the log is read again first.
func (b *sqliteBackend) turn(ctx context.Context, s *Store) (func(), error) {
	if err := b.broken.Load(); err != nil {
		return nil, *err
	}
	select {
	case b.writer <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	end := func() { <-b.writer }
	if err := b.sure(ctx, s); err != nil {
		end()
		return nil, err
	}
	return end, nil
}

// view begins a snapshot.
func (b *sqliteBackend) view(ctx context.Context, s *Store) (func(), error) {
	b.mu.RLock()
	unsure := b.unsure
	b.mu.RUnlock()
	if unsure {
		end, err := b.turn(ctx, s)
		if err != nil {
			return nil, err
		}
		end()
	}
	if err := b.broken.Load(); err != nil {
		return nil, *err
	}
	epoch := b.views.begin()
	return func() { b.views.end(epoch) }, nil
}

// sure reads the log again when what it holds is not known. The caller has the turn.
func (b *sqliteBackend) sure(ctx context.Context, s *Store) error {
	b.mu.RLock()
	unsure := b.unsure
	b.mu.RUnlock()
	if !unsure {
		return nil
	}
	return s.update(ctx, b.read)
}

// failed notes that the outcome of a commit is not known. After an error of the disk itself nothing can be known any more: the system may have dropped what it could not
// write, and say yes to the next sync.
func (b *sqliteBackend) failed(err error) {
	b.mu.Lock()
	b.unsure = true
	b.mu.Unlock()
	var failure *sqlite.Error
	if errors.As(err, &failure) && failure.Code()&0xff == lib.SQLITE_IOERR {
		broken := fmt.Errorf("%w (%w)", ErrBroken, err)
		b.broken.Store(&broken)
	}
}

func (b *sqliteBackend) opened(ctx context.Context, s *Store) error { return b.foldAll(ctx, s) }

// saveEvidence writes the batch as one row of the log, and folds a little of the log when it has grown long.
func (b *sqliteBackend) saveEvidence(t *Tx, records []channel.Record) (lost []channel.ID, durable func(), err error) {
	entries, lost, err := b.save(t, records)
	if err != nil {
		return nil, nil, err
	}
	done, err := b.fold(t)
	return lost, func() { b.saved(entries); b.folded(done) }, err
}
