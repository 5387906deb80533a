package sponsor_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/sponsor"
)

// rows counts what is in the tables that grow with each session.
func (s *stage) rows() (n int) {
	s.t.Helper()
	db, err := sql.Open("sqlite", s.path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(s.t.Context(), `SELECT (SELECT COUNT(*) FROM sessions) + (SELECT COUNT(*) FROM gifts)`).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// TestLongAgoIsAddedUp: sessions that ended and lapsed days ago leave memory and file, and nothing but that changes: not what was spent, not a seeder's statement, not a viewer's part, neither at once nor
// after a restart; their hash chains are not promised again, and what their seeder kept back is refused.
func TestLongAgoIsAddedUp(t *testing.T) {
	s := newStage(t, 8, func(p *sponsor.Policy) { p.PerViewer, p.ProbeFee = 8*mib, channel.NewAmount(100) })
	now := time.Date(2026, 5, 1, 1, 0, 0, 0, time.UTC)
	s.now = func() time.Time { return now }
	s.tell()
	key, idle := viewerKey(t), viewerKey(t)
	a, chain := s.ask(key, 20)
	v, err := s.service.Session(t.Context(), a, "1.2.3.4:5")
	if err != nil {
		t.Fatal(err)
	}
	redeem := func(count uint32) string {
		r := sponsor.Reveal{Tail: a.Anchor, Count: count, Preimage: sponsor.Hash32(chain.Reveal(count).Preimage)}
		_, lapsed, err := s.service.Redeem(t.Context(), &sponsor.Redeem{Channel: v.Channel, Reveals: []sponsor.Reveal{r}})
		if len(lapsed) > 0 {
			return "lapsed"
		}
		return code(err)
	}
	if got := redeem(16); got != "" {
		t.Fatal(got)
	}
	s.probeOnce(true)
	for range 3 { // the second and the third are no news for the seeder: each costs a smallest unit
		b, _ := s.ask(idle, 8)
		if _, err := s.service.Session(t.Context(), b, "1.2.3.4:5"); err != nil {
			t.Fatal(err)
		}
		end := sponsor.Close{Reveal: sponsor.Reveal{Tail: b.Anchor}}
		end.Sign(idle)
		if err := s.service.End(t.Context(), &end); err != nil {
			t.Fatal(err)
		}
	}
	another := func() string { // is granted, so the book is swept
		b, _ := s.ask(viewerKey(t), 1)
		_, err := s.service.Session(t.Context(), b, "1.2.3.4:5")
		return code(err)
	}
	now = now.Add(3 * time.Hour)
	s.tell()
	if got := another(); got != "" {
		t.Fatal(got)
	}
	now = now.Add(3 * time.Hour)
	s.tell()
	if got := another(); got != "" {
		t.Fatal(got)
	}
	spent, statement, rows := s.service.Spent(), s.service.Statement(s.payee.Key.Address()), s.rows()
	if statement.Sessions != 6 || rows < 7 {
		t.Fatalf("%+v, and %d rows", statement, rows)
	}
	now = now.Add(5 * 24 * time.Hour)
	s.tell()
	if got := another(); got != "" {
		t.Fatal(got)
	}
	check := func(when string) {
		t.Helper()
		after, again := s.service.Spent(), s.service.Statement(s.payee.Key.Address())
		if after.Revealed != spent.Revealed || after.Probes != spent.Probes || after.Sessions != spent.Sessions+1 || after.Promised != spent.Promised.Add(channel.NewAmount(1)) || after.Open != 1 {
			t.Errorf("%s spent %+v, before %+v", when, after, spent)
		}
		if again.Viewers != statement.Viewers || again.Sessions != statement.Sessions+1 || again.Probes != statement.Probes || again.Check() != nil {
			t.Errorf("%s the statement is %+v: %v", when, again, again.Check())
		}
		if n := s.service.RememberedForTest(); n > 4 {
			t.Errorf("%s %d things are in memory for one open session and its gift", when, n)
		}
		if got := []string{redeem(20), redeem(16)}; got[0] != "lapsed" || got[1] != "lapsed" {
			t.Errorf("%s a redemption is refused with %q", when, got)
		}
		if _, err := s.service.Session(t.Context(), a, "1.2.3.4:5"); code(err) != "anchor" {
			t.Errorf("%s a hash chain that was revealed is promised again: %v", when, err)
		}
		if part := s.service.PartForTest(a.Viewer); part != 4*mib {
			t.Errorf("%s the viewer had %d bytes", when, part)
		}
	}
	check("added up,")
	if left := s.rows(); left != 2 {
		t.Errorf("%d rows for one open session and its gift", left)
	}
	if err := s.service.Close(); err != nil {
		t.Fatal(err)
	}
	s.open()
	check("after a restart,")
}

// TestOneAddressBeginsNoMore: sessions that hold next to nothing and are ended at once are bounded by their number.
func TestOneAddressBeginsNoMore(t *testing.T) {
	s := newStage(t, 8, nil)
	granted := 0
	for i := range 110 {
		key := viewerKey(t)
		a, _ := s.ask(key, 1)
		a.Unit = channel.NewAmount(1)
		a.Sign(key)
		switch _, err := s.service.Session(t.Context(), a, fmt.Sprintf("[2001:db8::%d]:1", i+1)); code(err) {
		case "":
			granted++
		case "address":
			continue
		default:
			t.Fatal(err)
		}
		end := sponsor.Close{Reveal: sponsor.Reveal{Tail: a.Anchor}}
		end.Sign(key)
		if err := s.service.End(t.Context(), &end); err != nil {
			t.Fatal(err)
		}
	}
	if granted != 100 {
		t.Errorf("one address began %d sessions", granted)
	}
	a, _ := s.ask(viewerKey(t), 1)
	if _, err := s.service.Session(t.Context(), a, "1.2.3.4:5"); err != nil {
		t.Errorf("another address: %v", err)
	}
}
