package wallet

import "context"

// Signer signs digests with a key that it may not show: a Key, a device, a service.
type Signer interface {
	// Address is where the signatures recover to.
	Address() Address
	// SignDigest signs a 32-byte digest: low s, v is 27 or 28. It may ask a person and so take long; it gives up when ctx ends.
	SignDigest(ctx context.Context, digest [32]byte) (Signature, error)
}

var _ Signer = (*Key)(nil)

// SignDigest is Sign as a Signer does it.
func (k *Key) SignDigest(ctx context.Context, digest [32]byte) (Signature, error) {
	if err := ctx.Err(); err != nil {
		return Signature{}, err
	}
	return k.Sign(digest), nil
}
