package cmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/anacrolix/torrent/metainfo"
	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
)

func seedCommand() *cli.Command {
	flags := append(nodeFlags(), payeeFlags()...)
	return &cli.Command{
		Name: "seed", Usage: "seed a file, folder or torrent and be paid by the piece", ArgsUsage: "FILE",
		Description: "piecework seed --contract T… --from bob --price \"0.01 TRX/GiB\" ./movie.mkv\n" +
			"piecework seed --contract T… --from bob --price \"5 trc10:1000001/MiB\" --server 127.0.0.1:7443 ./movie.mkv.torrent",
		Flags: append(flags,
			&cli.StringSliceFlag{Name: "price", Usage: "`PRICE` of payload, as in \"0.01 TRX/GiB\"; repeat it for several assets", Required: true},
			&cli.StringFlag{Name: "server", Usage: "bring payments to the channel server at `HOST:PORT` instead of running one here"},
			&cli.StringFlag{Name: "peers", Value: ":0", Usage: "`HOST:PORT` where BitTorrent peers connect"},
			&cli.StringFlag{Name: "free", Value: "serve", Usage: "what peers get that do not pay: serve (slowly), choke, refuse"},
			&cli.StringFlag{Name: "uplink", Usage: "upload at most `RATE`, as in \"20 MB/s\""},
			&cli.StringSliceFlag{Name: "tracker", Usage: "announce to `URL`"},
			&cli.StringFlag{Name: "magnet-file", Usage: "write the magnet link to `FILE` when seeding begins"},
		),
		Action: seed,
	}
}

func seed(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	offers, err := offersFrom(c, s)
	if err != nil {
		return err
	}
	mi, dir, err := openTorrent(c, c.Args().First())
	if err != nil {
		return err
	}
	if c.String("server") != "" {
		remote, err := client.Dial(c.String("server"), client.Options{})
		if err != nil {
			return err
		}
		defer func() { _ = remote.Close() }()
		return runSeeder(c, c.Context, remote, offers, mi, dir)
	}
	payee, listener, err := startPayee(c, s)
	if err != nil {
		return err
	}
	defer func() { _ = payee.Close() }()
	group, ctx := errgroup.WithContext(c.Context)
	group.Go(func() error { return payee.Run(ctx, listener) })
	group.Go(func() error { return runSeeder(c, ctx, payee.Ledger(), offers, mi, dir) })
	return group.Wait()
}

// openTorrent takes a .torrent file whose content lies beside it, or makes a torrent of a file or folder and writes it beside.
func openTorrent(c *cli.Context, path string) (*metainfo.MetaInfo, string, error) {
	dir := filepath.Dir(filepath.Clean(path))
	if strings.HasSuffix(path, ".torrent") {
		mi, err := torrent.Load(path)
		return mi, dir, err
	}
	fmt.Fprintf(c.App.ErrWriter, "Hashing %s …\n", path)
	mi, err := torrent.Create(path, 0, c.StringSlice("tracker")...)
	if err != nil {
		return nil, "", err
	}
	file, err := os.Create(filepath.Clean(path) + ".torrent")
	if err != nil {
		return nil, "", withHint(fmt.Errorf("writing the torrent: %w", err), "The .torrent file goes beside the content; make that folder writable, or make the torrent elsewhere.")
	}
	return mi, dir, errors.Join(mi.Write(file), file.Close())
}

func offersFrom(c *cli.Context, s *session) ([]torrent.Offer, error) {
	at, err := resolve(c, s.network, c.String("contract"))
	if err != nil {
		return nil, err
	}
	var offers []torrent.Offer
	for _, text := range c.StringSlice("price") {
		p, err := parsePrice(c.Context, s.node, text)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(c.App.ErrWriter, "Price: %s\n", p)
		offers = append(offers, torrent.Offer{Domain: channel.DomainOn(s.node.Genesis(), at), Asset: p.asset, Payee: s.from, Price: p.perMiB})
	}
	return offers, nil
}

// runSeeder seeds until ctx ends, and says now and then how it stands.
func runSeeder(c *cli.Context, ctx context.Context, ledger torrent.Ledger, offers []torrent.Offer, mi *metainfo.MetaInfo, dir string) error {
	free, err := torrent.ParseFreePolicy(c.String("free"))
	if err != nil {
		return usagef("--free: %s", err)
	}
	rate, err := parseRate(c.String("uplink"))
	if err != nil {
		return usagef("--uplink: %s", err)
	}
	log, err := logger(c)
	if err != nil {
		return err
	}
	seeder, err := torrent.NewSeeder(ctx, torrent.SeederConfig{
		House: torrent.TollhouseConfig{Ledger: ledger, Offers: offers, Free: free, Uplink: gate.UplinkConfig{Rate: rate}},
		Net:   torrent.NetConfig{Listen: c.String("peers")}, Log: log,
	})
	if err != nil {
		return err
	}
	defer func() { _ = seeder.Close() }()
	if err := seeder.Add(ctx, mi, dir); err != nil {
		return err
	}
	if err := announce(c, mi, seeder.Addr()); err != nil {
		return err
	}
	return report(c, ctx, seeder)
}

// announce prints the magnet link, which names this seeder as a peer.
func announce(c *cli.Context, mi *metainfo.MetaInfo, addr string) error {
	info, err := mi.UnmarshalInfo()
	if err != nil {
		return err
	}
	magnet, err := mi.MagnetV2()
	if err != nil {
		return fmt.Errorf("making the magnet link: %w", err)
	}
	magnet.DisplayName = info.BestName()
	if magnet.Params == nil {
		magnet.Params = map[string][]string{}
	}
	magnet.Params["x.pe"] = []string{peerAddress(addr)}
	if file := c.String("magnet-file"); file != "" {
		if err := os.WriteFile(file, []byte(magnet.String()+"\n"), 0o600); err != nil {
			return fmt.Errorf("writing the magnet link: %w", err)
		}
	}
	fmt.Fprintf(c.App.ErrWriter, "Seeding %s (%s); peers connect to %s\n", info.BestName(), formatBytes(info.TotalLength()), addr)
	_, err = fmt.Fprintln(c.App.Writer, magnet)
	return err
}

// peerAddress is an address that a peer on this machine can dial: a listener on all addresses is named by the loopback.
func peerAddress(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func report(c *cli.Context, ctx context.Context, seeder *torrent.Seeder) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		t := seeder.Totals()
		fmt.Fprintf(c.App.ErrWriter, "%s: %d peers, %d paying; sent %s paid and %s free; %d payments\n",
			time.Now().Format(time.TimeOnly), t.Peers, t.Payers, formatBytes(t.PaidBytes), formatBytes(t.FreeBytes), t.Payments)
	}
}
