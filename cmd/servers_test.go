//go:build unix

package cmd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
	"github.com/piecework/piecework/wallet"
)

const (
	// serverKills is how many servers one run kills; PIECEWORK_TEST_SERVER_KILLS raises it.
	serverKills = 18
	// takeover is how long a server that is gone keeps the others from settling.
	takeover = 2 * time.Second
	// payersOfServers pay all the time, each on a channel of its own.
	payersOfServers = 4
)

// TestServersKilledUnderLoad: two, then four `piecework serve` on one PostgreSQL behind one address list are killed with SIGKILL at random
// while payers pay, half of the payments at two servers at once. No acknowledged payment is lost, none is counted twice, payers find
// another server by themselves, and one server settles at a time, also while the one that did is paused and comes back.
func TestServersKilledUnderLoad(t *testing.T) {
	kills := serverKills
	if n, err := strconv.Atoi(os.Getenv("PIECEWORK_TEST_SERVER_KILLS")); err == nil {
		kills = n
	}
	f := newFleet(t, 4)
	f.start(0)
	f.start(1)
	payers := f.openChannels(payersOfServers)
	ended := f.pay(t.Context(), payers)
	f.killAtRandom(2, kills/3)
	f.start(2)
	f.start(3)
	f.pauseTheOneThatSettles(payers[0].id)
	f.killAtRandom(4, kills-kills/3)
	if err := ended(); err != nil {
		t.Fatal(err)
	}
	f.compare(payers)
	t.Logf("%d payments acknowledged over %d kills, %d of them again by another server", f.acknowledged.Load(), kills, f.replayed.Load())
}

// fleet is several servers on one database, killed and started again.
type fleet struct {
	*rig
	where        string // the database
	store        *store.Store
	servers      []*served
	acknowledged atomic.Int64
	replayed     atomic.Int64
}

// served is one server over all its lives.
type served struct {
	listen  string
	process *exec.Cmd
	said    said
}

// said is what processes wrote to stderr, one after the other.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
	life int // where the newest one's words begin
}

// Write implements io.Writer.
func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.life = s.text.Len()
}

// has says whether the newest process has said that.
func (s *said) has(words string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Contains(s.text.Bytes()[s.life:], []byte(words))
}

// newFleet prepares n servers; none of them runs yet.
func newFleet(t testing.TB, n int) *fleet {
	f := &fleet{where: storetest.Postgres(t), rig: newRig(t)}
	var err error
	if f.store, err = store.Open(t.Context(), f.where); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.store.Close() })
	for range n {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := &served{listen: free.Addr().String()}
		_ = free.Close()
		f.servers = append(f.servers, s)
		t.Cleanup(func() {
			f.stop(s)
			if t.Failed() {
				t.Logf("the server at %s said:\n%s", s.listen, &s.said.text)
			}
		})
	}
	return f
}

// addresses are the servers as a client names them.
func (f *fleet) addresses(but ...*served) string {
	var list []string
	for _, s := range f.servers {
		if len(but) == 0 || but[0] != s {
			list = append(list, s.listen)
		}
	}
	return strings.Join(list, ",")
}

func (f *fleet) start(i int) {
	f.t.Helper()
	s := f.servers[i]
	s.process = f.command(context.Background(), "serve", "--contract", f.contract, "--from", "bob", "--store", f.where, "--listen", s.listen,
		"--period", "1h", "--takeover", takeover.String())
	s.process.Stderr = &s.said
	s.said.begin()
	if err := s.process.Start(); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fleet) stop(s *served) {
	if s.process != nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
	}
}

