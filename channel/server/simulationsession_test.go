package server

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain/chaintest"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/torrent/gate"
)

// simDownloader pays seeders through the hub, out of one channel to it.
type simDownloader struct {
	p          *simPayer
	cumulative channel.Amount
	sessions   []*simSession // those whose tails its voucher carries
	asked      []simAsked
	drawn      byte
	remembered int // of those that were asked when the backup was made
}

// simSession is one session from the downloader's side, and the seeder's account of what it has served in it.
type simSession struct {
	seeder  *simSeeder
	out     channel.ID
	chain   *channel.Chain
	tail    channel.Tail // of the downloader's channel
	account *gate.Account
	unit    channel.Amount
	served  uint32
	shown   uint32
}

// simAsked is a request and what was answered.
type simAsked struct {
	request   hub.OpenRequest
	signature [65]byte
	forgotten bool // by a hub that went on from an old backup
}

const (
	simStep  = 1 << 20 // bytes
	simLimit = 4 * simStep
)

var simWindow = gate.Window{Start: 2 * simStep, Max: simLimit}

// act does one thing that a downloader does.
func (d *simDownloader) act() {
	switch roll := d.p.m.rng.IntN(20); {
	case roll < 6:
		d.open()
	case roll < 14:
		d.pay()
	case roll < 15:
		d.p.topUp()
	case roll < 16:
		d.p.startClose()
	case roll < 18 || !d.p.bad:
		d.askAgain()
	default:
		d.cheat()
	}
}

// next is the voucher after the last one: sessions that are over, and of which the hub has shown what it collected, are dropped for that; the others go on.
func (d *simDownloader) next() (v channel.Voucher, kept []*simSession) {
	known, err := d.p.m.server.hub.Sessions(context.Background(), d.p.id, 1_000)
	if err != nil {
		d.p.m.t.Fatal(err)
	}
	v = channel.Voucher{Channel: d.p.id, Cumulative: d.cumulative}
	for _, s := range d.sessions {
		at := slices.IndexFunc(known, func(k channel.Session) bool { return k.Anchor == s.tail.Anchor })
		if at >= 0 && known[at].State != channel.SessionOpen {
			if n := known[at].Redeemed; n > 0 && channel.HashForward(known[at].Preimage, n) != s.tail.Anchor {
				d.p.m.t.Errorf("the hub cannot show what it collected of a session")
			}
			v.Cumulative = v.Cumulative.Add(s.tail.Unit.Mul(uint64(known[at].Redeemed)))
			continue
		}
		if at < 0 && s.tail.Expiry < time.Now().Unix() { // forgotten by the hub, and paid all the same
			v.Cumulative = v.Cumulative.Add(s.tail.Unit.Mul(uint64(s.shown)))
			continue
		}
		v.Tails, kept = append(v.Tails, s.tail), append(kept, s)
	}
	return v, kept
}

// ask makes a request for a session with a seeder.
func (d *simDownloader) ask(seeder *simSeeder) (hub.OpenRequest, *simSession, []*simSession) {
	m := d.p.m
	v, kept := d.next()
	v.Cumulative = v.Cumulative.Add(channel.NewAmount(1 + m.rng.Uint64N(3)))
	d.drawn++
	fresh, err := channel.ChainFrom([32]byte{d.drawn, d.p.salt, d.p.key.Address()[5], 7}, 8+uint32(m.rng.IntN(24)))
	if err != nil {
		m.t.Fatal(err)
	}
	unit := channel.NewAmount(20_000 + m.rng.Uint64N(200_000))
	tail := channel.Tail{Anchor: fresh.Anchor(), Unit: unit.Add(unit), Length: fresh.Length(), Expiry: time.Now().Add(30*time.Minute + time.Duration(m.rng.IntN(30))*time.Minute).Unix()}
	if q, err := m.server.hub.Quote(context.Background(), chaintest.Key(simSeederKey+seeder.n).Address(), channel.TRX, unit); err == nil {
		tail.Unit = q.UnitIn
	}
	v.Tails = append(v.Tails, tail)
	s := &simSession{seeder: seeder, chain: fresh, tail: tail}
	return hub.OpenRequest{
		Payee: chaintest.Key(simSeederKey + seeder.n).Address(), Unit: unit, Anchor: tail.Anchor, Voucher: v.Sign(d.p.key, m.net.Domain),
	}, s, append(kept, s)
}

// open opens a session, and hands the hub's voucher to the seeder.
func (d *simDownloader) open() {
	m := d.p.m
	q, s, kept := d.ask(m.seeders[m.rng.IntN(len(m.seeders))])
	if len(kept) > channel.MaxTails {
		return
	}
	opened, err := m.server.hub.Open(context.Background(), q)
	if err != nil {
		tally.refused.Add(1)
		return
	}
	tally.sessions.Add(1)
	m.mayAccept(d.p)
	d.accepted(q.Voucher, kept)
	d.asked = append(d.asked, simAsked{request: q, signature: opened.Voucher.Signature})
	s.out, s.unit, s.account = opened.Terms.ID(), opened.Session.UnitOut, gate.NewAccount(opened.Session.UnitOut, simWindow)
	if limit := time.Now().Add(simChallenge-simHubPolicy.Margin).Unix() + max(0, m.skew.Load()/int64(time.Second)) + 1; opened.Session.ExpiryOut > limit {
		m.t.Errorf("time rule: a session until %d, %d at most", opened.Session.ExpiryOut, limit)
	}
	if !s.seeder.take(opened.Terms, opened.Voucher) {
		s.account = nil
	}
}

