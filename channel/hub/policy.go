package hub

import (
	"math/big"
	"time"

	"github.com/piecework/piecework/channel"
)

// MaxFee in thousandths is as much again as the seeder gets.
const MaxFee = 1000

// Terms are the hub's terms in one asset. Deposit is required.
type Terms struct {
	Deposit    channel.Amount // what a channel to a seeder begins with and is topped up by
	Float      channel.Amount // the most that is locked towards seeders in all; zero: no bound
	Fee        uint32         // thousandths of a step that the downloader pays on top, at most MaxFee; at least one smallest unit unless it is 0
	SessionFee channel.Amount // what a downloader pays to open a session; at least 1, so that its vouchers always grow and dead tails can be dropped. None pays more than for a step
	// OpeningCost is what a seeder owes for the opening of its channel. It is taken out of its first earnings: at most Withhold of each step. Zero: the hub bears it.
	OpeningCost channel.Amount
}

// Policy is how a hub does its business. The zero Policy is the default one.
type Policy struct {
	Margin       time.Duration // the hub's time to collect with preimages that it learnt at the last moment; 0 is 30 minutes
	MinChallenge time.Duration // of downloaders' channels; 0 is 12 hours
	Life         time.Duration // the longest a session lasts; 0 is an hour
	MinLife      time.Duration // the shortest; 0 is 20 minutes: seeders take nothing in the last ten
	Retry        time.Duration // what is said to who must wait for a top-up; 0 is 30 seconds
	Withhold     uint32        // thousandths of a step that go to the opening cost until it is paid; 0 is 500
	Waiting      int           // seeders that wait for their first channel, in an asset; 0 is 100,000. Registering is free, so there has to be an end
	WaitFor      time.Duration // how long one waits before it is forgotten, unless it registers again; 0 is 30 days
	Idle         int           // channels that may be open at once to seeders that have earned nothing yet, beyond those that a downloader wants; 0 is 16
}

func (p Policy) withDefaults() Policy {
	or(&p.Margin, 30*time.Minute)
	or(&p.MinChallenge, 12*time.Hour)
	or(&p.Life, time.Hour)
	or(&p.MinLife, 20*time.Minute)
	or(&p.Retry, 30*time.Second)
	or(&p.Withhold, 500)
	or(&p.Waiting, 100_000)
	or(&p.WaitFor, 30*24*time.Hour)
	or(&p.Idle, 16)
	return p
}

func or[T comparable](to *T, otherwise T) {
	var zero T
	if *to == zero {
		*to = otherwise
	}
}

// price is what a step of a session is on either side.
type price struct{ in, out, withheld channel.Amount }

// price splits a step that is worth unit to the seeder's price: the fee comes on top of it, what pays back the opening cost off it.
func (h *Hub) price(t Terms, unit channel.Amount, indebted bool) price {
	p := price{in: unit, out: unit}
	if t.Fee > 0 {
		p.in = unit.Add(share(unit, t.Fee, 999))
	}
	if indebted {
		p.withheld = share(unit, h.cfg.Policy.Withhold, 0)
		p.out = unit.Sub(p.withheld)
	}
	return p
}

// reservable is what steps at that price may promise of a deposit: what is withheld of them has to stay in it too.
func (p price) reservable(of channel.Amount) channel.Amount {
	if p.withheld.IsZero() {
		return of
	}
	product := of.Big()
	return amountOf(product.Mul(product, p.out.Big()).Quo(product, p.out.Add(p.withheld).Big()))
}

// share is that many thousandths of an amount, rounded up with 999 and down with 0.
func share(of channel.Amount, thousandths uint32, round uint64) channel.Amount {
	product := of.Mul(uint64(thousandths)).Add(channel.NewAmount(round)).Big()
	return amountOf(product.Quo(product, thousand))
}

func amountOf(n *big.Int) channel.Amount {
	a, err := channel.ParseAmount(n.String())
	if err != nil {
		return channel.MaxAmount() // no tail can promise it, and the rule says so
	}
	return a
}

func (t Terms) sessionFee() channel.Amount {
	if t.SessionFee.IsZero() {
		return channel.NewAmount(1)
	}
	return t.SessionFee
}

var thousand = big.NewInt(1000)
