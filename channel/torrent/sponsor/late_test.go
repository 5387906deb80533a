package sponsor_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/sponsor"
	"github.com/piecework/piecework/channel/torrent/torrenttest"
)

// TestLateRedemptionKeepsEveryBound: a viewer and its seeder keep reveals back until their sessions have lapsed and what they held was given to others. Then the seeder brings them, one by
// one or all at once. What there is room for is taken, beside what there is not.
func TestLateRedemptionKeepsEveryBound(t *testing.T) {
	for name, change := range map[string]func(*sponsor.Policy){
		"budget": func(p *sponsor.Policy) { p.Budget = channel.NewAmount(12_010) },
		"seeder": func(p *sponsor.Policy) { p.PerSeeder = channel.NewAmount(12_010) },
		"day":    func(p *sponsor.Policy) { p.PerDay = channel.NewAmount(12_010) },
		"viewer": func(p *sponsor.Policy) { p.PerViewer = 12 * mib },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, 8, func(p *sponsor.Policy) { p.PerAddress = 1 << 40; change(p) })
			now := time.Date(2026, 5, 1, 1, 0, 0, 0, time.UTC)
			s.now = func() time.Time { return now }
			s.tell()
			key := viewerKey(t)
			grant := func(steps uint32) (r sponsor.Reveal, v channel.SignedVoucher) {
				a, chain := s.ask(key, steps)
				v, err := s.service.Session(t.Context(), a, "1.2.3.4:5")
				if err != nil {
					t.Fatal(err)
				}
				tail := v.Tails[len(v.Tails)-1]
				last := chain.Reveal(tail.Length)
				return sponsor.Reveal{sponsor.Hash32(tail.Anchor), last.Count, last.Preimage}, v
			}
			first, _ := grant(16)
			second, v := grant(16)
			now = now.Add(3 * time.Hour)
			s.tell()
			third, _ := grant(32) // 4,000 are left
			redeem := func(list ...sponsor.Reveal) string {
				_, lapsed, err := s.service.Redeem(t.Context(), &sponsor.Redeem{Channel: v.Channel, Reveals: list})
				if len(lapsed) > 0 && slices.Equal(lapsed, []sponsor.Hash32{second.Tail}) {
					return "the second lapsed"
				}
				return code(err)
			}
			if got := []string{redeem(first, second), redeem(third), redeem(first), redeem(second)}; !slices.Equal(got, []string{"the second lapsed", "", "", "the second lapsed"}) {
				t.Errorf("answered with %q", got)
			}
			if revealed := s.service.Spent().Revealed; revealed != channel.NewAmount(12_000) {
				t.Errorf("the seeder was paid %s, want the first and the third", revealed)
			}
			if spent := s.service.Spent(); channel.NewAmount(12_010).Less(spent.Promised) {
				t.Errorf("%s are promised", spent.Promised)
			}
		})
	}
}

// TestSeederStopsAskingForWhatHasLapsed: it hands in two sessions' reveals, of which one has lapsed and its part is given to others. The other one is taken, and from then on only that is asked for.
func TestSeederStopsAskingForWhatHasLapsed(t *testing.T) {
	s := newStage(t, 8, func(p *sponsor.Policy) { p.PerAddress, p.Budget = 1<<40, channel.NewAmount(12_010) })
	now := time.Now()
	s.now = func() time.Time { return now }
	var chains []*channel.Chain
	var last channel.SignedVoucher
	for range 2 {
		a, chain := s.ask(viewerKey(t), 16)
		v, err := s.service.Session(t.Context(), a, "1.2.3.4:5")
		if err != nil {
			t.Fatal(err)
		}
		chains, last = append(chains, chain), v
	}
	if _, err := s.payee.Accept(t.Context(), channel.Payment{Channel: last.Channel, Voucher: &last}); err != nil {
		t.Fatal(err)
	}
	for _, chain := range chains {
		if _, err := s.payee.Accept(t.Context(), channel.Payment{Channel: last.Channel, Reveal: reveal(chain, 16)}); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(3 * time.Hour)
	s.tell()
	if a, _ := s.ask(viewerKey(t), 32); true {
		if _, err := s.service.Session(t.Context(), a, "1.2.3.4:5"); err != nil {
			t.Fatal(err)
		}
	}
	var asked []int // reveals in each request
	inner := sponsor.NewHandler(s.service)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, strings.Count(string(body), `"tail"`))
		r.Body = io.NopCloser(bytes.NewReader(body))
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	client, err := sponsor.NewClient(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	list := func(ctx context.Context) ([]channel.Record, error) { return s.payee.List(ctx, channel.Query{}) }
	r := sponsor.Redeemer{Ledger: s.payee, List: list, Client: client, Offer: s.service.Offer(), Log: torrenttest.Log(t, "redeemer")}
	for range 3 {
		if _, err := r.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(asked, []int{2, 1, 1}) {
		t.Errorf("it asked for %v tails", asked)
	}
	if revealed := s.service.Spent().Revealed; revealed != channel.NewAmount(4000) {
		t.Errorf("the seeder was paid %s", revealed)
	}
}
