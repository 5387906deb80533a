package server

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/chain/chaintest"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

var (
	simSeeds = flag.Int("seeds", 300, "how many seeds TestSimulation plays")
	simFrom  = flag.Uint64("from", 1, "the first of them: long runs are played in parts")
	simSeed  = flag.Uint64("seed", 0, "play this one seed of TestSimulation, with its story")
)

// TestSimulation plays payers, downloaders and seeders of a hub, cheats, crashes, forks, lost transactions, a node that stands still or is away, a second node that lies, clock steps and jumps of the
// energy price against a whole server on a real chain with the real contract, in fake time, and checks the properties of the design as it goes and at the end.
// A failing seed prints the line that plays it again.
func TestSimulation(t *testing.T) {
	if *simSeed != 0 {
		play(t, *simSeed)
		return
	}
	t.Cleanup(func() {
		t.Logf("%d payments accepted and %d refused, %d channels closed, %d settlements, %d forks, %d crashes, %d old backups", tally.accepted.Load(), tally.refused.Load(),
			tally.closed.Load(), tally.settled.Load(), tally.forks.Load(), tally.crashes.Load(), tally.restores.Load())
		t.Logf("%d sessions, %d steps served in them, %d redemptions", tally.sessions.Load(), tally.served.Load(), tally.redeemed.Load())
		t.Logf("%d channels waited for their seeders after a backup, %d of them were being opened when the hub was lost", tally.waiting.Load(), tally.underWay.Load())
		for _, n := range []*atomic.Int64{
			&tally.accepted, &tally.refused, &tally.closed, &tally.settled, &tally.forks, &tally.crashes, &tally.restores, &tally.sessions, &tally.served, &tally.redeemed,
		} {
			if n.Load() < int64(*simSeeds)/10 {
				t.Error("something hardly ever happens: this simulation proves little")
			}
		}
	})
	for first := range 4 { // few enough for two cores, and a test each so that they run beside each other
		t.Run(fmt.Sprint("part ", first), func(t *testing.T) {
			t.Parallel()
			for seed := *simFrom + uint64(first); seed < *simFrom+uint64(*simSeeds); seed += 4 {
				play(t, seed)
			}
		})
	}
}

// tally counts what happened in all seeds, so that a simulation in which nothing happens is found out.
var tally struct {
	accepted, refused, closed, settled, forks, crashes, restores, corrected atomic.Int64
	sessions, served, redeemed                                              atomic.Int64 // through the hub
	waiting, underWay                                                       atomic.Int64 // channels that a recovering hub may not sign on; of these, opened by a transaction that was under way
}

func play(t *testing.T, seed uint64) {
	synctest.Test(t, func(t *testing.T) {
		m := &sim{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 9)), told: map[channel.ID]channel.Amount{}, shown: map[channel.ID]channel.Amount{}, merged: map[channel.ID]bool{}}
		defer func() {
			if t.Failed() {
				t.Logf("play it again with: go test ./channel/server -run TestSimulation -seed %d -v\n%s", seed, &m.story)
				t.FailNow()
			}
		}()
		m.begin()
		defer m.stop()
		for range 70 {
			m.step()
		}
		m.finish()
	})
}

const (
	simLag       = 5
	simChallenge = 12 * time.Minute
	simSeeders   = 3
	simSeederKey = 6 // the first seeder's
	simPoll      = 3 * time.Second
)

// sim is one world and its story.
type sim struct {
	t     *testing.T
	seed  uint64
	rng   *rand.Rand
	story story

	net           *chaintest.Network
	first, second *chaintest.Node
	well          *chaintest.Node // whom the others ask: nothing ails it
	dir           string
	generation    int
	skew          atomic.Int64 // of the server's clock, in nanoseconds

	server   *simServer
	payers   []*simPayer
	seeders  []*simSeeder
	told     map[channel.ID]channel.Amount // the most that was acknowledged
	shown    map[channel.ID]channel.Amount // the most that a record has shown
	ill      time.Time                     // since when the node is away or stands still; zero when it does not
	healed   time.Time                     // since when it does not any more
	doubt    bool                          // the nodes disagree
	restored bool                          // an old backup was gone on from
	merged   map[channel.ID]bool           // since then: channels whose seeder has shown what it holds
	forgot   bool                          // and the downloaders have not shown yet what they signed since
	kept     bool                          // and one never will, because it closes: see the bound in DESIGN.md
}

