package sponsor_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/sponsor"
	"github.com/piecework/piecework/channel/torrent/torrenttest"
)

func as(err error, target any) bool { return errors.As(err, target) }

// fetch gets the film and says what was paid.
func (s *stage) fetch(d *torrent.Downloader) channel.Amount {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 40*time.Second)
	defer cancel()
	r, err := d.Get(ctx, torrent.Source{Torrent: s.meta, Peers: []string{s.seeder.Addr()}})
	if err != nil {
		s.t.Fatalf("%v; so far %+v", err, r)
	}
	return r.Paid
}

// TestViewersWithoutWallets: four at once on one channel, each over several sessions; the seeder's evidence, the sponsor's book and what viewers paid agree
// to the unit. Sessions of 8 MiB end every tenth of a second here; where vouchers of two viewers overtake each other, a session is opened anew, and a few
// blocks that were under way then are paid twice or not at all.
func TestViewersWithoutWallets(t *testing.T) {
	s := newStage(t, 24, func(p *sponsor.Policy) { p.Session = 8 * mib })
	var wait sync.WaitGroup
	paid := make([]channel.Amount, 4)
	for i := range paid {
		v, d := s.viewer(viewerKey(t))
		wait.Go(func() {
			if paid[i] = s.fetch(d); paid[i].Less(channel.NewAmount(23_000)) || channel.NewAmount(25_000).Less(paid[i]) {
				t.Errorf("a viewer paid %s for 24 MiB at 1,000", paid[i])
			}
			if err := v.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	sum := paid[0].Add(paid[1]).Add(paid[2]).Add(paid[3])
	if held := s.payee.Paid(); held != sum {
		t.Errorf("the seeder holds evidence for %s, the viewers paid %s", held, sum)
	}
	s.redeem()
	spent := s.service.Spent()
	if spent.Revealed != sum || spent.Open != 0 || spent.Sessions < 12 {
		t.Errorf("the viewers paid %s; the sponsor's book: %+v", sum, spent)
	}
	records, err := s.payee.List(t.Context(), channel.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if held := records[0].Held; len(held.Tails) != 0 || held.Cumulative.Less(sum) || sum.Add(channel.NewAmount(20)).Less(held.Cumulative) {
		t.Errorf("redeemed: cumulative %s with %d tails", held.Cumulative, len(held.Tails))
	}
}

func TestBounds(t *testing.T) {
	address := func(s *stage, a *sponsor.Ask, from string) error {
		_, err := s.service.Session(context.Background(), a, from)
		return err
	}
	t.Run("a viewer that asks twice", func(t *testing.T) {
		s := newStage(t, 8, func(p *sponsor.Policy) { p.PerViewer = 8 * mib })
		key := viewerKey(t)
		first, _ := s.ask(key, 32)
		if err := address(s, first, "1.2.3.4:5"); err != nil {
			t.Fatal(err)
		}
		if err := address(s, first, "1.2.3.4:5"); err != nil || s.service.Spent().Promised != channel.NewAmount(8000) {
			t.Errorf("the same request again: %v, promised %s", err, s.service.Spent().Promised)
		}
		if second, _ := s.ask(key, 32); code(address(s, second, "1.2.3.4:5")) != "viewer" {
			t.Error("a second part was given")
		}
		if other, _ := s.ask(viewerKey(t), 32); address(s, other, "1.2.3.4:5") != nil {
			t.Error("another viewer of the household got nothing")
		}
	})
	t.Run("many keys from one address", func(t *testing.T) {
		s := newStage(t, 8, func(p *sponsor.Policy) { p.PerViewer, p.PerAddress, p.AtOnce = 8*mib, 20*mib, 100 })
		granted := 0
		for range 50 {
			a, _ := s.ask(viewerKey(t), 32)
			switch err := address(s, a, "[2001:db8::"+fmt.Sprint(granted+1)+"]:1"); code(err) {
			case "":
				granted++
			case "address":
			default:
				t.Fatal(err)
			}
		}
		if promised := s.service.Spent().Promised; promised != channel.NewAmount(20_000) {
			t.Errorf("50 keys of one /64 were promised %s; 20 MiB cost 20,000", promised)
		}
	})
	t.Run("open sessions of one address", func(t *testing.T) {
		s := newStage(t, 8, func(p *sponsor.Policy) { p.AtOnce = 2; p.PerAddress = 1 << 40 })
		for i, want := range []string{"", "", "at once"} {
			if a, _ := s.ask(viewerKey(t), 1); code(address(s, a, "1.2.3.4:5")) != want {
				t.Errorf("session %d: not %q", i, want)
			}
		}
	})
	t.Run("colluding seeder and viewers", func(t *testing.T) {
		s := newStage(t, 8, func(p *sponsor.Policy) { p.PerSeeder = channel.NewAmount(30_000); p.PerAddress = 1 << 40 })
		var taken channel.Amount
		for i := range 50 {
			a, chain := s.ask(viewerKey(t), 64)
			v, err := s.service.Session(t.Context(), a, fmt.Sprintf("10.0.%d.1:5", i))
			if err != nil {
				if code(err) != "seeder budget" && code(err) != "full" {
					t.Fatal(err)
				}
				continue
			}
			tail := v.Tails[len(v.Tails)-1]
			r := chain.Reveal(tail.Length) // nothing was downloaded
			if _, _, err := s.service.Redeem(t.Context(), &sponsor.Redeem{Channel: v.Channel, Reveals: []sponsor.Reveal{{sponsor.Hash32(tail.Anchor), r.Count, r.Preimage}}}); err != nil {
				t.Fatal(err)
			}
			taken = taken.Add(tail.Unit.Mul(uint64(tail.Length)))
		}
		if channel.NewAmount(30_000).Less(taken) || taken.Less(channel.NewAmount(29_000)) {
			t.Errorf("a seeder with 50 viewers of its own took %s of 30,000", taken)
		}
	})
	t.Run("day, budget, price, torrent, seeder", func(t *testing.T) {
		s := newStage(t, 8, func(p *sponsor.Policy) {
			p.PerDay, p.Budget, p.PerAddress = channel.NewAmount(10_001), channel.NewAmount(15_001), 1<<40
		})
		noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
		s.now = func() time.Time { return noon }
		s.tell()
		grant := func(steps uint32) string {
			a, _ := s.ask(viewerKey(t), steps)
			return code(address(s, a, "1.2.3.4:5"))
		}
		if got := []string{grant(40), grant(1)}; got[0] != "" || got[1] != "day" {
			t.Errorf("on the first day: %q", got)
		}
		noon = noon.Add(24 * time.Hour)
		s.tell()
		// The first day's session was never revealed and has lapsed, so all of the budget but today's part is there again.
		if got := []string{grant(40), grant(1)}; got[0] != "" || got[1] != "day" {
			t.Errorf("on the second day: %q", got)
		}
		dear, _ := s.ask(viewerKey(t), 1)
		dear.Price = channel.NewAmount(1001)
		alien, _ := s.ask(viewerKey(t), 1)
		alien.Torrent[0]++
		stranger, _ := s.ask(viewerKey(t), 1)
		stranger.Payee = s.creator
		for want, a := range map[string]*sponsor.Ask{"price": dear, "torrent": alien, "seeder": stranger} {
			if code(address(s, a, "1.2.3.4:5")) != "malformed" {
				t.Errorf("%s: a changed request kept its signature", want)
			}
			if a.Sign(viewerKey(t)); code(address(s, a, "1.2.3.4:5")) != want {
				t.Errorf("not refused for its %s", want)
			}
		}
	})
}

// TestClosingChannelPromisesNothing: the creator's own startClose, seen at the head, ends promises at once; so does a view of the chain that is too old.
func TestClosingChannelPromisesNothing(t *testing.T) {
	s := newStage(t, 8, nil)
	a, _ := s.ask(viewerKey(t), 4)
	v, err := s.service.Session(t.Context(), a, "1.2.3.4:5")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.service.Follow(t.Context(), channel.View{
		Solid: channel.Block{Number: s.block}, Head: channel.Block{Number: s.block + 1}, SeenAt: time.Now(),
		Pending: []channel.Event{{Kind: channel.EventClosing, Channel: v.Channel, Block: s.block + 1, CloseAt: 1}},
	}); err != nil {
		t.Fatal(err)
	}
	if b, _ := s.ask(viewerKey(t), 4); true {
		if _, err := s.service.Session(t.Context(), b, "1.2.3.4:5"); code(err) != "channel" {
			t.Errorf("promised on a closing channel: %v", err)
		}
	}
	s.now = func() time.Time { return time.Now().Add(time.Minute) }
	if b, _ := s.ask(viewerKey(t), 4); true {
		if _, err := s.service.Session(t.Context(), b, "1.2.3.4:5"); !errors.Is(err, channel.ErrStaleView) {
			t.Errorf("promised on an old view: %v", err)
		}
	}
}

// TestSeederThatKnowsMore: a viewer ends its session with less than it revealed; the next viewer's voucher is stale for the seeder until the sponsor has
// seen what the seeder holds, which the viewer brings by itself.
func TestSeederThatKnowsMore(t *testing.T) {
	s := newStage(t, 8, nil)
	key := viewerKey(t)
	a, chain := s.ask(key, 8)
	v, err := s.client.Session(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []channel.Payment{{Channel: v.Channel, Voucher: &v}, {Channel: v.Channel, Reveal: reveal(chain, 8)}} {
		if _, err := s.payee.Accept(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	lie := sponsor.Close{Reveal: sponsor.Reveal{Tail: sponsor.Hash32(chain.Anchor())}}
	lie.Sign(key)
	if err := s.client.End(t.Context(), &lie); err != nil {
		t.Fatal(err)
	}
	_, d := s.viewer(viewerKey(t))
	if paid := s.fetch(d); paid != channel.NewAmount(8000) {
		t.Errorf("the next viewer paid %s", paid)
	}
	if paid := s.payee.Paid(); paid.Less(channel.NewAmount(10_000)) {
		t.Errorf("the seeder holds evidence for %s, want 2,000 and 8,000", paid)
	}
}

func reveal(c *channel.Chain, count uint32) *channel.Reveal {
	r := c.Reveal(count)
	return &r
}

// TestManyViewersOfOneSeeder needs more tails than a voucher holds: places come free when sessions end.
func TestManyViewersOfOneSeeder(t *testing.T) {
	s := newStage(t, 8, func(p *sponsor.Policy) { p.AtOnce, p.PerAddress = 100, 1<<40 })
	for i := range 3 * channel.MaxTails {
		key := viewerKey(t)
		a, _ := s.ask(key, 4)
		if _, err := s.service.Session(t.Context(), a, "1.2.3.4:5"); err != nil {
			t.Fatalf("session %d: %v", i, err)
		}
		if i >= channel.MaxTails-1 {
			c := sponsor.Close{Reveal: sponsor.Reveal{Tail: a.Anchor}}
			c.Sign(key)
			if err := s.service.End(t.Context(), &c); err != nil {
				t.Fatal(err)
			}
		}
	}
	a, _ := s.ask(viewerKey(t), 4)
	if _, err := s.service.Session(t.Context(), a, "1.2.3.4:5"); err != nil {
		t.Error(err)
	}
	b, _ := s.ask(viewerKey(t), 4)
	if _, err := s.service.Session(t.Context(), b, "1.2.3.4:5"); code(err) != "full" {
		t.Errorf("a seventeenth tail: %v", err)
	}
	later := time.Now().Add(50 * time.Minute)
	s.now = func() time.Time { return later }
	s.tell()
	if _, err := s.service.Session(t.Context(), b, "1.2.3.4:5"); err != nil {
		t.Errorf("after the vanished viewers' time: %v", err)
	}
}

// TestRestart: budgets, sessions and statements are the same after the file is opened again.
func TestRestart(t *testing.T) {
	s := newStage(t, 8, func(p *sponsor.Policy) { p.PerViewer, p.ProbeFee = 8*mib, channel.NewAmount(100) })
	key := viewerKey(t)
	a, chain := s.ask(key, 32)
	v, err := s.client.Session(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	r := chain.Reveal(5)
	if _, _, err := s.client.Redeem(t.Context(), &sponsor.Redeem{Channel: v.Channel, Reveals: []sponsor.Reveal{{a.Anchor, 5, r.Preimage}}}); err != nil {
		t.Fatal(err)
	}
	s.probeOnce(true)
	s.probeOnce(false)
	before, statement := s.service.Spent(), s.service.Statement(s.payee.Key.Address())
	if err := s.service.Close(); err != nil {
		t.Fatal(err)
	}
	s.open()
	if after := s.service.Spent(); after != before {
		t.Errorf("after a restart %+v, before %+v", after, before)
	}
	again := s.service.Statement(s.payee.Key.Address())
	if err := errors.Join(statement.Check(), again.Check()); err != nil || again.Signature != statement.Signature || again.Passed != 1 || again.Failed != 1 {
		t.Errorf("statement %+v: %v", again, err)
	}
	if b, _ := s.ask(key, 1); true {
		if _, err := s.client.Session(t.Context(), b); code(err) != "viewer" {
			t.Errorf("the viewer's part was forgotten: %v", err)
		}
	}
	if w, err := s.client.Session(t.Context(), a); err != nil || w.Signature != v.Signature && len(w.Tails) == 0 {
		t.Errorf("the session was forgotten: %v", err)
	}
}

func TestLinks(t *testing.T) {
	s := newStage(t, 1, nil)
	var file buffer
	if err := s.meta.Write(&file); err != nil {
		t.Fatal(err)
	}
	tagged, err := sponsor.Tag(file.b, "https://sponsor.example/")
	if err != nil {
		t.Fatal(err)
	}
	if got := sponsor.InTorrent(tagged); got != "https://sponsor.example" {
		t.Errorf("in the torrent: %q", got)
	}
	if mi, err := parse(tagged); err != nil || mi.HashInfoBytes() != s.meta.HashInfoBytes() {
		t.Errorf("the info hash changed: %v", err)
	}
	for link, want := range map[string]string{
		"magnet:?xt=urn:btih:00&x.pw=http%3A%2F%2F10.0.0.1%3A80": "http://10.0.0.1:80", "magnet:?xt=urn:btih:00": "", "magnet:?x.pw=file:///etc/passwd": "",
		"magnet:?x.pw=http://a:b@c": "", "magnet:?x.pw=http://c/?q=1": "", ":": "",
	} {
		if got := sponsor.InMagnet(link); got != want {
			t.Errorf("%s: %q, want %q", link, got, want)
		}
	}
	_ = torrenttest.Domain
}
