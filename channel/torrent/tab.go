package torrent

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
	"github.com/piecework/piecework/wallet"
)

// tab is how a downloader stands with one payee, over all connections to it.
type tab struct {
	spend *Spender
	purse Purse
	pay   sync.Mutex // one payment at a time; taken before mu, and never with a link's mu held

	mu       sync.Mutex
	open     int            // connections in the session
	price    channel.Amount // per MiB, bid included
	unit     channel.Amount
	step     channel.Amount // what a step takes out of the budget: unit, or more when a hub asks a fee
	tail     channel.Tail
	count    uint32         // steps revealed of tail
	written  uint32         // steps of it that the purse counts as revealed, at least
	paid     channel.Amount // in the session
	acked    channel.Amount // what the payee has confirmed of it
	since    int64          // bytes received when the price last changed
	charged  channel.Amount // what those had cost
	verified int64          // bytes that are due
	waiting  int64          // bytes that came and are not verified
	trusted  bool           // a piece of this payee was good
	granted  int64          // bytes that the payee serves ahead of payment, at most so far
	known    bool           // this run knows what was revealed
	counted  channel.Amount // what the purse counts as revealed and is not, out of the budget; guarded by Spender.mu
	had      int64          // bytes that had come when a connection last ended, verified or not
	turn     turn
}

// turn is a connection by which all payments go for a while, so that nothing on another one overtakes what must come first.
type turn struct {
	of   *payer
	mark channel.Amount // it ends when so much is acknowledged there …
	end  time.Time      // … or at this time
}

// Standing is how a downloader stands with one payee.
type Standing struct {
	Payee    wallet.Address
	Asset    channel.Asset
	Bytes    int64 // received in the session, verified or not
	Paid     channel.Amount
	Acked    channel.Amount
	Price    channel.Amount
	Sessions int // connections now
}

// begin adopts what the payee has on record for the session.
func (t *tab) begin(ctx context.Context, p Promise, price, unit channel.Amount, m *wire.Accept) error {
	over, err := t.adopt(p, price, unit, m)
	if over == 0 {
		return err
	}
	t.spend.uncount(t, unit.Max(p.Step).Mul(uint64(over)))
	if err := t.purse.Recount(ctx, p.Tail.Anchor, p.Revealed-over); err != nil {
		t.spend.log.Warn("a little more counts as paid than was", "error", err)
	}
	return nil
}

// adopt goes by the payee's claim, which may differ from ours by what was under way when a connection broke. It says how many steps were counted as revealed, and are not.
func (t *tab) adopt(p Promise, price, unit channel.Amount, m *wire.Accept) (over uint32, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open++; t.open > 1 {
		return 0, nil
	}
	paid := p.Paid
	if inTail := p.Tail.Unit.Mul(uint64(p.Revealed)); m.Paid.Less(paid.Excess(inTail)) {
		paid = inTail // a payee of a hub's session that lost its books knows nothing of the tails before, and has charged nothing for what they paid
	}
	paid = paid.Max(m.Paid)
	owed := m.Charged.Add(gate.Cost(price, max(0, m.Sent-m.Since)))
	if most := paid.Add(gate.Cost(price, t.spend.limits.Ahead+t.granted)); most.Less(owed) {
		t.open--
		return 0, fmt.Errorf("the seeder says that %s are owed and %s are paid", owed, paid)
	}
	if missing, ok := p.Paid.SubOK(m.Paid); ok && !t.known {
		n := wholeSteps(missing, unit, uint64(p.Revealed))
		if unit.Mul(n) == missing && n <= wholeSteps(gate.Cost(price, t.spend.limits.Ahead/2), unit, uint64(p.Tail.Length)) {
			over, paid = uint32(n), m.Paid
		}
	}
	t.known = true
	t.price, t.unit, t.step, t.tail, t.count, t.written = price, unit, unit.Max(p.Step), p.Tail, p.Revealed-over, p.Revealed
	t.since, t.charged, t.verified, t.waiting = m.Since, m.Charged, m.Sent, 0
	t.paid, t.acked = paid, m.Paid
	return over, nil
}

// windowed remembers how far the payee serves ahead: so much can be owed when a connection breaks.
func (t *tab) windowed(bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.granted = max(t.granted, min(bytes, maxGranted))
}

