package sponsor_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/sponsor"
	"github.com/piecework/piecework/channel/torrent/torrenttest"
	"github.com/piecework/piecework/wallet"
)

const killedFile = "PIECEWORK_TEST_SPONSOR_FILE"

// killPolicy is the same in both processes.
func killPolicy() (sponsor.Policy, wallet.Address, channel.Terms) {
	payee := wallet.MustParseAddress("TG3XXyExBkPp9nzdajDZsozEu4BkaSJozs")
	var scalar [32]byte
	scalar[31] = 7
	hot, err := wallet.KeyFromBytes(scalar[:])
	if err != nil {
		panic(err)
	}
	terms := channel.Terms{Payer: payee, Payee: payee, Signer: hot.Address(), Asset: channel.TRX, Challenge: 24 * time.Hour}
	return sponsor.Policy{
		Asset: channel.TRX, MaxPrice: channel.NewAmount(1000), Budget: channel.NewAmount(1 << 40), Seeders: []wallet.Address{payee},
		Torrents: map[[20]byte]int64{{1}: 1 << 30}, AtOnce: 1 << 20, PerAddress: 1 << 50,
	}, payee, terms
}

func killService(path string) (*sponsor.Service, error) {
	policy, payee, terms := killPolicy()
	var scalar [32]byte
	scalar[31] = 7
	hot, err := wallet.KeyFromBytes(scalar[:])
	if err != nil {
		return nil, err
	}
	s, err := sponsor.Open(context.Background(), sponsor.Config{Path: path, Domain: torrenttest.Domain, Payer: payee, Key: hot, Policy: policy})
	if err != nil {
		return nil, err
	}
	return s, s.Follow(context.Background(), channel.View{
		Solid: channel.Block{Number: 1, Hash: [32]byte{1}}, Head: channel.Block{Number: 1}, SeenAt: time.Now(),
		Facts: []channel.Event{{Kind: channel.EventOpened, Channel: terms.ID(), Terms: terms, Deposit: channel.NewAmount(1 << 40)}},
	})
}

// TestKilledSponsorKeepsItsBudget: a process that grants sessions as fast as it can is killed; every session that it answered counts in the next one.
func TestKilledSponsorKeepsItsBudget(t *testing.T) {
	if path := os.Getenv(killedFile); path != "" {
		grantUntilKilled(path)
		return
	}
	path := t.TempDir() + "/sponsor.db"
	var answered []string
	for range 3 {
		c := exec.Command(os.Args[0], "-test.run=^TestKilledSponsorKeepsItsBudget$")
		c.Env = append(os.Environ(), killedFile+"="+path)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for lines, n := bufio.NewScanner(out), 0; lines.Scan(); {
			if anchor, is := strings.CutPrefix(lines.Text(), "granted "); is {
				answered = append(answered, anchor)
				if n++; n == 12 {
					_ = c.Process.Kill()
				}
			}
		}
		_ = c.Wait()
	}
	s, err := killService(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	spent, least := s.Spent(), channel.NewAmount(250).Mul(uint64(len(answered)))
	if len(answered) < 36 || spent.Sessions < len(answered) || spent.Promised.Less(least) {
		t.Errorf("%d sessions were answered; after three kills %+v", len(answered), spent)
	}
}

func grantUntilKilled(path string) {
	s, err := killService(path)
	if err != nil {
		panic(err)
	}
	_, payee, _ := killPolicy()
	for {
		key := viewerKeyOrPanic()
		chain, err := channel.NewChain(1)
		if err != nil {
			panic(err)
		}
		a := sponsor.Ask{Torrent: sponsor.Hash20{1}, Payee: payee, Price: channel.NewAmount(1000), Unit: channel.NewAmount(250), Length: 1, Anchor: sponsor.Hash32(chain.Anchor())}
		a.Sign(key)
		if _, err := s.Session(context.Background(), &a, "1.2.3.4:5"); err != nil {
			panic(err)
		}
		fmt.Printf("granted %x\n", a.Anchor[:])
		r := chain.Reveal(1)
		end := sponsor.Close{Reveal: sponsor.Reveal{Tail: a.Anchor, Count: 1, Preimage: r.Preimage}}
		end.Sign(key)
		if err := s.End(context.Background(), &end); err != nil {
			panic(err)
		}
	}
}
