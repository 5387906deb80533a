package channel

import (
	"fmt"

	"github.com/piecework/piecework/wallet"
)

// Bounds of tails, as the contract has them.
const (
	MaxTails      = 16
	MaxTailLength = 1024
)

// Anchor is the end of a hash chain that the payer commits to; it names the tail.
type Anchor [32]byte

// Tail promises Unit for each preimage of Anchor that is revealed, up to Length of them, until Expiry.
type Tail struct {
	Anchor Anchor
	Unit   Amount // what one step is worth
	Length uint32 // steps in all, at most MaxTailLength
	Expiry int64  // unix seconds: the last block time at which the contract honours it
}

// Reveal is a preimage and how many steps it stands for: hashing Preimage Count times with Keccak-256 gives Tail.
type Reveal struct {
	Tail     Anchor
	Count    uint32
	Preimage [32]byte
}

// HashForward applies Keccak-256 steps times.
func HashForward(x [32]byte, steps uint32) [32]byte {
	for range steps {
		x = wallet.Keccak256(x[:])
	}
	return x
}

func (t *Tail) validate() error {
	switch {
	case t.Length == 0 || t.Length > MaxTailLength:
		return fmt.Errorf("%w: a tail of %d steps, want 1 to %d", ErrMalformed, t.Length, MaxTailLength)
	case t.Unit.IsZero() || !t.Unit.Fits():
		return fmt.Errorf("%w: a tail of %s a step", ErrMalformed, t.Unit)
	case t.Expiry <= 0:
		return fmt.Errorf("%w: a tail that expires at %d", ErrMalformed, t.Expiry)
	}
	return nil
}
