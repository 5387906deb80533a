// Package storetest runs a test on every database that package store knows: an SQLite file, and a real PostgreSQL server that it starts by itself, in a folder
// of its own and on a socket there. Where PostgreSQL is not installed its half is skipped.
package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Each runs test on each database, as a subtest named for it. where is for store.Open: an empty database that is the test's own.
func Each(t *testing.T, test func(t *testing.T, where string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite is the path of a new store.
func SQLite(t testing.TB) string { return filepath.Join(t.TempDir(), "store.db") }

var databases atomic.Int64

// Postgres is the URL of a new database of the server that Main started; the test is skipped where there is none.
func Postgres(t testing.TB) string {
	t.Helper()
	s, err := started()
	if err != nil {
		t.Skipf("no PostgreSQL (apt-get install postgresql): %v", err)
	}
	name := fmt.Sprintf("test%d", databases.Add(1))
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(context.Background(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return s.url(name)
}

// Main runs the tests of a package that uses Postgres and stops the server, if one was started: func TestMain(m *testing.M) { storetest.Main(m) }.
func Main(m *testing.M) { os.Exit(Tests{m}.Run()) }

// Tests are those of a package that has a main of its own to run them.
type Tests struct{ *testing.M }

// Run runs them and stops the server, if one was started.
func (t Tests) Run() int {
	defer stop()
	return t.M.Run()
}
