package sponsor

import (
	"errors"
	"math/big"
	"slices"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// lapseTime is how long after its expiry a session still holds its part of the budget, for seeders that redeem late.
const lapseTime = time.Hour

// session is one viewer paying one seeder: a tail of a voucher of ours. A probe is one too.
type session struct {
	anchor   channel.Anchor
	channel  channel.ID
	payee    wallet.Address
	viewer   Hash32
	address  string // see addressKey
	torrent  Hash20
	price    channel.Amount
	unit     channel.Amount
	length   uint32
	expiry   int64 // unix seconds
	created  int64
	probe    bool
	revealed uint32
	preimage [32]byte
	folded   bool // what it revealed is in its channel's cumulative amount, and no further voucher carries it
	lapsed   bool // what it did not reveal is back in the budget
}

// held is what the session takes of the budget: all of its tail until it lapses, then what was revealed.
func (s *session) held() channel.Amount {
	if s.lapsed {
		return s.earned()
	}
	return s.unit.Mul(uint64(s.length))
}

func (s *session) earned() channel.Amount { return s.unit.Mul(uint64(s.revealed)) }

// open is what can still be revealed.
func (s *session) open() channel.Amount { return s.unit.Mul(uint64(s.length - s.revealed)) }

func (s *session) day() int64 { return s.created / 86400 }

func (s *session) lapsesAt() int64 { return s.expiry + int64(lapseTime/time.Second) }

// further checks a reveal against what is known, and says whether it says more.
func (s *session) further(r Reveal) (bool, error) {
	if r.Count == 0 || r.Count > s.length {
		return false, refuse("preimage", "the tail has %d steps", s.length)
	}
	if r.Count <= s.revealed {
		return false, nil
	}
	last := [32]byte(s.anchor)
	if s.revealed > 0 {
		last = s.preimage
	}
	if channel.HashForward(r.Preimage, r.Count-s.revealed) != last {
		return false, refuse("preimage", "it does not hash to what was revealed before")
	}
	return true, nil
}

// purse is a channel of ours: what the chain says of it, the newest voucher, and its sessions.
type purse struct {
	record     channel.Record // Held is the newest voucher that was signed
	cumulative channel.Amount // what folded sessions revealed
	active     []channel.Anchor
	late       []channel.Anchor // folded, not lapsed
}

func (p *purse) clone() *purse {
	c := *p
	c.active, c.late = slices.Clone(p.active), slices.Clone(p.late)
	return &c
}

// room is what the deposit has left when every promise is kept to its end.
func (p *purse) room(sessions map[channel.Anchor]*session) channel.Amount {
	promised := p.cumulative
	for _, a := range p.active {
		promised = promised.Add(sessions[a].unit.Mul(uint64(sessions[a].length)))
	}
	for _, a := range p.late {
		promised = promised.Add(sessions[a].open())
	}
	left := p.record.Deposit.Excess(promised)
	return left
}

// next is the voucher that the purse stands for now.
func (p *purse) next(sessions map[channel.Anchor]*session) channel.Voucher {
	v := channel.Voucher{Channel: p.record.ID, Cumulative: p.cumulative}
	for _, a := range p.active {
		s := sessions[a]
		v.Tails = append(v.Tails, channel.Tail{Anchor: s.anchor, Unit: s.unit, Length: s.length, Expiry: s.expiry})
	}
	return v
}

// sums are what all sessions take of the policy's bounds.
type sums struct {
	total, probes channel.Amount
	day           map[int64]channel.Amount
	seeder        map[wallet.Address]channel.Amount
	viewer        map[Hash32]int64 // bytes
	address       map[addressDay]int64
	atOnce        map[string]int // open sessions
	open          int            // of all addresses
	begun         map[addressDay]int
	begunAll      map[int64]int // by day
	gifts         map[payeeDay]uint64
	earned        map[wallet.Address]earnings
}

type addressDay struct {
	address string
	day     int64
}

type payeeDay struct {
	payee wallet.Address
	day   int64
}

// earnings are what sessions of one seeder revealed.
type earnings struct {
	viewers, probes channel.Amount
	sessions        int // of viewers
}

func newSums() *sums {
	return &sums{
		day: map[int64]channel.Amount{}, seeder: map[wallet.Address]channel.Amount{}, viewer: map[Hash32]int64{},
		address: map[addressDay]int64{}, atOnce: map[string]int{}, begun: map[addressDay]int{}, begunAll: map[int64]int{},
		gifts: map[payeeDay]uint64{}, earned: map[wallet.Address]earnings{},
	}
}

// change takes the difference between two states of a session; a nil one is none.
func (u *sums) change(was, is *session) {
	if was != nil {
		u.add(was, -1)
	}
	if is != nil {
		u.add(is, 1)
	}
}

func (u *sums) add(s *session, sign int) {
	amount := s.held()
	by := func(to *channel.Amount, amount channel.Amount) {
		if sign > 0 {
			*to = to.Add(amount)
		} else {
			*to = to.Sub(amount)
		}
	}
	move := func(to *channel.Amount) { by(to, amount) }
	day, seeder := u.day[s.day()], u.seeder[s.payee]
	move(&u.total)
	move(&day)
	move(&seeder)
	u.day[s.day()], u.seeder[s.payee] = day, seeder
	earned := u.earned[s.payee]
	defer func() { u.earned[s.payee] = earned }()
	if s.probe {
		move(&u.probes)
		by(&earned.probes, s.earned())
		return
	}
	by(&earned.viewers, s.earned())
	earned.sessions += sign
	bytes, at := int64(sign)*bytesOf(s.price, amount), addressDay{s.address, s.day()}
	if u.viewer[s.viewer] += bytes; u.viewer[s.viewer] == 0 {
		delete(u.viewer, s.viewer)
	}
	u.address[at] += bytes
	u.begun[at] += sign
	u.begunAll[s.day()] += sign
	if !s.folded {
		u.atOnce[s.address] += sign
		u.open += sign
	}
	if u.atOnce[s.address] == 0 {
		delete(u.atOnce, s.address)
	}
}

// gift counts a smallest unit that made a voucher newer than the one before.
func (u *sums) gift(to wallet.Address, day int64) {
	one := channel.NewAmount(1)
	u.gifts[payeeDay{to, day}]++
	u.total, u.day[day], u.seeder[to] = u.total.Add(one), u.day[day].Add(one), u.seeder[to].Add(one)
}

// RefusedError is a request that the sponsor does not grant; Code is of a closed list.
type RefusedError struct {
	Refusal
	Retry time.Duration // when it is worth asking again; 0: never
}

// Error is the text.
func (e *RefusedError) Error() string { return "the sponsor refuses (" + e.Code + "): " + e.Text }

// Is lets errors.Is find a refusal by its code.
func (e *RefusedError) Is(target error) bool {
	var other *RefusedError
	return errors.As(target, &other) && other.Code == e.Code
}

var thousand = big.NewInt(1000)

func amountOf(b *big.Int) channel.Amount {
	u, err := wallet.UnitsFromBig(b)
	if err != nil {
		return channel.MaxAmount()
	}
	a, err := channel.AmountFromUnits(u)
	if err != nil {
		return channel.MaxAmount()
	}
	return a
}
