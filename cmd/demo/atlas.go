package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/anacrolix/torrent/metainfo"
	"golang.org/x/sync/errgroup"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/wallet"
)

// What the Atlas run is like.
const (
	atlasBytes  = 12 << 20
	atlasPiece  = 128 << 10
	atlasFile   = "premiere.mkv"
	atlasSymbol = "BTT"
)

// atlasNodes are the six seeders: how fast each is, and whether it stays to the end.
var atlasNodes = []struct {
	name   string
	uplink int64 // MiB per second
	leaves bool  // when the creator does
}{{"bob", 32, false}, {"carol", 24, false}, {"dave", 16, false}, {"erin", 8, false}, {"frank", 16, true}, {"grace", 2, false}}

// atlasViewers are the ten viewers, and whom those of them pay that pay themselves. Sponsored ones have no wallet.
var atlasViewers = []struct {
	name, kind string
	pays       []string
	late       bool // comes when the creator is gone
}{
	{"v1", free, nil, false},
	{"v2", free, nil, false},
	{"v3", free, nil, false},
	{"heidi", paying, []string{"bob", "carol"}, false},
	{"ivan", paying, []string{"carol", "dave"}, true},
	{"judy", paying, []string{"bob", "erin"}, true},
	{"v7", sponsored, nil, true},
	{"v8", sponsored, nil, true},
	{"v9", sponsored, nil, true},
	{"v10", sponsored, nil, true},
}

// The ways to watch.
const (
	free      = "free"
	paying    = "paying"
	sponsored = "sponsored"
)

// atlas is a run of it. It stands on the demo's story for the network, the money and the books.
type atlas struct {
	*story
	out     *AtlasReport
	asset   channel.Asset
	price   channel.Amount // per MiB
	meta    *metainfo.MetaInfo
	origin  *torrent.Seeder // the creator's own
	nodes   []*atlasNode
	viewers []*atlasViewer
	patron  *patron
	sum     string
}

// Atlas tells the story that Project Atlas promised: nodes that are paid in a TRC-10 token for serving pieces and for being there. An error means that it could
// not be told to its end; a report whose OK is false, that something does not add up.
func Atlas(ctx context.Context, config Config) (*AtlasReport, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := &atlas{story: &story{config: config, report: &Report{}, begun: time.Now()}, out: &AtlasReport{}, price: units("10", 6)}
	if err := a.prepare(); err != nil {
		return nil, err
	}
	if config.Dir == "" {
		defer func() { _ = os.RemoveAll(a.config.Dir) }()
	}
	err := a.tell(ctx)
	err = errors.Join(err, a.close())
	a.out.Seconds = time.Since(a.begun).Seconds()
	a.out.Checks = a.report.Checks
	a.report.judge()
	a.out.OK = a.report.OK
	return a.out, err
}

func (a *atlas) tell(ctx context.Context) error {
	for _, chapter := range []struct {
		title string
		tell  func(context.Context) error
	}{
		{"a Tron network in this process, the BTT token, and the contract that holds channels", a.setUp},
		{"the creator uploads a video; six nodes seed it", a.startNodes},
		{"the creator opens a channel to each node, signed for by a sponsor's hot key; three viewers open channels of their own", a.fund},
		{"the sponsor begins to probe; three free viewers and a paying one watch", func(ctx context.Context) error { return a.watch(ctx, false) }},
		{"the creator and one node go offline", a.leave},
		{"two paying and four sponsored viewers watch", func(ctx context.Context) error { return a.watch(ctx, true) }},
		{"nodes hand their reveals back to the sponsor, and close their channels on chain", a.settleUp},
	} {
		a.config.Say("%5.1fs  %s", time.Since(a.begun).Seconds(), chapter.title)
		if err := chapter.tell(ctx); err != nil {
			return fmt.Errorf("%s: %w", chapter.title, err)
		}
	}
	a.account(ctx)
	return nil
}

func (a *atlas) setUp(ctx context.Context) (err error) {
	if err := a.startNetwork(ctx); err != nil {
		return err
	}
	for _, account := range wallet.DevAccounts() {
		if _, known := a.world.books.names[account.Key.Address()]; known {
			continue
		}
		if err := a.world.enter(ctx, account.Name, account.Key); err != nil {
			return err
		}
	}
	if a.asset, err = a.issueBTT(ctx); err != nil {
		return err
	}
	return a.deployContract(ctx)
}

func (a *atlas) startNodes(ctx context.Context) error {
	dir := filepath.Join(a.config.Dir, "creator")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	film := filepath.Join(dir, atlasFile)
	file, err := os.Create(film)
	if err != nil {
		return err
	}
	_, err = io.CopyN(file, rand.NewChaCha8([32]byte([]byte("piecework atlas: a video of noise"))), atlasBytes)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if a.sum, err = sumOf(film); err != nil {
		return err
	}
	if a.meta, err = torrent.Create(film, torrent.CreateConfig{PieceLength: atlasPiece}); err != nil {
		return err
	}
	a.out.Video = File{Name: atlasFile, Bytes: atlasBytes, PieceBytes: atlasPiece, Pieces: atlasBytes / atlasPiece, SHA256: a.sum}
	group, inner := errgroup.WithContext(ctx)
	for _, n := range atlasNodes {
		one := &atlasNode{name: n.name, key: a.net.key(n.name), rate: n.uplink << 20, leaves: n.leaves, ended: make(chan error, 1)}
		a.nodes = append(a.nodes, one)
		group.Go(func() error { return one.start(inner, ctx, a, film) })
	}
	return group.Wait()
}

func (a *atlas) close() (err error) {
	for _, v := range a.viewers {
		err = errors.Join(err, v.close())
	}
	if a.patron != nil {
		err = errors.Join(err, a.patron.close())
	}
	if a.origin != nil {
		err = errors.Join(err, a.origin.Close())
	}
	for _, n := range a.nodes {
		err = errors.Join(err, n.close())
	}
	if a.net != nil {
		err = errors.Join(err, a.net.Close())
	}
	return err
}

func (a *atlas) node(name string) *atlasNode {
	for _, n := range a.nodes {
		if n.name == name {
			return n
		}
	}
	return nil
}

// peers are the seeders that are there.
func (a *atlas) peers() (list []string) {
	if a.origin != nil {
		list = append(list, a.origin.Addr())
	}
	for _, n := range a.nodes {
		if n.seeder != nil {
			list = append(list, n.seeder.Addr())
		}
	}
	return list
}
