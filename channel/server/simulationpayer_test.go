package server

import (
	"context"
	"errors"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain/chaintest"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/wallet"
)

// simPayer opens channels, pays, closes, and when it is bad (every third) also cheats.
type simPayer struct {
	m    *sim
	key  *wallet.Key
	salt byte
	bad  bool
	down *simDownloader // nil: it pays the server itself

	opening [32]byte // the transaction
	terms   channel.Terms
	id      channel.ID
	deposit uint64
	paid    uint64
	chain   *channel.Chain
	tail    channel.Tail
	count   uint32
	sent    []channel.Payment
	closing time.Time // when it began to close
}

func newSimPayer(m *sim, n byte) *simPayer {
	p := &simPayer{m: m, key: chaintest.Key(n + 1), bad: n == 2 || n == 4}
	if n > 2 {
		p.down = &simDownloader{}
	}
	p.open()
	return p
}

func (p *simPayer) open() {
	p.salt++
	p.deposit = 50_000_000 + p.m.rng.Uint64N(400_000_000)
	*p = simPayer{m: p.m, key: p.key, bad: p.bad, salt: p.salt, deposit: p.deposit, down: p.down}
	if p.down != nil {
		*p.down = simDownloader{p: p}
	}
	var err error
	if p.opening, err = p.m.net.Open(p.key, chaintest.Key(0).Address(), p.deposit, simChallenge, p.salt); err != nil {
		p.m.t.Fatal(err)
	}
}

// act does one thing that a payer does.
func (p *simPayer) act() {
	if p.id != (channel.ID{}) && len(p.m.net.Events(p.opening)) == 0 {
		p.open() // a fork took the opening back
	}
	if p.id == (channel.ID{}) && !p.find() {
		return
	}
	switch roll := p.m.rng.IntN(20); {
	case !p.closing.IsZero():
		if p.down != nil { // what it has sessions for it still fetches
			p.down.pay()
		}
		p.wait()
	case p.down != nil:
		p.down.act()
	case roll < 6:
		p.voucher(p.paid + p.m.rng.Uint64N(30_000_000))
	case roll < 9:
		p.promise()
	case roll < 14:
		p.reveal()
	case roll < 15:
		p.topUp()
	case roll < 16:
		p.startClose()
	case roll < 18 || !p.bad:
		p.replay()
	default:
		p.cheat()
	}
}

// find learns the channel's terms once its opening is in a block. An opening that a fork or a producer lost is made again.
func (p *simPayer) find() bool {
	events := p.m.net.Events(p.opening)
	if len(events) == 0 {
		if p.m.rng.IntN(8) == 0 {
			p.open()
		}
		return false
	}
	p.terms, p.id = events[0].Terms, events[0].Channel
	p.m.say("channel %s opened with %d", p.id.Short(), p.deposit)
	return true
}

func (p *simPayer) voucher(cumulative uint64, tails ...channel.Tail) {
	v := p.sign(channel.Voucher{Channel: p.id, Cumulative: channel.NewAmount(cumulative), Tails: tails})
	if p.m.offer(p, channel.Payment{Channel: p.id, Voucher: &v}) {
		p.paid, p.chain, p.count = cumulative, nil, 0
	}
}

// promise signs a voucher with a fresh tail that moves all that was revealed into the cumulative amount.
func (p *simPayer) promise() {
	fresh, err := channel.ChainFrom([32]byte{byte(len(p.sent)), p.salt, p.key.Address()[5]}, 32)
	if err != nil {
		p.m.t.Fatal(err)
	}
	expiry := time.Now().Add(13*time.Minute + time.Duration(p.m.rng.IntN(40))*time.Minute).Unix()
	tail := channel.Tail{Anchor: fresh.Anchor(), Unit: channel.NewAmount(1 + p.m.rng.Uint64N(1_000_000)), Length: 32, Expiry: expiry}
	all := p.worth() + 1
	v := p.sign(channel.Voucher{Channel: p.id, Cumulative: channel.NewAmount(all), Tails: []channel.Tail{tail}})
	if p.m.offer(p, channel.Payment{Channel: p.id, Voucher: &v}) {
		p.paid, p.chain, p.tail, p.count = all, fresh, tail, 0
	}
}

// sign signs a voucher. A bad payer writes the wrong v now and then, with which the contract could not check it: what is accepted so has to be paid like anything else.
func (p *simPayer) sign(v channel.Voucher) channel.SignedVoucher {
	signed := v.Sign(p.key, p.m.net.Domain)
	if p.bad && p.m.rng.IntN(3) == 0 {
		signed.Signature[64] ^= 27 ^ 28
	}
	return signed
}

// worth is what the payer has paid by its own books.
func (p *simPayer) worth() uint64 {
	unit, _ := p.tail.Unit.Uint64()
	return p.paid + unit*uint64(p.count)
}