// servedAhead is how far a payee of these terms serves ahead of us after that much was paid.
func servedAhead(m *wire.Terms, paid channel.Amount) int64 {
	w := gate.Window{Start: min(m.Window, maxStart), Max: min(m.WindowMax, maxGranted)}
	return w.At(gate.Covered(m.Price, paid, maxGranted*16))
}

// maxStart is the largest window at the start that we take a payee's word for.
const maxStart = 8 << 20

// maxGranted bounds what a payee can make us believe that it served ahead.
const maxGranted = 64 << 20

// end takes a connection out of the session, and says whether it was the last. Bytes of it that were not verified are no longer waited for.
func (t *tab) end(pending int64) (last bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open--
	t.had = max(t.had, t.verified+t.waiting)
	t.waiting -= pending
	return t.open == 0
}

// got is what came in the session until a connection last ended: the client keeps blocks of pieces that are not whole, so nobody sends them again, and they are owed.
func (t *tab) got() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.had
}

// received counts bytes that came.
func (t *tab) received(verified, waiting int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.verified += verified
	t.waiting += waiting
}

// judged counts bytes whose piece was verified, good or bad.
func (t *tab) judged(n int64, good bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting -= n
	if good {
		t.verified += n
		t.trusted = t.trusted || n > 0
	}
}

// due is what to pay for all that is verified and ahead bytes more. whole asks for steps that were earned to the end; otherwise the last one begun counts.
func (t *tab) due(ahead int64, whole bool) (steps uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	owed := t.charged.Add(gate.Cost(t.price, max(0, t.verified+ahead-t.since)))
	rest, ok := owed.SubOK(t.paid)
	if !ok || t.open == 0 || t.unit.IsZero() {
		return 0
	}
	if whole {
		if rest.Less(t.unit) {
			return 0
		}
		rest = rest.Excess(t.unit)
		rest = rest.Add(channel.NewAmount(1)) // ⌈(rest − unit + 1) / unit⌉ is ⌊rest / unit⌋
	}
	return gate.Steps(rest, t.unit, 1<<30)
}

// gathers says whether so many steps are less than is paid at once: an eighth of what the payee serves ahead, and 4 MiB at most.
func (t *tab) gathers(steps uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	enough := min(t.granted/8, maxGathered)
	return gate.Covered(t.price, t.unit.Mul(steps), enough) < enough
}

// maxGathered is the most that is verified and not paid while everything goes well.
const maxGathered = 4 << 20

// allowance is how many bytes may be paid before they are verified.
func (t *tab) allowance() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.trusted {
		return t.spend.limits.Ahead
	}
	return t.spend.limits.FirstRisk
}

// ahead is how many bytes beyond the verified ones must be paid for to get due more bytes.
func (t *tab) ahead(due int64) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	rest, ok := t.paid.SubOK(t.charged)
	if !ok {
		return 0
	}
	covered := t.since + gate.Covered(t.price, rest, 1<<61)
	return max(0, covered+due-t.verified)
}

// settled says whether all that is due is paid and confirmed.
func (t *tab) settled() bool {
	if t.due(0, false) > 0 {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.acked.Less(t.paid)
}

// payOut pays steps, by p's connection unless another one has its turn: reveals of the tail in use, and of the next one when it runs out. Every message
// goes out once it is durable here.
func (t *tab) payOut(ctx context.Context, steps uint64, p *payer) error {
	t.pay.Lock()
	defer t.pay.Unlock()
	p = t.by(p)
	var renewed channel.Anchor
	for steps > 0 {
		t.mu.Lock()
		tail, count, unit, step := t.tail, t.count, t.unit, t.step
		t.mu.Unlock()
		if count >= tail.Length || tail.Anchor != renewed && time.Until(time.Unix(tail.Expiry, 0)) < renewTail {
			if err := t.nextTail(ctx, p); err != nil {
				return err
			}
			t.mu.Lock()
			renewed = t.tail.Anchor // however soon it ends: the purse has no better one
			t.mu.Unlock()
			continue
		}
		n := uint32(min(steps, uint64(tail.Length-count)))
		amount, costs := unit.Mul(uint64(n)), step.Mul(uint64(n))
		ahead, err := t.spend.take(ctx, t, costs, step, t.aheadOf(count+n))
		if err != nil {
			return err
		}
		t.note(ctx) // first: it is stored with the reveal
		reveal, err := t.purse.RevealAhead(ctx, tail.Anchor, count+n, ahead)
		if err != nil {
			t.spend.giveBack(t, costs)
			return fmt.Errorf("revealing step %d: %w", count+n, err)
		}
		t.mu.Lock()
		t.count += n
		t.written = max(t.written, t.count+ahead)
		t.paid = t.paid.Add(amount)
		t.turn.mark = t.turn.mark.Min(t.paid)
		t.mu.Unlock()
		p.l.say(&wire.Pay{Reveal: &reveal})
		steps -= uint64(n)
	}
	return nil
}

// aheadOf is how many steps the purse may count as revealed beyond count when it writes: half of what may be paid before it is verified, to a payee whose pieces were good. No write is
// needed up to what it has counted so before: -1.
func (t *tab) aheadOf(count uint32) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case count <= t.written:
		return -1
	case !t.trusted || t.unit.IsZero():
		return 0
	}
	return int64(wholeSteps(gate.Cost(t.price, t.spend.limits.Ahead/2), t.unit, uint64(t.tail.Length)))
}

