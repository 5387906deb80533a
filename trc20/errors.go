package trc20

import "github.com/piecework/piecework/abi"

// knownErrors are the errors that tokens declare: ERC-6093, which OpenZeppelin's tokens use, ERC-2612 permits, and our own Token.sol.
var knownErrors = []abi.CustomError{
	abi.MustError("NotOwner()"),
	abi.MustError("InvalidOwner()"),
	abi.MustError("SupplyTooLarge()"),
	abi.MustError("UnexpectedTokens()"),
	abi.MustError("ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)"),
	abi.MustError("ERC20InvalidSender(address sender)"),
	abi.MustError("ERC20InvalidReceiver(address receiver)"),
	abi.MustError("ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)"),
	abi.MustError("ERC20InvalidApprover(address approver)"),
	abi.MustError("ERC20InvalidSpender(address spender)"),
	abi.MustError("OwnableUnauthorizedAccount(address account)"),
	abi.MustError("ERC2612ExpiredSignature(uint256 deadline)"),
	abi.MustError("ERC2612InvalidSigner(address signer, address owner)"),
}