// openChannels opens a channel each for some of the testnet's accounts, and waits until the servers count the deposits.
func (f *fleet) openChannels(n int) (payers []*steadyPayer) {
	f.t.Helper()
	contract, err := wallet.ParseAddress(f.contract)
	if err != nil {
		f.t.Fatal(err)
	}
	domain := channel.DomainOn(f.network.GenesisID(), contract)
	for i := range n {
		account := wallet.DevAccounts()[2+i%8]
		opened := f.run("channel", "open", "--payee", "bob", "--deposit", "1000", "--from", account.Name, "--contract", f.contract)
		p := &steadyPayer{key: account.Key, domain: domain}
		if p.id, err = channel.ParseID(opened["id"].(string)); err != nil {
			f.t.Fatal(err)
		}
		for range 2 {
			link, err := client.Dial(f.addresses(), client.Options{})
			if err != nil {
				f.t.Fatal(err)
			}
			f.t.Cleanup(func() { _ = link.Close() })
			p.links = append(p.links, link)
		}
		payers = append(payers, p)
	}
	for _, p := range payers {
		f.until("a channel", func() bool { _, err := p.links[0].Record(f.t.Context(), p.id); return err == nil })
	}
	return payers
}

// steadyPayer pays as fast as it is answered, over two connections to whatever server they find.
type steadyPayer struct {
	key    *wallet.Key
	domain channel.Domain
	id     channel.ID
	links  []*client.Server
	paid   uint64 // what was acknowledged
}

const (
	tailOfPayer = 32
	unitOfPayer = 3
)

// pay lets all pay until the function that it returns is called, which says what went wrong.
func (f *fleet) pay(ctx context.Context, payers []*steadyPayer) (ended func() error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	over := make(chan struct{})
	failures := make(chan error, len(payers))
	for _, p := range payers {
		go func() {
			for {
				select {
				case <-over:
					failures <- nil
					return
				default:
				}
				if err := f.payTail(ctx, p); err != nil {
					failures <- err
					return
				}
			}
		}()
	}
	return func() (err error) {
		defer cancel()
		close(over)
		for range payers {
			err = errors.Join(err, <-failures)
		}
		return err
	}
}

// payTail promises a tail and reveals it step by step.
func (f *fleet) payTail(ctx context.Context, p *steadyPayer) error {
	chain, err := channel.NewChain(tailOfPayer)
	if err != nil {
		return err
	}
	tail := channel.Tail{Anchor: chain.Anchor(), Unit: channel.NewAmount(unitOfPayer), Length: tailOfPayer, Expiry: time.Now().Add(6 * time.Hour).Unix()}
	voucher := channel.Voucher{Channel: p.id, Cumulative: channel.NewAmount(p.paid), Tails: []channel.Tail{tail}}.Sign(p.key, p.domain)
	if err := f.give(ctx, p, channel.Payment{Channel: p.id, Voucher: &voucher}, p.paid); err != nil {
		return err
	}
	for count := uint32(1); count <= tailOfPayer; count++ {
		reveal := chain.Reveal(count)
		if err := f.give(ctx, p, channel.Payment{Channel: p.id, Reveal: &reveal}, p.paid+unitOfPayer); err != nil {
			return err
		}
		p.paid += unitOfPayer
	}
	return nil
}

// give pays, half of the time at two servers at once, and compares what the receipts say.
func (f *fleet) give(ctx context.Context, p *steadyPayer, payment channel.Payment, want uint64) error {
	links := p.links[:1+rand.IntN(2)]
	failures := make(chan error, len(links))
	for _, link := range links {
		go func() {
			receipt, err := link.Accept(ctx, payment)
			if err == nil && receipt.Paid != channel.NewAmount(want) {
				err = fmt.Errorf("channel %s: the receipt says %s, want %d", p.id.Short(), receipt.Paid, want)
			}
			if err == nil && receipt.Replayed {
				f.replayed.Add(1)
			}
			failures <- err
		}()
	}
	var err error
	for range links {
		err = errors.Join(err, <-failures)
	}
	f.acknowledged.Add(1)
	return err
}

