package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/server"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// What the seeder of the demo is like.
const (
	pieceBytes = 256 << 10
	fileName   = "movie.mkv"
	uplink     = 256 << 20 // bytes per second
	freeShare  = 10        // thousandths of it for free riders together
	// freeAhead is what a free rider may get beyond its share of the time: the bucket's burst.
	freeAhead = 4 << 20
)

// seeder is a payee: a channel server and a BitTorrent seeder beside it.
type seeder struct {
	key     *wallet.Key
	node    *node.Node
	server  *server.Server
	torrent *torrent.Seeder
	stop    context.CancelFunc
	ended   chan error
}

// makeTorrent makes the file and its torrent.
func (s *story) makeTorrent(context.Context) error {
	path := filepath.Join(s.config.Dir, "seeder", fileName)
	if err := s.makeFile(path); err != nil {
		return err
	}
	meta, err := torrent.Create(path, torrent.CreateConfig{PieceLength: pieceBytes})
	if err != nil {
		return err
	}
	info, err := meta.UnmarshalInfo()
	if err != nil {
		return err
	}
	s.meta = meta
	s.report.File.Pieces, s.report.File.PieceBytes = info.NumPieces(), info.PieceLength
	return nil
}

// startSeeder starts a channel server and a seeder that takes all three assets.
func (s *story) startSeeder(ctx context.Context) error {
	s.seeder = &seeder{key: s.net.key("bob"), ended: make(chan error, 1)}
	s.report.Seeder = s.seeder.key.Address().String()
	if err := s.startServer(ctx); err != nil {
		return err
	}
	var err error
	s.seeder.torrent, err = torrent.NewSeeder(ctx, torrent.SeederConfig{
		House: torrent.TollhouseConfig{
			Ledger: s.seeder.server.Ledger(), Offers: s.offers(), Free: torrent.FreeServe, Uplink: gate.UplinkConfig{Rate: uplink, FreeShare: freeShare},
		},
		Net: torrent.NetConfig{Listen: "127.0.0.1:0"}, Log: s.config.Log,
	})
	if err != nil {
		return err
	}
	return s.seeder.torrent.Add(ctx, s.meta, filepath.Join(s.config.Dir, "seeder"))
}

func (s *story) startServer(ctx context.Context) (err error) {
	if s.seeder.node, err = s.dial(ctx); err != nil {
		return err
	}
	assets := map[channel.Asset]settle.Price{}
	for _, c := range s.coins {
		assets[c.asset] = settle.Price{Sun: wallet.Sun(c.worth), Units: 1_000_000}
	}
	s.seeder.server, err = server.New(ctx, server.Config{
		Node: s.seeder.node, Contract: s.contract, Key: s.seeder.key, Store: filepath.Join(s.config.Dir, "seeder.db"), Log: s.config.Log,
		// The usual policy, at the pace of a demo: at least 10 TRX, at least ten times its cost, and after five seconds instead of a day.
		Policy: settle.Policy{Minimum: 10 * wallet.TRX, CostFactor: 10, MaxAge: 5 * time.Second}, Assets: assets,
		Period: 500 * time.Millisecond, Poll: 50 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	s.seeder.stop = stop
	go func() { s.seeder.ended <- s.seeder.server.Run(running, listener) }()
	return nil
}

func (s *story) offers() []torrent.Offer {
	var offers []torrent.Offer
	for _, c := range s.coins {
		offers = append(offers, torrent.Offer{Domain: s.seeder.server.Domain(), Asset: c.asset, Payee: s.seeder.key.Address(), Price: c.price, UnitBytes: pieceBytes})
	}
	return offers
}

// makeFile writes bytes that nothing can guess or compress.
func (s *story) makeFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	hash := sha256.New()
	_, err = io.CopyN(io.MultiWriter(file, hash), rand.NewChaCha8([32]byte([]byte("piecework demo: a film of noise."))), s.config.Bytes)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("making the file: %w", err)
	}
	s.report.File = File{Name: fileName, Bytes: s.config.Bytes, SHA256: hex.EncodeToString(hash.Sum(nil))}
	return nil
}

func (p *seeder) close() error {
	var err error
	if p.torrent != nil {
		err = p.torrent.Close()
	}
	if p.stop != nil {
		p.stop()
		err = errors.Join(err, <-p.ended)
	}
	if p.server != nil {
		err = errors.Join(err, p.server.Close())
	}
	if p.node != nil {
		err = errors.Join(err, p.node.Close())
	}
	return err
}
