package probe_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/probe"
	"github.com/piecework/piecework/channel/torrent/sponsor"
	"github.com/piecework/piecework/wallet"
)

// book stands for a *sponsor.Service: it pays for probes and keeps their outcomes.
type book struct{}

func (book) BeginProbe(context.Context, wallet.Address, [20]byte, channel.Anchor) (channel.SignedVoucher, error) {
	return channel.SignedVoucher{}, nil
}

func (book) Record(_ context.Context, p sponsor.Probe) error {
	fmt.Println("passed:", p.Passed, "fast:", p.Fast, "first byte after", p.FirstByte)
	return nil
}

// A prober asks a seeder for a random piece, and tells its book how that went. Here a function stands for the wire.
func Example() {
	file := filepath.Join(os.TempDir(), "probe-example")
	if err := os.WriteFile(file, make([]byte, 1<<20), 0o600); err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.Remove(file) }()
	film, err := torrent.Create(file, torrent.CreateConfig{})
	if err != nil {
		log.Fatal(err)
	}
	prober, err := probe.New(probe.Config{
		Service: book{}, Asset: channel.TRX, MaxPrice: channel.NewAmount(1000), Torrent: film,
		Probe: func(context.Context, probe.Target, int) probe.Outcome {
			return probe.Outcome{FirstByte: 40 * time.Millisecond, All: 60 * time.Millisecond, Bytes: 256 << 10}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	seeder := probe.Target{Payee: wallet.MustParseAddress("TDvSsdrNM5eeXNL3czpa6AxLDHZA9nwe9K"), Peer: "203.0.113.7:6881"}
	if err := prober.Once(context.Background(), seeder); err != nil {
		log.Fatal(err)
	}
	// Output: passed: true fast: true first byte after 40ms
}
