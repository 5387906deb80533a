package torrent

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/anacrolix/generics"
	"github.com/anacrolix/torrent/metainfo"
	"github.com/anacrolix/torrent/storage"
)

// slowMarks takes its time over marking a piece as good.
type slowMarks struct{ storage.PieceCompletion }

// Set marks.
func (s slowMarks) Set(p metainfo.PieceKey, good bool) error {
	time.Sleep(50 * time.Millisecond)
	return s.PieceCompletion.Set(p, good)
}

// TestCheckedIsMarked: once the disk was checked, nothing that lies there is missing, however long the client takes to mark what it found.
func TestCheckedIsMarked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "film")
	if err := os.WriteFile(path, make([]byte, 16<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	mi, err := Create(path, CreateConfig{PieceLength: 16 << 10})
	if err != nil {
		t.Fatal(err)
	}
	n, err := newNode(context.Background(), NetConfig{Listen: "127.0.0.1:0", NoTrackers: true}, &gates{rules: &rules{}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.close() })
	spec, err := specOf(mi)
	if err != nil {
		t.Fatal(err)
	}
	spec.Storage = storage.NewFileOpts(storage.NewFileClientOpts{
		ClientBaseDir: dir, PieceCompletion: slowMarks{storage.NewMapPieceCompletion()}, UsePartFiles: generics.Some(false), Logger: slog.New(slog.DiscardHandler),
	})
	spec.DisableInitialPieceCheck = true // so that nothing was marked before
	added, _, err := n.client.AddTorrentSpec(spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkDisk(t.Context(), added); err != nil || added.BytesMissing() != 0 {
		t.Errorf("%d bytes are missing: %v", added.BytesMissing(), err)
	}
}
