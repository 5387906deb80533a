package trc10

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// Keys of chain parameters that the rules need.
const (
	issueFeeKey      = "getAssetIssueFee"
	activationFeeKey = "getCreateNewAccountFeeInSystemContract"
)

// Chain answers what the rules depend on, as of its head. node.Node is one.
type Chain interface {
	Tokens
	// Balance is an account's TRX, and whether the account exists.
	Balance(ctx context.Context, account wallet.Address) (wallet.Sun, bool, error)
	// AssetBalance is how much of a token an account has, in smallest units.
	AssetBalance(ctx context.Context, account wallet.Address, id int64) (wallet.Units, error)
	// HeadTime is the timestamp of the head block: the clock of every rule.
	HeadTime(ctx context.Context) (time.Time, error)
	// ChainParameter is the value of a parameter by java-tron's key, 0 when it is not set.
	ChainParameter(ctx context.Context, key string) (int64, error)
}

// Check holds a TRC-10 contract against the rules that a node will apply, in java-tron's order and words; a broken one is a *RuleError.
// It reads the chain and changes nothing. What the account must pay beside (bandwidth, memo) is not part of it.
// Two refusals can only come from the node: a frozen supply that was unfrozen already, and what happens between the question and the block.
func Check(ctx context.Context, chain Chain, contract tx.Contract) error {
	c := checker{ctx: ctx, chain: chain}
	var err error
	switch contract := contract.(type) {
	case *tx.AssetIssue:
		err = c.issue(contract)
	case *tx.TransferAsset:
		err = c.transfer(contract)
	case *tx.ParticipateAssetIssue:
		err = c.participate(contract)
	case *tx.UnfreezeAsset:
		err = c.unfreeze(contract)
	case *tx.UpdateAsset:
		err = c.update(contract)
	default:
		return fmt.Errorf("checking a contract: %s is not about TRC-10", contract.Type())
	}
	if c.err != nil {
		return fmt.Errorf("checking %s: %w", contract.Type(), c.err)
	}
	return err
}

// checker asks the chain and remembers the first question that failed; after that every answer is zero and no verdict counts.
type checker struct {
	ctx   context.Context
	chain Chain
	err   error
}

func (c *checker) account(a wallet.Address) (balance wallet.Sun, exists bool) {
	if a.IsZero() {
		return 0, false
	}
	return ask2(c, func() (wallet.Sun, bool, error) { return c.chain.Balance(c.ctx, a) })
}

func (c *checker) head() time.Time {
	return ask(c, func() (time.Time, error) { return c.chain.HeadTime(c.ctx) })
}

func (c *checker) parameter(key string) wallet.Sun {
	return wallet.Sun(ask(c, func() (int64, error) { return c.chain.ChainParameter(c.ctx, key) }))
}

func (c *checker) holds(a wallet.Address, id ID) wallet.Units {
	return ask(c, func() (wallet.Units, error) { return c.chain.AssetBalance(c.ctx, a, int64(id)) })
}

// token is the token of an id as transactions carry it; nil when there is none.
func (c *checker) token(id string) *Token {
	return ask(c, func() (*Token, error) {
		parsed, err := ParseID(id)
		if err != nil {
			return nil, nil //nolint:nilerr // no token has such an id
		}
		t, err := Open(c.ctx, c.chain, parsed)
		if errors.Is(err, ErrUnknown) {
			return nil, nil
		}
		return t, err
	})
}

// issuedBy is the token of an issuer; nil when there is none.
func (c *checker) issuedBy(a wallet.Address) *Token {
	if a.IsZero() {
		return nil
	}
	return ask(c, func() (*Token, error) {
		t, err := IssuedBy(c.ctx, c.chain, a)
		if errors.Is(err, ErrUnknown) {
			return nil, nil
		}
		return t, err
	})
}

func ask[T any](c *checker, question func() (T, error)) (answer T) {
	if c.err == nil {
		answer, c.err = question()
	}
	return answer
}

func ask2[T, U any](c *checker, question func() (T, U, error)) (first T, second U) {
	if c.err == nil {
		first, second, c.err = question()
	}
	return first, second
}

func (c *checker) issue(a *tx.AssetIssue) error {
	facts := IssueFacts{Head: c.head(), Fee: c.parameter(issueFeeKey)}
	facts.Balance, facts.Exists = c.account(a.Owner)
	if t := c.issuedBy(a.Owner); t != nil {
		facts.Issued = t.ID
	}
	return CheckIssue(a, facts)
}

