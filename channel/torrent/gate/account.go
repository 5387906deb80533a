package gate

import (
	"sync"

	"github.com/piecework/piecework/channel"
)

// limitBytes bounds all counts of bytes: 4 EiB, so that sums of a few never overflow.
const limitBytes = 1 << 62

// Account is what one payer was sent and has paid, on whatever connections. It is safe for concurrent use.
//
// Everything obeys sent + reserved ≤ covered + window, where covered is what was paid, in bytes. What was sent is owed, whatever became of it.
type Account struct {
	mu       sync.Mutex
	price    channel.Amount // per MiB, bid included
	window   Window
	paid     channel.Amount
	sent     int64 // bytes that left for the payer
	reserved int64 // bytes of requests that were passed on and not yet answered
	forgiven int64 // bytes that were written off at reconnects
	from     base
}

// base is where the price last changed: what had been sent by then cost amount in all.
type base struct {
	bytes  int64
	amount channel.Amount
}

// Statement is an account at one moment.
type Statement struct {
	Price    channel.Amount `json:"price"` // per MiB, bid included
	Sent     int64          `json:"sent"`
	Forgiven int64          `json:"forgiven"`
	Paid     channel.Amount `json:"paid"`
	Since    int64          `json:"since"`   // bytes sent when the price last changed
	Charged  channel.Amount `json:"charged"` // what those had cost
	Window   int64          `json:"-"`       // now, in bytes
	Owed     channel.Amount `json:"-"`       // what all that was sent costs
}

// NewAccount is an empty account at a price per MiB.
func NewAccount(price channel.Amount, window Window) *Account {
	return &Account{price: price, window: window}
}

// OpenAccount is the account of a payer that paid before and is not known any more, or was never known: paid is what the ledger holds, received what the
// payer says that it got (-1: it does not know). When the two fit at this price, but for a window and two units, the account goes on from there, so that a payee that lost its
// books in the middle of a transfer charges every byte once. Otherwise (the price was another one, or the payer lies) the two are taken as even.
func OpenAccount(price, paid channel.Amount, received, unitBytes int64, window Window) *Account {
	a := &Account{price: price, window: window, paid: paid, sent: min(received, limitBytes/2)}
	if received < 0 {
		a.sent = Covered(price, paid, limitBytes/2)
	}
	slack := window.Start + 2*unitBytes
	low, high := Cost(price, max(0, a.sent-slack)), Cost(price, a.sent+slack)
	if paid.Less(low) || high.Less(paid) {
		a.from = base{a.sent, paid}
	}
	return a
}

// RestoreAccount is an account as it was written down.
func RestoreAccount(s Statement, window Window) *Account {
	return &Account{
		price: s.Price, window: window, paid: s.Paid, sent: s.Sent, forgiven: s.Forgiven,
		from: base{s.Since, s.Charged},
	}
}

// Rejoin brings an account that was written down some time before a crash up to date: paid is what the ledger holds. Who paid for bytes got them, but for
// slack bytes that may be paid ahead, so no payer gains by what was sent and not written down. Nor does one that says what it received by its not being paid yet, as far as that can be.
func (a *Account) Rejoin(paid channel.Amount, window Window, slack, received int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.window = window
	if a.paid.Less(paid) {
		a.paid = paid
	}
	covered := a.covered()
	a.sent = max(a.sent, min(limitBytes/2, max(covered-slack, min(received, covered+a.windowNow()))))
}

// Statement is the account now.
func (a *Account) Statement() Statement {
	a.mu.Lock()
	defer a.mu.Unlock()
	return Statement{
		Price: a.price, Sent: a.sent, Forgiven: a.forgiven, Paid: a.paid, Since: a.from.bytes, Charged: a.from.amount,
		Window: a.windowNow(), Owed: a.costOf(a.sent),
	}
}

// Reserve takes n bytes out of what may still be sent. It says no when they are not covered.
func (a *Account) Reserve(n int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sent+a.reserved+n > a.covered()+a.windowNow() {
		return false
	}
	a.reserved += n
	return true
}

// Return gives a reservation back: the request was refused by the client.
func (a *Account) Return(n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reserved -= n
}

// Send turns a reservation into bytes sent.
func (a *Account) Send(n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reserved -= n
	a.sent += n
}

// Charge counts bytes sent without a reservation.
func (a *Account) Charge(n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent += n
}

// Due is how many bytes must be paid for until n more may pass; 0 when they may now.
func (a *Account) Due(n int64) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return max(0, a.sent+a.reserved+n-a.covered()-a.windowNow())
}

// Unpaid is how many bytes were sent beyond what is paid.
func (a *Account) Unpaid() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return max(0, a.sent-a.covered())
}

// Pay sets what is paid in all; it never falls. It says whether that was news.
func (a *Account) Pay(paid channel.Amount) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.paid.Less(paid) {
		return false
	}
	a.paid = paid
	return true
}

// Reprice changes the price for what is sent from now on. What was sent so far costs what it cost.
func (a *Account) Reprice(price channel.Amount) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if price == a.price {
		return
	}
	a.from = base{a.sent, a.costOf(a.sent)}
	a.price = price
}

// Resume takes the payer's word for what it has received, within bounds: the difference to what was sent was lost on the way and is written off, as long
// as all that was ever written off stays under the window at the start. More than was sent is believed as far as it is paid for: the same payee may have sent it from elsewhere. A debt
// is not: whoever saw a voucher pass can say so in its payer's name.
func (a *Account) Resume(received int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if received < 0 {
		return
	}
	if received > a.sent {
		a.sent = max(a.sent, min(received, a.covered(), limitBytes/2))
		return
	}
	lost := min(a.sent-received, max(0, a.window.Start-a.forgiven), a.sent-a.from.bytes)
	a.forgiven += lost
	a.sent -= lost
}

// windowNow grows by what was paid, not by what a payer says that it has received.
func (a *Account) windowNow() int64 { return a.window.At(Covered(a.price, a.paid, limitBytes/2)) }

// covered is how many bytes in all are paid for.
func (a *Account) covered() int64 {
	rest, ok := a.paid.SubOK(a.from.amount)
	if !ok {
		missing := a.from.amount.Sub(a.paid) // behind with what was sent at the old price
		return max(0, a.from.bytes-Covered(a.price, missing, a.from.bytes))
	}
	return a.from.bytes + Covered(a.price, rest, limitBytes/2)
}

func (a *Account) costOf(bytes int64) channel.Amount {
	return a.from.amount.Add(Cost(a.price, max(0, bytes-a.from.bytes)))
}
