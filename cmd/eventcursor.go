package cmd

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/events"
	"github.com/piecework/piecework/wallet/node"
)

// saveEvery is how often a cursor is written while blocks have nothing to show. It is written at once after one that has.
const saveEvery = time.Second

// place is where the chain is followed from, and the file that remembers it.
type place struct {
	from    *events.Cursor // nil: the next block
	file    string         // "" for none
	genesis string

	cursor events.Cursor
	saved  time.Time
	dirty  bool
}

// cursorFile is what the file of --from-cursor holds.
type cursorFile struct {
	Schema  string        `json:"schema"`
	Genesis string        `json:"genesis"` // of the network that it is a place on
	Cursor  events.Cursor `json:"cursor"`
}

const cursorSchema = "piecework.cursor.v1"

// beginAt reads --from-block and --from-cursor: the file counts when there is one.
func beginAt(c *cli.Context, s *session) (*place, error) {
	genesis := s.node.Genesis()
	p := &place{genesis: hex.EncodeToString(genesis[:])}
	if block := c.Int64("from-block"); block >= 0 {
		before := events.Before(block)
		p.from = &before
	} else if c.IsSet("from-block") {
		return nil, usagef("--from-block %d: want a block's number", block)
	}
	text := c.String("from-cursor")
	if text == "" {
		return p, nil
	}
	if cursor, err := events.ParseCursor(text); err == nil {
		p.from = &cursor
		return p, nil
	} else if strings.Count(text, ".") == 3 && !strings.ContainsAny(text, `/\`) {
		return nil, usagef("--from-cursor: %s", err)
	}
	p.file = text
	return p, p.read()
}

func (p *place) read() error {
	body, err := readFile(p.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the cursor: %w", err)
	}
	var f cursorFile
	if err := json.Unmarshal(body, &f); err != nil || f.Schema != cursorSchema {
		return usagef("--from-cursor %s: this file is no cursor", p.file)
	}
	if f.Genesis != p.genesis {
		return withHint(fmt.Errorf("%w: %s is a cursor of the network with genesis %s, the node's is %s", node.ErrWrongNetwork, p.file, f.Genesis, p.genesis),
			"Name the network with --network, or another file.")
	}
	p.from = &f.Cursor
	return nil
}

// reached remembers that everything up to a cursor was delivered.
func (p *place) reached(cursor events.Cursor, delivered bool) error {
	p.cursor, p.dirty = cursor, true
	if now := time.Now(); delivered || now.Sub(p.saved) >= saveEvery {
		return p.save(now)
	}
	return nil
}

func (p *place) save(now time.Time) error {
	if p.file == "" || !p.dirty {
		return nil
	}
	body, err := json.Marshal(cursorFile{cursorSchema, p.genesis, p.cursor})
	if err != nil {
		return err
	}
	if err := wallet.WriteFile(p.file, append(body, '\n')); err != nil {
		return fmt.Errorf("remembering the cursor: %w", err)
	}
	p.saved, p.dirty = now, false
	return nil
}
