package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"sort"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

const (
	// signWithin is how long a prepared transaction can be signed and sent: a person may look at it in between.
	signWithin = 10 * time.Minute
	// Energy of a payer's calls, upper ends of what was measured on the contract with a TRC-20 token. For a quote only.
	openEnergy, depositEnergy, closeEnergy = 46_000, 28_000, 24_000
)

// desk makes transactions for others, and gives theirs to the network. It implements api.Chain.
type desk struct {
	node     *node.Node
	key      wallet.Signer // the payee
	domain   channel.Domain
	policy   settle.Policy
	assets   map[channel.Asset]settle.Price
	shortest time.Duration // challenge
	margin   time.Duration
	takesNew func() error
}

var _ api.Chain = (*desk)(nil)

// Quote implements api.Chain.
func (d *desk) Quote(ctx context.Context) (api.Quote, error) {
	params, err := d.node.Params(ctx)
	if err != nil {
		return api.Quote{}, explain(err)
	}
	policy := d.policy.WithDefaults()
	q := api.Quote{
		Domain: d.domain, CodeHash: contract.CodeHash(), Payee: d.key.Address(), MinChallenge: d.shortest, EnergyPrice: params.EnergyFee, Margin: d.margin,
		OpenEnergy: openEnergy, DepositEnergy: depositEnergy, CloseEnergy: closeEnergy, MinSettlement: policy.Minimum,
		Assets: []api.AcceptedAsset{{Asset: channel.TRX, MinDeposit: sensible(policy.Minimum, settle.Price{Sun: 1, Units: 1})}},
	}
	for asset, price := range d.assets {
		if asset != channel.TRX {
			q.Assets = append(q.Assets, api.AcceptedAsset{Asset: asset, MinDeposit: sensible(policy.Minimum, price)})
		}
	}
	sort.Slice(q.Assets[1:], func(i, j int) bool { return q.Assets[i+1].Asset.String() < q.Assets[j+1].Asset.String() })
	return q, nil
}

// sensible is the deposit below which the payee never settles for its value alone: what its minimum buys, rounded up, or 1 of an asset without a price.
func sensible(minimum wallet.Sun, price settle.Price) channel.Amount {
	if price.Sun <= 0 {
		return channel.NewAmount(1)
	}
	units := new(big.Int).Mul(big.NewInt(int64(minimum)), new(big.Int).SetUint64(price.Units))
	units.Add(units, big.NewInt(int64(price.Sun)-1)).Quo(units, big.NewInt(int64(price.Sun)))
	amount, err := channel.ParseAmount(units.String())
	if err != nil {
		return channel.MaxAmount()
	}
	return amount
}

// PrepareOpen implements api.Chain.
func (d *desk) PrepareOpen(ctx context.Context, want api.Opening) ([]api.Unsigned, bool, error) {
	if _, listed := d.assets[want.Asset]; !listed && want.Asset != channel.TRX {
		return nil, false, fmt.Errorf("%w: %s", message.ErrAsset, want.Asset)
	}
	if want.Challenge < d.shortest {
		return nil, false, fmt.Errorf("%w: a challenge of %s, at least %s", message.ErrTerms, want.Challenge, d.shortest)
	}
	if err := d.takesNew(); err != nil {
		return nil, false, err
	}
	opening := contract.Opening{Payee: d.key.Address(), Signer: want.Signer, Asset: want.Asset, Amount: want.Deposit, Challenge: want.Challenge}
	_, _ = rand.Read(opening.Salt[:]) // never fails
	call, err := contract.Open(opening)
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", channel.ErrMalformed, err)
	}
	what := fmt.Sprintf("locks %s of %s in a channel to %s; getting the rest back without the payee takes %s", want.Deposit, want.Asset, opening.Payee, want.Challenge)
	return d.withMoney(ctx, call, "open", what, want.Payer, want.Asset, want.Deposit)
}

// PrepareDeposit implements api.Chain.
func (d *desk) PrepareDeposit(ctx context.Context, terms channel.Terms, owner wallet.Address, amount channel.Amount) ([]api.Unsigned, bool, error) {
	call, err := contract.Deposit(terms, amount)
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", channel.ErrMalformed, err)
	}
	what := fmt.Sprintf("adds %s of %s to channel %s", amount, terms.Asset, terms.ID().Short())
	return d.withMoney(ctx, call, "deposit", what, owner, terms.Asset, amount)
}

