package cmd_test

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"github.com/piecework/piecework/channel"
)

// TestHubKilledMidTransfer kills a hub with SIGKILL while a session is open, and again after the seeder has redeemed and the hub tops its channel up: a seeder without a channel of its
// own and a downloader with one channel to the hub go on, and in the end nothing was lost and nothing paid twice.
func TestHubKilledMidTransfer(t *testing.T) {
	r := newRig(t)
	content := r.makeFile(10 << 20)
	serve := r.start(r.hubArgs("127.0.0.1:0")...)
	address := r.wait("ready")
	seeding := r.start("seed", "--hub", address, "--listen", "127.0.0.1:0", "--contract", r.contract, "--from", "bob", "--price", "1 TRX/MiB", "--peers", "127.0.0.1:0",
		"--uplink", "6 MiB/s", "--magnet-file", r.path("magnet"), r.path("film.bin"))
	magnet := r.wait("magnet")
	fetching := r.start("get", "--hub", address, "--contract", r.contract, "--from", "carol", "--deposit", "30", "--max-price", "2 TRX/MiB", "--budget", "30",
		"--out", r.path("out"), magnet)
	for _, redeemed := range []uint64{0, 1_000_000} { // the first deposit is promised in one session: with its redemption the hub has to top up
		r.until("the hub's voucher", func() bool {
			_, own := r.hubChannels(address)
			return own.HasVoucher() && !own.Held.Cumulative.Less(channel.NewAmount(redeemed))
		})
		if err := serve.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = serve.Wait()
		serve = r.start(r.hubArgs(address)...)
	}
	if err := fetching.Wait(); err != nil {
		t.Fatalf("the download did not go on: %v\n%s", err, fetching.Stderr)
	}
	got, err := os.ReadFile(r.path("out/film.bin"))
	if err != nil || sha256.Sum256(got) != content {
		t.Errorf("the file differs (%v)", err)
	}
	r.interrupt(seeding) // it redeems what is left
	r.compareHub(address)
	r.interrupt(serve)
	r.auditHub()
}

func (r *rig) hubArgs(listen string) []string {
	return []string{
		"serve", "--contract", r.contract, "--from", "heidi", "--listen", listen, "--ready-file", r.path("ready"), "--period", "1h", "--hub-deposit", "TRX=8",
	}
}

// hubChannels are the downloader's channel and the hub's own, as far as they are there.
func (r *rig) hubChannels(address string) (in, own channel.Record) {
	heidi := r.network.Accounts()[7].Address()
	for _, one := range r.records(address) {
		if one.Terms.Payer == heidi {
			own = one
		} else {
			in = one
		}
	}
	return in, own
}

// compareHub compares what the seeder is owed, what the downloader has shown for, the statement in both its forms, and what the contract pays the hub.
func (r *rig) compareHub(address string) {
	r.t.Helper()
	in, own := r.hubChannels(address)
	const film, step = 10_000_000, 250_000
	if own.Held.Cumulative.Less(channel.NewAmount(film)) || !own.Held.Cumulative.Less(channel.NewAmount(film+step)) {
		r.t.Errorf("the seeder has %s of the hub, the film costs %d", own.Held.Cumulative, film)
	}
	if in.Paid().Less(own.Held.Cumulative) {
		r.t.Errorf("the hub has promised %s and can claim %s", own.Held.Cumulative, in.Paid())
	}
	statement := r.run("hub", "statement", "--hub", address, "--contract", r.contract, "--from", "bob")
	if statement["closing_units"] != own.Held.Cumulative.String() {
		r.t.Errorf("the statement closes at %v, the voucher is of %s", statement["closing_units"], own.Held.Cumulative)
	}
	out, err := r.command(context.Background(), "hub", "statement", "--hub", address, "--contract", r.contract, "--from", "bob", "--csv").Output()
	if err != nil {
		r.t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(out))).ReadAll()
	if err != nil || len(rows) < 4 {
		r.t.Fatalf("%d rows of CSV: %v", len(rows), err)
	}
	var sum channel.Amount
	for _, row := range rows[2 : len(rows)-1] {
		debit, failed := channel.ParseAmount(row[6])
		credit, err := channel.ParseAmount(row[7])
		if failed != nil || err != nil {
			r.t.Fatalf("%v: %v, %v", row, failed, err)
		}
		sum = sum.Add(credit).Sub(debit)
	}
	if sum.String() != statement["closing_units"] {
		r.t.Errorf("the rows of the CSV add up to %s, the JSON closes at %v", sum, statement["closing_units"])
	}
	r.run("channel", "settle", "--id", in.ID.String(), "--server", address)
	if shown := r.run("channel", "show", "--id", in.ID.String(), "--contract", r.contract); shown["settled_units"] != in.Paid().String() {
		r.t.Errorf("the contract paid the hub %v of %s", shown["settled_units"], in.Paid())
	}
}
