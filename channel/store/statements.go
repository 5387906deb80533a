package store

import (
	"context"
	"database/sql"
	"sync"
)

// statements keeps those of SQLite's one writer: parsing a statement costs more than running it, and a transaction's own statements end with it. They are prepared between two
// transactions, because there is but one connection.
type statements struct {
	mu     sync.Mutex
	kept   map[string]*sql.Stmt
	wanted []string
}

// maxStatements bounds what is kept. The program has fewer.
const maxStatements = 128

// find gives a statement that is kept; otherwise it is nil, and will be kept from the next transaction on.
func (s *statements) find(query string) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt := s.kept[query]; stmt != nil {
		return stmt
	}
	if len(s.kept)+len(s.wanted) < maxStatements {
		s.wanted = append(s.wanted, query)
	}
	return nil
}

// prepare prepares what is wanted. No transaction may be open. What cannot be prepared goes on being parsed each time, and says itself what is wrong.
func (s *statements) prepare(ctx context.Context, db *sql.DB) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, query := range s.wanted {
		if s.kept[query] != nil {
			continue
		}
		if stmt, err := db.PrepareContext(ctx, query); err == nil {
			s.kept[query] = stmt
		}
	}
	s.wanted = s.wanted[:0]
}

// kept gives a statement of the transaction, parsed before where that is possible. It must have no rows open when it is asked for again.
func (t *Tx) kept(query string) *sql.Stmt {
	if t.readOnly || t.s.statements == nil {
		return nil
	}
	stmt := t.s.statements.find(query)
	if stmt == nil {
		return nil
	}
	return t.tx.StmtContext(t.ctx, stmt)
}
