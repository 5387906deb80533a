package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/piecework/piecework/channel"
)

// Errors of opening and writing. They say what the operator can do.
var (
	// ErrInUse: another process has this store open.
	ErrInUse = errors.New("store is in use by another process")
	// ErrReadOnly: the file or its folder cannot be written.
	ErrReadOnly = errors.New("store cannot be written: check the permissions of the file and its folder")
	// ErrFull: the disk is full.
	ErrFull = errors.New("disk is full: free some space; nothing that was acknowledged is lost")
	// ErrTooNew: a newer version of the program has written this store.
	ErrTooNew = errors.New("store was written by a newer version of the program")
	// ErrConflict: another server has written the same row meanwhile; read it again.
	ErrConflict = errors.New("row was written by another server meanwhile")
	// ErrUnknownOutcome: the connection broke while committing; what was written may or may not be there. Read it again.
	ErrUnknownOutcome = errors.New("outcome of the commit is unknown")
	// ErrBroken: the disk has failed while writing. What was acknowledged is there as far as the disk keeps it; nothing more is accepted until the program is started again.
	ErrBroken = errors.New("store is broken: the disk failed while writing; check it and start again")
	// ErrNotFound: there is no such row.
	ErrNotFound = errors.New("not found")
)

// Store is an open database. Its methods may be called from many goroutines.
type Store struct {
	write *sql.DB // SQLite: one connection. PostgreSQL: the pool
	read  *sql.DB
	kind  backend

	statements *statements // nil: the driver keeps its own
}

// backend is what differs between the two databases.
type backend interface {
	name() string // folder of its migrations
	// forUpdate ends a SELECT that locks the rows it finds until the transaction ends.
	forUpdate() string
	// lockTable is a statement that lets only one transaction at a time write to a table; empty where there is only one anyway.
	lockTable(table string) string
	// clock is what the time is for all who write to the store; now is what it is for the caller.
	clock(t *Tx, now time.Time) (time.Time, error)
	// turn waits for the writer's turn, where there is only one, and returns what ends it.
	turn(ctx context.Context, s *Store) (end func(), err error)
	// view is told that a snapshot begins and returns what is to be called when it ends.
	view(ctx context.Context, s *Store) (end func(), err error)
	// over completes a record that was read from its row by evidence that is durable elsewhere.
	over(r *channel.Record) error
	// base is the range of versions that a row may have for the record to be written upon it.
	base(r *channel.Record) (lowest, highest uint64, err error)
	// saveEvidence writes a batch and returns the channels whose condition did not hold, and what is to be called once the transaction is durable.
	saveEvidence(t *Tx, records []channel.Record) (lost []channel.ID, durable func(), err error)
	// opened is called when the schema is there.
	opened(ctx context.Context, s *Store) error
	// explain turns a driver's error into one of ours where it can.
	explain(err error) error
	// failed is told of a commit that did not say that it succeeded.
	failed(err error)
	close() error
}

// Open opens a store: a PostgreSQL URL (postgres://…), or the path of an SQLite file, which is created with mode 0600 when it does not exist.
// The schema is brought to this version. Errors: ErrInUse, ErrReadOnly, ErrFull, ErrTooNew.
func Open(ctx context.Context, where string) (*Store, error) {
	open := openSQLite
	if strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://") {
		open = openPostgres
	}
	s, err := open(ctx, where)
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	return s.ready(ctx)
}

// ready brings the schema to this version and the rows up to date.
func (s *Store) ready(ctx context.Context) (*Store, error) {
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("bringing the store to this version: %w", err), s.Close())
	}
	if err := s.kind.opened(ctx, s); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store: %w", err), s.Close())
	}
	return s, nil
}

// Shared says whether other servers may write to the same store.
func (s *Store) Shared() bool { return s.kind.name() == "postgres" }

// Close closes the store. What was committed is on disk already.
func (s *Store) Close() error {
	err := s.write.Close()
	if s.read != s.write {
		err = errors.Join(err, s.read.Close())
	}
	return errors.Join(err, s.kind.close())
}

// Update runs fn in one transaction that is durable when Update returns nil. An error of fn is returned as it is and nothing is written.
// ErrUnknownOutcome says that the commit itself failed: read again what there is.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	end, err := s.kind.turn(ctx, s)
	if err != nil {
		return err
	}
	defer end()
	return s.update(ctx, fn)
}

// update is Update for who has the writer's turn.
func (s *Store) update(ctx context.Context, fn func(*Tx) error) error {
	if s.statements != nil {
		ctx = context.WithoutCancel(ctx) // it is over in milliseconds, and SQLite's driver starts a goroutine for each statement that may be called off
		s.statements.prepare(ctx, s.write)
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", s.kind.explain(err))
	}
	t := &Tx{ctx: ctx, tx: tx, s: s}
	if err := t.run(fn); err != nil {
		_ = tx.Rollback() // nothing was committed; a second error adds nothing
		return err
	}
	if err := tx.Commit(); err != nil {
		s.kind.failed(err)
		return fmt.Errorf("%w: %w", ErrUnknownOutcome, s.kind.explain(err))
	}
	for _, do := range t.durable {
		do()
	}
	return nil
}

// View runs fn on a consistent snapshot. Writes in it fail.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	end, err := s.kind.view(ctx, s)
	if err != nil {
		return err
	}
	defer end()
	level := sql.LevelDefault
	if s.Shared() {
		level = sql.LevelRepeatableRead // PostgreSQL's default is a snapshot for each statement
	}
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: level})
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", s.kind.explain(err))
	}
	defer func() { _ = tx.Rollback() }()
	t := &Tx{ctx: ctx, tx: tx, s: s, readOnly: true}
	return t.run(fn)
}

// SaveEvidence writes the evidence of each record (voucher, reveals, paid) if the store still holds the version that the record was read at, the channel is
// open and not frozen, and its promise is within its deposit; a version that was written is one higher. It returns the channels that did not fulfil
// this; the others are durable. On an error nothing was written, unless it is ErrUnknownOutcome.
func (s *Store) SaveEvidence(ctx context.Context, records []channel.Record) (lost []channel.ID, err error) {
	if len(records) == 0 {
		return nil, nil
	}
	err = s.Update(ctx, func(t *Tx) error {
		lost, err = t.saveEvidence(records)
		return err
	})
	if err != nil {
		return nil, err
	}
	return lost, nil
}
