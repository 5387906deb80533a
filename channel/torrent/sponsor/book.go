package sponsor

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the driver

	"github.com/piecework/piecework/channel"
)

// book is the sponsor's durable memory: one SQLite file, one process. What is in it is what counts; the service's memory is read from it at the start.
type book struct {
	db   *sql.DB
	lock *flock.Flock
}

const schema = `
CREATE TABLE IF NOT EXISTS channels (id BLOB PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
	anchor BLOB PRIMARY KEY, channel BLOB NOT NULL, payee TEXT NOT NULL, viewer BLOB NOT NULL, address TEXT NOT NULL, torrent BLOB NOT NULL,
	price TEXT NOT NULL, unit TEXT NOT NULL, length INTEGER NOT NULL, expiry INTEGER NOT NULL, created INTEGER NOT NULL, probe INTEGER NOT NULL,
	revealed INTEGER NOT NULL, preimage BLOB NOT NULL, folded INTEGER NOT NULL, lapsed INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS gifts (payee TEXT NOT NULL, day INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS past (payee TEXT PRIMARY KEY, viewers TEXT NOT NULL, probes TEXT NOT NULL, gifts TEXT NOT NULL, sessions INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS past_viewers (viewer BLOB PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS past_anchors (anchor BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS probes (payee TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (payee, seq)) STRICT;
CREATE TABLE IF NOT EXISTS cursor (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL) STRICT;`

// ErrInUse says that another sponsor has the file open.
var ErrInUse = errors.New("another sponsor uses this file")

// openBook opens the file, or makes it.
func openBook(ctx context.Context, path string) (*book, error) {
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("no folder %s: create it first", filepath.Dir(path))
	}
	b := &book{lock: flock.New(path+".lock", flock.SetPermissions(0o600))}
	if got, err := b.lock.TryLock(); err != nil || !got {
		if err == nil {
			err = ErrInUse
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	file := url.URL{Scheme: "file", Opaque: url.PathEscape(path)}
	var err error
	b.db, err = sql.Open("sqlite", file.String()+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, errors.Join(err, b.lock.Unlock())
	}
	b.db.SetMaxOpenConns(1)
	if _, err := b.db.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", path, err), b.close())
	}
	return b, nil
}

func (b *book) close() error { return errors.Join(b.db.Close(), b.lock.Unlock()) }

// channelRow is a purse as it is stored.
type channelRow struct {
	Record     channel.Record
	Cumulative channel.Amount
}

// entry is what one transaction writes.
type entry struct {
	purses   []*purse
	sessions []*session
	gift     *purse // gave a smallest unit away
	day      int64
	probe    *Probe
	cursor   *channel.Cursor
	past     *past
}

// write makes an entry durable. After an error of the commit itself it is not known whether it is: the error wraps errUnknown, and the caller must stop.
func (b *book) write(ctx context.Context, e *entry) error {
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	if err := e.put(ctx, tx); err != nil {
		return errors.Join(fmt.Errorf("writing: %w", err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%w: %w", errUnknown, err)
	}
	return nil
}

// errUnknown says that a write may or may not be there.
var errUnknown = errors.New("it is not known whether the sponsor's file was written; restart it")

func (e *entry) put(ctx context.Context, tx *sql.Tx) error {
	for _, p := range e.purses {
		body, err := json.Marshal(channelRow{p.record, p.cumulative})
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO channels (id, body) VALUES (?, ?)`, p.record.ID[:], string(body)); err != nil {
			return err
		}
	}
	for _, s := range e.sessions {
		if err := putSession(ctx, tx, s); err != nil {
			return err
		}
	}
	if e.gift != nil {
		if _, err := tx.ExecContext(ctx, `INSERT INTO gifts (payee, day) VALUES (?, ?)`, e.gift.record.Terms.Payee.String(), e.day); err != nil {
			return err
		}
	}
	if e.probe != nil {
		if err := putProbe(ctx, tx, e.probe); err != nil {
			return err
		}
	}
	if e.past != nil {
		if err := e.past.put(ctx, tx); err != nil {
			return err
		}
	}
	if e.cursor != nil {
		body, err := json.Marshal(e.cursor)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO cursor (one, body) VALUES (1, ?)`, string(body)); err != nil {
			return err
		}
	}
	return nil
}

func putSession(ctx context.Context, tx *sql.Tx, s *session) error {
	_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO sessions
		(anchor, channel, payee, viewer, address, torrent, price, unit, length, expiry, created, probe, revealed, preimage, folded, lapsed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		s.anchor[:], s.channel[:], s.payee.String(), s.viewer[:], s.address, s.torrent[:], s.price.String(), s.unit.String(), s.length, s.expiry, s.created,
		s.probe, s.revealed, s.preimage[:], s.folded, s.lapsed)
	return err
}

func putProbe(ctx context.Context, tx *sql.Tx, p *Probe) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO probes (payee, seq, body) VALUES (?, ?, ?)`, p.Payee.String(), p.Seq, string(body))
	return err
}
