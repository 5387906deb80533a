package sponsor_test

import (
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/sponsor"
)

// TestLateRedemptionKeepsEveryBound: a viewer and its seeder keep reveals back until their sessions have lapsed and what they held was given to others. Then the seeder brings them, one by
// one or all at once.
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
				_, err := s.service.Redeem(t.Context(), &sponsor.Redeem{Channel: v.Channel, Reveals: list})
				return code(err)
			}
			if got := []string{redeem(first, second), redeem(third), redeem(first), redeem(second)}; got[0] != "lapsed" || got[1] != "" || got[2] != "" || got[3] != "lapsed" {
				t.Errorf("refused with %q", got)
			}
			if spent := s.service.Spent(); channel.NewAmount(12_010).Less(spent.Promised) {
				t.Errorf("%s are promised", spent.Promised)
			}
		})
	}
}
