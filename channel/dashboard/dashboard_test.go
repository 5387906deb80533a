package dashboard_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel/dashboard"
	"github.com/piecework/piecework/testnet/browser"
)

const token = "0123456789abcdef0123456789abcdef"

// fixed is a source with something in every part of the page, and with what an attacker would put there.
type fixed struct{}

func (fixed) Status(context.Context) (dashboard.Status, error) {
	return dashboard.Status{
		At: "2026-11-28T12:00:00Z", Payee: "TPjjvMwjPoDC32V2dGDYTkLH4E5LAtBZ6C", Contract: "TH4eBTZbMZsoAYgHWdCDFhK8KrCNrE9rdL", Head: 120, Solid: 101, Leads: true,
		Alarms:   []dashboard.Alarm{{Level: "bad", Text: "half of the challenge is over: channel 3f2a"}},
		Balances: []dashboard.Balance{{Asset: "TRX", Amount: "123.456"}, {Asset: "trc10:1000001", Amount: "1000"}, {Asset: "trc20:TH4eBTZbMZsoAYgHWdCDFhK8KrCNrE9rdL", Amount: "77.5"}},
		Totals:   []dashboard.Total{{Asset: "TRX", Channels: 1, Deposit: "100", Paid: "12", Settled: "3", Due: "9"}},
		Funded:   []dashboard.Total{{Asset: "trc10:1000001", Channels: 2, Deposit: "80", Paid: "31", Settled: "30", Due: "1"}},
		Earnings: []dashboard.Earning{
			{Day: "2026-11-26", Asset: "TRX", Amount: "1", Height: .1}, {Day: "2026-11-27", Asset: "TRX", Amount: "10", Height: 1}, {Day: "2026-11-28", Asset: "TRX", Amount: "5", Height: .5},
		},
		Channels: []dashboard.Channel{{ID: strings.Repeat("3f2a", 16), Payer: "TPjjvMwjPoDC32V2dGDYTkLH4E5LAtBZ6C", Asset: "TRX", State: "closing", Deposit: "100", Paid: "12", Due: "9"}},
		Plan:     []dashboard.Planned{{Asset: "TRX", Channels: 1, Due: "9", Worth: "9", Cost: "2.1", Why: []string{"the payer has started to close"}, Deadline: "2026-11-28T14:00:00Z"}},
		Left:     []dashboard.Left{{Why: "it is worth too little for its cost so far", Channels: 3, Worth: "0.2"}},
		Reserve:  dashboard.Reserve{Needed: "500", Available: "123.456"},
		Sent:     []dashboard.Sent{{TxID: strings.Repeat("ab", 32), Kind: "settleBatch", State: "failed", Channels: 1, Burnt: "2.1", At: "2026-11-28T11:59:00Z", Note: `<img src=x onerror="window.hacked=1">`}},
	}, nil
}

// sold is a day of a seeder; the name of a torrent is a stranger's.
func sold(context.Context) dashboard.Sales {
	film := dashboard.Sold{Day: "2026-11-28", Name: `film <img src=x onerror="window.hacked=1">.mkv`, InfoHash: strings.Repeat("ab", 20), Paid: "1.5 GiB", Free: "60.0 MiB", Payments: 6000, Earned: []string{"15 TRX", "2 BTT"}}
	return dashboard.Sales{
		Selling: true, Today: dashboard.Sold{Paid: "1.5 GiB", Free: "60.0 MiB", Payments: 6000, Earned: []string{"15 TRX", "2 BTT"}},
		Best: film, Torrents: []dashboard.Sold{film, {InfoHash: strings.Repeat("cd", 20), Paid: "0 B", Free: "1 B", Earned: []string{}}}, Days: []dashboard.Sold{film},
		Probes: []dashboard.Probes{{Day: "2026-11-28", Passed: 11, Fast: 9, Failed: 1, Why: "slow", Earned: "20 BTT"}},
	}
}

func serve(t *testing.T) string {
	page := &dashboard.Page{Source: fixed{}, Sales: sold, Token: token, Log: wallettest.Log(t)}
	server := httptest.NewServer(page.Handler())
	t.Cleanup(server.Close)
	return server.URL
}

// The page in a real Chromium: on a desk and on a phone, light and dark, and from elsewhere only with the token.
func TestPage(t *testing.T) { browser.Run(t, "testdata/dashboard.mjs", serve(t), token) }

// What a seeder asks, answered at a glance: the same on a desk and on a phone.
func TestEarnings(t *testing.T) { browser.Run(t, "testdata/earnings.mjs", serve(t), token) }

// A server that sells nothing says so.
func TestNothingSold(t *testing.T) {
	server := httptest.NewServer((&dashboard.Page{Source: fixed{}, Token: token, Log: wallettest.Log(t)}).Handler())
	t.Cleanup(server.Close)
	answer, err := http.Get(server.URL + "/sales.json") //nolint:noctx // a test on the loopback
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if body, _ := io.ReadAll(answer.Body); !strings.Contains(string(body), `"selling":false`) || strings.Contains(string(body), `"days":null`) {
		t.Errorf("%s", body)
	}
}

func TestWhoMaySee(t *testing.T) {
	at := serve(t)
	for i, c := range []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"from this machine", func(*http.Request) {}, 200},
		{"through a proxy", func(r *http.Request) { r.Header.Set("X-Forwarded-For", "203.0.113.7") }, 401},
		{"through another proxy", func(r *http.Request) { r.Header.Set("Forwarded", "for=203.0.113.7") }, 401},
		{"by a name that was pointed here", func(r *http.Request) { r.Host = "evil.example" }, 401},
		{"by that name with the token", func(r *http.Request) { r.Host = "evil.example"; r.Header.Set("Authorization", "Bearer "+token) }, 200},
		{"with a wrong token", func(r *http.Request) { r.Host = "evil.example"; r.Header.Set("Authorization", "Bearer x") }, 401},
		{"with an empty token", func(r *http.Request) { r.Host = "evil.example"; r.Header.Set("Authorization", "Bearer ") }, 401},
	} {
		path := []string{"/status.json", "/sales.json"}[i%2]
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.change(request)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != c.want || (c.want != 200 && strings.Contains(string(body), "123.456")) {
			t.Errorf("%s: %d %s", c.name, answer.StatusCode, body)
		}
		if answer.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: no content security policy", c.name)
		}
	}
}

func TestWrongToken(t *testing.T) {
	at := serve(t)
	for _, form := range []url.Values{{"token": {"wrong"}}, {}, {"token": {strings.Repeat("x", 4_000)}}} {
		answer, err := http.PostForm(at+"/login", form) //nolint:noctx // a test on the loopback
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusUnauthorized || len(answer.Cookies()) > 0 {
			t.Errorf("%v: %d %v", form, answer.StatusCode, answer.Cookies())
		}
	}
}