func (c *checker) transfer(a *tx.TransferAsset) error {
	if err := firstBroken(
		rule{a.Owner.IsZero(), "Invalid ownerAddress", "no sender", nil},
	); err != nil {
		return err
	}
	if err := tx.Check(a); err != nil {
		return err
	}
	balance, exists := c.account(a.Owner)
	_, known := c.account(a.To)
	t := c.token(a.Asset)
	if err := firstBroken(
		rule{!exists, "No owner account!", "account %s was never activated", []any{a.Owner}},
		rule{t == nil, "No asset!", "there is no token %q; transfers name it by its id", []any{wallet.Clip(a.Asset)}},
	); err != nil {
		return err
	}
	held, fee := c.holds(a.Owner, t.ID), c.parameter(activationFeeKey)
	return firstBroken(
		rule{held.IsZero(), "assetBalance must be greater than 0.", "%s has no %s", []any{a.Owner, t.Symbol()}},
		rule{held.Cmp(a.Amount) < 0, "assetBalance is not sufficient.", "%s has %s, not %s", []any{a.Owner, t.Format(held), t.Format(a.Amount)}},
		rule{
			!known && balance < fee, "Validate TransferAssetActuator error, insufficient fee.",
			"%s was never activated, which costs the sender %s TRX, and it has %s",
			[]any{a.To, fee, balance},
		},
	)
}

func (c *checker) participate(a *tx.ParticipateAssetIssue) error {
	if err := firstBroken(
		rule{a.Owner.IsZero(), "Invalid ownerAddress", "no buyer", nil},
	); err != nil {
		return err
	}
	if err := tx.Check(a); err != nil {
		return err
	}
	balance, exists := c.account(a.Owner)
	_, issuer := c.account(a.To)
	t, head := c.token(a.Asset), c.head()
	if err := firstBroken(
		rule{!exists, "Account does not exist!", "account %s was never activated", []any{a.Owner}},
		rule{balance < a.Amount, "No enough balance !", "%s has %s TRX, not %s", []any{a.Owner, balance, a.Amount}},
		rule{t == nil, "No asset named " + a.Asset, "there is no token %q; a purchase names it by its id", []any{wallet.Clip(a.Asset)}},
	); err != nil {
		return err
	}
	get, left := t.Price.Buys(a.Amount), c.holds(a.To, t.ID)
	return firstBroken(
		rule{t.Issuer != a.To, "The asset is not issued by " + a.To.Hex(), "token %s is issued by %s", []any{t.ID, t.Issuer}},
		rule{!t.OnSale(head), "No longer valid period!", "the sale is from %s to %s, the head block is of %s", []any{stamp(t.SaleStart), stamp(t.SaleEnd), stamp(head)}},
		rule{int64(a.Amount) > math.MaxInt64/int64(max(1, t.Price.Units)), "long overflow", "%s TRX is more than the chain can reckon with at once", []any{a.Amount}},
		rule{get.IsZero(), "Can not process the exchange!", "%s TRX buys nothing at %s", []any{a.Amount, t.Price.Format(t.Decimals, t.Symbol())}},
		rule{!issuer, "To account does not exist!", "account %s was never activated", []any{a.To}},
		rule{left.Cmp(get) < 0, "Asset balance is not enough !", "the issuer has %s left, %s TRX would buy %s", []any{t.Format(left), a.Amount, t.Format(get)}},
	)
}

func (c *checker) unfreeze(a *tx.UnfreezeAsset) error {
	_, exists := c.account(a.Owner)
	t, head := c.issuedBy(a.Owner), c.head()
	if err := firstBroken(
		rule{a.Owner.IsZero(), "Invalid address", "no issuer", nil},
		rule{!exists, "Account[" + a.Owner.Hex() + "] does not exist", "account %s was never activated", []any{a.Owner}},
		rule{t == nil || len(t.Frozen) == 0, "no frozen supply balance", "%s has no frozen supply", []any{a.Owner}},
	); err != nil {
		return err
	}
	first := t.Unlocks()[0].At
	for _, u := range t.Unlocks() {
		if u.At.Before(first) {
			first = u.At
		}
	}
	return firstBroken(rule{
		millis(first) > millis(head), "It's not time to unfreeze asset supply",
		"nothing is free before %s, the head block is of %s",
		[]any{stamp(first), stamp(head)},
	})
}

func (c *checker) update(a *tx.UpdateAsset) error {
	_, exists := c.account(a.Owner)
	t := c.issuedBy(a.Owner)
	if err := firstBroken(
		rule{a.Owner.IsZero(), "Invalid ownerAddress", "no issuer", nil},
		rule{!exists, "Account does not exist", "account %s was never activated", []any{a.Owner}},
		rule{t == nil, "Account has not issued any asset", "%s has issued no token", []any{a.Owner}},
	); err != nil {
		return err
	}
	return tx.Check(a)
}
