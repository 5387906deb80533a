package cmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/anacrolix/torrent/metainfo"
	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/server"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/live"
	"github.com/piecework/piecework/channel/torrent/probe"
	"github.com/piecework/piecework/channel/torrent/sponsor"
	"github.com/piecework/piecework/wallet"
)

func sponsorCommand() *cli.Command {
	return &cli.Command{
		Name: "sponsor", Usage: "pay the seeders of a torrent or live stream for its viewers, out of a creator's channels", ArgsUsage: "TORRENT|LIVE-LINK",
		Description: "piecework sponsor --contract T… --from hot --creator T… --price \"0.01 TRX/GiB\" --budget 100 --per-viewer 2GiB --seeder T… ./movie.mkv.torrent\n" +
			"piecework sponsor --contract T… --from hot --creator T… --price \"5 trc10:1000001/MiB\" --budget 900 --per-day 100 \\\n" +
			"    --probe-fee 2 --seeder T…@203.0.113.7:6881 --min-probes 10 --public https://sponsor.example ./movie.mkv.torrent\n" +
			"piecework sponsor --contract T… --from hot --creator T… --price \"0.01 TRX/GiB\" --budget 100 --per-viewer 2GiB --seeder T… 'magnet:?xs=urn:btpk:…'",
		Flags: append(nodeFlags(),
			contractFlag(), fromFlag(),
			&cli.StringFlag{Name: "password-file", Usage: "read the key's password from `FILE` instead of asking", EnvVars: []string{"PIECEWORK_PASSWORD_FILE"}},
			&cli.StringFlag{Name: "creator", Usage: "`ADDRESS` of the payer: its channels name --from as their signer", Required: true},
			&cli.StringFlag{Name: "price", Usage: "pay at most `PRICE`, as in \"0.01 TRX/GiB\"", Required: true},
			&cli.StringFlag{Name: "budget", Usage: "`AMOUNT` for everything", Required: true},
			&cli.StringFlag{Name: "per-day", Usage: "`AMOUNT` for a day (UTC)"},
			&cli.StringFlag{Name: "per-seeder", Usage: "`AMOUNT` for one seeder"},
			&cli.StringFlag{Name: "per-viewer", Usage: "`SIZE` for one viewer's key, as in 2GiB", DefaultText: "twice the torrent's and 4 sessions"},
			&cli.StringFlag{Name: "per-address", Usage: "`SIZE` for one IPv4 address or IPv6 /64 in a day", DefaultText: "four times that of a viewer"},
			&cli.StringSliceFlag{Name: "seeder", Usage: "pay `ADDRESS` or ADDRESS@HOST:PORT; with the latter it can be probed. Repeat it for more"},
			&cli.IntFlag{Name: "min-probes", Usage: "pay any seeder of a channel that passed `N` probes, not only listed ones"},
			&cli.StringFlag{Name: "probe-fee", Usage: "pay `AMOUNT` for a passed probe, twice that for a fast one"},
			&cli.DurationFlag{Name: "probe-every", Value: probe.DefaultMean, Action: within("probe-every", 100*time.Millisecond, 30*24*time.Hour), Usage: "mean time between two probes of a seeder"},
			&cli.IntFlag{Name: "probe-share", Value: sponsor.DefaultProbeShare, Usage: "at most so many `THOUSANDTHS` of the budget for probes"},
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:8480", Usage: "`HOST:PORT` where viewers and seeders ask"},
			&cli.StringFlag{Name: "public", Usage: "`URL` under which they reach it", DefaultText: "http:// and the address of --listen"},
			&cli.StringFlag{Name: "store", Usage: "`PATH` of the SQLite file with budgets and sessions", DefaultText: "sponsor.db in the data folder"},
			&cli.StringFlag{Name: "torrent-out", Usage: "write the torrent with the sponsor's address in it to `FILE`"},
			&cli.StringFlag{Name: "ready-file", Usage: "write the URL to `FILE` when it listens"},
			&cli.StringFlag{Name: "log", Value: "info", Usage: "`LEVEL`: debug, info, warn, error"},
		),
		Action:      runSponsor,
		Subcommands: []*cli.Command{sponsorStatementCommand()},
	}
}

// sponsoring is what the flags of `sponsor` say.
type sponsoring struct {
	session *session
	key     *wallet.Key
	meta    *metainfo.MetaInfo // nil: a live stream is sponsored
	raw     []byte             // of the torrent
	stream  live.Link
	coin    money
	policy  sponsor.Policy
	peers   map[wallet.Address]string
	creator wallet.Address
	at      wallet.Address
}

