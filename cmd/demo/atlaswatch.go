package demo

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/server"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/probe"
	"github.com/piecework/piecework/channel/torrent/sponsor"
	"github.com/piecework/piecework/channel/torrent/stream"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// patron is the creator's sponsor: an API, a follower of the chain, and a prober, with nothing but a hot key.
type patron struct {
	service *sponsor.Service
	client  *sponsor.Client
	node    *node.Node
	stop    context.CancelFunc
	group   *errgroup.Group
}

// fund lets the creator seed, opens all channels, and starts the sponsor.
func (a *atlas) fund(ctx context.Context) (err error) {
	a.origin, err = torrent.NewSeeder(ctx, torrent.SeederConfig{
		House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{Rate: 64 << 20, FreeShare: 1000}}, Net: torrent.NetConfig{Listen: "127.0.0.1:0"}, Log: a.config.Log,
	})
	if err != nil {
		return err
	}
	if err := a.origin.Add(ctx, a.meta, filepath.Join(a.config.Dir, "creator")); err != nil {
		return err
	}
	hot, err := wallet.NewKey()
	if err != nil {
		return err
	}
	if err := a.startPatron(ctx, hot); err != nil {
		return err
	}
	creator := a.net.key("alice")
	for _, n := range a.nodes {
		if _, err := a.open(ctx, creator, "creator", hot.Address(), n, units("300", 6)); err != nil {
			return err
		}
	}
	for _, v := range atlasViewers {
		one := &atlasViewer{name: v.name, kind: v.kind, late: v.late, report: AtlasViewer{Name: v.name, Kind: v.kind}}
		a.viewers = append(a.viewers, one)
		if v.kind == paying {
			if err := a.fundViewer(ctx, one, v.pays); err != nil {
				return err
			}
		}
	}
	return until(ctx, func() (bool, error) { return len(a.patron.service.Channels()) == len(a.nodes), nil })
}

func (a *atlas) startPatron(ctx context.Context, hot *wallet.Key) (err error) {
	p := &patron{}
	a.patron = p
	if p.node, err = a.dial(ctx); err != nil {
		return err
	}
	policy := sponsor.Policy{
		Asset: a.asset, MaxPrice: a.price, Budget: units("1500", 6), PerAddress: 100 * atlasBytes, AtOnce: 100,
		Torrents: map[[20]byte]int64{a.meta.HashInfoBytes(): atlasBytes}, ProbeFee: units("1.5", 6), ProbeShare: 200,
	}
	probing := probe.Config{
		MaxPrice: a.price, Domain: channel.DomainOn(a.world.node.Genesis(), a.contract), Asset: a.asset, Torrent: a.meta,
		Mean: 700 * time.Millisecond, Limit: 5 * time.Second, FirstByte: 250 * time.Millisecond, Rate: 4 << 20, Log: a.config.Log,
	}
	for _, n := range a.nodes {
		policy.Seeders = append(policy.Seeders, n.key.Address())
		probing.Targets = append(probing.Targets, probe.Target{Payee: n.key.Address(), Peer: n.seeder.Addr()})
	}
	p.service, err = sponsor.Open(ctx, sponsor.Config{
		Path: filepath.Join(a.config.Dir, "sponsor.db"), Domain: probing.Domain, Payer: a.net.key("alice").Address(), Key: hot, Policy: policy, Log: a.config.Log,
	})
	if err != nil {
		return err
	}
	follower, err := server.Follow(ctx, p.node, a.contract, p.service, a.config.Log)
	if err != nil {
		return err
	}
	follower.Poll = 100 * time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if p.client, err = sponsor.NewClient("http://" + listener.Addr().String()); err != nil {
		return err
	}
	probing.Service = p.service
	prober, err := probe.New(probing)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	p.stop, p.group = stop, &errgroup.Group{}
	p.group.Go(func() error { return follower.Run(running) })
	p.group.Go(func() error { return sponsor.Serve(running, listener, sponsor.NewHandler(p.service)) })
	p.group.Go(func() error {
		if err := until(running, func() (bool, error) { return len(p.service.Channels()) == len(a.nodes), nil }); err != nil {
			return err
		}
		return prober.Run(running)
	})
	return nil
}

