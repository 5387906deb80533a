package cmd_test

import (
	"crypto/sha256"
	"os"
	"slices"
	"testing"

	"github.com/piecework/piecework/channel"
)

// TestGetKilledMidTransfer kills `piecework get` with SIGKILL while it pays, and runs the same command again: what was verified is not paid twice, the budget is
// for both runs together, and both sides agree on what was paid.
//
// What came after the last payment is on the disk and not in the purse, which notes what has come with each payment: the next run does not own to it, and
// the seeder writes it off (PROTOCOL.md, Reconnecting). Over the whole life of the channel that is the window at the start at most: 1 MiB here.
func TestGetKilledMidTransfer(t *testing.T) {
	r := newRig(t)
	content := r.makeFile(16 << 20)
	r.start(r.serveArgs("127.0.0.1:0")...)
	address := r.wait("ready")
	r.start("seed", "--server", address, "--contract", r.contract, "--from", "bob", "--price", "1 TRX/MiB", "--peers", "127.0.0.1:0",
		"--uplink", "6 MiB/s", "--magnet-file", r.path("magnet"), r.path("film.bin"))
	get := []string{"get", "--contract", r.contract, "--from", "carol", "--deposit", "50", "--max-price", "1 TRX/MiB", "--budget", "19", "--out", r.path("out"), r.wait("magnet")}
	first := r.start(get...)
	before := r.paidAtLeast(address, channel.NewAmount(5_000_000))
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	result := r.run(get...)
	got, err := os.ReadFile(r.path("out/film.bin"))
	if err != nil || sha256.Sum256(got) != content {
		t.Errorf("the file differs (%v)", err)
	}
	paid := r.records(address)[0].Paid()
	if paid.Less(channel.NewAmount(15_000_000)) || channel.NewAmount(18_500_000).Less(paid) { // what was under way at the kill comes again
		t.Errorf("%s were paid in all, %s before the kill; the film costs 16000000, of which 1000000 may be written off", paid, before)
	}
	if result["paid_units"] != paid.String() {
		t.Errorf("get says %v over both runs, the server holds %s", result["paid_units"], paid)
	}

	// Somebody else for whom all of it is there already locks nothing.
	had := r.run("account", "show", "--account", "dave")["balance_sun"]
	again := append([]string{}, get...)
	again[slices.Index(again, "carol")] = "dave"
	result = r.run(again...)
	if has := r.run("account", "show", "--account", "dave")["balance_sun"]; result["payments"] != 0.0 || has != had {
		t.Errorf("whoever has all of it had %v sun before get and has %v (%v)", had, has, result)
	}
}
