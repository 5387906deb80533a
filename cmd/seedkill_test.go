//go:build unix

package cmd_test

import (
	"crypto/sha256"
	"net/url"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/piecework/piecework/channel"
)

// TestSeedKilledMidTransfer kills `piecework seed`, which keeps its own books, with SIGKILL while it is paid, and starts it again: it holds what it was paid and its accounts,
// the downloader goes on by itself, and both agree on what was paid.
func TestSeedKilledMidTransfer(t *testing.T) {
	r := newRig(t)
	content := r.makeFile(20 << 20)
	r.data = "data-seed"
	seed := func(peers, listen string) *exec.Cmd {
		return r.start("seed", "--contract", r.contract, "--from", "bob", "--price", "1 TRX/MiB", "--peers", peers, "--listen", listen, "--period", "1h",
			"--uplink", "6 MiB/s", "--free", "choke", "--ready-file", r.path("ready"), "--magnet-file", r.path("magnet"), r.path("film.bin"))
	}
	first := seed("127.0.0.1:0", "127.0.0.1:0")
	magnet, address := r.wait("magnet"), r.wait("ready")
	fetching := r.start("get", "--contract", r.contract, "--from", "carol", "--deposit", "50", "--max-price", "1 TRX/MiB", "--budget", "50", "--out", r.path("out"), magnet)
	acknowledged := r.paidAtLeast(address, channel.NewAmount(5_000_000))
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	second := seed(peerOf(t, magnet), address)
	if after := r.paidAtLeast(address, channel.NewAmount(1)); after.Less(acknowledged) {
		t.Errorf("%s was acknowledged before the kill, the seeder holds %s after it", acknowledged, after)
	}
	if err := fetching.Wait(); err != nil {
		t.Fatalf("the download did not go on: %v\n%s", err, fetching.Stderr)
	}
	got, err := os.ReadFile(r.path("out/film.bin"))
	if err != nil || sha256.Sum256(got) != content {
		t.Errorf("the file differs (%v)", err)
	}
	// What was under way when the connection broke is written off, or paid and sent again: a window at most, and the step that was begun.
	paid := r.records(address)[0].Paid()
	if low, high := channel.NewAmount(18_750_000), channel.NewAmount(21_250_000); paid.Less(low) || high.Less(paid) {
		t.Errorf("%s were paid in all; the film costs 20000000", paid)
	}
	if err := second.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = second.Wait()
	if books, err := os.Stat(r.path("data-seed/seed-accounts.json")); err != nil || books.Size() < 100 {
		t.Errorf("the accounts were not kept: %v", err)
	}
}

// peerOf is the peer that a magnet link names.
func peerOf(t *testing.T, magnet string) string {
	t.Helper()
	link, err := url.Parse(magnet)
	if err != nil || link.Query().Get("x.pe") == "" {
		t.Fatalf("%s names no peer (%v)", magnet, err)
	}
	return link.Query().Get("x.pe")
}
