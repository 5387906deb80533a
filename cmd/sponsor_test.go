package cmd_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/piecework/piecework/channel/dashboard"
	"github.com/piecework/piecework/channel/torrent"
)

// TestSponsorAndRelay runs the whole of it with processes: a sponsor pays a seeder for a viewer without a wallet and for passed probes; another viewer pays by
// itself, watches, and is paid by a third for passing it on. Everybody's figures agree.
func TestSponsorAndRelay(t *testing.T) {
	r := newRig(t)
	content := r.makeFile(8 << 20)
	r.makeTorrent()
	peer := freeAddress(t)
	r.run("channel", "open", "--contract", r.contract, "--from", "alice", "--payee", "bob", "--voucher-signer", "carol", "--deposit", "60")
	r.start("sponsor", "--contract", r.contract, "--from", "carol", "--creator", "alice", "--price", "1 TRX/MiB", "--budget", "50", "--seeder", "bob@"+peer,
		"--probe-fee", "0.1", "--probe-every", "500ms", "--probe-share", "500", "--listen", "127.0.0.1:0", "--ready-file", r.path("sponsor"), "--torrent-out", r.path("sponsored.torrent"), r.path("film.bin.torrent"))
	url := r.wait("sponsor")
	r.start("seed", "--contract", r.contract, "--from", "bob", "--price", "1 TRX/MiB", "--peers", peer, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0",
		"--ready-file", r.path("seed"), r.path("sponsored.torrent"))
	page := ""
	r.until("the seeder's page", func() bool {
		lines := strings.Fields(readAll(r.path("seed")))
		if len(lines) == 2 {
			page = "http://" + lines[1]
		}
		return len(lines) == 2
	})

	viewer := r.run("get", "--out", r.path("viewer"), "--data-dir", r.path("data-viewer"), r.path("sponsored.torrent"))
	if viewer["paid_units"] != "8000000" || !sameFile(t, r.path("viewer/film.bin"), content) {
		t.Errorf("the sponsored viewer: %v", viewer)
	}

	relay := freeAddress(t)
	r.start("get", "--no-sponsor", "--contract", r.contract, "--from", "dave", "--data-dir", r.path("data-dave"), "--deposit", "20", "--max-price", "1 TRX/MiB", "--budget", "20",
		"--peer", peer, "--out", r.path("dave"), "--stream", "--earn", "0.5 TRX/MiB", "--peers", relay, "--player-file", r.path("player-dave"), r.path("film.bin.torrent"))
	answer, err := http.Get(r.wait("player-dave") + "0/film.bin") //nolint:noctx // ends with the body
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if got := sha(t, answer.Body); got != content {
		t.Error("dave's player gets other bytes")
	}
	erin := r.run("get", "--no-sponsor", "--contract", r.contract, "--from", "erin", "--data-dir", r.path("data-erin"), "--deposit", "20", "--max-price", "0.6 TRX/MiB", "--budget", "20",
		"--peer", relay, "--out", r.path("erin"), r.path("film.bin.torrent"))
	if erin["paid_units"] != "4000000" || !sameFile(t, r.path("erin/film.bin"), content) {
		t.Errorf("who paid the relay: %v", erin)
	}

	var statement map[string]any
	r.until("passed probes", func() bool {
		statement = r.run("sponsor", "statement", "--sponsor", url, "--payee", "bob", "--signer", "carol")
		return statement["passed"].(float64) >= 2
	})
	if statement["schema"] != "piecework.sponsor.statement.v1" {
		t.Errorf("statement: %v", statement)
	}
	out, err := r.command(t.Context(), "sponsor", "statement", "--sponsor", url, "--payee", "bob", "--csv").Output()
	rows, csvErr := csv.NewReader(strings.NewReader(string(out))).ReadAll()
	passed := slices.ContainsFunc(rows, func(row []string) bool { return row[4] == "true" }) // the first probes may find the seeder down: it is started after the sponsor
	if err != nil || csvErr != nil || len(rows) < 3 || rows[0][0] != "probe" || !passed {
		t.Errorf("CSV: %v %v %v", rows, err, csvErr)
	}
	if out, err := r.command(t.Context(), "sponsor", "statement", "--sponsor", url, "--payee", "bob", "--signer", "alice").CombinedOutput(); err == nil {
		t.Errorf("a statement by somebody else is shown:\n%s", out)
	}
	sales := r.sales(page)
	if !sales.Selling || len(sales.Torrents) != 1 || sales.Torrents[0].Name != "film.bin" || len(sales.Probes) == 0 || sales.Probes[0].Passed == 0 || sales.Today.Payments == 0 {
		t.Errorf("the seeder's page of earnings: %+v", sales)
	}
}

func sha(t *testing.T, from io.Reader) [32]byte {
	t.Helper()
	hash := sha256.New()
	if _, err := io.Copy(hash, from); err != nil {
		t.Fatal(err)
	}
	return [32]byte(hash.Sum(nil))
}

func sameFile(t *testing.T, path string, want [32]byte) bool {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Error(err)
		return false
	}
	defer func() { _ = file.Close() }()
	return sha(t, file) == want
}

func readAll(path string) string {
	b, _ := os.ReadFile(path)
	return string(b)
}

// makeTorrent makes the torrent of film.bin beside it.
func (r *rig) makeTorrent() {
	r.t.Helper()
	mi, err := torrent.Create(r.path("film.bin"), torrent.CreateConfig{})
	if err != nil {
		r.t.Fatal(err)
	}
	file, err := os.Create(r.path("film.bin.torrent"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if err := mi.Write(file); err != nil {
		r.t.Fatal(err)
	}
}

// sales reads the page of earnings.
func (r *rig) sales(page string) (s dashboard.Sales) {
	r.t.Helper()
	answer, err := http.Get(page + "/sales.json") //nolint:noctx // a test on the loopback
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if err := json.NewDecoder(answer.Body).Decode(&s); err != nil {
		r.t.Fatal(err)
	}
	return s
}
