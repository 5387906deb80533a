package cmd

import (
	"context"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/dashboard"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
)

// tollFlags are those of commands that sell upload.
func tollFlags() []cli.Flag {
	return append(append(append(nodeFlags(), payeeFlags()...), swarmFlags()...),
		&cli.StringSliceFlag{Name: "price", Usage: "`PRICE` of payload, as in \"0.01 TRX/GiB\"; repeat it for several assets", Required: true},
		&cli.StringFlag{Name: "hub", Usage: "also be paid through the hub at `HOST:PORT`; no TRX is needed to begin"},
		&cli.StringFlag{Name: "server", Usage: "bring payments to the channel server at `HOST:PORT` instead of running one here"}, tlsCAFlag(),
		&cli.StringFlag{Name: "free", Value: "serve", Usage: "what peers get that do not pay: serve (slowly), choke, refuse"},
		&cli.StringFlag{Name: "uplink", Usage: "upload at most `RATE`, as in \"20 MB/s\""},
		&cli.IntFlag{Name: "free-share", Value: gate.DefaultFreeShare / 10, Usage: "`PERCENT` of the uplink that all peers share that do not pay, with --free serve"},
	)
}

// swarmFlags say how peers are found and met.
func swarmFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "peers", Value: ":0", Usage: "`HOST:PORT` where BitTorrent peers connect"},
		&cli.BoolFlag{Name: "dht", Usage: "find and be found through the DHT"},
		&cli.StringSliceFlag{Name: "dht-node", Usage: "`HOST:PORT` of a node to join the DHT by, instead of the well-known ones; repeat it for more"},
		&cli.BoolFlag{Name: "no-trackers", Usage: "do not announce to the torrent's trackers"},
		&cli.BoolFlag{Name: "encrypt", Usage: "connect to peers by encrypted connections only; incoming ones are taken either way"},
	}
}

// tollbooks are a seller's books: where payments go, and what is known of them.
type tollbooks struct {
	torrent.Ledger
	list func(ctx context.Context) ([]channel.Record, error)              // nil: a server elsewhere keeps them
	plan func(ctx context.Context, ids []channel.ID) (settle.Plan, error) // of settling these now; nil like list
	// The server's page of earnings; nil like list.
	sell   func(dashboard.SalesFunc)
	probes *probeBook
}

// withTollbooks runs sell with the books of the channel server at --server, or of one in this process.
func withTollbooks(c *cli.Context, s *session, sell func(ctx context.Context, b tollbooks) error) error {
	if c.String("server") != "" {
		remote, err := dialTo(c, "server", "")
		if err != nil {
			return err
		}
		defer func() { _ = remote.Close() }()
		return sell(c.Context, tollbooks{Ledger: remote})
	}
	payee, listener, err := startPayee(c, s)
	if err != nil {
		return err
	}
	defer func() { _ = payee.Close() }()
	ctx, stop := context.WithCancel(c.Context)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return payee.Run(ctx, listener) })
	group.Go(func() error {
		defer stop() // a sale that ends by itself, as that of a stream, ends the server with it
		return sell(ctx, tollbooks{Ledger: payee.Ledger(), list: listOf(payee.Ledger()), plan: payee.Settler().Plan, sell: payee.Sell, probes: &probeBook{}})
	})
	return group.Wait()
}

// selling runs sell with everything that a sale of upload needs: the account, its prices, its books, and the hub when there is one.
func selling(c *cli.Context, sell func(ctx context.Context, b tollbooks, t tariff) error) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	t, err := tariffFrom(c, s)
	if err != nil {
		return err
	}
	through, err := joinHub(c, s, t.offers)
	if err != nil {
		return err
	}
	defer through.close()
	return withTollbooks(c, s, func(ctx context.Context, b tollbooks) error {
		return through.while(ctx, b, func(b tollbooks) error { return sell(ctx, b, t) })
	})
}

func listOf(l *ledger.Ledger) func(ctx context.Context) ([]channel.Record, error) {
	return func(ctx context.Context) ([]channel.Record, error) { return l.List(ctx, channel.Query{}) }
}

// tariff is what is asked, and in which money.
type tariff struct {
	offers []torrent.Offer
	coins  map[channel.Asset]money
}

