package tx

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/piecework/piecework/wallet"
)

// MaxSignatures is how many signatures the chain takes (TotalSignNum).
const MaxSignatures = 5

// Errors about signatures.
var (
	ErrSigned     = errors.New("this key has signed already")
	ErrSignatures = errors.New("a transaction takes at most five signatures")
	ErrUnreadable = errors.New("the transaction holds something that cannot be shown")
)

// Sign adds the signer's signature over the id. It does not ask whether the transaction is what somebody wanted: Matches does, for one that others built.
// What a device or a service signs is recovered first: another address than the signer's is a *WrongKeyError.
func (t *Transaction) Sign(ctx context.Context, signer wallet.Signer) error {
	signature, err := signer.SignDigest(ctx, t.id)
	if err != nil {
		return fmt.Errorf("signing transaction %s: %w", t.id, err)
	}
	if _, ours := signer.(*wallet.Key); !ours { // a key of this process needs no checking, and checking takes longer than signing
		if err := t.signedBy(signature, signer.Address()); err != nil {
			return fmt.Errorf("signing transaction %s: %w", t.id, err)
		}
	}
	return t.add(signature)
}

func (t *Transaction) signedBy(signature wallet.Signature, want wallet.Address) error {
	by, err := signature.Recover(t.id)
	if err != nil {
		return err
	}
	if by != want {
		return &WrongKeyError{Key: by, Permission: "of the signer", Would: []wallet.Address{want}}
	}
	return nil
}

// AddSignature takes a signature that was made elsewhere and says whose it is. It is refused when it matches no key or when the same key has signed.
func (t *Transaction) AddSignature(signature wallet.Signature) (wallet.Address, error) {
	by, err := signature.Recover(t.id)
	if err != nil {
		return wallet.Address{}, fmt.Errorf("signing transaction %s: %w", t.id, err)
	}
	signers, err := t.Signers()
	if err != nil {
		return wallet.Address{}, err
	}
	for _, s := range signers {
		if s == by {
			return by, fmt.Errorf("signing transaction %s: %s: %w", t.id, by, ErrSigned)
		}
	}
	return by, t.add(signature)
}

func (t *Transaction) add(signature wallet.Signature) error {
	if len(t.signatures) >= MaxSignatures {
		return fmt.Errorf("signing transaction %s: %w", t.id, ErrSignatures)
	}
	for _, s := range t.signatures {
		if bytes.Equal(s, signature[:]) {
			return fmt.Errorf("signing transaction %s: %w", t.id, ErrSigned)
		}
	}
	t.signatures = append(t.signatures, bytes.Clone(signature[:]))
	return nil
}

// Signers recovers who signed, in the order of the signatures. It accepts what java-tron accepts: any v from 0 to 3 and 27 to 34, a high s, and bytes behind the 65th.
func (t *Transaction) Signers() ([]wallet.Address, error) {
	list := make([]wallet.Address, len(t.signatures))
	for i, raw := range t.signatures {
		by, err := t.signer(raw)
		if err != nil {
			return nil, fmt.Errorf("signature %d of transaction %s: %w", i+1, t.id, err)
		}
		list[i] = by
	}
	return list, nil
}

func (t *Transaction) signer(raw []byte) (wallet.Address, error) {
	if len(raw) < len(wallet.Signature{}) {
		return wallet.Address{}, fmt.Errorf("%w: %d bytes, want 65", wallet.ErrSignature, len(raw))
	}
	s := wallet.Signature(raw[:65])
	if v := s[64]; v >= 31 && v <= 34 { // the compressed-key form
		s[64] = v - 4
	}
	return s.Recover(t.id)
}
