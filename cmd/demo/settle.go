package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// settle waits until the server, by its own policy, has settled every channel, has nothing more that is worth it, and the chain cannot undo it.
// What is left then is settled by the close.
func (s *story) settle(ctx context.Context) error {
	err := until(ctx, func() (bool, error) {
		for _, p := range s.payers {
			record, err := s.seeder.server.Ledger().Record(ctx, p.terms.ID())
			if err != nil || record.Settled.IsZero() {
				return false, err
			}
			p.report.Paid = record.Paid()
		}
		plan, err := s.seeder.server.Settler().Plan(ctx, nil)
		if err != nil || len(plan.Batches) > 0 {
			return false, err
		}
		return s.idle(ctx)
	})
	if err != nil {
		return err
	}
	s.checkHoldings(ctx, "before the channels close")
	return nil
}

// closeAll lets the payee close the channels: what was not promised goes back to the payers at once.
func (s *story) closeAll(ctx context.Context) error {
	for _, p := range s.payers {
		if err := s.close(ctx, p); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	err := until(ctx, func() (bool, error) {
		for _, p := range s.payers {
			record, err := s.seeder.server.Ledger().Record(ctx, p.terms.ID())
			if err != nil || record.State != channel.Closed {
				return false, err
			}
			p.report.Settled = record.Settled
			p.report.Refund = p.coin.deposit.Sub(record.Settled)
		}
		return s.idle(ctx)
	})
	if err != nil {
		return err
	}
	if err := s.book(ctx); err != nil {
		return err
	}
	s.compare(ctx)
	return nil
}

func (s *story) close(ctx context.Context, p *payer) error {
	return until(ctx, func() (bool, error) {
		_, err := s.seeder.server.Settler().Close(ctx, p.terms.ID())
		if errors.Is(err, chain.ErrPending) {
			return false, nil
		}
		return err == nil, err
	})
}

// idle says whether every transaction of the server has a final outcome.
func (s *story) idle(ctx context.Context) (bool, error) {
	intents, err := s.seeder.server.Settler().Intents(ctx, 100)
	for _, i := range intents {
		if !i.State.Final() {
			return false, err
		}
	}
	return true, err
}

// book enters what the server's transactions moved and burnt.
func (s *story) book(ctx context.Context) error {
	intents, err := s.seeder.server.Settler().Intents(ctx, 100)
	if err != nil {
		return err
	}
	bob := s.seeder.key.Address()
	for _, i := range intents {
		s.world.pay(bob, i.Energy, wallet.Sun(i.Fee), i.Kind)
		if i.State != channel.IntentSolid {
			continue
		}
		one := Settlement{TxID: fmt.Sprintf("%x", i.TxID), Kind: i.Kind, Channels: len(i.Settles), Energy: i.Energy, BurntSun: wallet.Sun(i.Fee), Block: i.Block}
		for _, c := range i.Settles {
			one.Units = one.Units.Add(c.Worth)
			one.Asset = s.payerOf(c.Channel).coin.asset
		}
		s.report.Settlements = append(s.report.Settlements, one)
	}
	for _, p := range s.payers {
		s.world.books.move(s.contract, bob, p.coin.asset, p.report.Settled.Big(), "settled by "+p.name)
		s.world.books.move(s.contract, p.key.Address(), p.coin.asset, p.report.Refund.Big(), "refund")
		if spent := s.world.spent[p.key.Address()]; spent != nil {
			p.report.Energy, p.report.BurntSun = spent.energy, spent.burnt
		}
		s.report.Downloads = append(s.report.Downloads, p.report)
	}
	return nil
}

func (s *story) payerOf(id channel.ID) *payer {
	for _, p := range s.payers {
		if p.terms.ID() == id {
			return p
		}
	}
	return s.payers[0]
}

// compare makes the checks of the downloaders that pay the seeder directly.
func (s *story) compare(ctx context.Context) {
	for _, d := range s.report.Downloads {
		s.report.check(d.SHA256 == s.report.File.SHA256, "file of "+d.Name, "SHA-256 %s…", d.SHA256[:min(16, len(d.SHA256))])
		due := gate.Cost(d.Price, d.Bytes)
		s.report.check(d.Paid == due, "paid by "+d.Name, "%d bytes at %s units/MiB are %s units; paid %s", d.Bytes, d.Price, due, d.Paid)
		s.report.check(d.Settled == d.Paid, "settled of "+d.Name, "settled %s of %s paid", d.Settled, d.Paid)
	}
	s.report.check(s.report.FreeRider.Bytes <= s.report.FreeRider.Limit, "free rider", "got %d bytes, the policy allows %d", s.report.FreeRider.Bytes, s.report.FreeRider.Limit)
	s.checkHoldings(ctx, "at the end")
}

// checkHoldings: what the contract holds is Σ(deposit − settled) over its channels, asset by asset.
func (s *story) checkHoldings(ctx context.Context, when string) {
	for _, p := range s.payers {
		due := new(big.Int)
		figures, err := s.figures(ctx, p.terms.ID())
		if err == nil && figures.State() != channel.Closed {
			due = figures.Deposit.Sub(figures.Settled).Big()
		}
		holds, holdsErr := s.balance(ctx, s.contract, p.coin.asset)
		if err = errors.Join(err, holdsErr); err != nil {
			s.report.check(false, "contract holds "+p.coin.symbol+" "+when, "%v", err)
			continue
		}
		s.report.check(holds.Cmp(due) == 0, "contract holds "+p.coin.symbol+" "+when, "%s units, Σ(deposit − settled) = %s", holds, due)
	}
}

// checkBooks: every wallet's balance is explained to the last unit.
func (s *story) checkBooks(ctx context.Context) {
	b := s.world.books
	for _, who := range b.order {
		for _, asset := range b.assets(who) {
			has, err := s.balance(ctx, who, asset)
			if err != nil {
				s.report.check(false, "balance of "+b.names[who], "%v", err)
				continue
			}
			want := b.expect(who, asset)
			s.report.check(has.Cmp(want) == 0, fmt.Sprintf("%s of %s", asset, b.names[who]), "%s units = %s", has, b.story(who, asset))
		}
	}
}

func (s *story) figures(ctx context.Context, id channel.ID) (contract.Figures, error) {
	simulation, err := s.world.node.Simulate(ctx, node.Head, node.Call{Contract: s.contract, Data: contract.GetChannel(id).Data})
	if err != nil {
		return contract.Figures{}, err
	}
	return contract.DecodeChannel(simulation.Output)
}

func sumOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// until asks again until something is so.
func until(ctx context.Context, so func() (bool, error)) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		done, err := so()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// balance is what somebody has of an asset.
func (s *story) balance(ctx context.Context, who wallet.Address, asset channel.Asset) (*big.Int, error) {
	switch asset.Kind() {
	case channel.KindTRC10:
		u, err := s.world.node.AssetBalance(ctx, who, asset.TokenID())
		return u.Big(), err
	case channel.KindTRC20:
		token, err := trc20.Open(ctx, s.world.node, asset.Contract())
		if err != nil {
			return nil, err
		}
		u, err := token.Balance(ctx, who)
		return u.Big(), err
	default:
		sun, _, err := s.world.node.Balance(ctx, who)
		return big.NewInt(int64(sun)), err
	}
}