// withMoney makes the transaction that moves money into the contract, or, where a token has not approved that yet, the one that does.
func (d *desk) withMoney(ctx context.Context, call contract.Call, kind, what string, owner wallet.Address, asset channel.Asset, amount channel.Amount) ([]api.Unsigned, bool, error) {
	approve, err := d.approval(ctx, owner, asset, amount)
	if err != nil {
		return nil, false, err
	}
	if approve != nil {
		one, err := d.build(ctx, "approve", fmt.Sprintf("lets the contract take %s of %s", amount, asset), approve)
		return []api.Unsigned{one}, true, err
	}
	one, err := d.build(ctx, kind, what, call.Trigger(owner, d.domain.Contract))
	return []api.Unsigned{one}, false, err
}

// approval is what lets the contract take a TRC-20 token, or nil where it may.
func (d *desk) approval(ctx context.Context, owner wallet.Address, asset channel.Asset, amount channel.Amount) (tx.Contract, error) {
	if asset.Kind() != channel.KindTRC20 {
		return nil, nil
	}
	token, err := trc20.Open(ctx, d.node, asset.Contract())
	if err != nil {
		return nil, explain(err)
	}
	if err := token.CheckBalance(ctx, owner, amount.Units()); err != nil {
		return nil, explain(err)
	}
	err = token.CheckAllowance(ctx, owner, d.domain.Contract, amount.Units())
	var short *trc20.AllowanceError
	if err == nil || !errors.As(err, &short) {
		return nil, explain(err)
	}
	call, err := token.Approve(owner, d.domain.Contract, amount.Units())
	return call, explain(err)
}

// PrepareStartClose implements api.Chain.
func (d *desk) PrepareStartClose(ctx context.Context, terms channel.Terms) (api.Unsigned, error) {
	what := fmt.Sprintf("starts to close channel %s: the rest can be taken back after %s", terms.ID().Short(), terms.Challenge)
	return d.build(ctx, "startClose", what, contract.StartClose(terms).Trigger(terms.Payer, d.domain.Contract))
}

// PrepareFinishClose implements api.Chain.
func (d *desk) PrepareFinishClose(ctx context.Context, terms channel.Terms) (api.Unsigned, error) {
	what := fmt.Sprintf("takes the rest of channel %s back", terms.ID().Short())
	return d.build(ctx, "finishClose", what, contract.FinishClose(terms).Trigger(terms.Payer, d.domain.Contract))
}

// PrepareCloseAgreed implements api.Chain.
func (d *desk) PrepareCloseAgreed(ctx context.Context, terms channel.Terms, cumulative channel.Amount) (api.Unsigned, error) {
	agreed, err := d.key.SignDigest(ctx, channel.CloseDigest(d.domain.Separator(), terms.ID(), cumulative))
	if err != nil {
		return api.Unsigned{}, fmt.Errorf("agreeing to close channel %s: %w", terms.ID().Short(), err)
	}
	call, err := contract.CloseAgreed(terms, cumulative, agreed)
	if err != nil {
		return api.Unsigned{}, err
	}
	what := fmt.Sprintf("closes channel %s at once: %s for the payee in all, the rest comes back", terms.ID().Short(), cumulative)
	return d.build(ctx, "closeAgreed", what, call.Trigger(terms.Payer, d.domain.Contract))
}

func (d *desk) build(ctx context.Context, kind, what string, call tx.Contract) (api.Unsigned, error) {
	transaction, plan, err := d.node.Build(ctx, call, tx.Options{Expiry: signWithin})
	if err != nil {
		return api.Unsigned{}, explain(err)
	}
	if missing := plan.Missing(); missing > 0 {
		return api.Unsigned{}, fmt.Errorf("%w: %s TRX more are needed", message.ErrShort, missing)
	}
	body := transaction.Body()
	return api.Unsigned{
		Kind: kind, Raw: transaction.Raw(), ID: transaction.ID(), Owner: call.Sender(), FeeLimit: body.FeeLimit, Energy: plan.Energy, Expires: body.Expiration, Description: what,
	}, nil
}

