package torrenttest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel/torrent"
)

// File makes a file of random bytes in dir, and a torrent of it.
func File(t testing.TB, dir, name string, size, pieceLength int64) *metainfo.MetaInfo {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(file, rand.NewChaCha8(rand32()), size); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return Torrent(t, filepath.Join(dir, name), pieceLength)
}

// Torrent makes a torrent of a file or folder.
func Torrent(t testing.TB, path string, pieceLength int64) *metainfo.MetaInfo {
	t.Helper()
	mi, err := torrent.Create(path, torrent.CreateConfig{PieceLength: pieceLength})
	if err != nil {
		t.Fatal(err)
	}
	return mi
}

// Run runs a program for at most 40 s and gives what it printed; what it complains of fails the test.
func Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	var errs bytes.Buffer
	c := exec.CommandContext(ctx, name, args...)
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, errs.String())
	}
	return strings.TrimSpace(string(out))
}

// Log is the log of one who takes part: see wallettest.Log.
func Log(t testing.TB, who string) *slog.Logger { return wallettest.Log(t).With("who", who) }

func rand32() (b [32]byte) {
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}
