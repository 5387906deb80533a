package torrent

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestNothingStaysOfATorrentThatIsNotSeeded: neither of one whose check was given up nor of one whose files differ.
func TestNothingStaysOfATorrentThatIsNotSeeded(t *testing.T) {
	s, err := NewSeeder(t.Context(), SeederConfig{Net: NetConfig{Listen: "127.0.0.1:0"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	dir := t.TempDir()
	path := filepath.Join(dir, "film")
	if err := os.WriteFile(path, make([]byte, 64<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	mi, err := Create(path, CreateConfig{PieceLength: 16 << 10})
	if err != nil {
		t.Fatal(err)
	}
	nothing := func(after string) {
		t.Helper()
		s.node.mu.Lock()
		known := len(s.node.known)
		s.node.mu.Unlock()
		s.house.mu.Lock()
		windows := len(s.house.windows)
		s.house.mu.Unlock()
		if torrents := len(s.node.client.Torrents()); torrents+known+windows != 0 {
			t.Errorf("after %s stay %d torrents, %d that are known, %d windows", after, torrents, known, windows)
		}
	}
	given, up := context.WithCancel(t.Context())
	up()
	if err := s.Add(given, mi, dir); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	nothing("a check that was given up")
	var incomplete *IncompleteError
	if err := s.Add(t.Context(), mi, t.TempDir()); !errors.As(err, &incomplete) {
		t.Fatal(err)
	}
	nothing("files that are not there")
	if err := s.Add(t.Context(), mi, dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(given, mi, dir); err == nil || len(s.node.client.Torrents()) != 1 {
		t.Errorf("a torrent that is seeded was dropped (%v)", err)
	}
}
