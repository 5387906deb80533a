package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/trc10"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// Config is what the story needs.
type Config struct {
	Dir   string                           // for the file, the downloads and the databases; empty: a temporary folder that is removed
	Bytes int64                            // of the file; 0 is 64 MiB
	Part  string                           // PartHub: only the part of the hub; empty: everything
	Say   func(format string, args ...any) // tells how far the story is
	Log   *slog.Logger                     // nil: silence
}

// PartHub is the part in which one downloader with one channel pays four seeders through a hub.
const PartHub = "hub"

// defaultBytes is the size of the file that is shared.
const defaultBytes = 64 << 20

// story is a run of the demo.
type story struct {
	config Config
	report *Report
	begun  time.Time
	world  *world
	net    *network

	contract wallet.Address
	btt      trc10.ID
	coins    []coin             // TRX, the TRC-10 token, the TRC-20 token
	meta     *metainfo.MetaInfo // of the file
	seeder   *seeder
	payers   []*payer
	hub      *hubStory
}

// coin is an asset that a downloader pays in, and what the demo asks for a MiB.
type coin struct {
	asset    channel.Asset
	symbol   string
	decimals int
	price    channel.Amount // per MiB
	worth    int64          // sun for one whole token, the operator's price
	deposit  channel.Amount
}

// Run tells the story. An error means that it could not be told to its end; a report whose OK is false, that something does not add up.
func Run(ctx context.Context, config Config) (*Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &story{config: config, report: &Report{}, begun: time.Now()}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	if config.Dir == "" {
		defer func() { _ = os.RemoveAll(s.config.Dir) }()
	}
	err := s.tell(ctx)
	if s.seeder != nil {
		err = errors.Join(err, s.seeder.close())
	}
	for _, p := range s.payers {
		err = errors.Join(err, p.close())
	}
	if s.hub != nil {
		err = errors.Join(err, s.hub.close())
	}
	if s.net != nil {
		err = errors.Join(err, s.net.Close())
	}
	s.report.Seconds = time.Since(s.begun).Seconds()
	s.report.judge()
	return s.report, err
}

func (s *story) prepare() (err error) {
	if s.config.Bytes == 0 {
		s.config.Bytes = defaultBytes
	}
	if s.config.Say == nil {
		s.config.Say = func(string, ...any) {}
	}
	if s.config.Log == nil {
		s.config.Log = slog.New(slog.DiscardHandler)
	}
	if s.config.Dir == "" {
		s.config.Dir, err = os.MkdirTemp("", "piecework-demo-")
	}
	return err
}

// chapter is a step of the story.
type chapter struct {
	title string
	tell  func(context.Context) error
}

// tell is the story, chapter by chapter.
func (s *story) tell(ctx context.Context) error {
	for _, chapter := range s.chapters() {
		s.config.Say("%5.1fs  %s", time.Since(s.begun).Seconds(), chapter.title)
		if err := chapter.tell(ctx); err != nil {
			return fmt.Errorf("%s: %w", chapter.title, err)
		}
	}
	s.checkBooks(ctx)
	return nil
}

func (s *story) chapters() []chapter {
	list := []chapter{
		{"a Tron network in this process, and wallets on it", s.startNetwork},
		{"a TRC-10 token, a TRC-20 token, and the contract that holds channels", s.makeMoney},
		{"a file and its torrent", s.makeTorrent},
	}
	if s.config.Part != PartHub {
		list = append(list, []chapter{
			{"a seeder that asks to be paid", s.startSeeder},
			{"three downloaders open a channel each: in TRX, TRC-10 and TRC-20", s.openChannels},
			{"they fetch the file and pay for every verified piece; a free rider watches", s.download},
			{"the server settles by its own policy", s.settle},
			{"the channels close, and the books are compared", s.closeAll},
		}...)
	}
	return append(list, []chapter{
		{"a hub", s.startHub},
		{"four seeders register; the hub opens a channel to each, one of them a wallet with no TRX", s.registerSeeders},
		{"a downloader opens one channel, to the hub", s.openToHub},
		{"it fetches the file from all four and pays each; they redeem at the hub meanwhile", s.downloadFromAll},
		{"seeders and hub take the money on chain, and the hub's book is added up", s.takeHome},
	}...)
}

// dial opens a connection of its own to the network's node, as every participant has one.
func (s *story) dial(ctx context.Context) (*node.Node, error) {
	return node.Dial(ctx, node.Config{Address: s.net.GRPC(), RequestsPerSecond: -1, PollEvery: 20 * time.Millisecond})
}
