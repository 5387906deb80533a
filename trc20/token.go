package trc20

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// maxLabel is how much of a token's name or symbol is kept, in characters.
const maxLabel = 64

// The functions of TRC-20 (TIP-20).
var (
	nameMethod         = abi.MustMethod("name() view returns (string)")
	symbolMethod       = abi.MustMethod("symbol() view returns (string)")
	decimalsMethod     = abi.MustMethod("decimals() view returns (uint256)") // uint8 by the standard; some tokens return a wider number
	totalSupplyMethod  = abi.MustMethod("totalSupply() view returns (uint256)")
	balanceOfMethod    = abi.MustMethod("balanceOf(address owner) view returns (uint256)")
	allowanceMethod    = abi.MustMethod("allowance(address owner, address spender) view returns (uint256)")
	transferMethod     = abi.MustMethod("transfer(address to, uint256 value) returns (bool)")
	approveMethod      = abi.MustMethod("approve(address spender, uint256 value) returns (bool)")
	transferFromMethod = abi.MustMethod("transferFrom(address from, address to, uint256 value) returns (bool)")
)

// Caller tries calls of contracts. node.Node is one.
type Caller interface {
	// ConstantCall runs a call without sending it. ok is false when the contract reverted; output is then the reason.
	// An error whose ExecutionFailed is true is the contract's: it ran into an invalid opcode, or out of energy. Any other means that nothing is known:
	// no node, no such contract.
	ConstantCall(ctx context.Context, call *tx.TriggerSmartContract) (output []byte, ok bool, err error)
}

// executionFailed says whether a Caller's error is the contract's own and not the node's. *node.FailedError is such an error.
func executionFailed(err error) bool {
	var failed interface {
		error
		ExecutionFailed() bool
	}
	return errors.As(err, &failed) && failed.ExecutionFailed()
}

// DecimalsError is a token whose decimals cannot be read. No amount of it can be understood, so nothing may be sent.
type DecimalsError struct {
	Contract wallet.Address
	Err      error // what went wrong
}

// Error says which contract, and why.
func (e *DecimalsError) Error() string {
	return fmt.Sprintf("the decimals of %s cannot be read, so no amount of it can be trusted: %v", e.Contract, e.Err)
}

// Unwrap is the cause.
func (e *DecimalsError) Unwrap() error { return e.Err }

// Token is a TRC-20 token that was opened.
type Token struct {
	caller   Caller
	contract wallet.Address
	name     string // exactly as the contract says it
	symbol   string
	decimals int
}

// Open reads decimals, name and symbol of the token at a contract. Unreadable decimals are a *DecimalsError; name and symbol may be missing.
func Open(ctx context.Context, caller Caller, contract wallet.Address) (*Token, error) {
	t := &Token{caller: caller, contract: contract}
	var err error
	if t.decimals, err = t.readDecimals(ctx); err != nil {
		return nil, &DecimalsError{Contract: contract, Err: err}
	}
	if t.name, err = t.text(ctx, nameMethod); err != nil {
		return nil, fmt.Errorf("opening token %s: %w", contract, err)
	}
	if t.symbol, err = t.text(ctx, symbolMethod); err != nil {
		return nil, fmt.Errorf("opening token %s: %w", contract, err)
	}
	return t, nil
}

// Contract is where the token lives.
func (t *Token) Contract() wallet.Address { return t.contract }

// Name is what the contract calls itself, with everything that a terminal should not get removed; it may be empty, and anybody can take any name.
func (t *Token) Name() string { return printable(t.name) }

// Symbol is the short name, cleaned like Name; where the contract has none, the beginning of its address.
func (t *Token) Symbol() string {
	if s := printable(t.symbol); s != "" {
		return s
	}
	return t.contract.String()[:8] + "…"
}

// Decimals is how many decimals amounts have, 0 … wallet.MaxDecimals.
func (t *Token) Decimals() int { return t.decimals }

