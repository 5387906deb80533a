package vm

import (
	"math/bits"

	"github.com/holiman/uint256"
)

// What opcodes cost. Tron's prices are those of Ethereum before 2018 with its own for storage, accounts and staking; there are no refunds
// and nothing is warm or cold.
const (
	costZero     = 0
	costJumpdest = 1
	costBase     = 2
	costVeryLow  = 3
	costLow      = 5
	costMid      = 8
	costHigh     = 10
	costExtern   = 20

	costMemoryOp    = 1 // MLOAD MSTORE MSTORE8, since parameter 65
	costSload       = 50
	costTransient   = 100
	costExtCodeHash = 400

	costExp       = 10
	costExpByte   = 10
	costSha3      = 30
	costSha3Word  = 6
	costCopyWord  = 3
	costMemWord   = 3
	memQuadratic  = 512
	costLog       = 375
	costLogTopic  = 375
	costLogByte   = 8
	costStoreSet  = 20000
	costStoreElse = 5000

	costCall       = 40
	costCallValue  = 9000
	costNewAccount = 25000
	callStipend    = 2300
	costCreate     = 32000
	costCodeByte   = 200
	costSuicide    = 5000

	costFreeze         = 20000
	costUnfreeze       = 20000
	costFreezeExpire   = 50
	costVote           = 30000
	costWithdrawReward = 20000
	costStakeV2        = 10000
)

// memoryLimit is the most memory of a frame, in bytes: 3 MiB.
const memoryLimit = 3 << 20

// depthLimit is the depth at which a frame can no longer call or create. The outermost frame has depth 0.
const depthLimit = 64

// factorUnit is the energy factor of a contract that pays plain prices.
const factorUnit = 10_000

// memoryEnd is how far an access reaches; ok is false past the limit. An access of no bytes reaches nowhere, whatever its offset.
func memoryEnd(offset, size *uint256.Int) (end int64, ok bool) {
	if size.IsZero() {
		return 0, true
	}
	if !offset.IsUint64() || !size.IsUint64() {
		return 0, false
	}
	sum, carry := bits.Add64(offset.Uint64(), size.Uint64(), 0)
	return int64(sum), carry == 0 && sum <= memoryLimit
}

// words is how many 32-byte words n bytes take.
func words(n int64) int64 { return (n + 31) / 32 }

// memoryCost is the price of memory of that many words.
func memoryCost(words int64) int64 { return costMemWord*words + words*words/memQuadratic }

// growth is the price of memory up to end; 0 when it is there already.
func (f *frame) growth(end int64) int64 {
	if end <= int64(len(f.mem)) {
		return 0
	}
	return memoryCost(words(end)) - memoryCost(int64(len(f.mem))/32)
}

// saturate31 is a word as a Java int that cannot overflow.
func saturate31(x *uint256.Int) int {
	if !x.IsUint64() || x.Uint64() > 1<<31-1 {
		return 1<<31 - 1
	}
	return int(x.Uint64())
}

// saturate63 is a word as a Java long that cannot overflow.
func saturate63(x *uint256.Int) int64 {
	if !x.IsUint64() || x.Uint64() > 1<<63-1 {
		return 1<<63 - 1
	}
	return int64(x.Uint64())
}

// exact63 is a word as an unsigned number of 63 bits.
func exact63(x *uint256.Int) (int64, bool) {
	return int64(x.Uint64()), x.IsUint64() && x.Uint64() <= 1<<63-1
}

// signed63 reads a word as two's complement and says whether it fits into 64 bits.
func signed63(x *uint256.Int) (int64, bool) {
	if n, ok := exact63(x); ok {
		return n, true
	}
	var minus uint256.Int
	minus.Neg(x)
	if x.Sign() < 0 && minus.IsUint64() && minus.Uint64() <= 1<<63 {
		return -int64(minus.Uint64()), true
	}
	return 0, false
}
