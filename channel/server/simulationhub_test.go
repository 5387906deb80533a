package server

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain/chaintest"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/store"
)

// The hub of the simulation, and what must hold of it at any time and at the end.

// simMargin is how close to a tail's end the hub and the seeders still take preimages; the sessions are as short as the challenge of the simulation.
const simMargin = time.Minute

var (
	simHubTerms = hub.Terms{
		Deposit: channel.NewAmount(5_000_000), Float: channel.NewAmount(400_000_000), Fee: 100, OpeningCost: channel.NewAmount(1_500_000),
	}
	simHubPolicy = hub.Policy{Margin: 6 * time.Minute, MinChallenge: simChallenge, Life: 6 * time.Minute, MinLife: 4 * time.Minute}
)

// newHub is the hub of a process that starts; its treasurer runs beside the settler.
func (m *sim) newHub() *hub.Hub {
	h, err := hub.New(hub.Config{
		Domain: m.net.Domain, Margin: simMargin, Key: chaintest.Key(0), Assets: map[channel.Asset]hub.Terms{channel.TRX: simHubTerms}, Policy: simHubPolicy, Log: m.log(),
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return h
}

// evidence is what the hub holds of the downloaders' channels and has promised on its own, those that ended included.
func (m *sim) evidence() (in, out channel.Amount, own []channel.Record) {
	for _, r := range m.records(channel.Query{Payer: chaintest.Key(0).Address()}) {
		out, own = out.Add(r.Paid()), append(own, r)
	}
	for _, r := range m.downloads() {
		in = in.Add(r.Paid())
	}
	return in, out, own
}

// downloads are the downloaders' channels.
func (m *sim) downloads() (list []channel.Record) {
	for _, p := range m.payers {
		if p.down != nil {
			list = append(list, m.records(channel.Query{Payer: p.key.Address()})...)
		}
	}
	return list
}

func (m *sim) records(q channel.Query) (list []channel.Record) {
	err := m.server.store.View(context.Background(), func(t *store.Tx) error {
		list = list[:0]
		return t.Channels(q, func(r channel.Record) error {
			list = append(list, r)
			return nil
		})
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return list
}

// watchHub checks P6, P7 and P8: the book balances, no more is owed to seeders than downloaders have shown for, nothing is promised beyond a deposit.
func (m *sim) watchHub() {
	sheet := m.sheet()
	m.watchLocked()
	in, out, own := m.evidence()
	if !m.forgot && in.Less(out) {
		m.t.Errorf("P7: the seeders have %s, the downloaders have shown for %s", out, in)
	}
	if covered := sheet.Claimable.Add(sheet.Wallet).Add(sheet.Locked).Add(sheet.Lost).Add(sheet.Opening); covered.Less(sheet.Owed) {
		m.t.Errorf("P7: %s is owed, %s covers it", sheet.Owed, covered)
	}
	for _, r := range own {
		word, err := m.net.Figures(r.ID)
		if err != nil {
			m.t.Fatal(err)
		}
		if !word.Closed && word.Deposit.Less(r.Promised()) {
			m.t.Errorf("P8: the hub promises %s of %s on channel %s", r.Promised(), word.Deposit, r.ID.Short())
		}
	}
}

// watchLocked checks that what the hub has added up of its channels is what they add up to.
func (m *sim) watchLocked() {
	err := m.server.store.View(context.Background(), func(t *store.Tx) error {
		sum, err := t.Locked(channel.TRX)
		if err != nil {
			return err
		}
		var all store.Locked
		err = t.Channels(channel.Query{Live: true, Payer: chaintest.Key(0).Address()}, func(r channel.Record) error {
			if all.Amount = all.Amount.Add(r.Deposit.Excess(r.Settled)); r.Paid().IsZero() {
				all.Idle++
			}
			return nil
		})
		if sum != all {
			m.t.Errorf("the hub's channels add up to %+v, it knows of %+v", all, sum)
		}
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) { // not counted yet
		m.t.Error(err)
	}
}

// sheet is the hub's book in TRX, added up line by line.
func (m *sim) sheet() (sheet hub.Sheet) {
	sheets, err := m.server.hub.Audit(context.Background())
	if err != nil {
		m.t.Errorf("P6: %v", err)
	}
	for _, s := range sheets {
		if !s.Balanced() {
			m.t.Errorf("P6: %+v", s)
		}
		sheet = s // there is one asset
	}
	return sheet
}

// redeemAll has every seeder show what it holds, to a hub that is well.
func (m *sim) redeemAll() {
	for _, s := range m.seeders {
		for _, r := range s.live() {
			err := s.redeem(r)
			if errors.Is(err, channel.ErrRecovering) && m.restored && m.left(r) {
				continue // the seeder's own settlement pays it; see the bound in DESIGN.md
			}
			if err != nil && r.HasVoucher() && !over(err) {
				m.t.Errorf("the hub is well and does not redeem on channel %s: %v", r.ID.Short(), err)
			}
		}
	}
}

// left says whether something was revealed to a seeder by a downloader that closes, so that it will not show the hub again what the hub has forgotten.
func (m *sim) left(r *channel.Record) bool {
	for i, t := range r.Held.Tails {
		stays := slices.ContainsFunc(m.payers, func(p *simPayer) bool {
			return p.down != nil && p.closing.IsZero() && slices.ContainsFunc(p.down.sessions, func(s *simSession) bool {
				n := s.chain.Length()
				return t.Length <= n && channel.HashForward(t.Anchor, n-t.Length) == s.chain.Anchor()
			})
		})
		if !stays && r.Reveals[i].Count > 0 {
			return true
		}
	}
	return false
}

// over says whether a refusal is that of a channel or a session that has ended.
func over(err error) bool {
	return errors.Is(err, channel.ErrClosed) || errors.Is(err, channel.ErrClosing) || errors.Is(err, channel.ErrTailExpired)
}

// simLost is what a hub had that is lost, and what the backup of it knows.
type simLost struct {
	own      []channel.Record // its channels in solid blocks
	sent     [][32]byte       // its transactions, in a block or still under way
	promised map[channel.ID]channel.Amount
}

// losing looks at a hub that is about to be lost.
func (m *sim) losing() (l simLost) {
	_, _, l.own = m.evidence()
	err := m.server.store.View(context.Background(), func(t *store.Tx) error {
		intents, err := t.RecentIntents(1_000)
		l.sent = l.sent[:0]
		for _, i := range intents {
			l.sent = append(l.sent, i.TxID)
		}
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return l
}

// opened says whether the hub that was lost had opened a channel, also when its block came only afterwards. On those that were opened since there is nothing to remember.
func (l *simLost) opened(m *sim, id channel.ID) bool {
	return slices.ContainsFunc(l.own, func(r channel.Record) bool { return r.ID == id }) || slices.ContainsFunc(l.sent, func(tx [32]byte) bool {
		return slices.ContainsFunc(m.net.Events(tx), func(e channel.Event) bool { return e.Kind == channel.EventOpened && e.Channel == id })
	})
}

// signsNothing checks a hub that was told that it was restored: it has signed nothing on a channel of before whose seeder has not shown what it holds.
func (m *sim) signsNothing(lost *simLost) {
	for _, p := range m.payers {
		if p.down != nil && p.id != (channel.ID{}) && p.closing.IsZero() {
			p.down.open()
		}
	}
	_, _, own := m.evidence()
	for _, r := range own {
		if r.State == channel.Closed || m.merged[r.ID] || !lost.opened(m, r.ID) {
			continue
		}
		tally.waiting.Add(1)
		if !slices.ContainsFunc(lost.own, func(known channel.Record) bool { return known.ID == r.ID }) {
			tally.underWay.Add(1)
		}
		if r.Held.Promise() != lost.promised[r.ID] {
			m.t.Errorf("the hub is recovering and signs on channel %s", r.ID.Short())
		}
	}
}

// recover goes on after an old backup: half of the time the operator has said that it is one, else the hub finds out. Then the seeders show what they hold.
func (m *sim) recover(said bool, lost *simLost) {
	ctx := context.Background()
	if said {
		m.signsNothing(lost)
	}
	m.redeemAll()
	if err := m.server.hub.EndRecovery(ctx); err != nil {
		m.t.Error(err)
	}
	if recovering, err := m.server.hub.Recovering(ctx); err != nil || recovering {
		m.t.Errorf("still recovering: %v", err)
	}
	for _, s := range m.seeders {
		for _, r := range s.live() {
			if known := m.record(r.ID); known.State == channel.Open && known.Paid().Less(r.Paid()) && len(known.Held.Tails) == 0 {
				m.t.Errorf("after an old backup the hub knows of %s on channel %s, its seeder holds %s", known.Paid(), r.ID.Short(), r.Paid())
			}
		}
	}
}

// finishHub has the seeders redeem, and then settle what they hold by themselves: the contract pays all of it (P3, P14).
func (m *sim) finishHub() {
	m.redeemAll()
	for _, s := range m.seeders {
		for _, r := range s.live() {
			if r.HasVoucher() {
				s.settle(r)
			}
		}
	}
	m.mine(simLag + 3)
	for _, s := range m.seeders {
		for _, r := range s.live() {
			word, err := m.net.Figures(r.ID)
			if err != nil {
				m.t.Fatal(err)
			}
			if word.Settled.Less(r.Worth(time.Now())) || r.Paid().Less(word.Settled) {
				m.t.Errorf("P14: the contract paid %s on channel %s, its seeder holds %s, worth %s", word.Settled, r.ID.Short(), r.Paid(), r.Worth(time.Now()))
			}
			s.earned = s.earned.Add(word.Settled)
		}
	}
}

// compareHub is the end of the hub's account: what the seeders took it has from the downloaders, but for channels that were not worth a transaction.
func (m *sim) compareHub() {
	sheet := m.sheet()
	if !sheet.Owed.IsZero() && !m.restored {
		for _, s := range m.seeders { // what a seeder that lost its fork's settlement still holds
			for _, r := range s.live() {
				sheet.Owed = sheet.Owed.Excess(r.Paid().Excess(r.Settled))
			}
		}
		if !sheet.Owed.IsZero() {
			m.t.Errorf("P7: everything is settled and %s is owed", sheet.Owed)
		}
	}
	closed := 0
	for _, r := range m.records(channel.Query{Payee: chaintest.Key(0).Address()}) { // of payers without a hub's session too: the book has them all
		if r.State == channel.Closed {
			closed++
		}
	}
	dust := channel.NewAmount(30_000_000).Mul(uint64(closed))
	if !m.restored && dust.Less(sheet.Lost) {
		m.t.Errorf("P12: the hub has lost %s on %d channels that closed", sheet.Lost, closed)
	}
	for _, s := range m.seeders {
		tally.served.Add(int64(s.served))
	}
}

// simSeeder takes the hub's vouchers by the rule, serves within its window, redeems, and settles by itself where the hub does not answer in time.
type simSeeder struct {
	m        *sim
	n        byte
	bad      bool
	rule     channel.Rule
	channels map[channel.ID]*channel.Record
	earned   channel.Amount // on channels that have closed
	served   int            // steps
}

func newSimSeeder(m *sim, n byte) *simSeeder {
	return &simSeeder{m: m, n: n, bad: n == simSeeders-1, rule: channel.NewRule(m.net.Domain, simMargin).Lapsing(), channels: map[channel.ID]*channel.Record{}}
}

// act does one thing that a seeder does.
func (s *simSeeder) act() {
	if _, err := s.m.server.hub.Register(context.Background(), chaintest.Key(simSeederKey+s.n).Address(), channel.TRX); err != nil {
		s.m.t.Error(err)
	}
	list := s.live()
	if len(list) == 0 {
		return
	}
	r := list[s.m.rng.IntN(len(list))]
	switch roll := s.m.rng.IntN(20); {
	case roll < 11:
		_ = s.redeem(r)
	case roll < 14:
		s.settle(r)
	case roll < 15:
		s.close(r)
	case s.bad:
		s.cheat(r)
	}
}

// live are the open channels, in an order that does not change.
func (s *simSeeder) live() (list []*channel.Record) {
	for _, r := range s.channels {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b *channel.Record) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return list
}

// take is a hub's voucher that a downloader hands over. The deposit counts when it is solid.
func (s *simSeeder) take(terms channel.Terms, v channel.SignedVoucher) bool {
	r := s.channels[terms.ID()]
	if r == nil {
		fresh := channel.NewRecord(terms, channel.Amount{})
		r = &fresh
		s.channels[r.ID] = r
	}
	if s.look(r) && !s.m.ill.IsZero() {
		return false // it has closed the channel, and a hub whose node is away cannot have seen that (seed 207689)
	}
	_, err := s.rule.AcceptVoucher(r, &v, time.Now())
	var stale *channel.StaleError
	if err != nil && !over(err) && !(s.m.restored && errors.As(err, &stale)) {
		s.m.t.Errorf("P8: a seeder refuses the hub's voucher on channel %s: %v", r.ID.Short(), err)
	}
	return err == nil
}

// look reads what the contract holds in solid blocks, and says whether the channel is closed there.
func (s *simSeeder) look(r *channel.Record) (closed bool) {
	word, err := s.m.well.Figures(context.Background(), r.ID)
	if err != nil {
		s.m.t.Fatal(err)
	}
	r.Deposit, r.Settled = r.Deposit.Max(word.Deposit), r.Settled.Max(word.Settled)
	if word.Closed {
		s.earned = s.earned.Add(word.Settled)
		delete(s.channels, r.ID)
	}
	return word.Closed
}

// reveal takes a step of a session, in the terms of the tail as it is now.
func (s *simSeeder) reveal(out channel.ID, c *channel.Chain, count uint32) bool {
	r := s.channels[out]
	if r == nil {
		return false
	}
	for _, t := range r.Held.Tails {
		if moved := c.Length() - t.Length; t.Length <= c.Length() && moved < count && channel.HashForward(t.Anchor, moved) == c.Anchor() {
			step := channel.Reveal{Tail: t.Anchor, Count: count - moved, Preimage: c.Reveal(count).Preimage}
			_, err := s.rule.AcceptReveal(r, &step, time.Now())
			if err != nil && !over(err) {
				s.m.t.Errorf("an honest preimage is refused: %v", err)
			}
			return err == nil
		}
	}
	return false
}

// redeem shows the hub what is held. Asked twice, the second answer is the first and books nothing (P13).
func (s *simSeeder) redeem(r *channel.Record) error {
	q := hub.RedeemRequest{Channel: r.ID, Reveals: r.Furthest(time.Time{})}
	if r.HasVoucher() {
		held := r.Held
		q.Held = &held
	}
	out, err := s.m.server.hub.Redeem(context.Background(), q)
	if err != nil {
		if !s.m.restored && (errors.Is(err, channel.ErrBadPreimage) || errors.Is(err, channel.ErrUnknownTail)) {
			s.m.t.Errorf("an honest redemption is refused: %v", err)
		}
		return err
	}
	s.m.merged[r.ID] = s.m.merged[r.ID] || q.Held != nil
	tally.redeemed.Add(1)
	if again, err := s.m.server.hub.Redeem(context.Background(), q); err == nil && (!again.Booked.IsZero() || again.Voucher.Signature != out.Voucher.Signature) {
		s.m.t.Errorf("P13: a redemption on channel %s that is asked for again books %s", r.ID.Short(), again.Booked)
	}
	if out.Voucher.Channel != r.ID {
		return nil
	}
	var stale *channel.StaleError
	if _, err := s.rule.AcceptVoucher(r, &out.Voucher, time.Now()); err != nil && !over(err) && !(s.m.restored && errors.As(err, &stale)) {
		s.m.t.Errorf("a seeder refuses what it has redeemed on channel %s: %v", r.ID.Short(), err)
	}
	return nil
}

// settle takes voucher and preimages to the contract, which publishes them.
func (s *simSeeder) settle(r *channel.Record) {
	if call, err := contract.Settle(contract.ClaimOf(s.rule.Separator(), r, time.Now())); err == nil {
		_, _ = s.m.net.Send(chaintest.Key(simSeederKey+s.n), call)
	}
}

// close takes what is held and gives the hub the rest back.
func (s *simSeeder) close(r *channel.Record) {
	if call, err := contract.Close(contract.ClaimOf(s.rule.Separator(), r, time.Now())); err == nil {
		_, _ = s.m.net.Send(chaintest.Key(simSeederKey+s.n), call)
		s.m.say("seeder %d closes channel %s", s.n, r.ID.Short())
	}
}

// tend is done every block: before a tail ends what was revealed of it is redeemed, or else settled.
func (s *simSeeder) tend() {
	for _, r := range s.live() {
		s.look(r)
		for i, t := range r.Held.Tails {
			left := time.Until(time.Unix(t.Expiry, 0))
			if r.Reveals[i].Count == 0 || left > 2*time.Minute || left < 0 {
				continue
			}
			if s.redeem(r) != nil && left < 100*time.Second {
				s.settle(r)
			}
			break
		}
	}
}

// cheat tries to be paid for what was not revealed, or twice.
func (s *simSeeder) cheat(r *channel.Record) {
	before := s.m.paid(r.ID)
	q := hub.RedeemRequest{Channel: r.ID}
	for i, t := range r.Held.Tails {
		q.Reveals = append(q.Reveals, channel.Reveal{Tail: t.Anchor, Count: min(t.Length, r.Reveals[i].Count+1), Preimage: [32]byte{s.n, byte(i)}})
	}
	switch s.m.rng.IntN(3) {
	case 0: // the preimages of another seeder's sessions
		q.Reveals = q.Reveals[:0]
		for _, other := range s.m.seeders {
			if other != s {
				for _, theirs := range other.live() {
					q.Reveals = append(q.Reveals, theirs.Furthest(time.Time{})...)
				}
			}
		}
		q.Reveals = q.Reveals[:min(len(q.Reveals), channel.MaxTails)]
	case 1: // a voucher that the hub never signed
		v := channel.Voucher{Channel: r.ID, Cumulative: r.Deposit}.Sign(chaintest.Key(simSeederKey+s.n), s.m.net.Domain)
		q.Held = &v
	}
	_, _ = s.m.server.hub.Redeem(context.Background(), q)
	if after := s.m.paid(r.ID); before.Less(after) {
		s.m.t.Errorf("a cheat moved channel %s from %s to %s", r.ID.Short(), before, after)
	}
}