func (p *patron) close() (err error) {
	if p.stop != nil {
		p.stop()
		if err = p.group.Wait(); errors.Is(err, context.Canceled) {
			err = nil
		}
	}
	if p.service != nil {
		err = errors.Join(err, p.service.Close())
	}
	if p.node != nil {
		err = errors.Join(err, p.node.Close())
	}
	return err
}

// atlasViewer is somebody who watches.
type atlasViewer struct {
	name, kind string
	late       bool
	file       *store.Store
	purses     *client.Purses
	report     AtlasViewer
}

// fundViewer gives a paying viewer BTT and channels to the nodes that it wants to pay.
func (a *atlas) fundViewer(ctx context.Context, v *atlasViewer, nodes []string) (err error) {
	issuer, key := a.net.key("alice"), a.net.key(v.name)
	amount := units("400", 6)
	if err := a.give(ctx, issuer, key.Address(), amount); err != nil {
		return err
	}
	if v.file, err = store.Open(ctx, filepath.Join(a.config.Dir, v.name+".db")); err != nil {
		return err
	}
	v.purses = &client.Purses{Store: v.file, Domain: channel.DomainOn(a.world.node.Genesis(), a.contract), Signer: key}
	for _, name := range nodes {
		event, err := a.open(ctx, key, v.name, key.Address(), a.node(name), units("150", 6))
		if err != nil {
			return err
		}
		if err := v.purses.Add(ctx, event.Terms, event.Deposit); err != nil {
			return err
		}
	}
	return nil
}

// watch lets the viewers of one half of the evening watch, all at once.
func (a *atlas) watch(ctx context.Context, late bool) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, v := range a.viewers {
		if v.late == late {
			group.Go(func() error {
				if err := a.play(ctx, v); err != nil {
					return fmt.Errorf("%s: %w", v.name, err)
				}
				return nil
			})
		}
	}
	return group.Wait()
}

// play streams the video to a player, which reads it over HTTP from the first byte to the last.
func (a *atlas) play(ctx context.Context, v *atlasViewer) (err error) {
	config := torrent.DownloaderConfig{
		Dir: filepath.Join(a.config.Dir, v.name), Want: torrent.Want{OnlyFree: true}, Net: torrent.NetConfig{Listen: "127.0.0.1:0"}, Log: a.config.Log,
	}
	switch v.kind {
	case paying:
		config.Purses, config.Limits = torrent.FromChannels(v.purses), torrent.Limits{MaxPrice: a.price, Budget: units("300", 6)}
		config.Want = torrent.Want{Domain: v.purses.Domain, Assets: []channel.Asset{a.asset}, MustPay: true}
	case sponsored:
		_, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			return err
		}
		viewer, err := sponsor.NewViewer(ctx, a.patron.client, key, a.meta.HashInfoBytes())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, viewer.Close(context.WithoutCancel(ctx))) }()
		config.Purses, config.Limits, config.Want = viewer, viewer.Limits(), viewer.Want()
		config.Want.MustPay = true // the fast lane only
	}
	d, err := torrent.NewDownloader(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	begun := time.Now()
	t, err := d.Start(ctx, torrent.Source{Torrent: a.meta, Peers: a.peers()})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	screen, off := context.WithCancel(ctx)
	defer off()
	shown := make(chan error, 1)
	go func() { shown <- stream.Serve(screen, listener, stream.New(stream.Config{Torrent: t})) }()
	sum, err := hashOf(ctx, "http://"+listener.Addr().String()+stream.Path(0, t.Files()[0]))
	if err == nil {
		err = d.Wait(ctx, t)
	}
	off()
	r := d.Result(t)
	v.report.Bytes, v.report.Paid, v.report.Seconds, v.report.Whole = r.Bytes, r.Paid, time.Since(begun).Seconds(), sum == a.sum
	return errors.Join(err, <-shown)
}

func hashOf(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, answer.Body); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func (v *atlasViewer) close() error {
	if v.file == nil {
		return nil
	}
	return v.file.Close()
}
