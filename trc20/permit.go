package trc20

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// ErrNoPermit is wrapped when a token has no permit (TIP-2612), or one whose domain is not the standard's, so that nobody could say what is signed.
var ErrNoPermit = errors.New("the token takes no permits")

// Forever is the deadline of a permit that should not end: the last second of the year 9999.
var Forever = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// The functions of TIP-2612.
var (
	noncesMethod    = abi.MustMethod("nonces(address owner) view returns (uint256)")
	separatorMethod = abi.MustMethod("DOMAIN_SEPARATOR() view returns (bytes32)")
	versionMethod   = abi.MustMethod("version() view returns (string)")
	permitMethod    = abi.MustMethod("permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)")
)

var permitFields = []abi.Field{
	{Name: "owner", Type: "address"}, {Name: "spender", Type: "address"}, {Name: "value", Type: "uint256"}, {Name: "nonce", Type: "uint256"}, {Name: "deadline", Type: "uint256"},
}

// Permit is an approval that is signed instead of sent: whoever has the signature can submit it and pays for it.
type Permit struct {
	Owner, Spender wallet.Address
	Amount         wallet.Units // smallest units
	Nonce          wallet.Units // of the owner; each is good for one permit
	Deadline       time.Time    // whole seconds; Forever for none

	domain map[string]any
	token  *Token
}

// Permit prepares an approval of spender by owner for signing on the network with that chain id. It reads the owner's nonce, and compares the domain that
// the document shows with the one that the contract uses: a token without permit, or of another domain, is ErrNoPermit.
func (t *Token) Permit(ctx context.Context, owner, spender wallet.Address, amount wallet.Units, deadline time.Time, chainID uint32) (*Permit, error) {
	if spender.IsZero() {
		return nil, fmt.Errorf("%w: nobody to approve", ErrRecipient)
	}
	if deadline.Unix() <= 0 {
		return nil, errors.New("a permit needs a deadline; Forever is one")
	}
	p := &Permit{Owner: owner, Spender: spender, Amount: amount, Deadline: deadline, token: t}
	var err error
	if p.domain, err = t.permitDomain(ctx, chainID); err != nil {
		return nil, fmt.Errorf("preparing a permit of %s: %w", t.contract, err)
	}
	if p.Nonce, err = t.units(ctx, noncesMethod, owner); err != nil {
		return nil, permitError(err)
	}
	return p, nil
}

// TypedData is the document to sign, TIP-712.
func (p *Permit) TypedData() *abi.TypedData {
	return &abi.TypedData{
		Types:   map[string][]abi.Field{"Permit": permitFields},
		Primary: "Permit",
		Domain:  p.domain,
		Message: map[string]any{"owner": p.Owner, "spender": p.Spender, "value": p.Amount, "nonce": p.Nonce, "deadline": p.Deadline.Unix()},
	}
}

// Submit is the call that uses the permit; anybody may send it. A signature that is not the owner's is wallet.ErrSignature.
func (p *Permit) Submit(sender wallet.Address, signature wallet.Signature) (*tx.TriggerSmartContract, error) {
	by, err := p.TypedData().Verify(signature)
	if err != nil {
		return nil, err
	}
	if by != p.Owner || !signature.LowS() {
		return nil, fmt.Errorf("%w: the permit is %s's, it was signed by %s", wallet.ErrSignature, p.Owner, by)
	}
	v := signature[64]
	if v < 27 {
		v += 27
	}
	return p.token.call(sender, permitMethod, p.Owner, p.Spender, p.Amount, p.Deadline.Unix(), v, [32]byte(signature[:32]), [32]byte(signature[32:64])), nil
}

// permitDomain finds the domain whose hash the contract has: its name, version 1 or what version() says, this chain, itself.
func (t *Token) permitDomain(ctx context.Context, chainID uint32) (map[string]any, error) {
	var want [32]byte
	output, err := t.ask(ctx, separatorMethod)
	if err == nil {
		err = separatorMethod.DecodeInto(output, &want)
	}
	if err != nil {
		return nil, permitError(err)
	}
	versions := []string{"1"}
	if v, err := t.text(ctx, versionMethod); err != nil {
		return nil, err
	} else if v != "" && v != "1" {
		versions = append(versions, v)
	}
	for _, version := range versions {
		d := abi.TypedData{Domain: map[string]any{"name": t.name, "version": version, "chainId": chainID, "verifyingContract": t.contract}}
		if got, err := d.Separator(); err == nil && got == want {
			return d.Domain, nil
		}
	}
	return nil, fmt.Errorf("%w that can be shown: its domain is not {name %q, version %q, chain %d, itself}", ErrNoPermit, printable(t.name), versions, chainID)
}

// permitError tells a contract without the function from a node that cannot be asked.
func permitError(err error) error {
	var reverted *abi.RevertError
	if errors.As(err, &reverted) || errors.Is(err, abi.ErrData) {
		return fmt.Errorf("%w: %w", ErrNoPermit, err)
	}
	return err
}
