package sponsor_test

import (
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/sponsor"
)

// probeOnce enters a probe as the prober does.
func (s *stage) probeOnce(passed bool) {
	s.t.Helper()
	p := sponsor.Probe{Payee: s.payee.Key.Address(), At: s.now(), Torrent: sponsor.Hash20(s.meta.HashInfoBytes()), Why: "down"}
	if passed {
		p, _ = s.probed()
	}
	if err := s.service.Record(s.t.Context(), p); err != nil {
		s.t.Fatal(err)
	}
}

// probed is a passed probe that was paid for and is to be entered, and the voucher that promises its fee.
func (s *stage) probed() (sponsor.Probe, channel.SignedVoucher) {
	s.t.Helper()
	chain, err := channel.NewChain(2)
	if err != nil {
		s.t.Fatal(err)
	}
	p := sponsor.Probe{Payee: s.payee.Key.Address(), At: s.now(), Torrent: sponsor.Hash20(s.meta.HashInfoBytes()), Passed: true, Tail: sponsor.Hash32(chain.Anchor())}
	v, err := s.service.BeginProbe(s.t.Context(), p.Payee, p.Torrent, chain.Anchor())
	if err != nil {
		s.t.Fatal(err)
	}
	p.Reveal = &sponsor.Reveal{Tail: p.Tail, Count: 1, Preimage: chain.Reveal(1).Preimage}
	return p, v
}

// TestSeederRedeemsAProbeBeforeItIsRecorded: a seeder may hand in the probe's reveal before the prober enters the outcome. It is paid once.
func TestSeederRedeemsAProbeBeforeItIsRecorded(t *testing.T) {
	s := newStage(t, 8, func(p *sponsor.Policy) { p.ProbeFee = channel.NewAmount(100) })
	p, v := s.probed()
	if _, _, err := s.client.Redeem(t.Context(), &sponsor.Redeem{Channel: v.Channel, Reveals: []sponsor.Reveal{*p.Reveal}}); err != nil {
		t.Fatal(err)
	}
	if err := s.service.Record(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	statement := s.service.Statement(p.Payee)
	if statement.Probes != channel.NewAmount(100) || statement.Passed != 1 || statement.Check() != nil {
		t.Errorf("%s for %d probes: %v", statement.Probes, statement.Passed, statement.Check())
	}
}

func TestStatementThatWasChanged(t *testing.T) {
	s := newStage(t, 8, func(p *sponsor.Policy) { p.ProbeFee = channel.NewAmount(100) })
	for _, passed := range []bool{true, false, true} {
		s.probeOnce(passed)
	}
	for name, change := range map[string]func(*sponsor.Statement){
		"a line left out":    func(t *sponsor.Statement) { t.Lines = append(t.Lines[:1:1], t.Lines[2:]...); t.Failed = 0 },
		"the last left out":  func(t *sponsor.Statement) { t.Lines = t.Lines[:2]; t.Passed = 1 },
		"another outcome":    func(t *sponsor.Statement) { t.Lines[1].Passed = true; t.Passed, t.Failed = 3, 0 },
		"another figure":     func(t *sponsor.Statement) { t.Viewers = channel.NewAmount(1) },
		"another signer":     func(t *sponsor.Statement) { t.Signer = s.creator },
		"no signature":       func(t *sponsor.Statement) { t.Signature = "" },
		"paid more than was": func(t *sponsor.Statement) { t.Probes = channel.NewAmount(1000) },
	} {
		statement, err := s.client.Statement(t.Context(), s.payee.Key.Address())
		if err != nil {
			t.Fatal(err)
		}
		if change(&statement); statement.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestNobodyEndsAProbe: a probe's session has no viewer, and its anchor stands in the voucher for all. A key of all zeros, for which one signature in four holds whatever it is over, does
// not end it before the seeder is paid.
func TestNobodyEndsAProbe(t *testing.T) {
	s := newStage(t, 8, func(p *sponsor.Policy) { p.ProbeFee = channel.NewAmount(100) })
	p, _ := s.probed()
	for n := range byte(64) {
		end := sponsor.Close{Reveal: sponsor.Reveal{Tail: p.Tail, Preimage: sponsor.Hash32{n}}, Signature: sponsor.Hash64{1}} // the neutral point, and 0
		if err := s.client.End(t.Context(), &end); code(err) != "tail" {
			t.Fatalf("ended by somebody (%v)", err)
		}
	}
	if err := s.service.Record(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if statement := s.service.Statement(p.Payee); statement.Probes != channel.NewAmount(100) {
		t.Errorf("the statement says that %s were paid", statement.Probes)
	}
}
