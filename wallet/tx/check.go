package tx

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// Errors of CheckSignatures, the reasons behind a node's SIGERROR.
var (
	ErrUnsigned      = errors.New("the transaction is not signed")
	ErrNotAllowed    = errors.New("the permission may not sign this type of contract")
	ErrPermissionID  = errors.New("the transaction names another permission")
	ErrWitnessSigns  = errors.New("a witness permission signs no transactions")
	ErrTooManySigned = errors.New("there are more signatures than keys in the permission")
)

// WrongKeyError says that a key signed, or was about to, that is not in the permission.
type WrongKeyError struct {
	Key        wallet.Address
	Permission string           // its name
	Would      []wallet.Address // the keys that would do
}

// Error names the keys that would do.
func (e *WrongKeyError) Error() string {
	would := make([]string, len(e.Would))
	for i, a := range e.Would {
		would[i] = a.String()
	}
	return fmt.Sprintf("%s is not a key of the permission %q; %s would do", e.Key, e.Permission, strings.Join(would, ", "))
}

// WeightError says that the signatures do not reach the threshold yet.
type WeightError struct {
	Have, Need int64            // weight of the keys that signed, and the threshold
	Missing    []wallet.Address // keys that have not signed
}

// Error says what is missing.
func (e *WeightError) Error() string {
	missing := make([]string, len(e.Missing))
	for i, a := range e.Missing {
		missing[i] = a.String()
	}
	return fmt.Sprintf("the signatures weigh %d of %d; %s can still sign", e.Have, e.Need, strings.Join(missing, ", "))
}

// CheckSignatures applies to the signatures what a node applies (TransactionCapsule.validateSignature), for the account's permission that the transaction names:
// so that a SIGERROR explains itself before it happens. Errors: those above, *WrongKeyError, *WeightError, ErrSigned, wallet.ErrSignature.
func (t *Transaction) CheckSignatures(p Permission) error {
	if err := t.usable(p); err != nil {
		return err
	}
	signers, err := t.Signers()
	switch {
	case err != nil:
		return err
	case len(signers) == 0:
		return ErrUnsigned
	case len(signers) > MaxSignatures:
		return ErrSignatures
	case len(signers) > len(p.Keys):
		return fmt.Errorf("%w: %d, %d keys", ErrTooManySigned, len(signers), len(p.Keys))
	}
	for i, s := range signers {
		if p.Weight(s) == 0 {
			return p.wrongKey(s)
		}
		if slices.Contains(signers[:i], s) {
			return fmt.Errorf("%s: %w", s, ErrSigned)
		}
	}
	if have := p.Weight(signers...); have < p.Threshold {
		return &WeightError{Have: have, Need: p.Threshold, Missing: p.others(signers)}
	}
	return nil
}

// usable says whether the permission may sign the transaction at all.
func (t *Transaction) usable(p Permission) error {
	switch kind := t.body.Contract.Type(); {
	case t.body.PermissionID != p.ID:
		return fmt.Errorf("%w: %d, not %d", ErrPermissionID, t.body.PermissionID, p.ID)
	case p.Kind == PermissionWitness:
		return ErrWitnessSigns
	case !p.Allows(kind):
		return fmt.Errorf("%w: %q, %s", ErrNotAllowed, wallet.Clip(p.Name), kind)
	}
	return nil
}

func (p *Permission) wrongKey(key wallet.Address) *WrongKeyError {
	return &WrongKeyError{Key: key, Permission: p.Name, Would: p.others(nil)}
}

// others lists the keys that are not among those.
func (p *Permission) others(signers []wallet.Address) []wallet.Address {
	var list []wallet.Address
	for _, k := range p.Keys {
		if !slices.Contains(signers, k.Address) {
			list = append(list, k.Address)
		}
	}
	return list
}

// SignExpected is Sign with both safety checks: the bytes say what was asked, to the last field (Matches), and the signer's key may sign for the account:
// a key of want.Permission, or without one the owner's own.
func (t *Transaction) SignExpected(ctx context.Context, signer wallet.Signer, want Expected) error {
	if err := t.Matches(want); err != nil {
		return err
	}
	if err := want.maySign(t, signer.Address()); err != nil {
		return err
	}
	return t.Sign(ctx, signer)
}

func (want *Expected) maySign(t *Transaction, key wallet.Address) error {
	if want.Permission != nil {
		if err := t.usable(*want.Permission); err != nil {
			return err
		}
		if want.Permission.Weight(key) == 0 {
			return want.Permission.wrongKey(key)
		}
		return nil
	}
	if owner := t.body.Contract.Sender(); key != owner {
		return &WrongKeyError{Key: key, Permission: "owner", Would: []wallet.Address{owner}}
	}
	return nil
}