func runSponsor(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	p, err := readSponsoring(c, s)
	if err != nil {
		return err
	}
	log, err := logger(c)
	if err != nil {
		return err
	}
	path, err := sponsorStore(c)
	if err != nil {
		return err
	}
	service, err := sponsor.Open(c.Context, sponsor.Config{
		Path: path, Domain: channel.DomainOn(s.node.Genesis(), p.at), Payer: p.creator, Key: p.key, Policy: p.policy, Peers: p.peers, Log: log,
	})
	if err != nil {
		return err
	}
	defer func() { _ = service.Close() }()
	follower, err := server.Follow(c.Context, s.node, p.at, service, log)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.String("listen"))
	if err != nil {
		return withHint(fmt.Errorf("listening for viewers: %w", err), "Choose another --listen; port 0 takes any free one.")
	}
	if err := p.announce(c, listener.Addr().String()); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(c.Context)
	group.Go(func() error { return follower.Run(ctx) })
	group.Go(func() error { return sponsor.Serve(ctx, listener, sponsor.NewHandler(service)) })
	group.Go(func() error { return p.probe(c, ctx, service) })
	group.Go(func() error { p.report(c, ctx, service); return nil })
	if err = group.Wait(); errors.Is(err, context.Canceled) {
		err = nil
	}
	return err
}

func sponsorStore(c *cli.Context) (string, error) {
	dir, err := dataDir(c)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making %s: %w", dir, err)
	}
	return orDefault(c.String("store"), filepath.Join(dir, "sponsor.db")), nil
}

func readSponsoring(c *cli.Context, s *session) (*sponsoring, error) {
	key, is := s.signer.(*wallet.Key)
	if !is {
		return nil, usagef("--from: a sponsor signs a voucher for every session, which a key on a device cannot")
	}
	p := &sponsoring{session: s, key: key, peers: map[wallet.Address]string{}}
	limit, err := parsePrice(c.Context, s.node, "price", c.String("price"))
	if err != nil {
		return nil, err
	}
	p.coin = limit.money
	p.policy = sponsor.Policy{
		Asset: limit.asset, MaxPrice: limit.perMiB, MinProbes: c.Int("min-probes"), ProbeShare: c.Int("probe-share"),
	}
	if err := p.readAmounts(c); err != nil {
		return nil, err
	}
	if err := p.readSubject(c); err != nil {
		return nil, err
	}
	return p, p.readAddresses(c)
}

// readSubject reads what is sponsored: a torrent, or a live stream.
func (p *sponsoring) readSubject(c *cli.Context) (err error) {
	if live.IsLink(c.Args().First()) {
		return p.readStream(c)
	}
	if p.raw, err = readFile(c.Args().First()); err != nil {
		return err
	}
	if p.meta, err = torrent.Load(c.Args().First()); err != nil {
		return err
	}
	info, err := p.meta.UnmarshalInfo()
	if err != nil {
		return err
	}
	p.policy.Torrents = map[[20]byte]int64{p.meta.HashInfoBytes(): info.TotalLength()}
	return nil
}

// readStream reads a live link. A stream has no size by which a viewer's part is bounded, and its chunks do not last for probes.
func (p *sponsoring) readStream(c *cli.Context) (err error) {
	if p.stream, err = live.ParseLink(c.Args().First()); err != nil {
		return usagef("%s", err)
	}
	for _, name := range []string{"probe-fee", "min-probes", "torrent-out"} {
		if c.IsSet(name) {
			return usagef("--%s is for torrents: the chunks of a live stream come and go", name)
		}
	}
	if p.policy.PerViewer == 0 {
		return usagef("--per-viewer is wanted: a live stream has no size that would bound what one viewer is paid for")
	}
	p.policy.Torrents = map[[20]byte]int64{p.stream.Hash(): p.policy.PerViewer}
	return nil
}

func (p *sponsoring) readAmounts(c *cli.Context) error {
	for name, into := range map[string]*channel.Amount{
		"budget": &p.policy.Budget, "per-day": &p.policy.PerDay, "per-seeder": &p.policy.PerSeeder, "probe-fee": &p.policy.ProbeFee,
	} {
		if c.String(name) == "" {
			continue
		}
		amount, err := p.coin.parse(c.String(name))
		if err != nil {
			return usagef("--%s: %s", name, err)
		}
		*into = amount
	}
	for name, into := range map[string]*int64{"per-viewer": &p.policy.PerViewer, "per-address": &p.policy.PerAddress} {
		bytes, err := parseRate(c.String(name)) // a size is written as a rate is
		if err != nil {
			return usagef("--%s: %q is no size; write it as 2GiB", name, c.String(name))
		}
		*into = bytes
	}
	return nil
}

