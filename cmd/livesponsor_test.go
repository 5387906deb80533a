package cmd_test

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/live"
)

// TestLiveSponsored has a sponsor pay for the viewers of a live stream, as its page says: the publisher names a sponsor that is not there yet, which then begins with the stream's
// link. A viewer without a wallet is served by the publisher and by a relay, another viewer without money of its own, and both of them hold evidence on the creator's channels. When they
// end they have handed the reveals back, and the sponsor knows what it has paid.
func TestLiveSponsored(t *testing.T) {
	r := newRig(t)
	for _, payee := range []string{"bob", "dave"} {
		r.run("channel", "open", "--contract", r.contract, "--from", "alice", "--payee", payee, "--voucher-signer", "carol", "--deposit", "60")
	}
	sponsor, publisher, relay := freeAddress(t), freeAddress(t), freeAddress(t)
	r.grow("stream")
	publishing := r.start("live", "--contract", r.contract, "--from", "bob", "--price", "1 TRX/MiB", "--free", "choke", "--chunk", "1s", "--sponsor", "http://"+sponsor, "--listen", publisher,
		"--board", "127.0.0.1:0", "--peers", "127.0.0.1:0", "--link-file", r.path("link"), r.path("stream"))
	text := r.wait("link")
	if link, err := live.ParseLink(text); err != nil || link.Sponsor != "http://"+sponsor {
		t.Fatalf("the link %s: %v", text, err)
	}
	sponsoring := r.start("sponsor", "--contract", r.contract, "--from", "carol", "--creator", "alice", "--price", "1 TRX/MiB", "--budget", "100", "--per-viewer", "50MiB",
		"--seeder", "bob", "--seeder", "dave", "--listen", sponsor, "--ready-file", r.path("sponsor"), text)
	r.wait("sponsor")
	relaying := r.start("get", "--contract", r.contract, "--from", "dave", "--data-dir", r.path("data-dave"), "--earn", "0.5 TRX/MiB", "--free", "choke", "--listen", relay,
		"--peers", "127.0.0.1:0", "--player-file", r.path("player-dave"), "--stream", text)
	r.start("get", "--data-dir", r.path("data-erin"), "--peers", "127.0.0.1:0", "--player-file", r.path("player-erin"), "--stream", text)
	r.see("erin", 20)
	paidTo := func(data, address string) (paid channel.Amount) {
		r.data = data
		for _, record := range r.records(address) {
			paid = paid.Add(record.Paid())
		}
		return paid
	}
	r.until("evidence of the sponsor's at the publisher", func() bool { return !paidTo("data-live", publisher).IsZero() })
	r.until("evidence of the sponsor's at the relay", func() bool { return !paidTo("data-dave", relay).IsZero() })
	for _, process := range []*exec.Cmd{publishing, relaying, sponsoring} {
		if err := process.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if err := process.Wait(); err != nil {
			t.Errorf("%s ended with %v", process.Args[1], err)
		}
	}
	if said := sponsoring.Stderr.(*bytes.Buffer).String(); !regexp.MustCompile(`paid \d*\.?\d*[1-9]\d* TRX for viewers`).MatchString(said) {
		t.Errorf("the sponsor has been handed nothing:\n%s", said)
	}
}
