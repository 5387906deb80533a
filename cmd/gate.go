package cmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel/torrent"
)

func gateCommand() *cli.Command {
	return &cli.Command{
		Name: "gate", Usage: "be paid for what another BitTorrent client seeds: a toll gate in front of it", ArgsUsage: "TORRENT|FOLDER",
		Description: "piecework gate --contract T… --from bob --price \"0.01 TRX/GiB\" --client 127.0.0.1:51413 --peers :6881 ~/.local/share/qBittorrent/BT_backup\n" +
			"piecework gate --contract T… --from bob --price \"0.01 TRX/GiB\" --client 127.0.0.1:51413 --free choke --dht ./movie.mkv.torrent\n\n" +
			"The client must listen on this machine only, and must not look for peers itself: whoever reaches it without passing the gate pays nothing.\n" +
			"channel/torrent/GATE.md has the settings of qBittorrent, Transmission and rTorrent.",
		Flags: append(tollFlags(),
			&cli.StringFlag{Name: "client", Usage: "`HOST:PORT` where the client listens for peers, on this machine", Required: true},
			&cli.StringSliceFlag{Name: "tracker", Usage: "announce every torrent to `URL` too; repeat it for more"},
			&cli.BoolFlag{Name: "no-dial", Usage: "wait for peers instead of connecting to those that trackers name"},
			&cli.StringFlag{Name: "gate-file", Usage: "write the address where peers connect to `FILE` when the gate is open"},
		),
		Action: runGate,
	}
}

func runGate(c *cli.Context) error {
	if err := checkClient(c.String("client")); err != nil {
		return err
	}
	shelf := newShelf(c.Args().First(), c.StringSlice("tracker"))
	if err := shelf.read(); err != nil {
		return err
	}
	return selling(c, func(ctx context.Context, b tollbooks, t tariff) error { return openGate(ctx, c, b, t, shelf) })
}

// checkClient refuses a client on another machine: what it sends would cross the network unpaid, and everybody there could reach it.
func checkClient(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "" || port == "0" {
		return usagef("--client %q: want HOST:PORT, as in 127.0.0.1:51413", address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usagef("--client %s: the client must listen on a loopback address, as in 127.0.0.1:%s; elsewhere peers could pass the gate by", address, port)
	}
	return nil
}

// openGate runs the gate until ctx ends, and shows how it stands.
func openGate(ctx context.Context, c *cli.Context, b tollbooks, t tariff, shelf *shelf) error {
	house, err := houseFrom(c, b, t, "gate")
	if err != nil {
		return err
	}
	if house.Log, err = logger(c); err != nil {
		return err
	}
	toll, err := torrent.OpenTollhouse(house)
	if err != nil {
		return err
	}
	defer toll.Close()
	n := netFrom(c)
	proxy, err := torrent.NewProxy(ctx, torrent.ProxyConfig{
		House: toll, Client: c.String("client"), Listen: n.Listen, Torrents: shelf.torrents(), Encryption: n.Encryption, Log: house.Log,
		Announce: torrent.AnnounceConfig{Trackers: !n.NoTrackers, DHT: n.DHT, DHTNodes: n.DHTNodes, Dial: !c.Bool("no-dial")},
	})
	if err != nil {
		return err
	}
	defer func() { _ = proxy.Close() }()
	g := &gateView{Proxy: proxy, shelf: shelf, client: c.String("client")}
	if err := g.opened(c); err != nil {
		return err
	}
	go g.watch(ctx, c)
	showToll(ctx, c, g.head, toll, b, t)
	return nil
}

// opened tells where the gate is and what is behind it.
func (g *gateView) opened(c *cli.Context) error {
	if file := c.String("gate-file"); file != "" {
		if err := os.WriteFile(file, []byte(g.Addr()+"\n"), 0o600); err != nil {
			return fmt.Errorf("writing the gate's address: %w", err)
		}
	}
	say(c, "The gate is open: peers connect to %s, the client behind it is at %s. Ctrl-C stops.\n", g.Addr(), g.client)
	names := []string{}
	for _, one := range g.shelf.torrents() {
		names = append(names, one.Name)
	}
	return printResult(c, openedGate{Peers: g.Addr(), Client: g.client, Torrents: names})
}

// openedGate is what `gate` says when it begins.
type openedGate struct {
	Peers    string   `json:"peers"` // where peers connect
	Client   string   `json:"client"`
	Torrents []string `json:"torrents"`
}

func (o openedGate) schema() string { return "piecework.gate.v1" }

func (o openedGate) table() table {
	return table{rows: [][]string{{"peers connect to", o.Peers}, {"client", o.Client}, {"torrents", strings.Join(o.Torrents, ", ")}}}
}

// leaks are addresses of this machine, other than the loopback, at which the client can be reached: peers that find it there pay nothing.
func leaks(ctx context.Context, client string) (list []string) {
	_, port, err := net.SplitHostPort(client)
	if err != nil {
		return nil
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var d net.Dialer
	for _, a := range addresses {
		ip, is := a.(*net.IPNet)
		if !is || ip.IP.IsLoopback() || ip.IP.IsLinkLocalUnicast() {
			continue
		}
		at := net.JoinHostPort(ip.IP.String(), port)
		if conn, err := d.DialContext(ctx, "tcp", at); err == nil {
			list = append(list, at)
			_ = conn.Close()
		}
	}
	return list
}

var errNoTorrents = errors.New("no .torrent file there")
