package sponsor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// Probe is one line of a seeder's history: somebody who looked like any peer asked it for a random piece. Lines are linked by their hashes, so that neither
// side can leave one out of a statement later.
type Probe struct {
	Payee     wallet.Address `json:"payee"`
	Seq       int64          `json:"seq"` // from 1, without gaps
	At        time.Time      `json:"at"`
	Torrent   Hash20         `json:"torrent"`
	Piece     int            `json:"piece"`
	Passed    bool           `json:"passed"`
	Fast      bool           `json:"fast"`             // first byte and throughput were within the bound: twice the fee
	Why       string         `json:"why,omitempty"`    // not passed: down, slow, corrupt …
	FirstByte time.Duration  `json:"first_byte_ns"`    // from the first request
	Rate      int64          `json:"bytes_per_second"` // from the first request to the last byte
	Paid      channel.Amount `json:"paid"`             // in reveals of Tail
	Tail      Hash32         `json:"tail,omitzero"`    // the session that paid it
	Prev      Hash32         `json:"prev"`             // Hash of the line before
	Hash      Hash32         `json:"hash"`             // of all the above
	Reveal    *Reveal        `json:"-"`                // what was revealed, for Record
	Channel   channel.ID     `json:"channel,omitzero"` // that paid it
}

// digest is the hash of the line without its Hash.
func (p Probe) digest() Hash32 {
	p.Hash, p.At = Hash32{}, p.At.UTC()
	b, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("sponsor: a probe is not JSON: %v", err)) // its fields all are
	}
	return Hash32(wallet.Keccak256([]byte("piecework probe 1\n"), b))
}

// Statement is the history of a seeder, signed by the sponsor: what it was asked, what it did, what it was paid for it.
type Statement struct {
	Payee     wallet.Address `json:"payee"`
	Signer    wallet.Address `json:"signer"`
	Passed    int            `json:"passed"`
	Failed    int            `json:"failed"`
	Probes    channel.Amount `json:"paid_for_probes"`
	Viewers   channel.Amount `json:"paid_for_viewers"` // revealed in sessions of viewers, as far as it was redeemed
	Sessions  int            `json:"sessions"`
	Lines     []Probe        `json:"probes"`
	Signature string         `json:"signature"` // over the last line's hash and the figures
}

// ErrStatement says that a statement does not hold together.
var ErrStatement = errors.New("the statement does not add up")

func (t *Statement) digest() [32]byte {
	var last Hash32
	if n := len(t.Lines); n > 0 {
		last = t.Lines[n-1].Hash
	}
	text := fmt.Sprintf("piecework statement 1\n%s %d %d %s %s %d %x", t.Payee, t.Passed, t.Failed, t.Probes, t.Viewers, t.Sessions, last[:])
	return wallet.Keccak256([]byte(text))
}

// Check says whether the lines are linked without a gap, the figures are theirs, and the signer signed them.
func (t *Statement) Check() error {
	var prev Hash32
	var paid channel.Amount
	passed := 0
	for i := range t.Lines {
		p := &t.Lines[i]
		if p.Payee != t.Payee || p.Seq != int64(i)+1 || p.Prev != prev || p.digest() != p.Hash {
			return fmt.Errorf("%w: line %d", ErrStatement, i+1)
		}
		if prev = p.Hash; p.Passed {
			passed++
		}
		paid = paid.Add(p.Paid)
	}
	if passed != t.Passed || len(t.Lines)-passed != t.Failed || paid != t.Probes {
		return fmt.Errorf("%w: %d passed, %s paid", ErrStatement, passed, paid)
	}
	signature, err := wallet.ParseSignature(t.Signature)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStatement, err)
	}
	if who, err := signature.Recover(t.digest()); err != nil || who != t.Signer {
		return fmt.Errorf("%w: not signed by %s", ErrStatement, t.Signer)
	}
	return nil
}

// Statement gives a seeder's history.
func (s *Service) Statement(payee wallet.Address) Statement {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := Statement{Payee: payee, Signer: s.config.Key.Address(), Lines: slices.Clone(s.probes[payee])}
	for _, p := range t.Lines {
		if t.Probes = t.Probes.Add(p.Paid); p.Passed {
			t.Passed++
		} else {
			t.Failed++
		}
	}
	t.Viewers, t.Sessions = s.sums.earned[payee].viewers, s.sums.earned[payee].sessions
	t.Signature = s.config.Key.Sign(t.digest()).String()
	return t
}

// passed counts a seeder's passed probes. mu must be held.
func (s *Service) passed(payee wallet.Address) (n int) {
	for i := range s.probes[payee] {
		if s.probes[payee][i].Passed {
			n++
		}
	}
	return n
}

// BeginProbe promises a probe's fee: a tail of two steps on the seeder's channel, behind the prober's own hash chain.
func (s *Service) BeginProbe(ctx context.Context, payee wallet.Address, torrent [20]byte, anchor channel.Anchor) (channel.SignedVoucher, error) {
	if s.policy.ProbeFee.IsZero() {
		return channel.SignedVoucher{}, refuse("probes", "probes are not paid here")
	}
	return s.begin(ctx, &session{
		anchor: anchor, payee: payee, torrent: torrent, price: s.policy.MaxPrice, unit: s.policy.ProbeFee, length: 2, probe: true, address: "prober",
	})
}

// Record keeps a probe's outcome, and what was revealed for it. Seq, links and what was paid are filled in.
func (s *Service) Record(ctx context.Context, p Probe) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return s.broken
	}
	e := &entry{probe: &p}
	if one := s.sessions[channel.Anchor(p.Tail)]; one != nil && !one.folded {
		var last Reveal
		if p.Reveal != nil {
			last = *p.Reveal
		}
		known, err := s.ended(e, one, last)
		if err != nil {
			return err
		}
		p.Paid, p.Channel = known.earned(), one.channel
	}
	p.At, p.Seq = p.At.UTC().Round(0), int64(len(s.probes[p.Payee]))+1
	if p.Seq > 1 {
		p.Prev = s.probes[p.Payee][p.Seq-2].Hash
	}
	p.Hash = p.digest()
	return s.commit(ctx, e)
}

// Spent is what the budget has given: revealed by viewers, by probes, and still promised to open sessions.
type Spent struct {
	Budget   channel.Amount `json:"budget"`
	Promised channel.Amount `json:"promised"` // counts against the budget: revealed, or still open
	Revealed channel.Amount `json:"revealed"` // to viewers' seeders, as far as it was redeemed
	Probes   channel.Amount `json:"probes"`   // revealed for probes
	Today    channel.Amount `json:"promised_today"`
	Sessions int            `json:"sessions"`
	Open     int            `json:"open_sessions"`
}

// Spent says how the budget stands.
func (s *Service) Spent() Spent {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := Spent{Budget: s.policy.Budget, Promised: s.sums.total, Today: s.sums.day[s.config.Now().Unix()/86400], Open: s.sums.open}
	for _, earned := range s.sums.earned {
		t.Revealed, t.Probes, t.Sessions = t.Revealed.Add(earned.viewers), t.Probes.Add(earned.probes), t.Sessions+earned.sessions
	}
	return t
}

// sorted are the purses in the order of their ids. mu must be held.
func (s *Service) sorted() []*purse {
	var list []*purse
	for _, p := range s.purses {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *purse) int { return bytes.Compare(a.record.ID[:], b.record.ID[:]) })
	return list
}

// Channels are the sponsor's channels as it knows them: deposit, state, and the newest voucher that it signed.
func (s *Service) Channels() []channel.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []channel.Record
	for _, p := range s.sorted() {
		list = append(list, p.record.Clone())
	}
	return list
}