func (p *simPayer) reveal() {
	if p.chain == nil || p.count == p.chain.Length() {
		return
	}
	next := p.count + 1 + uint32(p.m.rng.IntN(3))
	next = min(next, p.chain.Length())
	r := p.chain.Reveal(next)
	if p.m.offer(p, channel.Payment{Channel: p.id, Reveal: &r}) {
		p.count = next
	}
}

func (p *simPayer) topUp() {
	call, err := contract.Deposit(p.terms, channel.NewAmount(10_000_000))
	if err == nil {
		_, _ = p.m.net.Send(p.key, call) // a lost one is lost
	}
}

func (p *simPayer) startClose() {
	if _, err := p.m.net.Send(p.key, contract.StartClose(p.terms)); err == nil {
		p.closing = time.Now()
		p.m.say("channel %s: its payer starts to close, %s is acknowledged", p.id.Short(), p.m.told[p.id])
	}
}

// wait is for the challenge to pass; a lost close is sent again, a bad payer pays on, and in the end the rest is taken and a new channel opened.
func (p *simPayer) wait() {
	word, err := p.m.net.Figures(p.id)
	switch {
	case err != nil:
		p.m.t.Fatal(err)
	case word.Closed:
		p.m.closed(p, word)
		p.open()
	case word.CloseAt == 0:
		_, _ = p.m.net.Send(p.key, contract.StartClose(p.terms))
	case p.bad && p.m.rng.IntN(2) == 0:
		p.voucher(p.worth() + 1)
	case time.Now().Unix() > word.CloseAt:
		_, _ = p.m.net.Send(p.key, contract.FinishClose(p.terms))
	}
}

// replay sends an old payment again: nothing changes (P5).
func (p *simPayer) replay() {
	if len(p.sent) == 0 {
		return
	}
	before := p.m.record(p.id)
	_, _ = p.m.server.ledger.Accept(context.Background(), p.sent[p.m.rng.IntN(len(p.sent))])
	if after := p.m.record(p.id); after.Paid() != before.Paid() {
		p.m.t.Errorf("a replay moved channel %s from %s to %s", p.id.Short(), before.Paid(), after.Paid())
	}
}

// repeat sends again everything that was ever sent, as payers do of a server that went on from an old backup. What was revealed of a tail that ends too soon to be taken again
// is in the payer's next voucher, as in that of client.Purse (seed 207716).
func (p *simPayer) repeat() {
	ended := false
	for _, payment := range p.sent {
		receipt, err := p.m.server.ledger.Accept(context.Background(), payment)
		if err == nil {
			p.m.told[p.id] = later(p.m.told[p.id], receipt.Paid)
		}
		ended = ended || errors.Is(err, channel.ErrTailExpired)
	}
	if ended && p.down == nil {
		p.voucher(p.worth())
	}
}

// cheat tries what must not be accepted.
func (p *simPayer) cheat() {
	v := channel.Voucher{Channel: p.id, Cumulative: channel.NewAmount(p.worth() + 1)}.Sign(p.key, p.m.net.Domain)
	switch p.m.rng.IntN(4) {
	case 0: // over the deposit
		v = channel.Voucher{Channel: p.id, Cumulative: channel.NewAmount(1 << 50)}.Sign(p.key, p.m.net.Domain)
	case 1: // somebody else's signature
		v = channel.Voucher{Channel: p.id, Cumulative: channel.NewAmount(p.worth() + 1)}.Sign(chaintest.Key(9), p.m.net.Domain)
	case 2: // for another contract
		other := p.m.net.Domain
		other.Contract = p.key.Address()
		v = channel.Voucher{Channel: p.id, Cumulative: channel.NewAmount(p.worth() + 1)}.Sign(p.key, other)
	case 3: // no v at all
		v.Signature[64] = 29
	}
	if receipt, err := p.m.server.ledger.Accept(context.Background(), channel.Payment{Channel: p.id, Voucher: &v}); err == nil && !receipt.Replayed {
		p.m.t.Errorf("a cheat was accepted on channel %s", p.id.Short())
	}
}

// offer gives a payment to the server, notes what is acknowledged, and looks whether it could be (P10). It says whether the payer's books move on: also when a payment
// was accepted before and the answer was lost.
func (m *sim) offer(p *simPayer, payment channel.Payment) bool {
	receipt, err := m.server.ledger.Accept(context.Background(), payment)
	if err != nil {
		tally.refused.Add(1)
		var stale *channel.StaleError
		if errors.As(err, &stale) { // an honest payer goes on from what it has signed before
			if n, ok := stale.Paid.Uint64(); ok {
				p.paid, p.chain, p.count = max(p.paid, n), nil, 0
			}
		}
		return false
	}
	tally.accepted.Add(1)
	p.sent = append(p.sent, payment)
	m.told[p.id] = later(m.told[p.id], receipt.Paid)
	if !receipt.Replayed {
		m.mayAccept(p)
	}
	return true
}

func later(a, b channel.Amount) channel.Amount {
	if a.Less(b) {
		return b
	}
	return a
}
