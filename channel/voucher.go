package channel

import (
	"fmt"

	"github.com/piecework/piecework/wallet"
)

// Voucher is the payer's promise: "of this channel, Cumulative is yours, plus what the tails reveal".
type Voucher struct {
	Channel    ID
	Cumulative Amount
	Tails      []Tail // at most MaxTails, often none
}

// SignedVoucher is a voucher with the signature of the channel's signer over its Digest.
type SignedVoucher struct {
	Voucher
	Signature wallet.Signature
}

// Promise is the most that the voucher can be worth: Cumulative + Σ Length·Unit.
func (v Voucher) Promise() Amount {
	most := v.Cumulative
	for i := range v.Tails {
		most = most.Add(v.Tails[i].Unit.Mul(uint64(v.Tails[i].Length)))
	}
	return most
}

// Validate says whether the voucher could be valid on some channel: bounds of the contract, and no anchor twice. Errors wrap ErrMalformed.
func (v Voucher) Validate() error {
	switch {
	case len(v.Tails) > MaxTails:
		return fmt.Errorf("%w: %d tails, at most %d", ErrMalformed, len(v.Tails), MaxTails)
	case !v.Cumulative.Fits():
		return fmt.Errorf("%w: cumulative: %w", ErrMalformed, ErrAmount)
	}
	for i := range v.Tails {
		if err := v.Tails[i].validate(); err != nil {
			return err
		}
		for j := range i {
			if v.Tails[j].Anchor == v.Tails[i].Anchor {
				return fmt.Errorf("%w: two tails of one anchor", ErrMalformed)
			}
		}
	}
	return nil
}

// Sign signs the voucher for a domain.
func (v Voucher) Sign(key *wallet.Key, domain Domain) SignedVoucher {
	return v.SignUnder(key, domain.Separator())
}

// SignUnder signs the voucher under a domain separator that the caller keeps.
func (v Voucher) SignUnder(key *wallet.Key, separator [32]byte) SignedVoucher {
	return SignedVoucher{Voucher: v, Signature: key.Sign(v.Digest(separator))}
}

// Verify checks that signer signed the voucher, in the one spelling that the contract accepts: low s, and v that recovers the signer. The error is ErrBadSignature.
func (v *SignedVoucher) Verify(separator [32]byte, signer wallet.Address) error {
	return verify(v.Signature, v.Digest(separator), signer)
}

// RecoverKey checks that signer signed the voucher, whatever v says, and gives the key, with which VerifyKey checks later vouchers for less. Who shows the voucher to the contract asks
// Recovering first. The error is ErrBadSignature.
func (v *SignedVoucher) RecoverKey(separator [32]byte, signer wallet.Address) (wallet.PublicKey, error) {
	digest := v.Digest(separator)
	key, err := recoverKey(v.Signature, digest, signer)
	if err != nil {
		key, err = recoverKey(v.Signature.Recovering(digest, signer), digest, signer)
	}
	return key, err
}

// VerifyKey checks that the key's owner signed the voucher, whatever v says. The error is ErrBadSignature.
func (v *SignedVoucher) VerifyKey(separator [32]byte, key *wallet.PublicKey) error {
	if !key.Verify(v.Digest(separator), v.Signature) {
		return ErrBadSignature
	}
	return nil
}

// Recovering is the voucher with the v that recovers signer, which is what the contract can check.
func (v SignedVoucher) Recovering(separator [32]byte, signer wallet.Address) SignedVoucher {
	v.Signature = v.Signature.Recovering(v.Digest(separator), signer)
	return v
}

// VerifyClose checks a payee's agreement to close at that cumulative amount. The error is ErrBadSignature.
func VerifyClose(separator [32]byte, id ID, cumulative Amount, signature wallet.Signature, payee wallet.Address) error {
	return verify(signature, CloseDigest(separator, id, cumulative), payee)
}

func verify(s wallet.Signature, digest [32]byte, signer wallet.Address) error {
	_, err := recoverKey(s, digest, signer)
	return err
}

func recoverKey(s wallet.Signature, digest [32]byte, signer wallet.Address) (wallet.PublicKey, error) {
	if signer.IsZero() || !s.LowS() {
		return wallet.PublicKey{}, ErrBadSignature
	}
	key, err := s.RecoverKey(digest)
	if err != nil || key.Address() != signer {
		return wallet.PublicKey{}, ErrBadSignature
	}
	return key, nil
}
