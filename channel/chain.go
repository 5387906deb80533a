package channel

import (
	"crypto/rand"
	"fmt"
)

// checkpointEvery is how many links lie between two that a Chain keeps: about the square root of the longest tail.
const checkpointEvery = 32

// Chain is the payer's secret behind a tail: a hash chain that is revealed from its end. Not safe for concurrent use.
//
// It keeps every 32nd link, so a tail of 1,024 steps takes 1 KiB, and one segment unrolled, so revealing step after step costs about one hash each.
type Chain struct {
	length      uint32
	checkpoints [][32]byte                // link 0 (the secret), 32, 64, …
	segment     [checkpointEvery][32]byte // the links from checkpoint `unrolled` on
	unrolled    int
	anchor      Anchor
}

// NewChain draws a chain of length steps (1 … MaxTailLength) from the system's random source.
func NewChain(length uint32) (*Chain, error) {
	var secret [32]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return nil, fmt.Errorf("drawing a hash chain: %w", err)
	}
	return ChainFrom(secret, length)
}

// ChainFrom builds the chain of a known secret, for a payer that derives or keeps it. Whoever knows the secret can reveal the whole tail.
func ChainFrom(secret [32]byte, length uint32) (*Chain, error) {
	if length == 0 || length > MaxTailLength {
		return nil, fmt.Errorf("%w: a tail of %d steps, want 1 to %d", ErrMalformed, length, MaxTailLength)
	}
	c := &Chain{length: length, unrolled: -1}
	link := secret
	for i := range length {
		if i%checkpointEvery == 0 {
			c.checkpoints = append(c.checkpoints, link)
		}
		link = HashForward(link, 1)
	}
	c.anchor = Anchor(link)
	return c, nil
}

// Anchor is the public end of the chain.
func (c *Chain) Anchor() Anchor { return c.anchor }

// Length is how many steps can be revealed.
func (c *Chain) Length() uint32 { return c.length }

// Reveal is the preimage that stands for count steps (1 … Length). It panics out of that range: the caller would pay what it did not promise.
func (c *Chain) Reveal(count uint32) Reveal {
	if count == 0 || count > c.length {
		panic(fmt.Sprintf("channel: revealing %d steps of a tail of %d", count, c.length))
	}
	link := int(c.length - count)
	if at := link / checkpointEvery; at != c.unrolled {
		c.unroll(at)
	}
	return Reveal{Tail: c.anchor, Count: count, Preimage: c.segment[link%checkpointEvery]}
}

func (c *Chain) unroll(checkpoint int) {
	c.segment[0] = c.checkpoints[checkpoint]
	for i := 1; i < checkpointEvery; i++ {
		c.segment[i] = HashForward(c.segment[i-1], 1)
	}
	c.unrolled = checkpoint
}