func tariffFrom(c *cli.Context, s *session) (tariff, error) {
	at, err := resolve(c, s.network, c.String("contract"))
	if err != nil {
		return tariff{}, err
	}
	t := tariff{coins: map[channel.Asset]money{}}
	for _, text := range c.StringSlice("price") {
		p, err := parsePrice(c.Context, s.node, "price", text)
		if err != nil {
			return tariff{}, err
		}
		if _, twice := t.coins[p.asset]; twice {
			return tariff{}, usagef("--price: two prices in %s; give one for each asset", p.symbol)
		}
		say(c, "Price: %s\n", p)
		t.coins[p.asset] = p.money
		t.offers = append(t.offers, torrent.Offer{Domain: channel.DomainOn(s.node.Genesis(), at), Asset: p.asset, Payee: s.from, Price: p.perMiB})
	}
	return t, nil
}

// houseFrom is the toll house that the flags describe. Its accounts live in the data folder, under the name of what is sold.
func houseFrom(c *cli.Context, ledger torrent.Ledger, t tariff, name string) (torrent.TollhouseConfig, error) {
	free, err := torrent.ParseFreePolicy(c.String("free"))
	if err != nil {
		return torrent.TollhouseConfig{}, usagef("--free: %s", err)
	}
	rate, err := parseRate(c.String("uplink"))
	if err != nil {
		return torrent.TollhouseConfig{}, usagef("--uplink: %s", err)
	}
	share := c.Int("free-share")
	if share < 0 || share > 100 {
		return torrent.TollhouseConfig{}, usagef("--free-share %d: want a percentage, 0 to 100", share)
	}
	if share == 0 {
		share = -1 // nothing at all; zero would be the default
	}
	dir, err := dataDir(c)
	if err != nil {
		return torrent.TollhouseConfig{}, err
	}
	return torrent.TollhouseConfig{
		Ledger: ledger, Offers: t.offers, Free: free, Uplink: gate.UplinkConfig{Rate: rate, FreeShare: share * 10},
		Accounts: filepath.Join(dir, name+"-accounts.json"), Diary: filepath.Join(dir, name+"-sold.json"),
	}, nil
}

// netFrom is how peers are met.
func netFrom(c *cli.Context) torrent.NetConfig {
	n := torrent.NetConfig{Listen: c.String("peers"), DHT: c.Bool("dht"), DHTNodes: c.StringSlice("dht-node"), NoTrackers: c.Bool("no-trackers")}
	if c.Bool("encrypt") {
		n.Encryption = torrent.OnlyEncrypted
	}
	return n
}

// netTo is how the peers of something that is fetched are met. A link that names nobody leaves only the DHT.
func netTo(c *cli.Context, source torrent.Source) (torrent.NetConfig, error) {
	n := netFrom(c)
	needed, err := source.NeedsDHT()
	if needed && !c.IsSet("dht") {
		n.DHT = true
		say(c, "Neither a peer nor a tracker is named, so the DHT is asked. --peer HOST:PORT names one.\n")
	}
	return n, err
}

// tollgate is what sells: a seeder, or a gate in front of a client.
type tollgate interface {
	Totals() torrent.Totals
	Payers() []torrent.PayerAccount
	Diary() []torrent.Sold
}

// statusEvery is the time between two looks on a terminal; elsewhere a line is printed each minute.
const statusEvery = time.Second

// showToll shows how the sale stands until ctx ends, and once more then. Its first line is head.
func showToll(ctx context.Context, c *cli.Context, head func() []string, g tollgate, b tollbooks, t tariff) {
	s, m := newScreen(c.App.ErrWriter), tollmeter{gate: g, books: b, tariff: t}
	if b.sell != nil {
		b.sell(func(ctx context.Context) dashboard.Sales {
			return salesOf(g.Diary(), t, b.probes.byDay(ctx), time.Now())
		})
	}
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	m.measure(ctx)
	for n, ended := 1, false; !ended; n++ {
		select {
		case <-ctx.Done():
			ended = true
			m.last(ctx)
		case <-tick.C:
			if !s.live() && n%60 != 0 {
				continue
			}
			m.measure(ctx)
		}
		switch {
		case s.live():
			s.show(append(head(), m.lines()...)...)
		case c.String("output") == "jsonl":
			_ = printResult(c, m.status)
		default:
			s.print("%s: %s", time.Now().Format(time.TimeOnly), m.line())
		}
	}
}
