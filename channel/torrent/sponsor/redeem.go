package sponsor

import (
	"context"
	"crypto/ed25519"
	"errors"
	"slices"

	"github.com/piecework/piecework/channel"
)

// sweep folds the sessions whose tails are near their end, and gives back to the budget what lapsed sessions did not reveal. mu must be held.
func (s *Service) sweep(ctx context.Context) error {
	now := s.config.Now().Unix()
	e := &entry{}
	for _, p := range s.purses {
		next := p.clone()
		for _, a := range p.active {
			if one := s.sessions[a]; one.expiry-int64(settleTime.Seconds()) <= now {
				e.sessions = append(e.sessions, lapse(next, fold(next, one), now))
			}
		}
		for _, a := range p.late {
			if one := s.sessions[a]; one.lapsesAt() <= now {
				e.sessions = append(e.sessions, lapse(next, one, now))
			}
		}
		if len(next.active) != len(p.active) || len(next.late) != len(p.late) {
			e.purses = append(e.purses, next)
		}
	}
	if len(e.purses) > 0 {
		if err := s.commit(ctx, e); err != nil {
			return err
		}
	}
	return s.addUp(ctx, now)
}

// fold moves what a session revealed into the channel's cumulative amount: the next voucher no longer carries its tail.
func fold(p *purse, one *session) *session {
	folded := *one
	folded.folded = true
	p.cumulative = p.cumulative.Add(one.earned())
	p.active = slices.DeleteFunc(p.active, func(a channel.Anchor) bool { return a == one.anchor })
	p.late = append(p.late, one.anchor)
	return &folded
}

// lapse gives what a folded session did not reveal back to the budget, when its time has come.
func lapse(p *purse, one *session, now int64) *session {
	if one.lapsesAt() > now {
		return one
	}
	lapsed := *one
	lapsed.lapsed = true
	p.late = slices.DeleteFunc(p.late, func(a channel.Anchor) bool { return a == one.anchor })
	return &lapsed
}

// Redeem takes reveals, and answers with the channel's newest voucher: tails of sessions that have ended are in its cumulative amount. What a seeder
// redeems late, after its session lapsed, is taken as far as the bounds allow; the tails of which nothing more could be taken are given back as lapsed.
func (s *Service) Redeem(ctx context.Context, r *Redeem) (v channel.SignedVoucher, lapsed []Hash32, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return v, nil, s.broken
	}
	p := s.purses[r.Channel]
	if p == nil || !p.record.HasVoucher() {
		return v, nil, refuse("channel", "no session was granted on that channel")
	}
	if len(r.Reveals) > maxReveals {
		return v, nil, refuse("malformed", "%d reveals, at most %d", len(r.Reveals), maxReveals)
	}
	next, e := p.clone(), &entry{}
	for _, reveal := range r.Reveals {
		if err := s.take(next, reveal, e); errors.Is(err, errLapsed) {
			lapsed = append(lapsed, reveal.Tail)
		} else if err != nil {
			return v, nil, err
		}
	}
	// A voucher that only drops tails would have to give something away to be news, so there is none until something was earned.
	if next.record.Held.Cumulative.Less(next.cumulative) {
		if err := s.sign(next, e); err != nil {
			return v, nil, err
		}
		e.purses = []*purse{next}
	}
	if len(e.purses) > 0 || len(e.sessions) > 0 {
		if err := s.commit(ctx, e); err != nil {
			return v, nil, err
		}
	}
	return s.purses[r.Channel].record.Held, lapsed, nil
}

// errLapsed is the refusal of a reveal that comes too late. It refuses nothing else of its request.
var errLapsed = &RefusedError{Refusal: Refusal{Code: "lapsed"}}

// take enters one reveal. mu must be held.
func (s *Service) take(p *purse, r Reveal, e *entry) error {
	one := s.sessions[channel.Anchor(r.Tail)]
	if one == nil || one.channel != p.record.ID {
		return refuse("lapsed", "no session of that channel has this tail, or it ended so long ago that only its sums are left")
	}
	if slices.ContainsFunc(e.sessions, func(t *session) bool { return t.anchor == one.anchor }) {
		return refuse("malformed", "a tail twice")
	}
	further, err := one.further(r)
	if err != nil || !further {
		return err
	}
	more := one.unit.Mul(uint64(r.Count - one.revealed))
	if one.lapsed && !s.allowsLate(one, more, e) {
		return refuse("lapsed", "the session ended too long ago, and the budget has gone elsewhere")
	}
	known := *one
	known.revealed, known.preimage = r.Count, r.Preimage
	if one.folded {
		p.cumulative = p.cumulative.Add(more)
	}
	e.sessions = append(e.sessions, &known)
	if len(e.purses) == 0 {
		e.purses = []*purse{p}
	}
	return nil
}

// allowsLate says whether every bound has room for what a lapsed session revealed after all: what it held was given back, and may have been granted again. mu must be held.
func (s *Service) allowsLate(one *session, more channel.Amount, e *entry) bool {
	for _, before := range e.sessions { // of the same request
		s.sums.change(s.sessions[before.anchor], before)
		defer s.sums.change(before, s.sessions[before.anchor])
	}
	return !slices.ContainsFunc(s.bounds(one, one.day()), func(b bound) bool { return b.left.Less(more) })
}

// End takes the end of a session from the viewer that opened it. Its place becomes free for others at once; what it did not reveal goes back into the budget
// only when it lapses, because its seeder could still show more.
func (s *Service) End(ctx context.Context, c *Close) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return s.broken
	}
	one := s.sessions[channel.Anchor(c.Reveal.Tail)]
	if one == nil || one.probe || !ed25519.Verify(one.viewer[:], c.digest(), c.Signature[:]) {
		return refuse("tail", "no session of that viewer has this tail")
	}
	return s.end(ctx, one, c.Reveal)
}

// end folds a session. mu must be held.
func (s *Service) end(ctx context.Context, one *session, last Reveal) error {
	if one.folded {
		return nil
	}
	e := &entry{}
	if _, err := s.ended(e, one, last); err != nil {
		return err
	}
	return s.commit(ctx, e)
}

// ended enters the end of a session with the last that was revealed of it, which its seeder may have redeemed already. It returns the session as it is then.
// mu must be held.
func (s *Service) ended(e *entry, one *session, last Reveal) (*session, error) {
	next, known := s.purses[one.channel].clone(), one
	if last.Count > 0 {
		if err := s.take(next, last, e); err != nil {
			return nil, err
		}
	}
	if len(e.sessions) > 0 {
		known = e.sessions[0]
	}
	known = fold(next, known)
	e.purses, e.sessions = []*purse{next}, []*session{known}
	return known, nil
}
