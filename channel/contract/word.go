package contract

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/channel"
)

// ErrWord is wrapped by errors about figures that the contract cannot hold.
var ErrWord = errors.New("not a channel's figures")

// closedMark is closeAt of a closed channel, 2^40−1. Its id never comes back.
const closedMark = 1<<40 - 1

// Figures are what the contract stores of a channel.
type Figures struct {
	Deposit channel.Amount // what the payer has locked; nothing once closed
	Settled channel.Amount // what was paid to the payee; a closed channel keeps it
	CloseAt int64          // unix seconds from which finishClose may refund; 0 unless closing
	Closed  bool
}

// Exists says whether there ever was such a channel.
func (f Figures) Exists() bool { return f.Closed || !f.Deposit.IsZero() }

// State is the channel's state; a channel that never was counts as closed.
func (f Figures) State() channel.State {
	switch {
	case f.Closed || f.Deposit.IsZero():
		return channel.Closed
	case f.CloseAt != 0:
		return channel.Closing
	}
	return channel.Open
}

// DecodeWord reads a channel's storage word, which lies at the slot that is its id: deposit in bits 0–103, settled in 104–207, closeAt in 208–247.
func DecodeWord(word [32]byte) (Figures, error) {
	v := new(big.Int).SetBytes(word[:])
	part := func(shift, bits uint) [32]byte {
		mask := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), bits), big.NewInt(1))
		var w [32]byte
		new(big.Int).And(new(big.Int).Rsh(v, shift), mask).FillBytes(w[:])
		return w
	}
	return figures(&wordReader{data: join(part(0, 104), part(104, 104), part(208, 48))})
}

// DecodeChannel reads the answer to GetChannel.
func DecodeChannel(output []byte) (Figures, error) {
	if len(output) != 3*32 {
		return Figures{}, fmt.Errorf("%w: %d bytes, want 96", ErrWord, len(output))
	}
	return figures(&wordReader{data: output})
}

func figures(words *wordReader) (Figures, error) {
	f := Figures{Deposit: words.amount(), Settled: words.amount(), CloseAt: int64(words.number(closedMark))}
	if words.err != nil {
		return Figures{}, fmt.Errorf("%w: %w", ErrWord, words.err)
	}
	if f.CloseAt == closedMark {
		f.CloseAt, f.Closed = 0, true
	}
	if f.Closed != f.Deposit.IsZero() && f != (Figures{}) || !f.Closed && f.Deposit.Less(f.Settled) {
		return Figures{}, fmt.Errorf("%w: deposit %s, settled %s, closed %t", ErrWord, f.Deposit, f.Settled, f.Closed)
	}
	return f, nil
}

func join(words ...[32]byte) []byte {
	var b []byte
	for _, w := range words {
		b = append(b, w[:]...)
	}
	return b
}

// DecodeRevert says by name why the contract refused a call: its own errors, Error(string) and Panic(uint256).
func DecodeRevert(data []byte) *abi.RevertError { return Interface().DecodeRevert(data) }
