package trc20

import (
	"sync"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/trc20/contract"
)

// knownErrors are the errors that tokens declare: those of our own Token.sol, and what OpenZeppelin's tokens have beside them (ERC-6093, Ownable).
var knownErrors = sync.OnceValue(func() []abi.CustomError {
	all := contract.Of(contract.Options{Mintable: true, Burnable: true, Permit: true}).Interface().Errors
	for _, declared := range []string{
		"ERC20InvalidSender(address sender)",
		"ERC20InvalidApprover(address approver)",
		"ERC20InvalidSpender(address spender)",
		"OwnableUnauthorizedAccount(address account)",
	} {
		all = append(all, abi.MustError(declared))
	}
	return all
})
