//go:build unix

package cmd_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

const (
	soakDeposit = 1_000_000 // sun that a channel begins with and is refilled by
	soakLow     = 150_000   // sun below which it is refilled; a visit pays less
	// soakPatience is how long a server may take to know what is in a solid block, outages and restarts included.
	soakPatience = 3 * time.Minute
)

// soakPayer has channels to one server, visits them in turn, and pays, refills, closes and opens anew as it goes.
type soakPayer struct {
	soak     *soak
	key      *wallet.Key
	to       *soaked
	link     *client.Server
	calls    channelpb.ChannelsClient
	operator *client.Server // closes as the payee would
	channels []*soakChannel // one visitor each
	over     []*soakChannel // that were ended
	live     atomic.Int64   // channels that are open
}

// soakChannel is a place for a channel, and the one that is there.
type soakChannel struct {
	id      channel.ID // of none while it is opened
	terms   channel.Terms
	deposit uint64 // solid
	paid    uint64 // acknowledged
	counted time.Time
	pending sent
	refill  bool // what is pending is a deposit
	ending  bool
}

// hirePayers shares the channels out: half are to the hub, half to the seeder's server.
func (s *soak) hirePayers() {
	names := []string{"carol", "dave", "erin", "frank", "grace", "ivan"}
	for i := range len(names) * 2 {
		p := &soakPayer{soak: s, key: devKey(names[i/2]), to: s.hub}
		if i%2 == 1 {
			p.to = s.seeder
		}
		p.link, p.operator = s.dial(p.to, ""), s.dial(p.to, s.token(p.to))
		conn, err := grpc.NewClient(p.to.listen, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { _ = conn.Close() })
		p.calls = channelpb.NewChannelsClient(conn)
		for range s.plan.channels / (len(names) * 2) {
			p.channels = append(p.channels, &soakChannel{})
		}
		s.payers = append(s.payers, p)
	}
}

func (s *soak) dial(to *soaked, token string) *client.Server {
	link, err := client.Dial(to.listen, client.Options{Token: token})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = link.Close() })
	return link
}

// run visits until ctx ends. A payment that was begun is finished, so that what was acknowledged is known.
func (p *soakPayer) run(ctx context.Context) {
	for i := 0; ctx.Err() == nil && !p.soak.t.Failed(); i++ {
		at := i % len(p.channels)
		if err := p.visit(p.channels[at]); err != nil {
			p.soak.t.Errorf("channel %s: %v", p.channels[at].id.Short(), err)
		}
		if c := p.channels[at]; c.ending && c.pending == (sent{}) {
			p.over = append(p.over, c)
			p.channels[at] = &soakChannel{}
		}
		time.Sleep(p.soak.plan.pause)
	}
}

func (p *soakPayer) visit(c *soakChannel) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), soakPatience)
	defer cancel()
	if c.pending != (sent{}) {
		if over, err := p.settle(c); !over || err != nil {
			return err
		}
	}
	switch {
	case c.id == channel.ID{}:
		c.pending, err = p.soak.openTo(p.key, p.to.key.Address(), soakDeposit)
		return err
	case c.deposit-c.paid < soakLow:
		call, err := contract.Deposit(c.terms, channel.NewAmount(soakDeposit))
		if err == nil {
			c.pending, err = p.soak.send(p.key, call)
			c.refill = true
		}
		return err
	case rand.IntN(60) == 0:
		return p.end(ctx, c)
	case rand.IntN(3) == 0:
		return p.payTail(ctx, c)
	}
	paid := c.paid + 1 + rand.Uint64N(20_000)
	return p.give(ctx, c, channel.Payment{Channel: c.id, Voucher: p.voucher(c, paid)}, paid)
}

// settle sees what became of the transaction that is pending.
func (p *soakPayer) settle(c *soakChannel) (over bool, err error) {
	info, over := p.soak.outcome(c.pending)
	if !over {
		return false, nil
	}
	c.pending = sent{}
	if info == nil { // lost, and never comes: it is sent again at the next visit
		c.refill = false
		return true, nil
	}
	if c.refill {
		c.deposit, c.refill, c.counted = c.deposit+soakDeposit, false, time.Now()
		p.soak.refilled.Add(1)
		return true, nil
	}
	event, err := opened(info)
	if err != nil {
		return true, err
	}
	p.live.Add(1)
	c.id, c.terms, c.deposit, c.counted = event.Channel, event.Terms, soakDeposit, time.Now()
	return true, nil
}

