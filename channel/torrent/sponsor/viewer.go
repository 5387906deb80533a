package sponsor

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
	"github.com/piecework/piecework/wallet"
)

// Viewer pays seeders with a sponsor's money: it is the torrent.Purses of a downloader that has no wallet. What it promises is forgotten when the process
// ends: a viewer that comes back asks for a new session.
type Viewer struct {
	client  *Client
	offer   Offer
	asset   channel.Asset
	torrent Hash20
	key     ed25519.PrivateKey
	now     func() time.Time

	mu     sync.Mutex
	purses map[wallet.Address]*viewerPurse
}

// NewViewer asks a sponsor what it pays for. ErrNoPurse when it does not pay for that torrent.
func NewViewer(ctx context.Context, client *Client, key ed25519.PrivateKey, infoHash [20]byte) (*Viewer, error) {
	offer, err := client.Offer(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(offer.Torrents, Hash20(infoHash)) {
		return nil, fmt.Errorf("%w: the sponsor does not pay for this torrent", torrent.ErrNoPurse)
	}
	asset, err := channel.ParseAsset(offer.Asset)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	return &Viewer{
		client: client, offer: offer, asset: asset, torrent: infoHash, key: key, now: time.Now, purses: map[wallet.Address]*viewerPurse{},
	}, nil
}

// Offer is what the sponsor pays for.
func (v *Viewer) Offer() Offer { return v.offer }

// Asset is what the sponsor pays in.
func (v *Viewer) Asset() channel.Asset { return v.asset }

// Limits are what a downloader may pay with the sponsor's money: its price, and as much as it gives one viewer.
func (v *Viewer) Limits() torrent.Limits {
	return torrent.Limits{MaxPrice: v.offer.MaxPrice, Budget: gate.Cost(v.offer.MaxPrice, v.offer.PerViewer)}
}

// Want is what a downloader accepts as terms.
func (v *Viewer) Want() torrent.Want {
	return torrent.Want{Domain: v.offer.Domain(), Assets: []channel.Asset{v.asset}}
}

// Peers are the seeders that the sponsor knows how to reach, host:port.
func (v *Viewer) Peers() (list []string) {
	for _, s := range v.offer.Seeders {
		if s.Peer != "" {
			list = append(list, s.Peer)
		}
	}
	return list
}

// For implements torrent.Purses.
func (v *Viewer) For(_ context.Context, terms *wire.Terms) (torrent.Purse, error) {
	switch {
	case terms.Domain != v.offer.Domain() || terms.Asset != v.asset:
		return nil, fmt.Errorf("%w: the sponsor pays through another contract, or in another asset", torrent.ErrNoPurse)
	case v.offer.MaxPrice.Less(terms.Price):
		return nil, fmt.Errorf("%w: the sponsor pays %s per MiB at most", torrent.ErrNoPurse, v.offer.MaxPrice)
	case !slices.ContainsFunc(v.offer.Seeders, func(s Seeder) bool { return s.Payee == terms.Payee }):
		return nil, fmt.Errorf("%w: the sponsor does not pay %s", torrent.ErrNoPurse, terms.Payee)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.purses[terms.Payee]
	if p == nil {
		p = &viewerPurse{viewer: v, payee: terms.Payee, price: terms.Price}
		v.purses[terms.Payee] = p
	}
	return p, nil
}

// Close ends all sessions, so that their places become free for other viewers.
func (v *Viewer) Close(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var err error
	for _, p := range v.purses {
		err = errors.Join(err, p.end(ctx))
	}
	return err
}

// viewerPurse is the session with one seeder.
type viewerPurse struct {
	viewer *Viewer
	payee  wallet.Address
	price  channel.Amount

	mu       sync.Mutex
	chain    *channel.Chain
	tail     channel.Tail    // of chain, as granted
	prev     *channel.Anchor // the tail before it
	voucher  channel.SignedVoucher
	last     channel.Reveal // the furthest
	paid     channel.Amount // by all tails
	received int64
}

// renewBefore is how long before its expiry a tail is not built upon any more: payees refuse reveals in the last ten minutes.
const renewBefore = 15 * time.Minute

// Open implements torrent.Purse.
func (p *viewerPurse) Open(ctx context.Context, unit channel.Amount) (torrent.Promise, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.usable(unit) {
		return p.promise(), nil
	}
	had, before, ended := p.chain != nil, p.tail.Anchor, p.last
	if err := p.ask(ctx, unit); err != nil {
		return torrent.Promise{}, err
	}
	if had {
		p.prev = &before
		_ = p.close(ctx, before, ended) // otherwise it ends by itself
	}
	return p.promise(), nil
}

func (p *viewerPurse) usable(unit channel.Amount) bool {
	return p.chain != nil && p.tail.Unit == unit && p.last.Count < p.tail.Length && p.tail.Expiry > p.viewer.now().Add(renewBefore).Unix()
}

func (p *viewerPurse) promise() torrent.Promise {
	return torrent.Promise{Voucher: p.voucher, Tail: p.tail, Revealed: p.last.Count, Prev: p.prev, Paid: p.paid, Received: p.received}
}

// ask gets a session with a fresh chain.
func (p *viewerPurse) ask(ctx context.Context, unit channel.Amount) error {
	steps := floorSteps(gate.Cost(p.price, p.viewer.offer.Session), unit)
	chain, err := channel.NewChain(uint32(max(1, min(steps, channel.MaxTailLength))))
	if err != nil {
		return err
	}
	ask := Ask{Torrent: p.viewer.torrent, Payee: p.payee, Price: p.price, Unit: unit, Length: chain.Length(), Anchor: Hash32(chain.Anchor())}
	ask.Sign(p.viewer.key)
	voucher, err := p.viewer.client.Session(ctx, &ask)
	var refused *RefusedError
	if errors.As(err, &refused) && refused.Code != "rate" {
		return fmt.Errorf("%w: %w", torrent.ErrPurseEmpty, err)
	}
	if err != nil {
		return err
	}
	tail, err := p.find(&voucher, chain.Anchor())
	if err != nil || tail.Unit != unit || tail.Length > chain.Length() {
		return errors.Join(fmt.Errorf("%w: not what was asked for", ErrMessage), err)
	}
	p.chain, p.tail, p.voucher, p.last = chain, tail, voucher, channel.Reveal{}
	return nil
}

// find gives the tail of a voucher that the sponsor signed.
func (p *viewerPurse) find(v *channel.SignedVoucher, anchor channel.Anchor) (channel.Tail, error) {
	if err := v.Verify(p.viewer.offer.Domain().Separator(), p.viewer.offer.Signer); err != nil {
		return channel.Tail{}, err
	}
	for _, t := range v.Tails {
		if t.Anchor == anchor {
			return t, nil
		}
	}
	return channel.Tail{}, fmt.Errorf("%w: the voucher does not carry the tail", ErrMessage)
}

// Reveal implements torrent.Purse.
func (p *viewerPurse) Reveal(_ context.Context, tail channel.Anchor, count uint32) (channel.Reveal, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.chain == nil || tail != p.tail.Anchor {
		return channel.Reveal{}, channel.ErrUnknownTail
	}
	if count == 0 || count > p.tail.Length {
		return channel.Reveal{}, fmt.Errorf("%w: %d steps of a tail of %d", channel.ErrMalformed, count, p.tail.Length)
	}
	r := p.chain.Reveal(count)
	if count > p.last.Count {
		p.paid = p.paid.Add(p.tail.Unit.Mul(uint64(count - p.last.Count)))
		p.last = r
	}
	return r, nil
}

// RevealAhead implements torrent.Purse: nothing is written.
func (p *viewerPurse) RevealAhead(ctx context.Context, tail channel.Anchor, count, _ uint32) (channel.Reveal, error) {
	return p.Reveal(ctx, tail, count)
}

// Recount implements torrent.Purse: nothing was counted.
func (p *viewerPurse) Recount(context.Context, channel.Anchor, uint32) error { return nil }

// Rest implements torrent.Purse.
func (p *viewerPurse) Rest(context.Context) error { return nil }

// Note implements torrent.Purse.
func (p *viewerPurse) Note(_ context.Context, received int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.received = max(p.received, received)
	return nil
}

// Adopt implements torrent.Purse: other viewers have got vouchers on the same channel since ours. Where the seeder's does not carry our tail, the sponsor
// is shown what the seeder holds, and answers with a voucher that has both.
func (p *viewerPurse) Adopt(ctx context.Context, voucher channel.SignedVoucher, reveals []channel.Reveal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.chain == nil || voucher.Channel != p.voucher.Channel {
		return channel.ErrUnknownChannel
	}
	if _, err := p.find(&voucher, p.tail.Anchor); err == nil {
		p.voucher = voucher
		return nil
	}
	ask := Redeem{Channel: voucher.Channel, Reveals: []Reveal{}}
	for _, r := range reveals[:min(len(reveals), maxReveals)] {
		ask.Reveals = append(ask.Reveals, revealOf(r))
	}
	fresh, lapsed, err := p.viewer.client.Redeem(ctx, &ask)
	if err != nil {
		return err
	}
	if len(lapsed) > 0 && behind(&fresh, &voucher, reveals) {
		return fmt.Errorf("%w: the seeder holds what it did not redeem in time, and takes no voucher without it", torrent.ErrPurseEmpty)
	}
	if _, err := p.find(&fresh, p.tail.Anchor); err != nil {
		return err
	}
	p.voucher = fresh
	return nil
}

// behind says whether a voucher is worth less to a seeder than what it holds.
func behind(fresh, held *channel.SignedVoucher, reveals []channel.Reveal) bool {
	worth := func(v *channel.SignedVoucher) channel.Amount {
		sum := v.Cumulative
		for _, r := range reveals {
			for _, t := range v.Tails {
				if t.Anchor == r.Tail {
					sum = sum.Add(t.Unit.Mul(uint64(min(r.Count, t.Length))))
				}
			}
		}
		return sum
	}
	return worth(fresh).Less(worth(held))
}

func (p *viewerPurse) end(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.chain == nil {
		return nil
	}
	anchor := p.tail.Anchor
	p.chain = nil
	return p.close(ctx, anchor, p.last)
}

func (p *viewerPurse) close(ctx context.Context, anchor channel.Anchor, last channel.Reveal) error {
	last.Tail = anchor
	c := Close{Reveal: revealOf(last)}
	c.Sign(p.viewer.key)
	return p.viewer.client.End(ctx, &c)
}
