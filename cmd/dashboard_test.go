package cmd_test

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/dashboard"
	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/browser"
	"github.com/piecework/piecework/testnet/chain"
)

// TestDashboardFigures: the page shows what the account has of every asset that is taken, and what was settled on the day of its block, to the second. A settlement that
// finds no node is told so.
func TestDashboardFigures(t *testing.T) {
	midnight := time.Now().UTC().Truncate(24 * time.Hour)
	r := newRigOn(t, testnet.Config{Chain: chain.Config{Start: midnight.Add(-10 * time.Minute).UnixMilli()}})
	token := "trc10:" + r.run("trc10", "issue", "--name", "Acme", "--abbr", "ACM", "--supply", "1000", "--precision", "2", "--from", "bob")["token_id"].(string)
	coin := "trc20:" + r.run("trc20", "deploy", "--name", "Yen", "--symbol", "YEN", "--decimals", "3", "--supply", "77", "--from", "bob")["contract"].(string)
	id := r.run("channel", "open", "--payee", "bob", "--deposit", "100", "--from", "carol", "--contract", r.contract)["id"].(string)
	r.start(append(r.serveArgs("127.0.0.1:0"), "--http", "127.0.0.1:0", "--accept", token+"=0.1", "--accept", coin+"=0.2")...)
	ready := strings.Fields(r.waitLines("ready", 2))
	settle := func(at time.Time, amount string) {
		r.run("channel", "pay", "--id", id, "--amount", amount, "--from", "carol", "--contract", r.contract, "--server", ready[0])
		if !r.network.SetNextTime(at) {
			t.Fatalf("the network is past %s", at)
		}
		r.run("channel", "settle", "--id", id, "--server", ready[0])
	}
	settle(midnight.Add(-3*time.Second), "1.5")
	settle(midnight, "2.25")

	var shown dashboard.Status
	r.until("both settlements", func() bool {
		shown = r.status(ready[1])
		return len(shown.Earnings) == 2
	})
	yesterday, today := midnight.Add(-time.Hour).Format(time.DateOnly), midnight.Format(time.DateOnly)
	if e := shown.Earnings; e[0].Day != yesterday || e[0].Amount != "1.5" || e[1].Day != today || e[1].Amount != "2.25" {
		t.Errorf("earnings %+v, want 1.5 on %s and 2.25 on %s", e, yesterday, today)
	}
	if len(shown.Balances) != 3 || shown.Balances[0].Asset != "TRX" || shown.Balances[0].Amount == "0" ||
		!slices.Contains(shown.Balances, dashboard.Balance{Asset: token, Amount: "1000"}) || !slices.Contains(shown.Balances, dashboard.Balance{Asset: coin, Amount: "77"}) {
		t.Errorf("balances %+v", shown.Balances)
	}
	browser.Run(t, "testdata/balances.mjs", "http://"+ready[1], token, "1000", coin, "77", "1.5 TRX", "2.25 TRX")
	r.withoutNode(ready[0], id)
}

// withoutNode settles while no node answers.
func (r *rig) withoutNode(address, text string) {
	r.t.Helper()
	secret, err := os.ReadFile(r.path(r.data + "/token"))
	if err != nil {
		r.t.Fatal(err)
	}
	link, err := client.Dial(address, client.Options{Token: strings.TrimSpace(string(secret))})
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = link.Close() }()
	id, err := channel.ParseID(text)
	if err != nil {
		r.t.Fatal(err)
	}
	r.network.FailRequests(1 << 20)
	defer r.network.FailRequests(0)
	_, err = link.Settlements().Close(link.Authorized(r.t.Context()), &channelpb.CloseRequest{Channel: id[:]})
	if status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "node") {
		r.t.Errorf("closing without a node: %v", err)
	}
}

func (r *rig) status(address string) (s dashboard.Status) {
	r.t.Helper()
	answer, err := http.Get("http://" + address + "/status.json")
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if err := json.NewDecoder(answer.Body).Decode(&s); err != nil {
		r.t.Fatal(err)
	}
	return s
}

// waitLines waits for a file of so many lines.
func (r *rig) waitLines(name string, lines int) (text string) {
	r.t.Helper()
	r.until(name, func() bool {
		b, _ := os.ReadFile(r.path(name))
		text = string(b)
		return strings.Count(text, "\n") == lines
	})
	return text
}