func (p *sponsoring) readAddresses(c *cli.Context) (err error) {
	if p.creator, err = resolve(c, p.session.network, c.String("creator")); err != nil {
		return err
	}
	if p.at, err = resolve(c, p.session.network, c.String("contract")); err != nil {
		return err
	}
	for _, text := range c.StringSlice("seeder") {
		name, peer, _ := strings.Cut(text, "@")
		payee, err := resolve(c, p.session.network, name)
		if err != nil {
			return err
		}
		p.policy.Seeders = append(p.policy.Seeders, payee)
		if peer == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(peer); err != nil {
			return usagef("--seeder %s: %q is no HOST:PORT", text, peer)
		}
		p.peers[payee] = peer
	}
	return nil
}

// announce prints the link with the sponsor in it, and writes the torrent when asked.
func (p *sponsoring) announce(c *cli.Context, address string) error {
	url := orDefault(c.String("public"), "http://"+peerAddress(address))
	if err := sponsor.CheckURL(url); err != nil {
		return usagef("--public: %s", err)
	}
	if file := c.String("torrent-out"); file != "" {
		tagged, err := sponsor.Tag(p.raw, url)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, tagged, 0o644); err != nil {
			return fmt.Errorf("writing the torrent: %w", err)
		}
	}
	link, err := p.link(url)
	if err != nil {
		return err
	}
	if file := c.String("ready-file"); file != "" {
		if err := os.WriteFile(file, []byte(url+"\n"), 0o600); err != nil {
			return fmt.Errorf("writing the ready file: %w", err)
		}
	}
	say(c, "Sponsoring at %s: at most %s in all, from channels of %s that name %s as their signer. Ctrl-C stops.\n  piecework channel open --payee SEEDER --voucher-signer %s …\n",
		url, p.coin.format(p.policy.Budget), p.creator, p.key.Address(), p.key.Address())
	_, err = fmt.Fprintln(c.App.Writer, link)
	return err
}

// link is what viewers open: it names the sponsor at url, and the seeders that are known.
func (p *sponsoring) link(url string) (fmt.Stringer, error) {
	if p.meta == nil {
		p.stream.Sponsor = url
		for _, peer := range p.peers {
			if len(p.stream.Peers) < live.MaxPeers && !slices.Contains(p.stream.Peers, peer) {
				p.stream.Peers = append(p.stream.Peers, peer)
			}
		}
		return p.stream, nil
	}
	magnet, err := p.meta.MagnetV2()
	if err != nil {
		return nil, fmt.Errorf("making the magnet link: %w", err)
	}
	if magnet.Params == nil {
		magnet.Params = map[string][]string{}
	}
	magnet.Params[sponsor.Parameter] = []string{url}
	for _, peer := range p.peers {
		magnet.Params["x.pe"] = append(magnet.Params["x.pe"], peer)
	}
	return magnet, nil
}

// probe asks the seeders whose addresses are known, when there is a fee for it.
func (p *sponsoring) probe(c *cli.Context, ctx context.Context, service *sponsor.Service) error {
	if p.policy.ProbeFee.IsZero() {
		return nil
	}
	log, err := logger(c)
	if err != nil {
		return err
	}
	config := probe.Config{
		Service: service, Domain: channel.DomainOn(p.session.node.Genesis(), p.at), Asset: p.policy.Asset, MaxPrice: p.policy.MaxPrice, Torrent: p.meta,
		Mean: c.Duration("probe-every"), Log: log,
	}
	for payee, peer := range p.peers {
		config.Targets = append(config.Targets, probe.Target{Payee: payee, Peer: peer})
	}
	prober, err := probe.New(config)
	if err != nil {
		return err
	}
	return prober.Run(ctx)
}

// report says once a minute how the budget stands, and once more when ctx has ended.
func (p *sponsoring) report(c *cli.Context, ctx context.Context, service *sponsor.Service) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for ended := false; !ended; {
		select {
		case <-ctx.Done():
			ended = true
		case <-tick.C:
		}
		t := service.Spent()
		say(c, "%s: %d sessions, %d open; paid %s for viewers and %s for probes; %s of %s promised\n", time.Now().Format(time.TimeOnly),
			t.Sessions, t.Open, p.coin.format(t.Revealed), p.coin.format(t.Probes), p.coin.format(t.Promised), p.coin.format(t.Budget))
	}
}
