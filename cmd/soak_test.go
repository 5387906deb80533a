//go:build unix

package cmd_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// soakPlan is how long and how hard a soak is.
type soakPlan struct {
	length    time.Duration
	channels  int           // that are open at once, to both servers
	blockTime time.Duration // of the testnet
	minute    time.Duration // between two restarts of the hub, and two lines
	outage    time.Duration // the longest that the nodes are away
	pause     time.Duration // of a payer between two visits to its channels
}

// soakFor reads PIECEWORK_SOAK; what every run of the tests does is over in a few seconds.
func soakFor(t *testing.T) soakPlan {
	p := soakPlan{length: 10 * time.Second, channels: 48, blockTime: 200 * time.Millisecond, minute: 2500 * time.Millisecond, outage: 500 * time.Millisecond, pause: 15 * time.Millisecond}
	text := os.Getenv("PIECEWORK_SOAK")
	if text == "" {
		return p
	}
	length, err := time.ParseDuration(text)
	if err != nil || length < p.length {
		t.Fatalf("PIECEWORK_SOAK=%s: want a duration of 10s or more", text)
	}
	if p.length = length; length >= 5*time.Minute {
		p = soakPlan{length: length, channels: 2000, blockTime: time.Second, minute: time.Minute, outage: 45 * time.Second, pause: 60 * time.Millisecond}
	}
	return p
}

// soak is a hub that is restarted every minute and a seeder's server that never is, both real processes; payers with channels to either, downloaders that pay the
// seeder through the hub, and a network that forks, loses and fails.
type soak struct {
	*rig
	plan     soakPlan
	began    time.Time
	address  wallet.Address // the contract
	domain   channel.Domain
	hub      *soaked
	seeder   *soaked
	payers   []*soakPayer
	viewers  []*soakViewer
	nonce    atomic.Int64 // tells transactions alike apart
	payments atomic.Int64 // acknowledged
	churned  atomic.Int64 // channels that were ended
	refilled atomic.Int64
	kills    int
	troubles atomic.Int64
}

// TestSoak: payers pay all the time while the hub is killed or stopped every minute and the network is in trouble. No acknowledged payment is lost, the books add up, and
// neither memory nor goroutines grow. `PIECEWORK_SOAK=1h go test ./cmd -run Soak -v -timeout 0` (make soak) is the long one, with 2,000 channels.
func TestSoak(t *testing.T) {
	s := newSoak(t, soakFor(t))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var group sync.WaitGroup
	for _, p := range s.payers {
		group.Go(func() { p.run(ctx) })
	}
	for _, v := range s.viewers {
		group.Go(func() { v.run(ctx) })
	}
	group.Go(func() { s.trouble(ctx) })
	m := &soakMeter{soak: s}
	for time.Since(s.began) < s.plan.length && !t.Failed() {
		time.Sleep(s.plan.minute) // not to wait for anything: the soak is time
		m.line()
		s.restart()
	}
	cancel()
	group.Wait()
	s.heal()
	s.check()
	m.check()
}

func newSoak(t *testing.T, plan soakPlan) *soak {
	s := &soak{plan: plan, rig: newRigOn(t, testnet.Config{
		Balance: 100_000_000 * wallet.TRX, Chain: chain.Config{Mining: chain.Interval, BlockTime: plan.blockTime, Now: time.Now, SolidLag: soakLag},
	})}
	var err error
	if s.address, err = wallet.ParseAddress(s.contract); err != nil {
		t.Fatal(err)
	}
	s.domain = channel.DomainOn(s.network.GenesisID(), s.address)
	s.hub = s.newSoaked("heidi", "--hub-deposit", "TRX=40", "--hub-fee", "20")
	s.seeder = s.newSoaked("bob")
	for _, v := range []*soaked{s.hub, s.seeder} {
		s.until("a view of the chain", v.serving)
	}
	s.hirePayers()
	s.hireViewers()
	s.began = time.Now()
	return s
}

// soaked is a server of the soak over all its lives.
type soaked struct {
	key    *wallet.Key
	args   []string
	dir    string
	listen string
	http   string
	said   said
	gone   chan struct{} // closed when it is over for good

	mu      sync.Mutex // covers what follows
	process *exec.Cmd
	asked   syscall.Signal // what the process was sent
	over    bool
}

func devKey(name string) *wallet.Key {
	for _, account := range wallet.DevAccounts() {
		if account.Name == name {
			return account.Key
		}
	}
	panic("no account is called " + name)
}