// accepted: the hub holds a voucher of ours.
func (d *simDownloader) accepted(v channel.SignedVoucher, kept []*simSession) {
	d.cumulative, d.sessions = v.Cumulative, kept
	d.p.sent = append(d.p.sent, channel.Payment{Channel: d.p.id, Voucher: &v})
	d.p.m.told[d.p.id] = later(d.p.m.told[d.p.id], v.Cumulative)
}

// pay fetches some steps of a session and pays for them; a bad downloader does not always.
func (d *simDownloader) pay() {
	if len(d.sessions) == 0 {
		return
	}
	s := d.sessions[d.p.m.rng.IntN(len(d.sessions))]
	if s.account == nil {
		return
	}
	for range 1 + d.p.m.rng.IntN(5) {
		if s.served == s.tail.Length || !s.account.Reserve(simStep) {
			break
		}
		s.account.Send(simStep)
		s.served++
		s.seeder.served++
		if d.p.bad && d.p.m.rng.IntN(3) > 0 {
			continue
		}
		if !s.seeder.reveal(s.out, s.chain, s.served) {
			break
		}
		s.shown = s.served
		s.account.Pay(s.unit.Mul(uint64(s.shown)))
	}
	if unpaid := int64(s.served-s.shown) * simStep; unpaid > simWindow.At(int64(s.shown)*simStep) {
		d.p.m.t.Errorf("P9: %d bytes are served and not paid for", unpaid)
	}
}

// forget: the hub does not know any more what was asked after the backup.
func (d *simDownloader) forget() {
	for i := min(d.remembered, len(d.asked)); i < len(d.asked); i++ {
		d.asked[i].forgotten = true
	}
}

// askAgain asks for an old session again: the answer is the one that was given, over restarts too (P13).
func (d *simDownloader) askAgain() {
	if len(d.asked) == 0 {
		return
	}
	a := &d.asked[d.p.m.rng.IntN(len(d.asked))]
	before := d.p.m.paid(d.p.id)
	out, err := d.p.m.server.hub.Open(context.Background(), a.request)
	if a.forgotten {
		return
	}
	if err != nil || out.Voucher.Signature != a.signature {
		d.p.m.t.Errorf("P13: a session that is asked for again is another one: %v", err)
	}
	if after := d.p.m.paid(d.p.id); before != after {
		d.p.m.t.Errorf("P5: a replay moved channel %s from %s to %s", d.p.id.Short(), before, after)
	}
}

// cheat tries to take back what was promised, or to have two seeders paid by one chain.
func (d *simDownloader) cheat() {
	m := d.p.m
	q, _, kept := d.ask(m.seeders[m.rng.IntN(len(m.seeders))])
	switch m.rng.IntN(4) {
	case 0: // drops every tail
		v := channel.Voucher{Channel: d.p.id, Cumulative: q.Voucher.Cumulative.Add(channel.NewAmount(1))}.Sign(d.p.key, m.net.Domain)
		_, err := m.server.ledger.Accept(context.Background(), channel.Payment{Channel: d.p.id, Voucher: &v})
		open := slices.ContainsFunc(d.sessions, func(s *simSession) bool {
			return time.Now().Unix() < s.tail.Expiry-int64((24*time.Minute).Seconds()) && m.sessionOpen(s)
		})
		if err == nil && open {
			m.t.Errorf("a downloader took the tails of its open sessions away")
		}
		if err == nil {
			d.accepted(v, nil)
		}
		return
	case 1: // a chain that has a session already
		if len(kept) < 2 {
			return
		}
		if m.restored && !m.sessionKnown(kept[0]) {
			return // the backup forgot the session: see the bound in DESIGN.md
		}
		q.Anchor, q.Key = kept[0].tail.Anchor, "another"
	case 2: // less than it costs
		v := q.Voucher.Voucher
		v.Tails = slices.Clone(v.Tails)
		v.Tails[len(v.Tails)-1].Unit = channel.NewAmount(1)
		q.Voucher = v.Sign(d.p.key, m.net.Domain)
	default: // somebody else's signature
		q.Voucher = q.Voucher.Sign(chaintest.Key(9), m.net.Domain)
	}
	if _, err := m.server.hub.Open(context.Background(), q); err == nil {
		m.t.Errorf("a cheat was given a session")
	} else if errors.Is(err, channel.ErrUnknownSeeder) {
		return
	}
}

// sessionOpen says whether the hub has a session that is not over.
func (m *sim) sessionOpen(s *simSession) bool {
	return m.hasSession(s, func(k channel.Session) bool { return k.State == channel.SessionOpen && k.ExpiryOut > time.Now().Unix() })
}

// keepsForgotten says whether a downloader that closes has a session that the hub has forgotten: it fetches on, and its voucher for it is not taken any more (seed 208236).
func (p *simPayer) keepsForgotten() bool {
	return p.down != nil && !p.closing.IsZero() && slices.ContainsFunc(p.down.sessions, func(s *simSession) bool { return !p.m.sessionKnown(s) })
}

// sessionKnown says whether the hub remembers a session.
func (m *sim) sessionKnown(s *simSession) bool {
	return m.hasSession(s, func(channel.Session) bool { return true })
}

func (m *sim) hasSession(s *simSession, is func(channel.Session) bool) bool {
	known, err := m.server.hub.Sessions(context.Background(), s.out, 1_000)
	return err == nil && slices.ContainsFunc(known, func(k channel.Session) bool { return k.Anchor == s.tail.Anchor && is(k) })
}