// Broadcast implements api.Chain.
func (d *desk) Broadcast(ctx context.Context, raw []byte, signature wallet.Signature) (channel.Intent, error) {
	transaction, err := tx.DecodeRaw(raw)
	if err != nil {
		return channel.Intent{}, fmt.Errorf("%w: %w", channel.ErrMalformed, err)
	}
	kind, owner, ours := d.kind(transaction)
	if !ours {
		return channel.Intent{}, message.ErrForeign
	}
	signer, err := transaction.AddSignature(signature)
	if err != nil || signer != owner {
		return channel.Intent{}, fmt.Errorf("%w: want that of %s", channel.ErrBadSignature, owner)
	}
	if _, err := d.node.Broadcast(ctx, transaction.Bytes()); err != nil && !errors.Is(err, node.ErrOutcomeUnknown) {
		return channel.Intent{}, explain(err)
	}
	return channel.Intent{
		TxID: transaction.ID(), Kind: kind, State: channel.IntentSigned, Created: time.Now().UnixMilli(), Expires: transaction.Body().Expiration.UnixMilli(),
	}, nil
}

// kind is which call of the contract a transaction makes and whose it is; false for one that is none of our business.
func (d *desk) kind(transaction *tx.Transaction) (kind string, owner wallet.Address, ours bool) {
	call, is := transaction.Contract().(*tx.TriggerSmartContract)
	if !is {
		return "", owner, false
	}
	if call.Contract == d.domain.Contract {
		method, found := contract.Interface().MethodOf(call.Data)
		return method.Name, call.Owner, found
	}
	asset, err := channel.TRC20(call.Contract)
	if _, listed := d.assets[asset]; err != nil || !listed {
		return "", owner, false
	}
	allowed := len(call.Data) == 4+2*32 && [4]byte(call.Data) == approveSelector && wallet.AddressFromEVM([20]byte(call.Data[4+12:4+32])) == d.domain.Contract
	return "approve", call.Owner, allowed
}

// approveSelector is that of approve(address,uint256).
var approveSelector = [4]byte{0x09, 0x5e, 0xa7, 0xb3}

// Operation implements api.Chain.
func (d *desk) Operation(ctx context.Context, id [32]byte, expires time.Time) (channel.Intent, error) {
	status, err := d.node.Status(ctx, id, expires)
	if err != nil {
		return channel.Intent{}, explain(err)
	}
	if status.State == node.Unknown && expires.IsZero() {
		return channel.Intent{}, message.ErrUnknownOperation
	}
	intent := channel.Intent{TxID: id, State: intentState(status)}
	if !expires.IsZero() {
		intent.Expires = expires.UnixMilli()
	}
	r := status.Receipt
	if r == nil {
		return intent, nil
	}
	intent.Block, intent.Energy, intent.Fee, intent.Created = r.Block, r.Cost.Energy, int64(r.Fee), r.Time.UnixMilli()
	if r.Failed {
		intent.Note = why(&node.FailedError{Result: r.Result, Reason: r.Reason, Data: r.Output})
	}
	intent.Kind, intent.Settles = d.did(r)
	return intent, nil
}

// did is what a transaction in a block did to channels, from its events.
func (d *desk) did(r *node.Receipt) (kind string, channels []channel.IntentChannel) {
	kinds := map[channel.EventKind]string{
		channel.EventOpened: "open", channel.EventDeposited: "deposit", channel.EventSettled: "settle", channel.EventClosing: "startClose", channel.EventClosed: "close",
	}
	for _, l := range r.Logs {
		if l.Contract != d.domain.Contract {
			continue
		}
		event, err := contract.DecodeEvent(l.Topics, l.Data)
		if name, known := kinds[event.Kind]; err == nil && known {
			kind = name
			channels = append(channels, channel.IntentChannel{Channel: event.Channel, Worth: event.Settled})
		}
	}
	return kind, channels
}

// explain makes an error of the node or a token one that a client can do something about.
func explain(err error) error {
	var failed *node.FailedError
	var refused *node.RefusedError
	var short *trc20.BalanceError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &failed):
		return fmt.Errorf("%w: %s", message.ErrWouldFail, why(failed))
	case errors.As(err, &refused):
		return fmt.Errorf("%w: %w", message.ErrRefused, refused)
	case errors.As(err, &short):
		return fmt.Errorf("%w: %w", message.ErrShort, short)
	case errors.Is(err, node.ErrUnreachable):
		return fmt.Errorf("%w: %w", message.ErrNode, err)
	case errors.Is(err, node.ErrNotFound):
		return fmt.Errorf("%w: the account is not on the chain", message.ErrShort)
	}
	return err
}

// why is a failure in the contract's own words where it has some.
func why(failed *node.FailedError) string {
	if len(failed.Data) >= 4 {
		return contract.DecodeRevert(failed.Data).Reason
	}
	return failed.Result + " " + failed.Reason
}