// killAtRandom kills one of the first n servers after the other, and starts it again. In between something was acknowledged.
func (f *fleet) killAtRandom(n, times int) {
	f.t.Helper()
	for range times {
		time.Sleep(time.Duration(20+rand.IntN(150)) * time.Millisecond) // not to wait for anything: to kill at any moment
		i := rand.IntN(n)
		f.stop(f.servers[i])
		f.start(i)
		before := f.acknowledged.Load()
		f.until("payments after a kill", func() bool { return f.acknowledged.Load() > before+payersOfServers })
	}
}

// lease is who settles.
func (f *fleet) lease() (lease store.Lease) {
	_ = f.store.View(f.t.Context(), func(t *store.Tx) (err error) {
		lease, err = t.Lease("settle")
		return err
	})
	return lease
}

// pauseTheOneThatSettles stops that server's process for longer than its lease: another one settles meanwhile, and it finds out when it comes back.
func (f *fleet) pauseTheOneThatSettles(id channel.ID) {
	f.t.Helper()
	var paused *served
	f.until("a server that settles", func() bool {
		for _, s := range f.servers {
			if lease := f.lease(); time.Now().Before(lease.Until) && s.said.has("leads=true holder="+lease.Holder) {
				paused = s
			}
		}
		return paused != nil
	})
	before := f.lease()
	if err := paused.process.Process.Signal(syscall.SIGSTOP); err != nil {
		f.t.Fatal(err)
	}
	f.until("another one that settles", func() bool { return f.lease().Fence > before.Fence })
	f.run("channel", "settle", "--id", id.String(), "--server", f.addresses(paused))
	if err := paused.process.Process.Signal(syscall.SIGCONT); err != nil {
		f.t.Fatal(err)
	}
	f.until("the paused one to find out", func() bool { return paused.said.has("leads=false") })
}

// compare settles everything and compares every figure: at each server, on chain, and what each transaction did.
func (f *fleet) compare(payers []*steadyPayer) {
	f.t.Helper()
	for _, p := range payers {
		want := channel.NewAmount(p.paid)
		for _, s := range f.servers {
			link, err := client.Dial(s.listen, client.Options{})
			if err != nil {
				f.t.Fatal(err)
			}
			if r, err := link.Record(f.t.Context(), p.id); err != nil || r.Paid() != want {
				f.t.Errorf("channel %s: the server at %s holds %s (%v), %s was acknowledged", p.id.Short(), s.listen, r.Paid(), err, want)
			}
			_ = link.Close()
		}
		f.run("channel", "settle", "--id", p.id.String(), "--server", f.addresses())
		if shown := f.run("channel", "show", "--id", p.id.String(), "--contract", f.contract); shown["settled_units"] != want.String() {
			f.t.Errorf("channel %s: the contract settled %v, %s was acknowledged", p.id.Short(), shown["settled_units"], want)
		}
	}
	f.settledOnce()
}

// settledOnce: fences only grow, and every transaction settled every channel that it was for, so no two were for the same thing.
func (f *fleet) settledOnce() {
	f.t.Helper()
	err := f.store.View(f.t.Context(), func(t *store.Tx) error {
		done := map[[32]byte]int{}
		if err := t.Settlements(devKey("bob").Address(), 0, time.Time{}, func(fact channel.Settlement, _ channel.Asset) error { done[fact.TxID]++; return nil }); err != nil {
			return err
		}
		intents, err := t.RecentIntents(1000)
		for i, intent := range intents {
			if i > 0 && intent.Fence > intents[i-1].Fence {
				f.t.Errorf("a transaction under fence %d came before one under fence %d", intent.Fence, intents[i-1].Fence)
			}
			if done[intent.TxID] != len(intent.Settles) {
				f.t.Errorf("transaction %x settled %d of %d channels: %s %s", intent.TxID[:4], done[intent.TxID], len(intent.Settles), intent.State, intent.Note)
			}
		}
		return errors.Join(err, t.Audit())
	})
	if err != nil {
		f.t.Fatal(err)
	}
}