func (p *soakPayer) voucher(c *soakChannel, cumulative uint64, tails ...channel.Tail) *channel.SignedVoucher {
	v := channel.Voucher{Channel: c.id, Cumulative: channel.NewAmount(cumulative), Tails: tails}.Sign(p.key, p.soak.domain)
	return &v
}

// payTail promises a tail and reveals some or all of it. It outlives the soak: what a channel holds here is less than settling it costs, so that a server rightly lets it expire
// unless it is asked, and at the end everything is asked for.
func (p *soakPayer) payTail(ctx context.Context, c *soakChannel) error {
	const steps, unit = 8, 1000
	hashes, err := channel.NewChain(steps)
	if err != nil {
		return err
	}
	tail := channel.Tail{Anchor: hashes.Anchor(), Unit: channel.NewAmount(unit), Length: steps, Expiry: time.Now().Add(p.soak.plan.length + 20*time.Minute + rand.N(2*time.Hour)).Unix()}
	base := c.paid + 1 // a tail that was not revealed to its end can only be dropped for something more
	if err := p.give(ctx, c, channel.Payment{Channel: c.id, Voucher: p.voucher(c, base, tail)}, base); err != nil || c.paid != base {
		return err
	}
	for count, last := uint32(1), 1+rand.Uint32N(steps); count <= last; count++ {
		reveal := hashes.Reveal(count)
		if err := p.give(ctx, c, channel.Payment{Channel: c.id, Reveal: &reveal}, base+uint64(count)*unit); err != nil {
			return err
		}
	}
	return nil
}

// give pays until it is acknowledged, through whatever restarts, and compares the receipt. What the server cannot know yet is left for another visit.
func (p *soakPayer) give(ctx context.Context, c *soakChannel, payment channel.Payment, paid uint64) error {
	receipt, err := p.link.Accept(ctx, payment)
	if errors.Is(err, channel.ErrUnknownChannel) || errors.Is(err, channel.ErrOverDeposit) {
		if time.Since(c.counted) < soakPatience {
			return nil
		}
		return fmt.Errorf("%s after its block was solid: %w", time.Since(c.counted), err)
	}
	if err == nil && receipt.Paid != channel.NewAmount(paid) {
		err = fmt.Errorf("the receipt says %s, want %d", receipt.Paid, paid)
	}
	if err != nil {
		return err
	}
	c.paid = paid
	p.soak.payments.Add(1)
	return nil
}

// end ends a channel in one of the ways that there are. Whether it ends in time is not waited for: the books are compared at the end.
func (p *soakPayer) end(ctx context.Context, c *soakChannel) error {
	if _, err := p.link.Record(ctx, c.id); err != nil { // it is not known yet
		return nil //nolint:nilerr // another time
	}
	c.ending = true
	p.live.Add(-1)
	p.soak.churned.Add(1)
	switch rand.IntN(3) {
	case 0: // the payer starts to close, the payee has to settle
		_, err := p.soak.send(p.key, contract.StartClose(c.terms))
		return err
	case 1: // by agreement
		return p.agree(ctx, c)
	}
	_, err := p.operator.Settlements().Close(p.operator.Authorized(ctx), &channelpb.CloseRequest{Channel: c.id[:]})
	return p.tolerable(err)
}

func (p *soakPayer) agree(ctx context.Context, c *soakChannel) error {
	amount := channel.NewAmount(c.paid)
	signature := p.key.Sign(channel.CloseDigest(p.soak.domain.Separator(), c.id, amount))
	answer, err := p.calls.PrepareClose(p.operator.Authorized(ctx), &channelpb.PrepareCloseRequest{
		Channel: c.id[:], Mode: channelpb.CloseMode_CLOSE_MODE_AGREED, Cumulative: amount.String(), Signature: signature[:],
	})
	if err != nil {
		return p.tolerable(err)
	}
	raw := &tronpb.TransactionRaw{}
	if err := proto.Unmarshal(answer.GetTransaction().GetRawData(), raw); err != nil {
		return err
	}
	proof := p.key.Sign(sha256.Sum256(answer.GetTransaction().GetRawData()))
	return p.soak.broadcast(&tronpb.Transaction{RawData: raw, Signature: [][]byte{proof[:]}})
}

// tolerable is nil for what a server answers while its node is away or it is being stopped: the end is tried once.
func (p *soakPayer) tolerable(err error) error {
	switch status.Code(err) {
	case codes.Unavailable, codes.Aborted:
		return nil
	}
	return err
}
