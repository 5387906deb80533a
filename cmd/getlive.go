package cmd

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/live"
	"github.com/piecework/piecework/channel/torrent/stream"
)

// watchedStream is a stream that has ended, or was left.
type watchedStream struct {
	Name     string `json:"name"`
	Chunks   int64  `json:"chunks"`
	Missed   int64  `json:"missed"` // that came too late and were left out
	Bytes    int64  `json:"bytes"`
	Paid     string `json:"paid,omitempty"`
	Units    string `json:"paid_units"`
	Payments int64  `json:"payments"`
	Ended    bool   `json:"ended"`
}

func (w watchedStream) schema() string { return "piecework.watch.v1" }

func (w watchedStream) table() table {
	return table{rows: [][]string{
		{"watched", w.Name},
		{"chunks", fmt.Sprintf("%d, %d came too late", w.Chunks, w.Missed)},
		{"size", formatBytes(w.Bytes)},
		{"paid", orDefault(w.Paid, "nothing")},
		{"payments", fmt.Sprint(w.Payments)},
	}}
}

// getLive follows a live stream and shows it to players, until it ends.
func getLive(c *cli.Context) error {
	link, err := live.ParseLink(c.Args().First())
	if err != nil {
		return usagef("%s", err)
	}
	config := torrent.DownloaderConfig{Want: torrent.Want{OnlyFree: true}}
	if config.Dir, err = watchingDir(c, link); err != nil {
		return err
	}
	if config.Log, err = logger(c); err != nil {
		return err
	}
	coin := trx
	cost, peers, endPaying, err := paidFor(c, link.Hash(), &config, &coin)
	if err != nil {
		return err
	}
	defer endPaying()
	link.Peers = append(link.Peers, peers...)
	if !c.IsSet("prefer") {
		config.Limits.Fast = true // what comes too late is worth nothing
	}
	config.Net = netFrom(c)
	closeEarning, err := earning(c, &config)
	if err != nil {
		return err
	}
	defer closeEarning()
	tellPeople(c, &config, coin)
	loader, err := torrent.NewDownloader(c.Context, config)
	if err != nil {
		return err
	}
	defer func() { _ = loader.Close() }()
	viewer, err := live.NewViewer(live.ViewerConfig{Link: link, Loader: loader, Dir: config.Dir, Log: config.Log})
	if err != nil {
		return err
	}
	if err := watchStream(c, viewer, loader, coin); err != nil {
		return err
	}
	status := viewer.Status()
	if status.Ended {
		cost.done()
	}
	paid, payments := loader.Spent()
	return printResult(c, watchedStream{
		Name: orDefault(link.Name, "a live stream"), Chunks: status.Fetched, Missed: status.Lost, Bytes: status.Bytes, Paid: coin.format(paid), Units: paid.String(),
		Payments: payments, Ended: status.Ended,
	})
}

// watchingDir is where the newest chunks of a stream lie while it is watched.
func watchingDir(c *cli.Context, link live.Link) (string, error) {
	dir, err := dataDir(c)
	if err != nil {
		return "", err
	}
	hash := link.Hash()
	dir = filepath.Join(dir, "watching", hex.EncodeToString(hash[:]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making %s: %w", dir, err)
	}
	return dir, nil
}

// drainTime is how long players may take to fetch what is left of a stream that has ended.
const drainTime = 30 * time.Second

// watchStream serves players and follows the stream, until it or the context ends.
func watchStream(c *cli.Context, viewer *live.Viewer, loader *torrent.Downloader, coin money) error {
	listener, err := net.Listen("tcp", orDefault(streamAddress(c), "127.0.0.1:0"))
	if err != nil {
		return withHint(fmt.Errorf("listening for a player: %w", err), "Choose another address with --stream=HOST:PORT.")
	}
	at := "http://" + listener.Addr().String()
	say(c, "Open %s/ in a browser, or one of these in a player; Ctrl-C stops.\n  %s/live\n  %s/live.m3u8\n", at, at, at)
	if err := readyForPlayer(c, listener); err != nil {
		return errors.Join(err, listener.Close())
	}
	player := live.NewPlayer(viewer)
	serving, stop := context.WithCancel(c.Context)
	group, ctx := errgroup.WithContext(serving)
	group.Go(func() error { return stream.Serve(ctx, listener, player) })
	group.Go(func() error { showViewer(ctx, c, viewer, loader, coin); return nil })
	group.Go(func() error {
		defer stop()
		if err := viewer.Run(ctx); err != nil {
			return err
		}
		say(c, "The stream has ended.\n")
		drain, cancel := context.WithTimeout(ctx, drainTime)
		defer cancel()
		player.Drain(drain)
		return nil
	})
	if err := group.Wait(); err != nil && c.Context.Err() == nil {
		return err
	}
	return nil
}

// showViewer shows how a viewer stands, until ctx ends.
func showViewer(ctx context.Context, c *cli.Context, viewer *live.Viewer, loader *torrent.Downloader, coin money) {
	s := newScreen(c.App.ErrWriter)
	every := fetchLineEvery
	if s.live() {
		every = time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if lines := viewerLines(viewer.Status(), loader, coin); s.live() {
			s.show(lines...)
		} else {
			s.print("%s", strings.Join(lines, "; "))
		}
	}
}

// viewerLines is how a viewer stands, for a terminal of 80 columns: the stream, and what it costs.
func viewerLines(v live.Status, loader *torrent.Downloader, coin money) []string {
	paid, payments := loader.Spent()
	cost := fmt.Sprintf("%d peers; paid %s in %d payments", v.Peers, coin.format(paid), payments)
	how := fmt.Sprintf("chunk %d of %d, %d fetched (%s), %d too late", v.Ready, v.Newest, v.Fetched, formatBytes(v.Bytes), v.Lost)
	switch {
	case v.Newest < 0 && v.Trouble != nil:
		return []string{"waiting for the stream: " + v.Trouble.Error()}
	case v.Newest < 0:
		return []string{"waiting for the stream"}
	case v.Trouble != nil:
		return []string{how, cost, "no news: " + v.Trouble.Error()}
	}
	return []string{how, cost}
}
