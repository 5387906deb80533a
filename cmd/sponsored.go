package cmd

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/sponsor"
	"github.com/piecework/piecework/wallet"
)

// sponsorOf finds the sponsor of what is fetched or seeded: --sponsor, or the address in the magnet link or torrent; "" when there is none.
func sponsorOf(c *cli.Context, what string) string {
	if url := c.String("sponsor"); url != "" || c.Bool("no-sponsor") {
		return url
	}
	if strings.HasPrefix(what, "magnet:") {
		return sponsor.InMagnet(what)
	}
	if strings.HasSuffix(what, ".torrent") {
		if raw, err := readFile(what); err == nil {
			return sponsor.InTorrent(raw)
		}
	}
	return ""
}

func sponsoredFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "sponsor", Usage: "let the sponsor at `URL` pay", DefaultText: "the one that the link or torrent names"},
		&cli.BoolFlag{Name: "no-sponsor", Usage: "ask no sponsor"},
	}
}

// sponsoredConfig lets the sponsor of a link or torrent pay the seeders of what has a hash. It gives nil when there is none, or when the user pays for themselves.
func sponsoredConfig(c *cli.Context, config *torrent.DownloaderConfig, hash [20]byte, coin *money) (*sponsor.Viewer, error) {
	url := sponsorOf(c, c.Args().First())
	if url == "" || c.Bool("free-only") || c.String("max-price") != "" {
		return nil, nil
	}
	client, err := sponsor.NewClient(url)
	if err != nil {
		return nil, usagef("--sponsor: %s", err)
	}
	key, err := viewerKey(c)
	if err != nil {
		return nil, err
	}
	viewer, err := sponsor.NewViewer(c.Context, client, key, hash)
	if err != nil {
		return nil, withHint(fmt.Errorf("asking the sponsor at %s: %w", url, err), "Pay yourself with --max-price and --budget, or take what is free with --free-only.")
	}
	say(c, "The sponsor at %s pays the seeders.\n", url)
	config.Purses, config.Limits, config.Want = viewer, viewer.Limits(), viewer.Want()
	*coin = money{asset: viewer.Asset(), symbol: "units of " + viewer.Asset().String()}
	if viewer.Asset() == channel.TRX {
		*coin = trx
	}
	return viewer, nil
}

// paidFor sets up the paying of what has a hash, by its sponsor or by the user. cost is nil when the sponsor pays, and peers are the seeders that it knows. end ends it.
func paidFor(c *cli.Context, hash [20]byte, config *torrent.DownloaderConfig, coin *money) (cost *spending, peers []string, end func(), err error) {
	viewer, err := sponsoredConfig(c, config, hash, coin)
	if err != nil {
		return nil, nil, nil, err
	}
	if viewer == nil {
		cost, end, err = payFor(c, hash, config, coin)
		return cost, nil, end, err
	}
	return nil, viewer.Peers(), func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context), 5*time.Second)
		defer cancel()
		_ = viewer.Close(ctx) // otherwise the sessions end by themselves
	}, nil
}

// viewerKey is what sponsors know this viewer by: drawn once, kept in the data folder. It holds no money.
func viewerKey(c *cli.Context) (ed25519.PrivateKey, error) {
	dir, err := dataDir(c)
	if err != nil {
		return nil, err
	}
	return keptKey(filepath.Join(dir, "viewer.key"))
}

// keptKey reads an Ed25519 key that holds no money, or draws it.
func keptKey(path string) (ed25519.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		if seed, hexErr := hex.DecodeString(strings.TrimSpace(string(text))); hexErr == nil && len(seed) == ed25519.SeedSize {
			return ed25519.NewKeyFromSeed(seed), nil
		}
		return nil, withHint(fmt.Errorf("%s is damaged", path), "Remove it, and a new key is drawn.")
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(hex.EncodeToString(key.Seed())+"\n"), 0o600)); err != nil {
		return nil, fmt.Errorf("keeping the key: %w", err)
	}
	return key, nil
}

// besideRedeemer runs a seeder. When its torrent has a sponsor, that one's sessions are taken into the offers, one for each tail, and reveals are handed back
// to it meanwhile.
func besideRedeemer(ctx context.Context, c *cli.Context, b tollbooks, t tariff, sell func(context.Context) error) error {
	url := sponsorOf(c, c.Args().First())
	if url == "" {
		return sell(ctx)
	}
	if b.list == nil {
		return usagef("a sponsored torrent is seeded with the server in this process, without --server; --no-sponsor takes no sponsor")
	}
	client, err := sponsor.NewClient(url)
	if err != nil {
		return usagef("--sponsor: %s", err)
	}
	offer, err := client.Offer(ctx)
	if err != nil {
		return withHint(fmt.Errorf("asking the sponsor at %s: %w", url, err), "--no-sponsor seeds without it.")
	}
	for i := range t.offers {
		t.offers[i].Hubs = append(t.offers[i].Hubs, offer.Payer)
	}
	b.probes.open(client, t, offer.Asset)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return handBack(ctx, c, url, b, client, offer) })
	group.Go(func() error { return sell(ctx) })
	return group.Wait()
}

// askAgain is how long until a sponsor that does not answer is asked again.
const askAgain = 3 * time.Second

// redeeming hands the reveals of a sponsor's sessions back to it, until ctx ends. A sponsor that is not there yet is asked again: that of a live stream begins with the stream's link.
func redeeming(ctx context.Context, c *cli.Context, url string, b tollbooks, trust func(hub wallet.Address)) error {
	client, err := sponsor.NewClient(url)
	if err != nil {
		return usagef("--sponsor: %s", err)
	}
	offer, err := client.Offer(ctx)
	for told := false; err != nil; offer, err = client.Offer(ctx) {
		if !told {
			say(c, "The sponsor at %s does not answer yet and is asked again: %s\n", url, err)
			told = true
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(askAgain):
		}
	}
	trust(offer.Payer)
	return handBack(ctx, c, url, b, client, offer)
}

// handBack says that the sponsor pays, and hands the reveals of its sessions back to it until ctx ends.
func handBack(ctx context.Context, c *cli.Context, url string, b tollbooks, client *sponsor.Client, offer sponsor.Offer) error {
	log, err := logger(c)
	if err != nil {
		return err
	}
	say(c, "The sponsor at %s pays for viewers, from channels of %s.\n", url, offer.Payer)
	redeemer := &sponsor.Redeemer{Ledger: b, List: b.list, Client: client, Offer: offer, Log: log}
	return redeemer.Run(ctx)
}
