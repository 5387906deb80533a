package probe

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/sponsor"
	"github.com/piecework/piecework/channel/torrent/wire"
	"github.com/piecework/piecework/wallet"
)

// Target is a seeder that is paid a retainer.
type Target struct {
	Payee wallet.Address
	Peer  string // host:port
}

// Config is what a Prober needs. Service, Domain, Asset, MaxPrice, Torrent and Targets are required.
type Config struct {
	Service  Book
	Domain   channel.Domain
	Asset    channel.Asset
	MaxPrice channel.Amount // of the seeder's terms, per MiB
	Torrent  *metainfo.MetaInfo
	Targets  []Target

	Mean      time.Duration // between two probes of one seeder; 0: DefaultMean
	Limit     time.Duration // for one probe; slower has not passed; 0: DefaultLimit
	FirstByte time.Duration // a first byte within it, and …
	Rate      int64         // … as many bytes per second pay twice; 0 and 0: DefaultFirstByte and DefaultRate

	// Probe replaces the wire, for tests of the times; nil: Wire.
	Probe func(ctx context.Context, t Target, piece int) Outcome
	Log   *slog.Logger // nil: silence
}

// Book is the sponsor that pays and keeps the statement.
type Book interface {
	// BeginProbe promises a tail of two steps to the seeder. Durable once it returns.
	BeginProbe(ctx context.Context, payee wallet.Address, torrent [20]byte, anchor channel.Anchor) (channel.SignedVoucher, error)
	// Record keeps an outcome. Durable once it returns.
	Record(ctx context.Context, p sponsor.Probe) error
}

// Defaults of a Config.
const (
	DefaultMean      = time.Hour
	DefaultLimit     = 30 * time.Second
	DefaultFirstByte = 250 * time.Millisecond
	DefaultRate      = 1 << 20
)

// Outcome is what a probe found.
type Outcome struct {
	FirstByte time.Duration
	All       time.Duration
	Bytes     int64
	Reveal    *channel.Reveal // what was paid for it
	Tail      channel.Anchor  // of the session, zero when there was none
	Err       error           // why it did not pass
	Aborted   bool            // our own side failed: nothing is said about the seeder
}

// Prober probes seeders at random times.
type Prober struct {
	config Config
	hash   [20]byte
	info   metainfo.Info
}

// New checks that the torrent has what a probe needs.
func New(c Config) (*Prober, error) {
	info, err := c.Torrent.UnmarshalInfo()
	if err != nil {
		return nil, fmt.Errorf("reading the torrent: %w", err)
	}
	if len(info.Pieces) == 0 || len(info.Pieces)%20 != 0 {
		return nil, errors.New("probes need the piece hashes of BitTorrent v1; this torrent is v2 only")
	}
	if c.Mean == 0 {
		c.Mean = DefaultMean
	}
	if c.Limit == 0 {
		c.Limit = DefaultLimit
	}
	if c.FirstByte == 0 && c.Rate == 0 {
		c.FirstByte, c.Rate = DefaultFirstByte, DefaultRate
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	p := &Prober{config: c, hash: c.Torrent.HashInfoBytes(), info: info}
	if p.config.Probe == nil {
		p.config.Probe = p.wire
	}
	return p, nil
}

// Run probes every target until ctx ends. The times between probes of a seeder are exponential: having just been asked says nothing about the next time.
func (p *Prober) Run(ctx context.Context) error {
	done := make(chan struct{}, len(p.config.Targets))
	for _, t := range p.config.Targets {
		go func() {
			defer func() { done <- struct{}{} }()
			p.follow(ctx, t)
		}()
	}
	for range p.config.Targets {
		<-done
	}
	return nil
}

func (p *Prober) follow(ctx context.Context, t Target) {
	for {
		wait := time.NewTimer(time.Duration(rand.ExpFloat64() * float64(p.config.Mean)))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
		if err := p.Once(ctx, t); err != nil && ctx.Err() == nil {
			p.config.Log.Warn("a probe was not made", "payee", t.Payee.String(), "error", err)
		}
	}
}

// Once makes one probe and keeps its outcome. The error is about our own side; a seeder that fails is an outcome.
func (p *Prober) Once(ctx context.Context, t Target) error {
	piece := rand.IntN(len(p.info.Pieces) / 20)
	limited, cancel := context.WithTimeout(ctx, p.config.Limit)
	defer cancel()
	begun := time.Now()
	o := p.config.Probe(limited, t, piece)
	if ctx.Err() != nil || o.Aborted {
		return errors.Join(o.Err, ctx.Err())
	}
	line := sponsor.Probe{Payee: t.Payee, At: begun, Torrent: p.hash, Piece: piece, Passed: o.Err == nil, Tail: sponsor.Hash32(o.Tail)}
	if o.Err != nil {
		line.Why = why(o.Err)
	} else {
		line.FirstByte, line.Rate = o.FirstByte, int64(float64(o.Bytes)/max(o.All, time.Microsecond).Seconds())
		line.Fast = p.fast(o)
	}
	if o.Reveal != nil {
		line.Reveal = &sponsor.Reveal{Tail: sponsor.Hash32(o.Reveal.Tail), Count: o.Reveal.Count, Preimage: o.Reveal.Preimage}
	}
	p.config.Log.Info("probed", "payee", t.Payee.String(), "piece", piece, "passed", line.Passed, "fast", line.Fast, "why", line.Why)
	return p.config.Service.Record(ctx, line)
}

// fast says whether an outcome earns twice the fee.
func (p *Prober) fast(o Outcome) bool {
	return o.FirstByte <= p.config.FirstByte && float64(o.Bytes) >= o.All.Seconds()*float64(p.config.Rate)
}

// why is a failure in one word for the statement: what a stranger said stays out of it.
func why(err error) string {
	for _, known := range []error{errCorrupt, errSlow, errRefused, errDown} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return errDown.Error()
}

// wire makes a probe over a real connection.
func (p *Prober) wire(ctx context.Context, t Target, piece int) (o Outcome) {
	chain, err := channel.NewChain(2)
	if err != nil {
		return Outcome{Err: err, Aborted: true}
	}
	peer, err := connect(ctx, t.Peer, p.hash, &p.info)
	if err != nil {
		return Outcome{Err: err}
	}
	defer func() { _ = peer.conn.Close() }()
	err = peer.open(p.config.Domain, p.config.Asset, p.config.MaxPrice, chain.Anchor(), func(terms *wire.Terms) (channel.SignedVoucher, error) {
		if terms.Payee != t.Payee {
			return channel.SignedVoucher{}, fmt.Errorf("%w: another payee answers there", errRefused)
		}
		v, err := p.config.Service.BeginProbe(ctx, t.Payee, p.hash, chain.Anchor())
		if o.Aborted = err != nil; err == nil {
			o.Tail = chain.Anchor()
		}
		return v, err
	})
	if err != nil {
		o.Err = err
		return o
	}
	o.Bytes = p.info.Piece(piece).Length()
	if o.FirstByte, o.All, o.Err = peer.fetch(piece); o.Err != nil {
		return o
	}
	count := uint32(1)
	if p.fast(o) {
		count = 2
	}
	reveal := chain.Reveal(count)
	o.Reveal = &reveal
	// The piece was good, so it is paid: even if the seeder hangs up before it hears of it, the fee is in its next voucher.
	if err := peer.pay(reveal); err != nil {
		p.config.Log.Debug("the seeder did not confirm the fee", "payee", t.Payee.String(), "error", err)
	}
	return o
}
