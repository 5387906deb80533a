package sponsor

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// rememberTime is how long after it lapsed a session is known at least. Then all sessions of its day are added up, and what its seeder would redeem still has lapsed for good.
const rememberTime = 48 * time.Hour

// maxLife is the longest life of a session that a policy may give.
const maxLife = 24 * time.Hour

// pastOf is what was added up of one seeder.
type pastOf struct {
	earnings
	gifts channel.Amount
}

func (o pastOf) total() channel.Amount { return o.viewers.Add(o.probes).Add(o.gifts) }

// past is one adding up: all days up to one leave the memory and the file, but for their sums.
type past struct {
	day     int64                     // the last
	payees  map[wallet.Address]pastOf // all that was ever added up of each
	viewers map[Hash32]int64          // bytes more
}

// addUp adds up the days whose sessions have all lapsed long ago. Whole days go, so that the bounds of a day and of an address hold for each session that is still known. mu must be held.
func (s *Service) addUp(ctx context.Context, now int64) error {
	day := (now-int64((maxLife+lapseTime+rememberTime)/time.Second))/86400 - 1
	if day <= s.addedUp {
		return nil
	}
	p := &past{day: day, payees: maps.Clone(s.past), viewers: map[Hash32]int64{}}
	for _, one := range s.sessions {
		if one.day() > day {
			continue
		}
		if !one.lapsed {
			return nil // it was given a longer life than is allowed now
		}
		p.add(one)
	}
	for at, n := range s.sums.gifts {
		if at.day <= day {
			of := p.payees[at.payee]
			of.gifts = of.gifts.Add(channel.NewAmount(n))
			p.payees[at.payee] = of
		}
	}
	return s.commit(ctx, &entry{past: p})
}

func (p *past) add(one *session) {
	of := p.payees[one.payee]
	if one.probe {
		of.probes = of.probes.Add(one.earned())
	} else {
		of.viewers, of.sessions = of.viewers.Add(one.earned()), of.sessions+1
		if bytes := bytesOf(one.price, one.earned()); bytes > 0 {
			p.viewers[one.viewer] += bytes
		}
	}
	p.payees[one.payee] = of
}

// forget drops from memory what was added up: the sums have it. mu must be held.
func (s *Service) forget(p *past) {
	s.past, s.addedUp = p.payees, p.day
	maps.DeleteFunc(s.sessions, func(_ channel.Anchor, one *session) bool { return one.day() <= p.day })
	maps.DeleteFunc(s.sums.day, func(day int64, _ channel.Amount) bool { return day <= p.day })
	maps.DeleteFunc(s.sums.begunAll, func(day int64, _ int) bool { return day <= p.day })
	maps.DeleteFunc(s.sums.address, func(at addressDay, _ int64) bool { return at.day <= p.day })
	maps.DeleteFunc(s.sums.begun, func(at addressDay, _ int) bool { return at.day <= p.day })
	maps.DeleteFunc(s.sums.gifts, func(at payeeDay, _ uint64) bool { return at.day <= p.day })
}

// put writes it. The anchors of what was revealed stay: whoever saw the preimages could have their chain promised once more, and paid at once.
func (p *past) put(ctx context.Context, tx *sql.Tx) error {
	before := (p.day + 1) * 86400
	for _, statement := range []string{
		`INSERT OR IGNORE INTO past_anchors SELECT anchor FROM sessions WHERE created < ? AND revealed > 0`, `DELETE FROM sessions WHERE created < ?`,
		`DELETE FROM gifts WHERE day * 86400 < ?`,
	} {
		if _, err := tx.ExecContext(ctx, statement, before); err != nil {
			return err
		}
	}
	for payee, of := range p.payees {
		_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO past (payee, viewers, probes, gifts, sessions) VALUES (?, ?, ?, ?, ?)`,
			payee.String(), of.viewers.String(), of.probes.String(), of.gifts.String(), of.sessions)
		if err != nil {
			return err
		}
	}
	for viewer, bytes := range p.viewers {
		_, err := tx.ExecContext(ctx, `INSERT INTO past_viewers (viewer, bytes) VALUES (?, ?) ON CONFLICT (viewer) DO UPDATE SET bytes = bytes + excluded.bytes`, viewer[:], bytes)
		if err != nil {
			return err
		}
	}
	return nil
}

// used says whether a session of long ago had that anchor, and revealed something.
func (b *book) used(ctx context.Context, anchor channel.Anchor) (bool, error) {
	var n int
	if err := b.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM past_anchors WHERE anchor = ?`, anchor[:]).Scan(&n); err != nil {
		return false, fmt.Errorf("reading the sponsor's file: %w", err)
	}
	return n > 0, nil
}

func (s *Service) loadPast(ctx context.Context) error {
	err := s.book.each(ctx, `SELECT payee, viewers, probes, gifts, sessions FROM past`, func(rows *sql.Rows) error {
		var payee, viewers, probes, gifts string
		var of pastOf
		if err := rows.Scan(&payee, &viewers, &probes, &gifts, &of.sessions); err != nil {
			return err
		}
		who, err := wallet.ParseAddress(payee)
		var errs [3]error
		of.viewers, errs[0] = channel.ParseAmount(viewers)
		of.probes, errs[1] = channel.ParseAmount(probes)
		of.gifts, errs[2] = channel.ParseAmount(gifts)
		s.past[who] = of
		s.sums.begin(who, of)
		return errors.Join(append(errs[:], err)...)
	})
	if err != nil {
		return err
	}
	return s.book.each(ctx, `SELECT viewer, bytes FROM past_viewers`, func(rows *sql.Rows) error {
		var viewer []byte
		var bytes int64
		if err := rows.Scan(&viewer, &bytes); err != nil {
			return err
		}
		if len(viewer) != 32 {
			return errors.New("a viewer is damaged")
		}
		s.sums.viewer[Hash32(viewer)] = bytes
		return nil
	})
}

// begin makes sums go on from what was added up of a seeder.
func (u *sums) begin(payee wallet.Address, of pastOf) {
	u.total, u.seeder[payee] = u.total.Add(of.total()), of.total()
	u.probes, u.earned[payee] = u.probes.Add(of.probes), of.earnings
}