// story is what happened, as the simulation and the server's log tell it.
type story struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (s *story) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *story) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// simServer is the payee's side in one process.
type simServer struct {
	store    *store.Store
	ledger   *ledger.Ledger
	follower *chain.Follower
	settler  *Settler
	hub      *hub.Hub
	cancel   context.CancelFunc
	done     chan struct{}
}

func (m *sim) now() time.Time { return time.Now().Add(time.Duration(m.skew.Load())) }

func (m *sim) say(format string, args ...any) {
	fmt.Fprintf(&m.story, "%s  block %d  ", time.Now().UTC().Format("15:04:05"), m.net.Chain.HeadNumber())
	fmt.Fprintf(&m.story, format+"\n", args...)
}

func (m *sim) begin() {
	var err error
	if m.net, err = chaintest.New(time.Now, simLag); err != nil {
		m.t.Fatal(err)
	}
	m.first, m.second, m.well = m.net.Node(), m.net.Node(), m.net.Node()
	if m.dir, err = os.MkdirTemp(memory(), "piecework-sim-"); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = os.RemoveAll(m.dir) })
	m.start()
	for i := range byte(5) {
		m.payers = append(m.payers, newSimPayer(m, i))
	}
	for i := range byte(simSeeders) {
		m.seeders = append(m.seeders, newSimSeeder(m, i))
	}
	m.mine(simLag + 2)
}

// memory is a folder in memory where there is one: syncs cost nothing there, and what a disk loses is tested elsewhere.
func memory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}

func (m *sim) path() string { return filepath.Join(m.dir, fmt.Sprintf("store-%d.db", m.generation)) }

// random is where the hub's process draws from: a seed's story is the same each time.
func (m *sim) random() io.Reader {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], m.seed)
	seed[8] = byte(m.generation)
	return rand.NewChaCha8(seed)
}

func (m *sim) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(&m.story, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// start is a process that starts: it opens the store and runs everything.
func (m *sim) start() {
	ctx, cancel := context.WithCancel(context.Background())
	s := &simServer{cancel: cancel, done: make(chan struct{})}
	log := m.log()
	var err error
	if s.store, err = store.Open(ctx, m.path()); err != nil {
		m.t.Fatal(err)
	}
	takesNew := func() error { return s.settler.TakesNew() }
	s.hub = m.newHub()
	s.ledger, err = ledger.Open(ctx, ledger.Config{
		Store: s.store, Domain: m.net.Domain, Log: log, Now: m.now, TakesNew: takesNew,
		Takes: s.hub.Takes, Dropping: s.hub.Dropping, Hold: s.hub.Hold, Facts: s.hub.Facts, Kept: s.hub.Kept,
		Keep: func(t channel.Terms, _ channel.Amount) bool {
			return t.Payee == chaintest.Key(0).Address() || s.hub.Keeps(t)
		},
	})
	if err != nil {
		m.t.Fatal(err)
	}
	s.hub.Join(s.ledger, s.store)
	s.follower = &chain.Follower{
		Node: m.first, Contract: m.net.Contract, Steady: true, Decode: contract.DecodeEvent, Sink: s.ledger, Poll: simPoll, Now: m.now, Log: log,
	}
	if m.seed%3 == 0 {
		s.follower.Second = m.second
	}
	leader := newLeader(s.store, DefaultTakeover, m.now, log)
	s.settler = &Settler{
		market: m.first, ledger: s.ledger, store: s.store, leader: leader, contract: m.net.Contract, period: 15 * time.Second, tendEvery: 3 * simPoll, now: m.now, log: log,
		policy: settle.Policy{Minimum: 20 * wallet.TRX, CostFactor: 5, MaxAge: 3 * time.Minute},
		sender: &chain.Sender{Node: m.first, Store: s.store, Key: chaintest.Key(0), Now: m.now, Log: log, Lease: leader.current, Outcome: s.hub.Burnt},
	}
	treasury := &treasurer{
		config: HubConfig{Challenge: simChallenge, Period: 10 * simPoll}, hub: s.hub, store: s.store, sender: s.settler.sender, leader: leader, contract: m.net.Contract,
		cap: 100 * wallet.TRX, plan: s.settler.Last, random: m.random(), log: log,
	}
	comparer := &chain.Comparer{Node: m.first, Words: m.first, Book: s.ledger, Every: 2 * time.Minute, Log: log}
	m.server = s
	go func() {
		defer close(s.done)
		var parts [4]chan struct{}
		for i, run := range []func(context.Context) error{s.follower.Run, s.settler.Run, comparer.Run, treasury.Run} {
			parts[i] = make(chan struct{})
			go func() { _ = run(ctx); close(parts[i]) }()
		}
		for _, part := range parts {
			<-part
		}
	}()
}

func (m *sim) stop() {
	if m.server == nil {
		return
	}
	m.server.cancel()
	<-m.server.done
	_ = m.server.ledger.Close()
	_ = m.server.store.Close()
	m.server = nil
}

// crash ends the process where it is: what the file holds at this moment is what the next process finds.
func (m *sim) crash() {
	synctest.Wait()
	m.say("the server crashes")
	tally.crashes.Add(1)
	old := m.path()
	m.generation++
	m.copyStore(old, m.path())
	m.stop()
	m.start()
}

func (m *sim) copyStore(from, to string) {
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(from + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(to+suffix, data, 0o600)
		}
		if err != nil {
			m.t.Fatal(err)
		}
	}
}

