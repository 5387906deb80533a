package trc20

import (
	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// The functions that Token.sol has beside TRC-20's when their option is chosen; OpenZeppelin's tokens spell them the same way.
var (
	mintMethod     = abi.MustMethod("mint(address to, uint256 value)")
	burnMethod     = abi.MustMethod("burn(uint256 value)")
	burnFromMethod = abi.MustMethod("burnFrom(address owner, uint256 value)")
)

// Mint makes new tokens for an account. Only the owner of a mintable token can.
func (t *Token) Mint(owner, to wallet.Address, amount wallet.Units) (*tx.TriggerSmartContract, error) {
	if err := t.checkRecipient(to); err != nil {
		return nil, err
	}
	return t.call(owner, mintMethod, to, amount), nil
}

// Burn destroys tokens of the caller's.
func (t *Token) Burn(holder wallet.Address, amount wallet.Units) *tx.TriggerSmartContract {
	return t.call(holder, burnMethod, amount)
}

// BurnFrom destroys tokens of owner's, who has allowed it to the caller.
func (t *Token) BurnFrom(caller, owner wallet.Address, amount wallet.Units) *tx.TriggerSmartContract {
	return t.call(caller, burnFromMethod, owner, amount)
}
