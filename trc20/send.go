package trc20

import (
	"context"
	"errors"
	"fmt"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// ErrRecipient is wrapped when an address can never be meant: none at all, or the token's own contract, from which nothing comes back.
var ErrRecipient = errors.New("not a recipient")

// Transfer sends an amount from the caller's account.
func (t *Token) Transfer(from, to wallet.Address, amount wallet.Units) (*tx.TriggerSmartContract, error) {
	if err := t.checkRecipient(to); err != nil {
		return nil, err
	}
	return t.call(from, transferMethod, to, amount), nil
}

// TransferFrom sends an amount of owner's, who has allowed it to the caller (Approve or a permit).
func (t *Token) TransferFrom(caller, owner, to wallet.Address, amount wallet.Units) (*tx.TriggerSmartContract, error) {
	if err := t.checkRecipient(to); err != nil {
		return nil, err
	}
	return t.call(caller, transferFromMethod, owner, to, amount), nil
}

// Approve lets spender take up to an amount; it replaces what was allowed before, and 0 takes it back. Tron's USDT refuses to go from one amount to
// another: approve 0 first.
func (t *Token) Approve(owner, spender wallet.Address, amount wallet.Units) (*tx.TriggerSmartContract, error) {
	if spender.IsZero() {
		return nil, fmt.Errorf("%w: nobody to approve", ErrRecipient)
	}
	return t.call(owner, approveMethod, spender, amount), nil
}

// BalanceError is an account that has less than it should give.
type BalanceError struct {
	Account    wallet.Address
	Have, Need wallet.Units // smallest units
	Token      *Token
}

// Error tells both amounts.
func (e *BalanceError) Error() string {
	return fmt.Sprintf("%s has %s, not %s", e.Account, e.Token.Format(e.Have), e.Token.Format(e.Need))
}

// AllowanceError is a spender who may take less than it should.
type AllowanceError struct {
	Owner, Spender wallet.Address
	Have, Need     wallet.Units // smallest units
	Token          *Token
}

// Error tells both amounts.
func (e *AllowanceError) Error() string {
	return fmt.Sprintf("%s may take %s of %s, not %s", e.Spender, e.Token.Format(e.Have), e.Owner, e.Token.Format(e.Need))
}

// CheckBalance is a *BalanceError when an account has less than an amount.
func (t *Token) CheckBalance(ctx context.Context, account wallet.Address, amount wallet.Units) error {
	have, err := t.Balance(ctx, account)
	if err == nil && have.Cmp(amount) < 0 {
		err = &BalanceError{Account: account, Have: have, Need: amount, Token: t}
	}
	return err
}

// CheckAllowance is an *AllowanceError when spender may take less than an amount from owner.
func (t *Token) CheckAllowance(ctx context.Context, owner, spender wallet.Address, amount wallet.Units) error {
	have, err := t.Allowance(ctx, owner, spender)
	if err == nil && have.Cmp(amount) < 0 {
		err = &AllowanceError{Owner: owner, Spender: spender, Have: have, Need: amount, Token: t}
	}
	return err
}

// Try runs a call without sending it, to see whether it would revert: then the error is an *abi.RevertError with the reason. What the call would return
// says nothing about whether money would move.
func (t *Token) Try(ctx context.Context, call *tx.TriggerSmartContract) error {
	_, err := t.try(ctx, call)
	return err
}

func (t *Token) checkRecipient(to wallet.Address) error {
	switch {
	case to.IsZero() || to.EVM() == [20]byte{}:
		return fmt.Errorf("%w: %s is the address of nobody; what goes there is lost", ErrRecipient, to)
	case to == t.contract:
		return fmt.Errorf("%w: %s is the token's own contract, which gives nothing back", ErrRecipient, to)
	}
	return nil
}