// Amount reads a decimal number of whole tokens exactly, "12.5"; wallet.ParseUnits says what is refused.
func (t *Token) Amount(text string) (wallet.Units, error) { return wallet.ParseUnits(text, t.decimals) }

// Format is an amount in whole tokens with the symbol, "12.5 USDT".
func (t *Token) Format(u wallet.Units) string {
	return wallet.FormatUnits(u, t.decimals) + " " + t.Symbol()
}

// TotalSupply is how much of the token there is, in smallest units.
func (t *Token) TotalSupply(ctx context.Context) (wallet.Units, error) {
	return t.units(ctx, totalSupplyMethod)
}

// Balance is how much an account has, in smallest units.
func (t *Token) Balance(ctx context.Context, owner wallet.Address) (wallet.Units, error) {
	return t.units(ctx, balanceOfMethod, owner)
}

// Allowance is how much spender may still take from owner, in smallest units. Many tokens never lower one of 2^256−1.
func (t *Token) Allowance(ctx context.Context, owner, spender wallet.Address) (wallet.Units, error) {
	return t.units(ctx, allowanceMethod, owner, spender)
}

func (t *Token) readDecimals(ctx context.Context) (int, error) {
	u, err := t.units(ctx, decimalsMethod)
	if err != nil {
		return 0, err
	}
	n, err := u.Int64()
	if err != nil || n > wallet.MaxDecimals {
		return 0, fmt.Errorf("the contract claims %s decimals, more than %d", u, wallet.MaxDecimals)
	}
	return int(n), nil
}

// units asks a function that returns one number, and takes nothing else for one: the offset of a string would read as 32.
func (t *Token) units(ctx context.Context, m abi.Method, args ...any) (wallet.Units, error) {
	var u wallet.Units
	output, err := t.ask(ctx, m, args...)
	if err == nil && len(output) != 32 {
		err = fmt.Errorf("%w: %d bytes for a number", abi.ErrData, len(output))
	}
	if err == nil {
		err = m.DecodeInto(output, &u)
	}
	if err != nil {
		return wallet.Units{}, fmt.Errorf("reading %s of %s: %w", m.Name, t.contract, err)
	}
	return u, nil
}

// text asks for a name: a string by the standard, a bytes32 in old tokens. A contract that has none, or nonsense, or fails over the question, gives "".
func (t *Token) text(ctx context.Context, m abi.Method) (string, error) {
	output, ok, err := t.caller.ConstantCall(ctx, t.call(wallet.Address{}, m))
	switch {
	case executionFailed(err):
		return "", nil
	case err != nil || !ok:
		return "", err
	case len(output) == 32:
		return string(bytes.TrimRight(output, "\x00")), nil
	}
	var s string
	if nonsense := m.DecodeInto(output, &s); nonsense != nil {
		s = ""
	}
	return s, nil
}

// ask tries a call from nobody. A revert is an *abi.RevertError.
func (t *Token) ask(ctx context.Context, m abi.Method, args ...any) ([]byte, error) {
	return t.try(ctx, t.call(wallet.Address{}, m, args...))
}

func (t *Token) try(ctx context.Context, call *tx.TriggerSmartContract) ([]byte, error) {
	output, ok, err := t.caller.ConstantCall(ctx, call)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, abi.DecodeRevert(output, knownErrors()...)
	}
	return output, nil
}

// call builds a call. The arguments are this package's own types, which always encode.
func (t *Token) call(owner wallet.Address, m abi.Method, args ...any) *tx.TriggerSmartContract {
	data, err := m.Encode(args...)
	if err != nil {
		panic("trc20: " + err.Error())
	}
	return &tx.TriggerSmartContract{Owner: owner, Contract: t.contract, Data: data}
}

// printable keeps letters, digits, signs and single spaces: no control characters, no marks that turn the direction of writing.
func printable(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == maxLabel {
			return b.String() + "…"
		}
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			b.WriteRune(r)
			n++
		}
	}
	return strings.TrimSpace(b.String())
}
