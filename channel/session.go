package channel

import (
	"errors"
	"fmt"
	"time"

	"github.com/piecework/piecework/wallet"
)

// What a hub answers when it does not do what was asked.
var (
	// ErrNoHub: the server is no hub, or does not deal in that asset.
	ErrNoHub = errors.New("not a hub for that asset")
	// ErrUnknownSeeder: nobody is registered under that address and asset.
	ErrUnknownSeeder = errors.New("seeder is not registered at this hub")
	// ErrQuote: the tail is not what the hub quotes: unit, length, expiry or the session's fee. Ask for a quote again.
	ErrQuote = errors.New("not what the hub quotes")
	// ErrShortChallenge: the channel's payer could leave before the hub has learnt what it owes. Open one with a longer challenge.
	ErrShortChallenge = errors.New("challenge of the channel is too short for a hub")
	// ErrSessionOpen: the tail pays a session that is not over, so it cannot be dropped nor the channel closed.
	ErrSessionOpen = errors.New("a session of the tail is still open")
	// ErrRecovering: the hub was restored from a backup and signs nothing on the channel before its seeder has shown the voucher that it holds.
	ErrRecovering = errors.New("hub is recovering")
	// ErrKeyReused: the idempotency key was used for another request.
	ErrKeyReused = errors.New("idempotency key was used for another request")
	// ErrManySeeders: as many seeders wait for their first channel as the hub keeps. Another hub may have room, or this one on another day.
	ErrManySeeders = errors.New("the hub has as many seeders waiting as it keeps")
	// ErrNotYours: the request is not signed by the account that it is about, or was signed too long ago.
	ErrNotYours = errors.New("request is not signed by that account")
)

// ExhaustedError says that the hub has too little locked towards a seeder.
type ExhaustedError struct {
	Available Amount        // the most that a session could reserve now
	Retry     time.Duration // when to ask again: the hub tops up meanwhile
}

// Error tells both.
func (e *ExhaustedError) Error() string {
	return fmt.Sprintf("hub can reserve %s for that seeder now; try again in %s", e.Available, e.Retry)
}

// SessionState is where a hub's session stands.
type SessionState string

// The states of a session. Done and expired are final.
const (
	SessionOpen    SessionState = "open"
	SessionDone    SessionState = "done"
	SessionExpired SessionState = "expired"
)

// Session is a downloader paying a seeder through a hub: one tail on two channels, opened by the same preimages.
type Session struct {
	Anchor    Anchor
	Inbound   ID     // channel downloader → hub
	Outbound  ID     // channel hub → seeder
	UnitIn    Amount // what a step pays the hub
	UnitOut   Amount // what it pays the seeder
	Withheld  Amount // what a step pays back of the cost of opening the seeder's channel; in neither UnitOut nor the hub's fee
	Length    uint32
	ExpiryIn  int64 // unix seconds
	ExpiryOut int64 // unix seconds
	Redeemed  uint32
	Preimage  [32]byte // of the last step that was redeemed
	State     SessionState
	Created   int64 // unix milliseconds
}

// Tip is what the next step of the session hashes to: its anchor, or the last preimage that was redeemed.
func (s *Session) Tip() Anchor {
	if s.Redeemed == 0 {
		return s.Anchor
	}
	return s.Preimage
}

// Reserved is what the hub still has to keep of its deposit for the session: what its tail promises, and what may come back of what is withheld.
func (s *Session) Reserved() Amount { return s.UnitOut.Mul(s.rest()).Add(s.Returnable()) }

// Returnable is what the seeder may get beyond the tail: what is withheld of the steps to come, as far as the opening cost does not take it.
func (s *Session) Returnable() Amount { return s.Withheld.Mul(s.rest()) }

// rest is how many steps are still to come.
func (s *Session) rest() uint64 {
	if s.State != SessionOpen {
		return 0
	}
	return uint64(s.Length - min(s.Redeemed, s.Length))
}

// Seeder is who is registered at a hub: a payee in one asset.
type Seeder struct {
	Payee   wallet.Address
	Asset   Asset
	Wanted  Amount // the largest reservation that a downloader was refused since the last top-up
	Created int64  // unix milliseconds
}

// Answer is what a request with an idempotency key was answered, so that the same request is answered the same again and another one with its key is refused.
type Answer struct {
	Scope   string // who asked, and which call
	Key     string
	Request [32]byte // hash of the request
	Body    []byte
	Created int64 // unix milliseconds
}
