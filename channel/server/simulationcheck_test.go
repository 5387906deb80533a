package server

import (
	"context"
	"errors"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain/chaintest"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

func (m *sim) record(id channel.ID) channel.Record {
	r, err := m.server.ledger.Record(context.Background(), id)
	if err != nil && !errors.Is(err, channel.ErrUnknownChannel) {
		m.t.Fatal(err)
	}
	return r
}

// paid is what the server holds evidence for.
func (m *sim) paid(id channel.ID) channel.Amount {
	r := m.record(id)
	return r.Paid()
}

// mayAccept is P10: what was accepted just now was accepted on a view that is at most 30 seconds old, and not after a close could be seen.
func (m *sim) mayAccept(p *simPayer) {
	if slack := ledger.DefaultStaleAfter + simPoll; !m.ill.IsZero() && time.Since(m.ill)+time.Duration(m.skew.Load()) > slack && time.Since(m.ill) > slack {
		m.t.Errorf("accepted on channel %s %s after the node was last well", p.id.Short(), time.Since(m.ill))
	}
	word, err := m.net.Figures(p.id)
	if err != nil {
		m.t.Fatal(err)
	}
	// A clock that is behind makes a node that stood still look young: its close is seen when the node was asked once more.
	if m.ill.IsZero() && time.Since(m.healed) > 3*simPoll && word.CloseAt != 0 {
		head := m.net.Chain.NowBlock(0).Time()
		// A close that still waits for a block has no time yet.
		if closing := word.CloseAt - int64(simChallenge/time.Second); closing > 0 && closing*1000 < head-2*simPoll.Milliseconds() && time.Now().UnixMilli()-closing*1000 > 3*simPoll.Milliseconds() {
			m.t.Errorf("accepted on channel %s %d s after its close began", p.id.Short(), time.Now().Unix()-closing)
		}
	}
}

// watch checks what must hold at any time: P1, P2, P4, P6.
func (m *sim) watch() {
	for _, p := range m.payers {
		if p.id == (channel.ID{}) {
			continue
		}
		r := m.record(p.id)
		paid := r.Paid()
		if paid.Less(m.shown[p.id]) {
			m.t.Errorf("P1: channel %s fell from %s to %s", p.id.Short(), m.shown[p.id], paid)
		}
		if paid.Less(m.told[p.id]) {
			m.t.Errorf("P4: channel %s holds %s, %s was acknowledged", p.id.Short(), paid, m.told[p.id])
		}
		m.shown[p.id] = later(m.shown[p.id], paid)
		word, err := m.net.Figures(p.id)
		if err != nil {
			m.t.Fatal(err)
		}
		if !word.Closed && r.State != channel.Closed && word.Deposit.Less(r.Promised()) {
			m.t.Errorf("P2: channel %s promises %s of %s", p.id.Short(), r.Promised(), word.Deposit)
		}
	}
	if err := m.server.store.View(context.Background(), func(t *store.Tx) error { return t.Audit() }); err != nil {
		m.t.Errorf("P6: %v", err)
	}
	m.watchHub()
}

// closed is P12: our settlement got in within the challenge, so the payee has what it was acknowledged, unless that was not worth a transaction.
func (m *sim) closed(p *simPayer, word contract.Figures) {
	m.say("channel %s closed, %s settled, %s acknowledged", p.id.Short(), word.Settled, m.told[p.id])
	tally.closed.Add(1)
	m.lostNothing(p, word)
}

func (m *sim) lostNothing(p *simPayer, word contract.Figures) {
	r := m.record(p.id)
	owed := r.Held.Cumulative // reveals of tails that ended are the payer's debt, not the chain's
	for i, t := range r.Held.Tails {
		if t.Expiry > time.Now().Unix() && r.Reveals[i].Count > 0 {
			owed = owed.Add(t.Unit.Mul(uint64(r.Reveals[i].Count)))
		}
	}
	const dust = 30 * wallet.TRX // one settlement at the highest price of energy
	if missing, ok := owed.SubOK(word.Settled); ok && channel.NewAmount(uint64(dust)).Less(missing) {
		m.t.Errorf("P12: channel %s closed with %s settled, %s was owed", p.id.Short(), word.Settled, owed)
	}
}

// finish lets everything become well, closes every channel against the payer's will to wait, and checks P3, P11 and P12.
func (m *sim) finish() {
	m.heal()
	m.skew.Store(0)
	m.net.Chain.DropNext(0)
	m.net.Chain.SetParam("getEnergyFee", 100)
	m.net.Chain.SetBalance(chaintest.Key(0).Address(), chaintest.Rich)
	m.mine(25) // transactions that were lost expire, and are replaced
	m.finishHub()
	var ids []channel.ID
	for _, p := range m.payers {
		if p.id != (channel.ID{}) {
			ids = append(ids, p.id)
		}
	}
	if _, err := m.server.settler.Settle(context.Background(), ids); err != nil {
		m.t.Errorf("settling in the end: %v", err)
	}
	m.mine(simLag + 3)
	for _, p := range m.payers {
		m.compare(p)
	}
	m.compareHub()
	intents, err := m.server.settler.Intents(context.Background(), 1_000)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, intent := range intents {
		if intent.State == channel.IntentSolid {
			tally.settled.Add(1)
		}
	}
}

// compare is P11 and P3: the record is what the chain says, and the chain has paid what the evidence is worth.
func (m *sim) compare(p *simPayer) {
	if p.id == (channel.ID{}) {
		return
	}
	word, err := m.net.Figures(p.id)
	if err != nil {
		m.t.Fatal(err)
	}
	r := m.record(p.id)
	if r.ID == (channel.ID{}) && !word.Exists() {
		return // a fork took the opening back
	}
	if r.State != word.State() || r.Settled != word.Settled || !word.Closed && (r.Deposit != word.Deposit || r.CloseAt != word.CloseAt) {
		m.t.Errorf("P11: channel %s is %s with %s and %s settled, the chain has %s, %s and %s", p.id.Short(), r.State, r.Deposit, r.Settled, word.State(), word.Deposit, word.Settled)
	}
	if worth := r.Worth(m.server.ledger.Now()); r.State == channel.Open && word.Settled.Less(worth) {
		m.t.Errorf("P3: channel %s paid %s of %s", p.id.Short(), word.Settled, worth)
	}
	if r.State != channel.Open {
		m.lostNothing(p, word)
	}
}
