package live_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel/torrent/live"
)

// shelf stands for a *torrent.Seeder.
type shelf struct{}

func (shelf) Add(context.Context, *metainfo.MetaInfo, string) error { return nil }
func (shelf) Remove([20]byte)                                       {}

// A publisher cuts what comes in, and lists the newest chunks under its signature.
func Example() {
	dir, err := os.MkdirTemp("", "live")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	stream := live.Stream{Key: [32]byte(key.Public().(ed25519.PublicKey)), Salt: []byte("talk")}
	publisher, err := live.OpenPublisher(context.Background(), live.PublisherConfig{
		Dir: dir, Key: key, Salt: stream.Salt, Seeder: shelf{}, Board: live.NewBoard(stream),
	})
	if err != nil {
		log.Fatal(err)
	}
	input := io.MultiReader(strings.NewReader("what comes in")) // a pipe, or live.Open
	cutter := live.Cutter{Dir: dir, Every: time.Second}
	if err := cutter.Run(context.Background(), input, func(c live.Cut) error { return publisher.Publish(context.Background(), c) }); err != nil {
		log.Fatal(err)
	}
	if err := publisher.End(); err != nil {
		log.Fatal(err)
	}
	list := publisher.List()
	fmt.Println(list.Name(0), list.Chunks[0].Bytes, "bytes, ended:", list.Ended)
	// Output: 00000000.bin 13 bytes, ended: true
}

// A link names the publisher's key, and where the list is.
func ExampleParseLink() {
	link, err := live.ParseLink("magnet:?xs=urn:btpk:" + strings.Repeat("ab", 32) + "&s=74616c6b&x.live=https://live.example&x.pe=203.0.113.7:6881&dn=talk")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(link.Name, link.Board, link.Peers)
	// Output: talk https://live.example [203.0.113.7:6881]
}
