package cmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	bt "github.com/anacrolix/torrent"
	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/stream"
)

// streamFlags are those of `get` for somebody who watches while it comes.
func streamFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.GenericFlag{
			Name: "stream", Value: new(optionalAddress),
			Usage: "serve what is fetched to a player over HTTP, from the first byte on, until Ctrl-C; --stream=`HOST:PORT` says where", DefaultText: "a free port of 127.0.0.1",
		},
		&cli.StringFlag{Name: "player-file", Usage: "write the player's URL to `FILE` when it can be opened"},
	}, earnFlags()...)
}

// optionalAddress is a flag that works with and without a value: --stream, --stream=127.0.0.1:8080.
type optionalAddress string

// Set implements flag.Value; the flag package says "true" when there is no value.
func (a *optionalAddress) Set(text string) error {
	if text == "true" {
		text = "127.0.0.1:0"
	}
	if _, _, err := net.SplitHostPort(text); err != nil {
		return errors.New("want HOST:PORT, as in --stream=127.0.0.1:8080")
	}
	*a = optionalAddress(text)
	return nil
}

// String implements flag.Value.
func (a *optionalAddress) String() string {
	if a == nil {
		return ""
	}
	return string(*a)
}

// IsBoolFlag makes the value optional.
func (a *optionalAddress) IsBoolFlag() bool { return true }

func streamAddress(c *cli.Context) string {
	if a, is := c.Generic("stream").(*optionalAddress); is {
		return a.String()
	}
	return ""
}

// watch fetches a torrent and serves it to players meanwhile. It goes on serving, and relaying, until the context ends.
func watchTorrent(c *cli.Context, d *torrent.Downloader, source torrent.Source, coin money) (torrent.Result, error) {
	t, err := d.Start(c.Context, source)
	if err != nil {
		return torrent.Result{}, err
	}
	listener, err := net.Listen("tcp", streamAddress(c))
	if err != nil {
		return torrent.Result{}, withHint(fmt.Errorf("listening for a player: %w", err), "Choose another address with --stream=HOST:PORT.")
	}
	handler := stream.New(stream.Config{Torrent: t, Status: func() stream.Status {
		paid, _ := d.Spent()
		return stream.Status{Paid: coin.format(paid), Peers: t.Stats().ActivePeers}
	}})
	announceStream(c, listener.Addr().String(), t)
	if err := readyForPlayer(c, listener); err != nil {
		return torrent.Result{}, err
	}
	group, ctx := errgroup.WithContext(c.Context)
	group.Go(func() error { return stream.Serve(ctx, listener, handler) })
	group.Go(func() error {
		err := d.Wait(ctx, t)
		if err == nil {
			say(c, "All of it is here; the player can go on. Ctrl-C stops serving.\n")
		}
		return err
	})
	err = group.Wait()
	if complete := t.BytesMissing() == 0; complete && c.Context.Err() != nil {
		err = nil
	}
	return d.Result(t), err
}

// readyForPlayer tells whoever started the command where to look.
func readyForPlayer(c *cli.Context, l net.Listener) error {
	file := c.String("player-file")
	if file == "" {
		return nil
	}
	if err := os.WriteFile(file, []byte("http://"+l.Addr().String()+"/\n"), 0o600); err != nil {
		return fmt.Errorf("writing the player's URL: %w", err)
	}
	return nil
}

// announceStream prints what to open.
func announceStream(c *cli.Context, address string, t *bt.Torrent) {
	say(c, "Open http://%s/ in a browser, or one of these in a player; Ctrl-C stops.\n", address)
	for i, f := range t.Files() {
		say(c, "  http://%s%s\n", address, stream.Path(i, f))
	}
}

// earnFlags are those of a downloader that relays for pay.
func earnFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "earn", Usage: "relay what is fetched to others for `PRICE`, as in \"0.005 TRX/GiB\"; needs --from and --contract"},
		&cli.StringFlag{Name: "free", Value: "serve", Usage: "with --earn: what peers get that do not pay: serve (slowly), choke, refuse"},
		&cli.StringFlag{Name: "uplink", Usage: "with --earn: upload at most `RATE`, as in \"20 MB/s\""},
		&cli.StringFlag{Name: "server", Usage: "with --earn: bring payments to the channel server at `HOST:PORT` instead of running one here"}, tlsCAFlag(),
		&cli.StringFlag{Name: "listen", Value: "127.0.0.1:0", Usage: "with --earn: `HOST:PORT` of the gRPC API of the server that runs here"},
		&cli.StringFlag{Name: "store", Usage: "with --earn: `PATH` of that server's SQLite file, or a postgres:// URL", DefaultText: "server.db in the data folder"},
		&cli.StringFlag{Name: "minimum", Value: "10", Usage: "with --earn: `TRX` below which a channel is not settled for its value alone"},
		&cli.StringSliceFlag{Name: "accept", Usage: "with --earn: `ASSET=TRX` that channels may be in, and what one whole token is worth to you"},
	}
}

