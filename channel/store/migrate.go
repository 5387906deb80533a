package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed migrations
var migrations embed.FS

// migrate brings the schema to the newest version, one transaction a step. Where two servers start at once, the second waits for the first.
func (s *Store) migrate(ctx context.Context) error {
	ups, err := steps(s.kind.name(), ".up.sql")
	if err != nil {
		return err
	}
	for {
		done := false
		err := s.Update(ctx, func(t *Tx) error {
			version, err := t.schemaVersion()
			switch {
			case err != nil:
				return err
			case version > len(ups):
				return fmt.Errorf("%w: its schema is %d, this program knows %d", ErrTooNew, version, len(ups))
			case version == len(ups):
				done = true
				return nil
			}
			return t.step(ups[version], version+1)
		})
		if err != nil || done {
			return err
		}
	}
}

// Downgrade takes back the last steps of the schema, down to version. What those steps added is lost; the evidence of every channel stays.
func (s *Store) Downgrade(ctx context.Context, version int) error {
	downs, err := steps(s.kind.name(), ".down.sql")
	if err != nil {
		return err
	}
	return s.Update(ctx, func(t *Tx) error {
		have, err := t.schemaVersion()
		if err != nil {
			return err
		}
		for ; have > version; have-- {
			if err := t.step(downs[have-1], have-1); err != nil {
				return err
			}
		}
		return nil
	})
}

// schemaVersion reads the schema's version, 0 for an empty database, and keeps other servers from migrating until the transaction ends.
func (t *Tx) schemaVersion() (int, error) {
	if _, err := t.exec(`CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)`); err != nil {
		return 0, err
	}
	if err := t.alone("schema_version"); err != nil {
		return 0, err
	}
	var version int
	err := t.tx.QueryRowContext(t.ctx, `SELECT version FROM schema_version`).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = t.exec(`INSERT INTO schema_version (version) VALUES (0)`)
	}
	return version, err
}

func (t *Tx) step(file string, version int) error {
	script, err := migrations.ReadFile(file)
	if err != nil {
		return err
	}
	for _, statement := range strings.SplitAfter(string(script), ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := t.tx.ExecContext(t.ctx, statement); err != nil { // once in a lifetime: not to be kept
			return fmt.Errorf("%s: %w", path.Base(file), t.s.kind.explain(err))
		}
	}
	_, err = t.exec(`UPDATE schema_version SET version = $1`, version)
	return err
}

func steps(kind, suffix string) ([]string, error) {
	files, err := fs.Glob(migrations, "migrations/"+kind+"/*"+suffix)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no migrations for %s", kind)
	}
	return files, err
}