// mine lets time pass, three seconds a block.
func (m *sim) mine(blocks int) {
	for range blocks {
		time.Sleep(simPoll)
		m.net.Chain.Mine(1)
		m.tend()
	}
	time.Sleep(simPoll + time.Second) // the follower has looked since
	synctest.Wait()
	m.watch()
}

// save ends what keeps settlements out when a close has gone on for a third of its challenge: within half of it they must get in, or P12 promises nothing.
func (m *sim) save() {
	for _, p := range m.payers {
		if !p.closing.IsZero() && time.Since(p.closing) > simChallenge/3 {
			m.heal()
			m.skew.Store(0)
			m.net.Chain.DropNext(0)
			m.net.Chain.SetBalance(chaintest.Key(0).Address(), chaintest.Rich)
			return
		}
	}
}

// slowly lets some minutes pass: blocks are late, but not late enough for a view to be old.
func (m *sim) slowly() {
	for range 10 {
		time.Sleep(25 * time.Second)
		m.net.Chain.Mine(1)
		m.tend()
	}
	m.mine(1)
}

// act is one thing that somebody does.
func (m *sim) act() {
	if n := m.rng.IntN(len(m.payers) + len(m.seeders) + 2); n < len(m.payers) {
		m.payers[n].act()
	} else if n -= len(m.payers); n < len(m.seeders) {
		m.seeders[n].act()
	} else {
		m.payers[len(m.payers)-1-(n-len(m.seeders))].act() // downloaders do twice as much
	}
}

// tend is what the seeders do at every block, once the server has seen it.
func (m *sim) tend() {
	synctest.Wait()
	for _, s := range m.seeders {
		s.tend()
	}
}

func (m *sim) step() {
	m.save()
	switch roll := m.rng.IntN(100); {
	case roll < 58:
		m.act()
	case roll < 68:
		m.mine(1 + m.rng.IntN(3))
	case roll < 74:
		m.slowly()
	case roll < 80:
		m.fork()
	case roll < 84:
		m.crash()
	case roll < 88:
		m.nodeTrouble()
	case roll < 91:
		m.net.Chain.DropNext(1 + m.rng.IntN(2))
		m.say("the next transactions are lost")
	case roll < 93:
		skew := time.Duration(m.rng.IntN(120)-60) * time.Second
		m.skew.Store(int64(skew))
		m.say("the server's clock is off by %s", skew)
	case roll < 95:
		m.net.Chain.SetParam("getEnergyFee", []int64{100, 210, 420, 1_000}[m.rng.IntN(4)])
		m.say("energy costs %d", m.net.Param("getEnergyFee"))
	case roll < 97:
		m.poor()
	case roll < 99:
		m.refuse()
	default:
		m.restore()
	}
}

func (m *sim) fork() {
	depth := 1 + m.rng.IntN(simLag-1)
	kept := m.rng.IntN(3)
	if _, err := m.net.Chain.Reorg(depth, depth+1, func(*tronpb.Transaction) bool { return m.rng.IntN(3) < kept }); err != nil {
		return
	}
	tally.forks.Add(1)
	m.say("a fork undid %d blocks", depth)
	time.Sleep(time.Duration(depth+2) * simPoll) // blocks of a fork have times ahead of the old head's
	synctest.Wait()
	m.watch()
}