// earning makes a downloader a relay that is paid, when --earn asks for it. The function that it returns ends it.
func earning(c *cli.Context, config *torrent.DownloaderConfig) (func(), error) {
	if c.String("earn") == "" {
		return func() {}, nil
	}
	s, closeSession, err := earningSession(c, config)
	if err != nil {
		return nil, err
	}
	house, err := relayHouse(c, s)
	if err != nil {
		closeSession()
		return nil, err
	}
	books, closeBooks, err := relayBooks(c, s)
	if err != nil {
		closeSession()
		return nil, err
	}
	house.Ledger, house.Log = books, config.Log
	config.House = torrent.NewTollhouse(house)
	endRedeeming := relayRedeeming(c, books, config.House)
	return func() { endRedeeming(); config.House.Close(); closeBooks(); closeSession() }, nil
}

// relayRedeeming has a relay take the sessions of the sponsor of what it fetches, and hand their reveals back, until what it returns is called.
func relayRedeeming(c *cli.Context, b tollbooks, house *torrent.Tollhouse) func() {
	url := sponsorOf(c, c.Args().First())
	if url == "" {
		return func() {}
	}
	if b.list == nil {
		say(c, "Note: what the sponsor pays for is relayed with the server in this process only, without --server.\n")
		return func() {}
	}
	ctx, stop := context.WithCancel(c.Context)
	ended := make(chan error, 1)
	go func() { ended <- redeeming(ctx, c, url, b, house.Trust) }()
	return func() {
		stop()
		if err := <-ended; err != nil {
			say(c, "piecework: redeeming with the sponsor: %s\n", err.Error())
		}
	}
}

// earningSession is the session that pays already, or one of its own.
func earningSession(c *cli.Context, config *torrent.DownloaderConfig) (*session, func(), error) {
	if o, is := config.Purses.(*opener); is {
		return o.s, func() {}, nil
	}
	if c.String("from") == "" || c.String("contract") == "" {
		return nil, nil, usagef("--earn needs --from and --contract: who is paid, and where channels are")
	}
	s, err := dialFrom(c)
	if err != nil {
		return nil, nil, err
	}
	return s, s.close, nil
}

func relayHouse(c *cli.Context, s *session) (torrent.TollhouseConfig, error) {
	at, err := resolve(c, s.network, c.String("contract"))
	if err != nil {
		return torrent.TollhouseConfig{}, err
	}
	p, err := parsePrice(c.Context, s.node, "earn", c.String("earn"))
	if err != nil {
		return torrent.TollhouseConfig{}, err
	}
	free, err := torrent.ParseFreePolicy(c.String("free"))
	if err != nil {
		return torrent.TollhouseConfig{}, usagef("--free: %s", err)
	}
	rate, err := parseRate(c.String("uplink"))
	if err != nil {
		return torrent.TollhouseConfig{}, usagef("--uplink: %s", err)
	}
	return torrent.TollhouseConfig{
		Offers: []torrent.Offer{{Domain: channel.DomainOn(s.node.Genesis(), at), Asset: p.asset, Payee: s.from, Price: p.perMiB}},
		Free:   free, Uplink: gate.UplinkConfig{Rate: rate},
	}, nil
}

// relayBooks is where a relay brings what it is paid: a running channel server, or one in this process.
func relayBooks(c *cli.Context, s *session) (tollbooks, func(), error) {
	if c.String("server") != "" {
		remote, err := dialTo(c, "server", "")
		if err != nil {
			return tollbooks{}, nil, err
		}
		return tollbooks{Ledger: remote}, func() { _ = remote.Close() }, nil
	}
	payee, listener, err := startPayee(c, s)
	if err != nil {
		return tollbooks{}, nil, err
	}
	ctx, stop := context.WithCancel(c.Context)
	ended := make(chan error, 1)
	go func() { ended <- payee.Run(ctx, listener) }()
	return tollbooks{Ledger: payee.Ledger(), list: listOf(payee.Ledger())}, func() {
		stop()
		if err := errors.Join(<-ended, payee.Close()); err != nil {
			say(c, "piecework: the channel server that was paid: %s\n", err.Error())
		}
	}, nil
}
