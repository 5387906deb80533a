package events

import (
	"context"
	"fmt"
	"math/big"
	"strings"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// What the chain's own contracts move. The amounts that a transaction does not say itself are in its receipt, as java-tron's actuators write them.
//
// Three have no event, because no answer of a node tells the amount; the balance does:
//   - what an issuer unfreezes of a TRC-10 token (UnfreezeAsset): the parts whose time has come and that no earlier transaction took, and a node tells which are
//     left now, not which were left then;
//   - orders on the chain's market: what comes back of one that is cancelled, or of one that finds too little, stands in the order before it, which is gone
//     then. Mainnet has the market switched off;
//   - shielded transfers, which hide it. Mainnet has them switched off.
//
// Fees are in the receipt, never an event.

// system is what a contract of the chain moves other than from one account to another; nil for those that move nothing.
func system(ctx context.Context, contract tx.Contract, r *node.Receipt, assets Assets) ([]Event, error) {
	var nobody wallet.Address
	switch c := contract.(type) {
	case *tx.WithdrawBalance:
		return moved(Reward, AssetTRX, nobody, c.Owner, sun(r.Withdrawn)), nil
	case *tx.FreezeBalance:
		return moved(Stake, AssetTRX, c.Owner, nobody, sun(c.Amount)), nil
	case *tx.FreezeBalanceV2:
		return moved(Stake, AssetTRX, c.Owner, nobody, sun(c.Amount)), nil
	case *tx.UnfreezeBalance:
		return moved(Stake, AssetTRX, nobody, c.Owner, sun(r.Unfrozen)), nil
	case *tx.UnfreezeBalanceV2, *tx.WithdrawExpireUnfreeze, *tx.CancelAllUnfreezeV2: // each pays out what has waited long enough
		return moved(Stake, AssetTRX, nobody, c.Sender(), sun(r.Unstaked)), nil
	case *tx.AssetIssue:
		return moved(Issue, trc10Asset(r.AssetID), nobody, c.Owner, free(c)), nil
	case *tx.ExchangeCreate, *tx.ExchangeInject, *tx.ExchangeWithdraw, *tx.ExchangeTransaction:
		return exchanged(ctx, contract, r, assets)
	}
	return nil, nil
}

// byContract is what a contract that stakes, or takes a reward, moves by itself. Nodes record it with vm.saveFeaturedInternalTx; the notes are java-tron's
// (Program.java). What a contract that ends takes out of its stake is in the amount of its end already, so withdrawExpireUnfreezeWhileSuiciding is no event.
func byContract(i node.InternalTransfer) []Event {
	var nobody wallet.Address
	switch kind, _, _ := strings.Cut(i.Note, "For"); kind {
	case "freezeBalanceV2", "freeze":
		return moved(Stake, AssetTRX, i.From, nobody, sun(i.Value))
	case "unfreeze", "withdrawExpireUnfreeze", "withdrawExpireUnfreezeWhileUnfreezing", "withdrawExpireUnfreezeWhileCanceling":
		return moved(Stake, AssetTRX, nobody, i.From, sun(i.Value))
	case "withdrawReward":
		return moved(Reward, AssetTRX, nobody, i.From, sun(i.Value))
	}
	return nil // votes, delegations, and stake that begins to wait
}

// free is the part of a new token's supply that is not frozen.
func free(c *tx.AssetIssue) wallet.Units {
	left := c.TotalSupply.Big()
	for _, part := range c.Frozen {
		left.Sub(left, part.Amount.Big())
	}
	if left.Sign() < 0 { // the chain has refused it
		left = new(big.Int)
	}
	units, _ := wallet.UnitsFromBig(left) // no more than the supply
	return units
}

// exchanged is what goes into a pair of the chain's exchange, and what comes out.
func exchanged(ctx context.Context, contract tx.Contract, r *node.Receipt, assets Assets) ([]Event, error) {
	in := func(owner wallet.Address, token string, amount wallet.Units) []Event {
		return moved(Exchange, pairAsset(token), owner, wallet.Address{}, amount)
	}
	out := func(owner wallet.Address, token string, amount wallet.Units) []Event {
		return moved(Exchange, pairAsset(token), wallet.Address{}, owner, amount)
	}
	switch c := contract.(type) {
	case *tx.ExchangeCreate:
		return append(in(c.Owner, c.FirstToken, c.FirstBalance), in(c.Owner, c.SecondToken, c.SecondBalance)...), nil
	case *tx.ExchangeInject:
		other, err := otherToken(ctx, assets, c.Exchange, c.Token)
		return append(in(c.Owner, c.Token, c.Amount), in(c.Owner, other, units(r.ExchangeAnother))...), err
	case *tx.ExchangeWithdraw:
		other, err := otherToken(ctx, assets, c.Exchange, c.Token)
		return append(out(c.Owner, c.Token, c.Amount), out(c.Owner, other, units(r.ExchangeAnother))...), err
	case *tx.ExchangeTransaction:
		other, err := otherToken(ctx, assets, c.Exchange, c.Token)
		return append(in(c.Owner, c.Token, c.Amount), out(c.Owner, other, units(r.ExchangeReceived))...), err
	}
	return nil, nil
}

// otherToken is the second of a pair of which a transaction names one. The tokens of a pair never change.
func otherToken(ctx context.Context, assets Assets, exchange int64, token string) (string, error) {
	pair, err := assets.Exchange(ctx, exchange)
	switch {
	case err != nil:
		return "", err
	case pair.FirstToken == token:
		return pair.SecondToken, nil
	case pair.SecondToken == token:
		return pair.FirstToken, nil
	}
	return "", fmt.Errorf("%w: exchange %d has no token %q", node.ErrAnswer, exchange, token)
}

// pairAsset is a token as a pair names it: by its id, TRX by an underscore.
func pairAsset(token string) string {
	if token == node.ExchangeTRX {
		return AssetTRX
	}
	return trc10Asset(token)
}

// units is an amount of a receipt, which is never negative.
func units(n int64) wallet.Units { return wallet.UnitsFromUint64(uint64(max(n, 0))) }
