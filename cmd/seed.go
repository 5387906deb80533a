package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/anacrolix/torrent/metainfo"
	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel/torrent"
)

func seedCommand() *cli.Command {
	return &cli.Command{
		Name: "seed", Usage: "seed a file, folder or torrent and be paid by the piece", ArgsUsage: "FILE|FOLDER|TORRENT",
		Description: "piecework seed --contract T… --from bob --price \"0.01 TRX/GiB\" ./movie.mkv\n" +
			"piecework seed --contract T… --from bob --price \"5 trc10:1000001/MiB\" --server 127.0.0.1:7443 --dht ./movie.mkv.torrent",
		Flags: append(append(tollFlags(), sponsoredFlags()...),
			&cli.StringSliceFlag{Name: "tracker", Usage: "announce to `URL`; repeat it for more"},
			&cli.BoolFlag{Name: "private", Usage: "make a torrent that peers may find through its trackers only"},
			&cli.StringFlag{Name: "magnet-file", Usage: "write the magnet link to `FILE` when seeding begins"},
		),
		Action: seed,
	}
}

func seed(c *cli.Context) error {
	return selling(c, func(ctx context.Context, b tollbooks, t tariff) error {
		mi, dir, err := openTorrent(c, c.Args().First())
		if err != nil {
			return err
		}
		return besideRedeemer(ctx, c, b, t, func(ctx context.Context) error { return runSeeder(ctx, c, b, t, mi, dir) })
	})
}

// openTorrent takes a .torrent file whose content lies beside it, or the one that lies beside a file or folder, or makes that.
func openTorrent(c *cli.Context, path string) (mi *metainfo.MetaInfo, dir string, err error) {
	path = filepath.Clean(path)
	dir = filepath.Dir(path)
	beside := path
	if !strings.HasSuffix(path, ".torrent") {
		beside += ".torrent"
	}
	if mi, err = torrent.Load(beside); errors.Is(err, fs.ErrNotExist) && beside != path {
		mi, err = makeTorrent(c, path, beside)
	}
	if err == nil {
		torrent.AddTrackers(mi, c.StringSlice("tracker")...)
	}
	return mi, dir, err
}

// makeTorrent hashes a file or folder and writes the torrent beside it.
func makeTorrent(c *cli.Context, path, beside string) (*metainfo.MetaInfo, error) {
	progress := newHashing(c, "Hashing "+path)
	mi, err := torrent.Create(path, torrent.CreateConfig{Trackers: c.StringSlice("tracker"), Private: c.Bool("private"), Progress: progress.report})
	progress.end()
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, withHint(fmt.Errorf("writing the torrent: %w", err), "The .torrent file goes beside the content; make that folder writable, or make the torrent elsewhere.")
	}
	return mi, errors.Join(mi.Write(file), file.Close())
}

// runSeeder seeds until ctx ends, and shows how it stands.
func runSeeder(ctx context.Context, c *cli.Context, b tollbooks, t tariff, mi *metainfo.MetaInfo, dir string) error {
	house, err := houseFrom(c, b, t, "seed")
	if err != nil {
		return err
	}
	log, err := logger(c)
	if err != nil {
		return err
	}
	checking := newHashing(c, "Checking the files")
	seeder, err := torrent.NewSeeder(ctx, torrent.SeederConfig{House: house, Net: netFrom(c), Log: log, Checking: checking.report})
	if err != nil {
		return err
	}
	defer func() { _ = seeder.Close() }()
	err = seeder.Add(ctx, mi, dir)
	checking.end()
	var incomplete *torrent.IncompleteError
	if errors.As(err, &incomplete) {
		return withHint(err, "The files changed since the .torrent was made, or are not all there. Fetch it with `piecework get`, or remove the .torrent to have a new one made.")
	}
	if err != nil {
		return err
	}
	if err := announce(c, mi, seeder.Addr()); err != nil {
		return err
	}
	showToll(ctx, c, func() []string { return []string{"peers connect to " + seeder.Addr()} }, seeder, b, t)
	return nil
}

// seeding is what `seed` says when it begins.
type seeding struct {
	Magnet   string `json:"magnet"`
	InfoHash string `json:"info_hash"`
	Name     string `json:"name"`
	Bytes    int64  `json:"bytes"`
	Peers    string `json:"peers"` // where peers connect
}

func (s seeding) schema() string { return "piecework.seeding.v1" }

func (s seeding) table() table { return table{notes: []string{s.Magnet}} }

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
	say(c, "Seeding %s (%s); peers connect to %s. Ctrl-C stops.\n", info.BestName(), formatBytes(info.TotalLength()), addr)
	return printResult(c, seeding{
		Magnet: magnet.String(), InfoHash: mi.HashInfoBytes().HexString(), Name: info.BestName(), Bytes: info.TotalLength(), Peers: addr,
	})
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
