package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/piecework/piecework/channel"
)

// postgresConns bounds one server's connections; PostgreSQL's default limit is 100 for all of them.
const postgresConns = 8

// maxIdleInTransaction is how long a transaction may be open with nothing to do before PostgreSQL ends it. A server that is stopped in the middle of one, by a debugger or
// with its virtual machine, would otherwise keep its locks from all others for as long. In milliseconds; a URL may name another.
const maxIdleInTransaction = "5000"

// postgresBackend is a database that several servers share: every write states the condition under which it holds, and the database decides.
type postgresBackend struct{}

func openPostgres(ctx context.Context, url string) (*Store, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("not a PostgreSQL URL") // the driver's error would show the password
	}
	const idle = "idle_in_transaction_session_timeout"
	if config.RuntimeParams[idle] == "" {
		config.RuntimeParams[idle] = maxIdleInTransaction
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(postgresConns)
	db.SetMaxIdleConns(postgresConns)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("reaching PostgreSQL: %w", err), db.Close())
	}
	return &Store{write: db, read: db, kind: postgresBackend{}}, nil
}

func (postgresBackend) name() string      { return "postgres" }
func (postgresBackend) forUpdate() string { return " FOR UPDATE" }
func (postgresBackend) close() error      { return nil }
func (postgresBackend) failed(error)      {}

func (postgresBackend) lockTable(table string) string {
	return "LOCK TABLE " + table + " IN SHARE ROW EXCLUSIVE MODE"
}

// clock is the database's.
func (postgresBackend) clock(t *Tx, _ time.Time) (time.Time, error) {
	var now int64
	err := t.get(`SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint`, nil, &now)
	return time.UnixMilli(now), err
}

func (postgresBackend) turn(context.Context, *Store) (func(), error) { return func() {}, nil }
func (postgresBackend) view(context.Context, *Store) (func(), error) { return func() {}, nil }
func (postgresBackend) over(*channel.Record) error                   { return nil }
func (postgresBackend) opened(context.Context, *Store) error         { return nil }

func (postgresBackend) base(r *channel.Record) (lowest, highest uint64, err error) {
	return r.Version, r.Version, nil
}

// explain names the failures that a caller can do something about. Class 53 is "insufficient resources", 25006 a read-only server (a standby).
func (postgresBackend) explain(err error) error {
	var failure *pgconn.PgError
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Code {
	case "53100":
		return fmt.Errorf("%w (%w)", ErrFull, err)
	case "25006":
		return fmt.Errorf("%w (%w)", ErrReadOnly, err)
	case "40001", "40P01":
		return fmt.Errorf("%w (%w)", ErrConflict, err)
	}
	return err
}

// saveEvidence locks the rows in the order of their ids, so that two servers never wait for each other in a circle, and writes all records by one statement.
func (postgresBackend) saveEvidence(t *Tx, records []channel.Record) (lost []channel.ID, durable func(), err error) {
	n := len(records)
	ids, paid, promised, evidence := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n)
	since, accepted, version := make([]int64, n), make([]int64, n), make([]int64, n)
	for i := range records {
		r := &records[i]
		p, q := r.Paid(), r.Promised()
		ids[i], paid[i], promised[i], evidence[i] = r.ID[:], p.Bytes(), q.Bytes(), r.AppendEvidence([]byte{})
		since[i], accepted[i], version[i] = r.DueSince, int64(r.Accepted), int64(r.Version)
	}
	written := make(map[channel.ID]bool, n)
	if _, err := t.exec(`SELECT 1 FROM channels WHERE id = ANY ($1::bytea[]) ORDER BY id FOR UPDATE`, ids); err != nil {
		return nil, nil, err
	}
	err = t.each(`UPDATE channels c SET paid = b.paid, promised = b.promised, evidence = b.evidence, due_since = b.due_since, accepted = b.accepted, version = c.version + 1
		FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[], $7::bigint[]) AS b (id, paid, promised, evidence, due_since, accepted, version)
		WHERE c.id = b.id AND c.version = b.version AND c.state = 0 AND c.frozen = 0 AND b.promised <= c.deposit
		RETURNING c.id`, []any{ids, paid, promised, evidence, since, accepted, version}, func(scan func(...any) error) error {
		var id channel.ID
		if err := scan(bytes32{(*[32]byte)(&id)}); err != nil {
			return err
		}
		written[id] = true
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for i := range records {
		if !written[records[i].ID] {
			lost = append(lost, records[i].ID)
		}
	}
	return slices.Clip(lost), func() {}, nil
}