// wholeSteps is ⌊amount / unit⌋, at most limit.
func wholeSteps(amount, unit channel.Amount, limit uint64) uint64 {
	steps := gate.Steps(amount, unit, limit)
	if steps > 0 && amount.Less(unit.Mul(steps)) {
		steps--
	}
	return steps
}

// note has the purse remember what has come so far.
func (t *tab) note(ctx context.Context) {
	t.mu.Lock()
	received := t.verified + t.waiting
	t.mu.Unlock()
	if err := t.purse.Note(ctx, received); err != nil {
		t.spend.log.Warn("cannot note what was received", "error", err)
	}
}

// turnTime is how long a payee may take to acknowledge what must come first.
const turnTime = 2 * time.Second

// claim has all payments go by one connection until the payee has acknowledged the next of them. One that another connection overtakes would prove
// nothing, and the reveal of a tail must not come before the voucher with it. It says no while another connection has its turn.
func (t *tab) claim(p *payer) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.turn.of != nil && time.Now().Before(t.turn.end) {
		return t.turn.of == p
	}
	t.turn = newTurn(p)
	return true
}

func newTurn(p *payer) turn { return turn{p, channel.MaxAmount(), time.Now().Add(turnTime)} }

// heard ends a connection's turn when what it waits for is acknowledged.
func (t *tab) heard(p *payer, paid channel.Amount) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.acked = t.acked.Max(paid)
	if t.turn.of == p && !paid.Less(t.turn.mark) {
		t.turn = turn{}
	}
}

// yield ends a connection's turn: it has ended.
func (t *tab) yield(p *payer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.turn.of == p {
		t.turn = turn{}
	}
}

// by is the connection for the next payment.
func (t *tab) by(p *payer) *payer {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.turn.of != nil && time.Now().Before(t.turn.end) {
		return t.turn.of
	}
	return p
}

// renewTail is how long before its end a tail is left for a fresh one: payees take nothing in the last ten minutes.
const renewTail = 11 * time.Minute

// nextTail promises a fresh tail.
func (t *tab) nextTail(ctx context.Context, by *payer) error {
	p, err := t.purse.Open(ctx, t.unit)
	if err != nil {
		return fmt.Errorf("promising a further tail: %w", err)
	}
	t.mu.Lock()
	t.tail, t.count, t.written, t.unit, t.step = p.Tail, p.Revealed, 0, p.Tail.Unit, p.Tail.Unit.Max(p.Step)
	t.turn = newTurn(by)
	t.mu.Unlock()
	by.l.say(&wire.Pay{Voucher: &p.Voucher, Tail: &p.Tail.Anchor})
	return nil
}

// again is the furthest reveal once more, for a payee that does not have it.
func (t *tab) again(ctx context.Context, say func(wire.Message)) error {
	t.mu.Lock()
	tail, count, behind := t.tail, t.count, t.acked.Less(t.paid)
	t.mu.Unlock()
	if count == 0 || !behind {
		return nil
	}
	reveal, err := t.purse.Reveal(ctx, tail.Anchor, count)
	if err != nil {
		return fmt.Errorf("revealing step %d again: %w", count, err)
	}
	say(&wire.Pay{Reveal: &reveal})
	return nil
}
