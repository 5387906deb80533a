package stream_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	bt "github.com/anacrolix/torrent"
	"github.com/anacrolix/torrent/storage"

	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/stream"
)

// A player asks for any part of a file, and gets it as soon as the pieces in it are verified.
func Example() {
	dir, err := os.MkdirTemp("", "stream")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.WriteFile(filepath.Join(dir, "film.mp4"), []byte("moving pictures"), 0o600); err != nil {
		log.Fatal(err)
	}
	t, end, err := open(dir, "film.mp4")
	if err != nil {
		log.Fatal(err)
	}
	defer end()
	screen := httptest.NewServer(stream.New(stream.Config{Torrent: t}))
	defer screen.Close()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, screen.URL+stream.Path(0, t.Files()[0]), nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Range", "bytes=7-")
	answer, err := screen.Client().Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	part, _ := io.ReadAll(answer.Body)
	fmt.Println(answer.Status, answer.Header.Get("Content-Type"), string(part))
	// Output: 206 Partial Content video/mp4 pictures
}

// open is a torrent that is there already; a torrent.Downloader gives one that is on its way.
func open(dir, name string) (*bt.Torrent, func(), error) {
	mi, err := torrent.Create(filepath.Join(dir, name), torrent.CreateConfig{})
	if err != nil {
		return nil, nil, err
	}
	config := bt.NewDefaultClientConfig()
	config.NoDHT, config.DisableTrackers, config.DisableIPv6, config.ListenPort = true, true, true, 0
	config.ListenHost = func(string) string { return "127.0.0.1" }
	config.DefaultStorage = storage.NewFileOpts(storage.NewFileClientOpts{ClientBaseDir: dir, PieceCompletion: storage.NewMapPieceCompletion()})
	client, err := bt.NewClient(config)
	if err != nil {
		return nil, nil, err
	}
	t, err := client.AddTorrent(mi)
	if err != nil {
		return nil, nil, err
	}
	return t, func() { client.Close() }, t.VerifyDataContext(context.Background())
}