func (s *soak) newSoaked(who string, args ...string) *soaked {
	v := &soaked{key: devKey(who), dir: s.path(who), listen: freeAddress(s.t), http: freeAddress(s.t), gone: make(chan struct{})}
	v.args = append([]string{
		"serve", "--contract", s.contract, "--from", who, "--data-dir", v.dir, "--listen", v.listen, "--http", v.http, "--period", "5s", "--log", "error",
	}, args...)
	s.t.Cleanup(func() {
		v.end(syscall.SIGKILL)
		if s.t.Failed() {
			s.t.Logf("the server of %s said:\n%s", who, &v.said.text)
		}
	})
	go s.keep(v)
	return v
}

// keep runs the server until its end, and starts it again whenever it has ended, as systemd would. One that was ready must not end by itself, and must end well when it is
// asked to; one that finds no node at its start is started again.
func (s *soak) keep(v *soaked) {
	defer close(v.gone)
	for {
		if over, err := s.life(v); err != nil {
			s.t.Error(err)
			return
		} else if over {
			return
		}
		time.Sleep(s.plan.blockTime)
	}
}

// life is one of the server's.
func (s *soak) life(v *soaked) (over bool, err error) {
	v.mu.Lock()
	if v.over {
		v.mu.Unlock()
		return true, nil
	}
	process := s.command(context.Background(), v.args...)
	process.Stderr = &v.said
	v.said.begin()
	err = process.Start()
	v.process, v.asked = process, 0
	v.mu.Unlock()
	if err != nil {
		return false, err
	}
	err = process.Wait()
	v.mu.Lock()
	defer v.mu.Unlock()
	switch ready := v.said.has("gRPC API on"); {
	case v.asked == syscall.SIGKILL, !ready:
		return v.over, nil
	case v.asked == syscall.SIGTERM && err != nil:
		return v.over, fmt.Errorf("a graceful stop ended with %w", err)
	case v.asked == 0:
		return v.over, fmt.Errorf("a server ended by itself: %w", err)
	}
	return v.over, nil
}

// signal is sent to the server, if one runs.
func (v *soaked) signal(how syscall.Signal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.process != nil && v.process.Process.Signal(how) == nil {
		v.asked = how
	}
}

// end ends the server for good.
func (v *soaked) end(how syscall.Signal) {
	v.mu.Lock()
	v.over = true
	v.mu.Unlock()
	v.signal(how)
	<-v.gone
}

// restart ends the hub, by SIGKILL and by SIGTERM in turn.
func (s *soak) restart() {
	how := syscall.SIGKILL
	if s.kills%2 == 1 {
		how = syscall.SIGTERM
	}
	s.kills++
	s.hub.signal(how)
}

// trouble does one bad thing to the network after the other until ctx ends.
func (s *soak) trouble(ctx context.Context) {
	wait := func(d time.Duration) {
		select {
		case <-ctx.Done():
		case <-time.After(d):
		}
	}
	for ctx.Err() == nil {
		wait(s.plan.minute/6 + rand.N(s.plan.minute/6))
		s.troubles.Add(1)
		switch rand.IntN(6) {
		case 0:
			depth := 1 + rand.IntN(soakLag-1)
			if _, err := s.network.Reorg(depth, depth+1, func(*tronpb.Transaction) bool { return true }); err != nil {
				s.t.Errorf("a fork of %d blocks: %v", depth, err)
			}
		case 1:
			s.network.FreezeHead(true)
			wait(rand.N(s.plan.outage))
			s.network.FreezeHead(false)
		case 2:
			s.network.FailRequests(1 + rand.Int64N(100))
		case 3:
			s.network.SetLatency(50*time.Millisecond + rand.N(250*time.Millisecond))
			wait(rand.N(s.plan.outage))
			s.network.SetLatency(0)
		case 4:
			s.network.DropNext(1 + rand.IntN(3))
			s.network.DelayNext(1+rand.IntN(3), 1+rand.Int64N(4))
		case 5:
			s.network.FailRequests(1_000_000)
			wait(rand.N(s.plan.outage))
			s.network.FailRequests(0)
		}
	}
}

// heal ends all trouble and waits for both servers.
func (s *soak) heal() {
	s.t.Helper()
	s.network.FailRequests(0)
	s.network.SetLatency(0)
	s.network.FreezeHead(false)
	s.network.DropNext(0)
	s.network.DelayNext(0, 0)
	s.until("the hub after the soak", s.hub.serving)
	s.until("the seeder's server after the soak", s.seeder.serving)
}
