package events

import (
	"slices"

	"github.com/piecework/piecework/wallet"
)

// Filter chooses events. Every field that is set has to fit; of several values in a field one is enough. The zero Filter takes all.
type Filter struct {
	From      []wallet.Address // who a transfer comes from
	To        []wallet.Address // who it goes to
	Addresses []wallet.Address // either of the two, or the contract of a log
	Assets    []string         // TRX, trc10:1000001, trc20:T…
	Contracts []wallet.Address // who emitted a log, the transfers of TRC-20 included
	Topics    [][32]byte       // the first topic of a log
}

// Match says whether the filter takes an event. An Unreadable one is taken always.
func (f Filter) Match(e Event) bool {
	if e.Kind == Unreadable {
		return true
	}
	moves := e.Kind != Log
	switch {
	case len(f.From) > 0 && !(moves && slices.Contains(f.From, e.From)):
	case len(f.To) > 0 && !(moves && slices.Contains(f.To, e.To)):
	case len(f.Assets) > 0 && !slices.Contains(f.Assets, e.Asset):
	case len(f.Contracts) > 0 && !(e.Log != nil && slices.Contains(f.Contracts, e.Log.Contract)):
	case len(f.Topics) > 0 && !(e.Log != nil && len(e.Log.Topics) > 0 && slices.Contains(f.Topics, e.Log.Topics[0])):
	case len(f.Addresses) > 0 && !concerns(e, f.Addresses):
	default:
		return true
	}
	return false
}

func concerns(e Event, addresses []wallet.Address) bool {
	if e.Log != nil && slices.Contains(addresses, e.Log.Contract) {
		return true
	}
	return e.Kind != Log && (slices.Contains(addresses, e.From) || slices.Contains(addresses, e.To))
}
