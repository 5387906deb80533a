package gate

import (
	"math/bits"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/channel"
)

// MiB is the quantity of payload that a price is for.
const MiB = 1 << 20

// Cost is what that many bytes of payload cost at a price per MiB: ⌈bytes · price / 2^20⌉ smallest units.
func Cost(price channel.Amount, bytes int64) channel.Amount {
	if p, small := price.Uint64(); small {
		if hi, lo := bits.Mul64(p, uint64(bytes)); hi == 0 && lo <= 1<<63 {
			return channel.NewAmount((lo + MiB - 1) / MiB)
		}
	}
	word := price.Word()
	product := new(uint256.Int).SetBytes32(word[:])
	product.Mul(product, uint256.NewInt(uint64(bytes)))
	product.AddUint64(product, MiB-1)
	return clamp(product.Rsh(product, 20))
}

// Covered is how many bytes an amount pays for at a price per MiB: ⌊amount · 2^20 / price⌋, at most limit. At no price it is limit.
func Covered(price, amount channel.Amount, limit int64) int64 {
	if price.IsZero() {
		return limit
	}
	if p, small := price.Uint64(); small {
		if a, small := amount.Uint64(); small && a < 1<<43 {
			return int64(min(a<<20/p, uint64(limit)))
		}
	}
	p, a := price.Word(), amount.Word()
	quotient := new(uint256.Int).SetBytes32(a[:])
	quotient.Lsh(quotient, 20)
	quotient.Div(quotient, new(uint256.Int).SetBytes32(p[:]))
	if !quotient.IsUint64() || quotient.Uint64() > uint64(limit) {
		return limit
	}
	return int64(quotient.Uint64())
}

// Unit is what a step of a tail is worth when it stands for that many bytes at a price per MiB; at least 1.
func Unit(price channel.Amount, unitBytes int64) channel.Amount {
	unit := Cost(price, unitBytes)
	if unit.IsZero() {
		return channel.NewAmount(1)
	}
	return unit
}

// Steps is how many whole units an amount needs: ⌈amount / unit⌉, at most limit.
func Steps(amount, unit channel.Amount, limit uint64) uint64 {
	a, u := amount.Word(), unit.Word()
	divisor := new(uint256.Int).SetBytes32(u[:])
	if divisor.IsZero() {
		return 0
	}
	quotient, rest := new(uint256.Int), new(uint256.Int)
	quotient.DivMod(new(uint256.Int).SetBytes32(a[:]), divisor, rest)
	if !rest.IsZero() {
		quotient.AddUint64(quotient, 1)
	}
	if !quotient.IsUint64() || quotient.Uint64() > limit {
		return limit
	}
	return quotient.Uint64()
}

func clamp(v *uint256.Int) channel.Amount {
	a, err := channel.AmountFromWord(v.Bytes32())
	if err != nil {
		return channel.MaxAmount()
	}
	return a
}
