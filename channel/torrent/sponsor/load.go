package sponsor

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// load reads everything that was stored.
func (s *Service) load(ctx context.Context) error {
	for _, read := range []func(context.Context) error{s.loadChannels, s.loadPast, s.loadSessions, s.loadGifts, s.loadProbes, s.loadCursor} {
		if err := read(ctx); err != nil {
			return fmt.Errorf("reading the sponsor's file: %w", err)
		}
	}
	return nil
}

// each calls f for every row.
func (b *book) each(ctx context.Context, query string, f func(*sql.Rows) error) (err error) {
	rows, err := b.db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *Service) loadChannels(ctx context.Context) error {
	return s.book.each(ctx, `SELECT body FROM channels`, func(rows *sql.Rows) error {
		var body string
		if err := rows.Scan(&body); err != nil {
			return err
		}
		var row channelRow
		if err := json.Unmarshal([]byte(body), &row); err != nil {
			return err
		}
		s.purses[row.Record.ID] = &purse{record: row.Record, cumulative: row.Cumulative}
		return nil
	})
}

func (s *Service) loadSessions(ctx context.Context) error {
	return s.book.each(ctx, `SELECT anchor, channel, payee, viewer, address, torrent, price, unit, length, expiry, created, probe, revealed, preimage, folded, lapsed
		FROM sessions ORDER BY created, rowid`, func(rows *sql.Rows) error {
		one, err := scanSession(rows)
		if err != nil {
			return err
		}
		p := s.purses[one.channel]
		if p == nil {
			return fmt.Errorf("a session of channel %s, which is not there", one.channel.Short())
		}
		s.sessions[one.anchor] = one
		s.sums.change(nil, one)
		switch {
		case !one.folded:
			p.active = append(p.active, one.anchor)
		case !one.lapsed:
			p.late = append(p.late, one.anchor)
		}
		return nil
	})
}

func scanSession(rows *sql.Rows) (*session, error) {
	var one session
	var anchor, id, viewer, torrent, preimage []byte
	var payee, price, unit string
	err := rows.Scan(&anchor, &id, &payee, &viewer, &one.address, &torrent, &price, &unit, &one.length, &one.expiry, &one.created, &one.probe,
		&one.revealed, &preimage, &one.folded, &one.lapsed)
	if err != nil {
		return nil, err
	}
	if len(anchor) != 32 || len(id) != 32 || len(viewer) != 32 || len(torrent) != 20 || len(preimage) != 32 {
		return nil, errors.New("a session is damaged")
	}
	one.anchor, one.channel, one.viewer, one.torrent, one.preimage = channel.Anchor(anchor), channel.ID(id), Hash32(viewer), Hash20(torrent), [32]byte(preimage)
	var errs [3]error
	one.payee, errs[0] = wallet.ParseAddress(payee)
	one.price, errs[1] = channel.ParseAmount(price)
	one.unit, errs[2] = channel.ParseAmount(unit)
	return &one, errors.Join(errs[:]...)
}

func (s *Service) loadGifts(ctx context.Context) error {
	return s.book.each(ctx, `SELECT payee, day FROM gifts`, func(rows *sql.Rows) error {
		var payee string
		var day int64
		if err := rows.Scan(&payee, &day); err != nil {
			return err
		}
		to, err := wallet.ParseAddress(payee)
		if err == nil {
			s.sums.gift(to, day)
		}
		return err
	})
}

func (s *Service) loadProbes(ctx context.Context) error {
	return s.book.each(ctx, `SELECT body FROM probes ORDER BY payee, seq`, func(rows *sql.Rows) error {
		var body string
		if err := rows.Scan(&body); err != nil {
			return err
		}
		var p Probe
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			return err
		}
		s.probes[p.Payee] = append(s.probes[p.Payee], p)
		return nil
	})
}

func (s *Service) loadCursor(ctx context.Context) error {
	return s.book.each(ctx, `SELECT body FROM cursor`, func(rows *sql.Rows) error {
		var body string
		if err := rows.Scan(&body); err != nil {
			return err
		}
		return json.Unmarshal([]byte(body), &s.cursor)
	})
}
