package cmd_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

const (
	loadUnit  = 20 // of a step; the hub takes a tenth on top
	loadSteps = 8  // of a session
)

// hubLoad is a hub in a process of its own, and around it a downloader and seeders that do nothing but pay and redeem.
type hubLoad struct {
	*rig
	serve   *exec.Cmd
	address string
	domain  channel.Domain
	in      channel.ID // the downloader's channel
	remote  *client.Server
	purses  *client.HubPurses
	seeders []*loadSeeder

	done                                 atomic.Int64 // steps and redemptions
	steps, sessions, failed, redemptions atomic.Uint64
}

// loadSeeder has a ledger of its own, as every seeder has.
type loadSeeder struct {
	name     string
	key      *wallet.Key
	id       channel.ID // of the hub's channel to it
	ledger   *ledger.Ledger
	redeemer *client.Redeemer
	steps    uint64 // that were revealed to it and taken
}

func newHubLoad(t *testing.T) *hubLoad {
	l := &hubLoad{rig: newRig(t)}
	contract, err := wallet.ParseAddress(l.contract)
	if err != nil {
		t.Fatal(err)
	}
	l.domain = channel.DomainOn(l.network.GenesisID(), contract)
	l.begin("127.0.0.1:0")
	l.address = l.wait("ready")
	if l.remote, err = client.Dial(l.address, client.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.remote.Close() })
	accounts := wallet.DevAccounts()
	for _, account := range accounts[3 : 3+hubSeeders] { // all at once: the hub opens their channels in one go
		if _, err := l.remote.Hub(l.domain, account.Key).Register(t.Context(), channel.TRX); err != nil {
			t.Fatal(err)
		}
	}
	for _, account := range accounts[3 : 3+hubSeeders] {
		l.seeders = append(l.seeders, l.seeder(account))
	}
	l.downloader(accounts[2])
	return l
}

// downloader opens the one channel, and waits until the hub knows it.
func (l *hubLoad) downloader(account wallet.DevAccount) {
	l.t.Helper()
	opened := l.run("channel", "open", "--payee", "heidi", "--deposit", "1000", "--from", account.Name, "--contract", l.contract)
	var err error
	if l.in, err = channel.ParseID(opened["id"].(string)); err != nil {
		l.t.Fatal(err)
	}
	var r channel.Record
	l.until("the downloader's channel", func() bool { r, err = l.remote.Record(l.t.Context(), l.in); return err == nil })
	purses := &client.Purses{Store: l.store("purses.db"), Domain: l.domain, Signer: account.Key, TailLength: loadSteps}
	if err := purses.Add(l.t.Context(), r.Terms, r.Deposit); err != nil {
		l.t.Fatal(err)
	}
	l.purses = &client.HubPurses{Purses: purses, Hub: l.remote.Hub(l.domain, account.Key)}
}

// seeder registers at the hub, and keeps the channel that the hub opens to it in a ledger of its own.
func (l *hubLoad) seeder(account wallet.DevAccount) *loadSeeder {
	l.t.Helper()
	s := &loadSeeder{name: account.Name, key: account.Key}
	h := l.remote.Hub(l.domain, s.key)
	var reg client.Registration
	l.until("a channel to a seeder", func() bool {
		var err error
		reg, err = h.Register(l.t.Context(), channel.TRX)
		return err == nil && len(reg.Channels) == 1
	})
	var err error
	s.ledger, err = ledger.Open(l.t.Context(), ledger.Config{Store: l.store(s.name + ".db"), Domain: l.domain, Log: wallettest.Log(l.t), StaleAfter: time.Hour})
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = s.ledger.Close() })
	r := reg.Channels[0]
	block := channel.Block{Number: 1, Time: time.Now().UnixMilli()}
	fact := channel.Event{Kind: channel.EventOpened, Channel: r.ID, Terms: r.Terms, Deposit: r.Deposit, Block: 1}
	if err := s.ledger.Follow(l.t.Context(), channel.View{Head: block, Solid: block, Facts: []channel.Event{fact}, SeenAt: time.Now()}); err != nil {
		l.t.Fatal(err)
	}
	s.id, s.redeemer = r.ID, &client.Redeemer{Hub: h, Address: reg.Hub, Ledger: s.ledger}
	s.redeemer.Watch(s.id)
	return s
}

func (l *hubLoad) store(name string) *store.Store {
	l.t.Helper()
	s, err := store.Open(l.t.Context(), l.path(name))
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = s.Close() })
	return s
}

// pay lets everybody pay and redeem until the function that it returns is called, which says what went wrong.
func (l *hubLoad) pay() (ended func() error) {
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Minute)
	over := make(chan struct{})
	failures := make(chan error, 2*len(l.seeders))
	for _, s := range l.seeders {
		for _, do := range []func(context.Context, *loadSeeder) error{l.session, l.redeem} {
			go func() { failures <- until(over, func() error { return do(ctx, s) }) }()
		}
	}
	return func() (err error) {
		defer cancel()
		close(over)
		for range cap(failures) {
			err = errors.Join(err, <-failures)
		}
		return err
	}
}

// until repeats something until over is closed, or it fails.
func until(over <-chan struct{}, do func() error) error {
	for {
		select {
		case <-over:
			return nil
		default:
		}
		if err := do(); err != nil {
			return err
		}
	}
}

// session opens a session and reveals it to its end, as far as the hub is there.
func (l *hubLoad) session(ctx context.Context, s *loadSeeder) error {
	purse, err := l.purses.For(ctx, channel.TRX, s.key.Address())
	if err != nil {
		return l.away(err)
	}
	promise, err := purse.Open(ctx, channel.NewAmount(loadUnit))
	if err != nil {
		l.failed.Add(1)
		return l.away(err)
	}
	if promise.Revealed == 0 {
		l.sessions.Add(1)
	}
	if _, err := s.redeemer.Accept(ctx, channel.Payment{Channel: s.id, Voucher: &promise.Voucher}); err != nil {
		return fmt.Errorf("%s refuses the hub's voucher: %w", s.name, err)
	}
	for count := promise.Revealed + 1; count <= promise.Tail.Length; count++ {
		reveal, err := purse.Reveal(ctx, promise.Tail.Anchor, count)
		if err != nil {
			return err
		}
		if _, err := s.redeemer.Accept(ctx, channel.Payment{Channel: s.id, Reveal: &reveal}); err != nil {
			return fmt.Errorf("%s refuses step %d: %w", s.name, count, err)
		}
		s.steps++
		l.steps.Add(1)
		l.done.Add(1)
	}
	return nil
}

// redeem redeems what there is.
func (l *hubLoad) redeem(ctx context.Context, s *loadSeeder) error {
	booked, err := s.redeemer.Redeem(ctx, s.id)
	if err == nil && !booked.IsZero() {
		l.redemptions.Add(1)
		l.done.Add(1)
	}
	time.Sleep(5 * time.Millisecond)
	return l.away(err)
}

// away lets pass what a hub that is killed answers, or does not answer.
func (l *hubLoad) away(err error) error {
	if err == nil || errors.Is(err, client.ErrServerAway) || errors.Is(err, channel.ErrStaleView) {
		time.Sleep(time.Millisecond)
		return nil
	}
	return err
}