// nodeTrouble makes the first node stand still or go away, or the second lie, or ends that.
func (m *sim) nodeTrouble() {
	if !m.ill.IsZero() || m.doubt {
		m.heal()
		return
	}
	switch m.rng.IntN(3) {
	case 0:
		m.say("the node stands still")
		m.first.Freeze()
		m.ill = time.Now()
	case 1:
		m.say("the node is away")
		m.first.SetAway(true)
		m.ill = time.Now()
	default:
		m.say("the second node hides what the contract says")
		m.second.SetLie(func(b *chain.Block) {
			for i := range b.Transactions {
				b.Transactions[i].Logs = nil
			}
		})
		m.doubt = true
	}
}

func (m *sim) heal() {
	m.say("the nodes are well")
	m.first.Thaw()
	m.first.SetAway(false)
	m.first.SetRefusal(nil)
	m.second.SetLie(nil)
	if !m.ill.IsZero() {
		m.healed = time.Now()
	}
	m.ill, m.doubt = time.Time{}, false
}

// poor takes the payee's TRX away, or gives it back.
func (m *sim) poor() {
	payee := chaintest.Key(0).Address()
	if m.rng.IntN(2) == 0 {
		m.say("the payee is out of TRX")
		m.net.Chain.SetBalance(payee, wallet.TRX)
		return
	}
	m.net.Chain.SetBalance(payee, chaintest.Rich)
}

func (m *sim) refuse() {
	codes := []tronpb.ReturnResponseCode{tronpb.Return_SIGERROR, tronpb.Return_TAPOS_ERROR, tronpb.Return_BANDWITH_ERROR, tronpb.Return_TRANSACTION_EXPIRATION_ERROR}
	if m.rng.IntN(2) == 0 {
		m.first.SetRefusal(nil)
		return
	}
	m.first.SetRefusal(&tronpb.Return{Code: codes[m.rng.IntN(len(codes))]})
	m.say("the node refuses what is sent")
}

// restore goes on from a backup of a minute ago: the payers' own state and the chain say what is missing.
func (m *sim) restore() {
	backup := filepath.Join(m.dir, "backup.db")
	_ = os.Remove(backup)
	if err := m.server.store.Backup(context.Background(), backup); err != nil {
		m.t.Fatal(err)
	}
	for _, p := range m.payers {
		if p.down != nil {
			p.down.remembered = len(p.down.asked)
		}
	}
	for range 6 {
		m.act()
		m.mine(1)
	}
	m.say("the server goes on from an old backup")
	tally.restores.Add(1)
	lost := m.losing()
	m.stop()
	m.generation++
	m.copyStore(backup, m.path())
	m.restored, m.forgot = true, true
	for _, p := range m.payers {
		if p.down != nil {
			p.down.forget()
		}
	}
	m.shown = map[channel.ID]channel.Amount{}
	told := m.told
	m.told = map[channel.ID]channel.Amount{}
	m.net.Chain.SetBalance(chaintest.Key(0).Address(), chaintest.Rich) // or what it takes again would be first payments that it cannot answer for
	m.start()
	m.merged, lost.promised = map[channel.ID]bool{}, map[channel.ID]channel.Amount{}
	_, _, own := m.evidence()
	for i := range own {
		lost.promised[own[i].ID] = own[i].Held.Promise()
	}
	said := m.rng.IntN(2) == 0
	if said {
		if err := m.server.hub.StartRecovery(context.Background()); err != nil {
			m.t.Error(err)
		}
	}
	m.heal()
	m.skew.Store(0)
	m.mine(simLag + 2)
	for _, p := range m.payers {
		p.repeat()
	}
	m.recover(said, &lost)
	for _, p := range m.payers {
		p.repeat() // a hub takes some of it only once its seeders have shown what is over
	}
	in, out, _ := m.evidence()
	m.kept = m.kept || slices.ContainsFunc(m.payers, (*simPayer).keepsForgotten)
	m.forgot = m.kept || in.Less(out) // of a session that was done after the backup, and whose downloader has not come back
	for id, paid := range told {
		if r := m.record(id); r.State == channel.Open && !r.Frozen && r.Paid().Less(paid) {
			m.t.Errorf("after an old backup and what the payers repeat, channel %s has %s of %s", id.Short(), r.Paid(), paid)
		}
	}
}
