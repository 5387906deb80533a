package torrent

import (
	"fmt"
	"slices"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/wallet"
)

// FreePolicy says what peers get that do not pay.
type FreePolicy int

// The policies.
const (
	FreeServe  FreePolicy = iota // slowly: one shared bucket, by default 4 % of the uplink
	FreeChoke                    // no payload; the connection stays
	FreeRefuse                   // the connection ends
)

// ParseFreePolicy reads "serve", "choke" or "refuse".
func ParseFreePolicy(s string) (FreePolicy, error) {
	for p, name := range freeNames {
		if s == name {
			return FreePolicy(p), nil
		}
	}
	return 0, fmt.Errorf("no policy for free riders: %q; want serve, choke or refuse", s)
}

var freeNames = [...]string{"serve", "choke", "refuse"}

// String is the policy's name.
func (p FreePolicy) String() string { return freeNames[p] }

// Offer is what a payee asks. Domain, Asset, Payee and Price are required.
type Offer struct {
	Domain    channel.Domain
	Asset     channel.Asset
	Payee     wallet.Address
	Price     channel.Amount   // per MiB of payload
	UnitBytes int64            // bytes that one step of a tail should pay for; 0: DefaultUnitBytes
	Window    gate.Window      // bytes served ahead of payment; 0: DefaultWindow
	Lifetime  time.Duration    // how long terms hold; 0: a day
	Hubs      []wallet.Address // payers whose channels serve many downloaders, one tail each; others pay from a channel of their own
	Withheld  uint32           // thousandths of a step that a hub may keep for the opening of its channel: such a step counts to the downloader as a whole one
	OnlyHubs  bool             // accept nobody but Hubs
}

// DefaultUnitBytes is what one step of a tail pays for when an Offer does not say.
const DefaultUnitBytes = 256 << 10

// DefaultWindow is 1 MiB at the start and 32 MiB at most.
var DefaultWindow = gate.Window{Start: 1 << 20, Max: 32 << 20}

// Trust takes a payer for a hub from now on, in all offers: for a sponsor that was not there when the tollhouse was opened.
func (h *Tollhouse) Trust(hub wallet.Address) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Contains(h.trusted, hub) {
		h.trusted = append(h.trusted, hub)
	}
}

// hub says whether a channel's payer serves many downloaders.
func (h *Tollhouse) hub(o *Offer, r *channel.Record) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(o.Hubs, r.Terms.Payer) || slices.Contains(h.trusted, r.Terms.Payer)
}

// counts is what a step of a hub's tail counts to the downloader: what the price says, when the hub keeps no more of it than was agreed, and else what the tail says.
func (o *Offer) counts(unit, price channel.Amount) channel.Amount {
	whole := gate.Unit(price, o.UnitBytes)
	kept, less := whole.SubOK(unit)
	if !less || o.Withheld == 0 || whole.Mul(uint64(o.Withheld)).Less(kept.Mul(1000)) {
		return unit
	}
	return whole
}

// withDefaults fills in what is zero. A window must hold two units, or a payer that pays whole units could never move.
func (o Offer) withDefaults() Offer {
	if o.UnitBytes == 0 {
		o.UnitBytes = DefaultUnitBytes
	}
	if o.Window == (gate.Window{}) {
		o.Window = DefaultWindow
	}
	o.Window.Start = max(o.Window.Start, 2*o.UnitBytes)
	o.Window.Max = max(o.Window.Max, o.Window.Start)
	if o.Lifetime == 0 {
		o.Lifetime = 24 * time.Hour
	}
	return o
}
