//go:build unix

package cmd_test

import (
	"context"
	"fmt"
	"math"
	"syscall"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
)

// open is how many channels of payers are open.
func (s *soak) open() (n int) {
	for _, p := range s.payers {
		n += int(p.live.Load())
	}
	return n
}

// check compares every figure: what was acknowledged, what the servers hold, what the contract paid, and what the books say.
func (s *soak) check() {
	s.t.Helper()
	s.redeemed()
	for _, v := range []*soaked{s.hub, s.seeder} {
		s.settleAll(v)
	}
	direct, total := s.checkChannels()
	s.hub.end(syscall.SIGTERM)
	s.seeder.end(syscall.SIGTERM)
	s.checkBooks(direct)
	s.t.Logf("%d channels were compared after %d restarts: all that was acknowledged was paid out", total, s.kills)
}

// settleAll asks for every channel until the contract has paid what the server holds. How long that takes is the machine's; that nothing more is paid is a failure.
func (s *soak) settleAll(v *soaked) {
	s.t.Helper()
	link := s.dial(v, s.token(v))
	for fewest, lately := math.MaxInt, time.Now(); ; {
		records, err := link.List(s.t.Context(), false)
		if err != nil {
			s.t.Fatal(err)
		}
		var due [][]byte
		var last channel.Record
		for _, r := range records {
			if r.Terms.Payee == v.key.Address() && r.State != channel.Closed && r.Settled.Less(r.Paid()) {
				due, last = append(due, r.ID[:]), r
			}
		}
		if len(due) == 0 {
			return
		}
		if len(due) < fewest {
			fewest, lately = len(due), time.Now()
		}
		if time.Since(lately) > soakPatience {
			s.t.Fatalf("%d of %d channels could not be settled, such as %s of %s, %s: settled %s of %s, of which %s would be paid now",
				len(due), len(records), last.ID.Short(), last.Terms.Payer, last.State, last.Settled, last.Paid(), last.Worth(time.Now()))
		}
		ctx, cancel := context.WithTimeout(s.t.Context(), soakPatience)
		_, err = link.Settlements().Settle(link.Authorized(ctx), &channelpb.SettleRequest{Channels: due[:min(len(due), 1000)]})
		cancel()
		if err != nil {
			s.t.Logf("settling: %v", err)
		}
		time.Sleep(2 * s.plan.blockTime)
	}
}

// checkChannels compares every channel that there ever was. direct is what was paid to the hub without a session.
func (s *soak) checkChannels() (direct uint64, total int) {
	s.t.Helper()
	for _, p := range s.payers {
		for _, c := range append(p.over, p.channels...) {
			if c.id == (channel.ID{}) {
				continue
			}
			total++
			if p.to == s.hub {
				direct += c.paid
			}
			want := channel.NewAmount(c.paid)
			if c.paid > 0 {
				if r, err := p.link.Record(s.t.Context(), c.id); err != nil || r.Paid() != want || r.Settled != want {
					s.t.Errorf("channel %s: the server holds %s, settled %s (%v); %s was acknowledged", c.id.Short(), r.Paid(), r.Settled, err, want)
				}
			}
			if figures, err := s.figures(c.id); err != nil || figures.Settled != want {
				s.t.Errorf("channel %s: the contract paid %s (%v), %s was acknowledged", c.id.Short(), figures.Settled, err, want)
			}
		}
	}
	return direct, total
}

// checkBooks adds up the hub's book, and compares it with what was paid and with the chain.
func (s *soak) checkBooks(direct uint64) {
	s.t.Helper()
	file, err := store.Open(s.t.Context(), s.hub.dir+"/server.db")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var sheets []hub.Sheet
	collected, locked, beside := channel.Amount{}, channel.Amount{}, channel.Amount{}
	err = file.View(s.t.Context(), func(t *store.Tx) error {
		if err := t.Audit(); err != nil {
			return err
		}
		if sheets, err = hub.Sheets(t); err != nil {
			return err
		}
		return t.Channels(channel.Query{}, func(r channel.Record) error {
			if r.Terms.Payer == s.hub.key.Address() {
				locked = locked.Add(r.Deposit.Excess(r.Settled))
				return nil
			}
			collected = collected.Add(r.Settled)
			sessions, err := t.Sessions(r.ID, math.MaxInt32)
			if err != nil {
				return err
			}
			in := channel.NewAmount(uint64(len(sessions))) // the fee of each; that of one which was refused, or whose answer a kill lost, comes with the next voucher and is direct
			for _, one := range sessions {
				in = in.Add(one.UnitIn.Mul(uint64(one.Redeemed)))
			}
			rest, ok := r.Paid().SubOK(in)
			if !ok {
				return fmt.Errorf("channel %s: %s was paid, its sessions come to %s", r.ID.Short(), r.Paid(), in)
			}
			beside = beside.Add(rest)
			return nil
		})
	})
	if err != nil || len(sheets) != 1 {
		s.t.Fatalf("%d sheets: %v", len(sheets), err)
	}
	sheet := sheets[0]
	if !sheet.Balanced() || !sheet.Claimable.IsZero() {
		s.t.Errorf("the hub's statement does not add up: %+v", sheet)
	}
	if sheet.Direct != beside || beside.Less(channel.NewAmount(direct)) {
		s.t.Errorf("the hub's book has %s of direct payments; its channels hold %s beyond their sessions, and %d was acknowledged", sheet.Direct, beside, direct)
	}
	if sheet.Locked != locked {
		s.t.Errorf("the hub's book has %s locked towards seeders, its channels %s", sheet.Locked, locked)
	}
	s.t.Logf("the hub collected %s sun: %s of fees, %s of direct payments; owed %s, burnt %s", collected, sheet.Fees, sheet.Direct, sheet.Owed, sheet.Energy)
	s.checkContract()
}

// checkContract: what the contract holds is Σ(deposit − settled) of all channels.
func (s *soak) checkContract() {
	s.t.Helper()
	var due wallet.Sun
	add := func(id channel.ID) {
		figures, err := s.figures(id)
		if err != nil {
			s.t.Fatal(err)
		}
		rest, _ := figures.Deposit.Excess(figures.Settled).Uint64()
		if figures.State() != channel.Closed {
			due += wallet.Sun(rest)
		}
	}
	for _, id := range s.everOpened() {
		add(id)
	}
	if holds := s.network.Balance(chain.Solid, s.address); holds != due {
		s.t.Errorf("the contract holds %s, Σ(deposit − settled) is %s", holds, due)
	}
}

// everOpened are the channels of all Opened events of the chain.
func (s *soak) everOpened() (ids []channel.ID) {
	for number := int64(1); number <= s.network.SolidNumber(); number++ {
		for _, info := range s.network.BlockByNumber(chain.Solid, number).Infos {
			for _, event := range events(info) {
				if event.Kind == channel.EventOpened {
					ids = append(ids, event.Channel)
				}
			}
		}
	}
	return ids
}
