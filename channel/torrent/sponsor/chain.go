package sponsor

import (
	"context"

	"github.com/piecework/piecework/channel"
)

// Cursor is how far the chain was followed. It makes Service a sink of chain.Follower.
func (s *Service) Cursor() channel.Cursor {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cursor
}

// Follow takes a view of the chain: channels that name our key as their signer are ours from the block in which they are solid; one that begins to close is
// promised nothing more, from the moment its payer's transaction is seen at the head.
func (s *Service) Follow(ctx context.Context, v channel.View) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return s.broken
	}
	changed := map[channel.ID]*purse{}
	of := func(id channel.ID) *purse {
		if changed[id] == nil && s.purses[id] != nil {
			changed[id] = s.purses[id].clone()
		}
		return changed[id]
	}
	for i := range v.Facts {
		s.fact(&v.Facts[i], of, changed)
	}
	for i := range v.Pending {
		if e := &v.Pending[i]; e.Closes() {
			if p := of(e.Channel); p != nil {
				p.record.SeeClosing(e)
			}
		}
	}
	for id := range s.purses {
		if p := s.purses[id]; p.record.ClosingSeen != 0 && p.record.ClosingSeen <= v.Solid.Number {
			of(id).record.Reopen(v.Solid.Number)
		}
	}
	cursor := channel.Cursor{Head: v.Head, Solid: v.Solid, Window: v.Window}
	e := &entry{cursor: &cursor}
	for _, p := range changed {
		e.purses = append(e.purses, p)
	}
	if v.Solid != s.cursor.Solid || len(e.purses) > 0 {
		if err := s.commit(ctx, e); err != nil {
			return err
		}
	}
	s.cursor, s.seen = cursor, v.SeenAt
	return nil
}

func (s *Service) fact(e *channel.Event, of func(channel.ID) *purse, changed map[channel.ID]*purse) {
	if e.Kind == channel.EventOpened {
		if e.Terms.Signer == s.config.Key.Address() && e.Terms.Payer == s.config.Payer && e.Terms.Asset == s.policy.Asset && of(e.Channel) == nil {
			changed[e.Channel] = &purse{record: channel.NewRecord(e.Terms, e.Deposit)}
			s.config.Log.Info("a channel is ours", "channel", e.Channel.Short(), "payee", e.Terms.Payee.String(), "deposit", e.Deposit.String())
		}
		return
	}
	if p := of(e.Channel); p != nil {
		p.record.Apply(e)
	}
}

// Suspend stops promises while reason is not nil: the follower has seen something that cannot be.
func (s *Service) Suspend(_ string, reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doubt = reason
}

// Offer is what the sponsor pays for now.
func (s *Service) Offer() Offer {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := Offer{
		Version: 1, ChainID: s.config.Domain.ChainID, Contract: s.config.Domain.Contract, Payer: s.config.Payer, Signer: s.config.Key.Address(),
		Asset:    s.policy.Asset.String(),
		MaxPrice: s.policy.MaxPrice, Session: s.policy.Session, PerViewer: s.policy.PerViewer,
	}
	for hash := range s.policy.Torrents {
		o.Torrents = append(o.Torrents, hash)
	}
	for _, p := range s.sorted() {
		if p.record.State != channel.Open || !s.qualifies(p.record.Terms.Payee) {
			continue
		}
		o.Seeders = append(o.Seeders, Seeder{p.record.Terms.Payee, s.config.Peers[p.record.Terms.Payee]})
	}
	return o
}
