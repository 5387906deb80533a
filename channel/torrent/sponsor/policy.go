package sponsor

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/crowd"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/wallet"
)

// Policy is what a creator is willing to pay. All of it bounds what viewers and seeders can take together; zero means the default where one is named, and
// no bound of its own elsewhere.
type Policy struct {
	Asset      channel.Asset
	MaxPrice   channel.Amount     // per MiB; required
	Budget     channel.Amount     // in all; required
	PerDay     channel.Amount     // promised in a day (UTC)
	PerSeeder  channel.Amount     // in all
	Torrents   map[[20]byte]int64 // what is paid for: info hash and size; required
	PerViewer  int64              // bytes for one viewer key in all, open sessions counted in full; at most, and with 0, twice the torrents' size and 4 sessions
	PerAddress int64              // bytes for one IPv4 address, or one /64 of IPv6, in a day; 0: 4 × PerViewer
	Session    int64              // bytes of one session; 0: an eighth of the torrents, between 1 MiB and DefaultSession
	Life       time.Duration      // of a session; 0: DefaultLife
	AtOnce     int                // open sessions of one address; 0: DefaultAtOnce
	Seeders    []wallet.Address   // who is paid
	MinProbes  int                // who else is paid: whoever passed so many probes; 0: nobody
	ProbeFee   channel.Amount     // for a passed probe, twice that for a fast one; 0: no probes
	ProbeShare int                // thousandths of Budget for probes at most; 0: DefaultProbeShare
}

// Defaults of a Policy.
const (
	DefaultSession    = 64 << 20
	DefaultLife       = time.Hour
	DefaultAtOnce     = 8
	DefaultProbeShare = 50

	// settleTime is how long before its expiry a tail is folded: payees take no reveal in the last ten minutes.
	settleTime = 12 * time.Minute
	minLife    = 2 * settleTime
	maxTorrent = 1000

	maxBegun   = 100_000 // sessions of viewers that begin in a day
	leastBegun = 100     // of them that one address may begin, however small its part is
)

// ErrPolicy says that a policy cannot work.
var ErrPolicy = errors.New("sponsor's policy")

func (p Policy) withDefaults() Policy {
	var size int64
	for _, n := range p.Torrents {
		size += n
	}
	if p.Session == 0 {
		p.Session = min(max(size/8, 1<<20), DefaultSession)
	}
	if most := 2*size + 4*p.Session; p.PerViewer == 0 || p.PerViewer > most {
		p.PerViewer = most
	}
	if p.PerAddress == 0 {
		p.PerAddress = 4 * p.PerViewer
	}
	if p.Life == 0 {
		p.Life = DefaultLife
	}
	if p.AtOnce == 0 {
		p.AtOnce = DefaultAtOnce
	}
	if p.ProbeShare == 0 {
		p.ProbeShare = DefaultProbeShare
	}
	return p
}

// Validate says what is wrong with the policy.
func (p Policy) Validate() error {
	switch {
	case p.MaxPrice.IsZero():
		return fmt.Errorf("%w: no price", ErrPolicy)
	case p.Budget.IsZero():
		return fmt.Errorf("%w: no budget", ErrPolicy)
	case len(p.Torrents) == 0 || len(p.Torrents) > maxTorrent:
		return fmt.Errorf("%w: %d torrents, want 1 to %d", ErrPolicy, len(p.Torrents), maxTorrent)
	case p.PerViewer < 0 || p.PerAddress < 0 || p.Session < 0 || p.AtOnce < 0 || p.MinProbes < 0:
		return fmt.Errorf("%w: a bound below nothing", ErrPolicy)
	case p.ProbeShare < 0 || p.ProbeShare > 1000:
		return fmt.Errorf("%w: %d thousandths for probes", ErrPolicy, p.ProbeShare)
	case p.Life != 0 && (p.Life < minLife || p.Life > maxLife):
		return fmt.Errorf("%w: sessions of %s, want %s to 24 h", ErrPolicy, p.Life, minLife)
	case len(p.Seeders) == 0 && p.MinProbes == 0:
		return fmt.Errorf("%w: neither seeders nor a number of probes says who is paid", ErrPolicy)
	}
	return nil
}

// perAddressBegun is how many sessions one address may begin in a day: four times as many as its part has room for in full, and leastBegun at least.
func (p *Policy) perAddressBegun() int {
	return int(max(leastBegun, min(maxBegun, p.PerAddress/p.Session*4)))
}

// probeBudget is what may go to probes.
func (p *Policy) probeBudget() channel.Amount {
	share := p.Budget.Mul(uint64(p.ProbeShare)).Big()
	return amountOf(share.Quo(share, thousand))
}

// bytesOf is how many bytes an amount pays for: what a session counts for in a viewer's and an address's bounds.
func bytesOf(price, worth channel.Amount) int64 {
	return min(gate.Covered(price, worth, 1<<50), 1<<50)
}

// addressKey is what stands for a viewer's network address: the IPv4 address, or the /64 that a household or server has of IPv6.
func addressKey(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return "unknown"
	}
	place := crowd.Household(at.Addr())
	if place.Addr().Is4() {
		return place.Addr().String()
	}
	return place.String()
}
