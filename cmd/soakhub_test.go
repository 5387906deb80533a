//go:build unix

package cmd_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

const (
	soakViewers     = 4
	soakViewerFunds = 200_000_000 // sun that a downloader's one channel holds
	soakStep        = 2_000       // sun of a step
)

// soakViewer is a downloader with one channel to the hub, which pays the seeder through sessions, as `piecework get` does.
type soakViewer struct {
	soak   *soak
	key    *wallet.Key
	purses *client.HubPurses
	id     channel.ID
	payee  *client.Redeemer // the seeder's, which all downloaders share
	steps  int64
}

// hireViewers lets the seeder register at the hub, and downloaders open their channels.
func (s *soak) hireViewers() {
	s.t.Helper()
	redeemer := &client.Redeemer{
		Hub: s.dial(s.hub, "").Hub(s.domain, s.seeder.key), Address: s.hub.key.Address(), Ledger: s.dial(s.seeder, ""), Log: slog.New(slog.DiscardHandler),
		Policy: client.RedeemPolicy{Steps: 64, Age: s.plan.minute},
	}
	s.until("a registration", func() bool { _, err := redeemer.Hub.Register(s.t.Context(), channel.TRX); return err == nil })
	for i := range soakViewers {
		v := &soakViewer{soak: s, key: devKey([]string{"carol", "dave", "erin", "frank"}[i]), payee: redeemer}
		file, err := store.Open(s.t.Context(), s.path(fmt.Sprintf("viewer%d.db", i)))
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { _ = file.Close() })
		v.purses = &client.HubPurses{Purses: &client.Purses{Store: file, Domain: s.domain, Signer: v.key}, Hub: s.dial(s.hub, "").Hub(s.domain, v.key)}
		s.openPurse(v)
		s.viewers = append(s.viewers, v)
	}
}

func (s *soak) openPurse(v *soakViewer) {
	s.t.Helper()
	x, err := s.openTo(v.key, s.hub.key.Address(), soakViewerFunds)
	if err != nil {
		s.t.Fatal(err)
	}
	s.until("a downloader's channel", func() bool {
		info, _ := s.outcome(x)
		if info == nil {
			return false
		}
		event, err := opened(info)
		if err != nil {
			s.t.Fatal(err)
		}
		v.id = event.Channel
		return v.purses.Purses.Add(s.t.Context(), event.Terms, event.Deposit) == nil
	})
}

// run pays until ctx ends, and one of the viewers looks after the redemptions.
func (v *soakViewer) run(ctx context.Context) {
	if v == v.soak.viewers[0] {
		go func() { _ = v.payee.Run(ctx) }()
	}
	lately := time.Now()
	for ctx.Err() == nil && !v.soak.t.Failed() {
		err := v.session()
		switch {
		case err == nil:
			lately = time.Now()
		case time.Since(lately) > soakPatience:
			v.soak.t.Errorf("a downloader could not pay for %s: %v", time.Since(lately), err)
		}
		time.Sleep(v.soak.plan.pause)
	}
}

// session pays for sixteen steps of a session, in the one that is open or a new one. Every reveal is the seeder's before the next is made.
func (v *soakViewer) session() error {
	ctx, cancel := context.WithTimeout(context.Background(), soakPatience)
	defer cancel()
	purse, err := v.purses.For(ctx, channel.TRX, v.soak.seeder.key.Address())
	if err != nil {
		return err
	}
	promise, err := purse.Open(ctx, channel.NewAmount(soakStep))
	if err != nil {
		return err
	}
	if _, err := v.payee.Accept(ctx, channel.Payment{Channel: promise.Voucher.Channel, Voucher: &promise.Voucher}); err != nil {
		return err
	}
	for count := promise.Revealed + 1; count <= min(promise.Tail.Length, promise.Revealed+16); count++ {
		reveal, err := purse.Reveal(ctx, promise.Tail.Anchor, count)
		if err != nil {
			return err
		}
		if _, err := v.payee.Accept(ctx, channel.Payment{Channel: promise.Voucher.Channel, Reveal: &reveal}); err != nil {
			return err
		}
		v.steps++
		v.soak.payments.Add(1)
		time.Sleep(v.soak.plan.pause)
	}
	return nil
}

// token is the operator's.
func (s *soak) token(of *soaked) string {
	text, err := os.ReadFile(of.dir + "/token")
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// redeemed lets the seeder hand in all that is left.
func (s *soak) redeemed() {
	s.t.Helper()
	var err error
	s.until("the last redemption", func() bool {
		err = s.viewers[0].payee.RedeemAll(s.t.Context())
		return err == nil || errors.Is(err, channel.ErrTailExpired)
	})
}
