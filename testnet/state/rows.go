package state

import (
	"sync"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// TokenID is the number of a TRC-10 token: 1,000,001 and up. 0 is none.
type TokenID int64

// Holding is the key of a token balance.
type Holding struct {
	Holder wallet.Address
	Token  TokenID
}

// RowKey is the key of a row of a contract's storage: the low half of the contract's 32-byte key, as java-tron keeps it.
type RowKey struct {
	Contract wallet.Address
	Key      [16]byte
}

// LoanKey is the key of a delegation of stake. Locked and unlocked parts are two rows; Old is a third, of before Stake 2.0.
type LoanKey struct {
	From, To    wallet.Address
	Locked, Old bool
}

// Loan is stake that one account lends another, by resource; Expires is when the lock ends in milliseconds since 1970, 0 without.
type Loan struct {
	Amount  [Resources]wallet.Sun
	Expires [Resources]int64
}

// PartnerKey is the key of the lists of whom an account lends to and borrows from.
type PartnerKey struct {
	Account wallet.Address
	// Lender says which list: true is those that Account lends to. Old is the lists of before Stake 2.0.
	Lender, Old bool
	Partner     wallet.Address
}

// Code is the runtime code of a contract, with a place for what its reader worked out about it.
type Code struct {
	Bytes []byte
	Hash  [32]byte
	// Analysis belongs to the VM. Use Analyse where several goroutines may read.
	Analysis any
	once     sync.Once
}

// Analyse is Analysis, worked out by f if it was not yet.
func (c *Code) Analyse(f func([]byte) any) any {
	c.once.Do(func() {
		if c.Analysis == nil {
			c.Analysis = f(c.Bytes)
		}
	})
	return c.Analysis
}

// EnergyState is what the dynamic energy model keeps of a contract.
type EnergyState struct{ Usage, Factor, Cycle int64 }

// VoteChange is how an account's votes changed in this maintenance period.
type VoteChange struct{ Old, New []Ballot }

// RewardKey is the key of the accounts of rewards: what, whose, in which maintenance period.
type RewardKey struct {
	Kind  RewardKind
	Owner wallet.Address
	Cycle int64
}

// RewardKind says what a row about rewards holds.
type RewardKind byte

// The kinds of rows about rewards. Only VoteIndex needs more than 64 bits.
const (
	// RewardOfCycle is the sun that the voters of a witness share for a period.
	RewardOfCycle RewardKind = iota
	// VotesOfCycle is the votes of a witness at the end of a period.
	VotesOfCycle
	// BrokerageOfCycle is the percent that a witness kept in a period.
	BrokerageOfCycle
	// Brokerage is the percent that it keeps from the next period on (Cycle -1).
	Brokerage
	// BeginCycle is the period up to which an account has its rewards.
	BeginCycle
	// EndCycle is the period up to which the account's ballots in BallotsOfCycle hold.
	EndCycle
	// VoteIndex is the reward of one vote since the beginning, times 10^18.
	VoteIndex
)

// Location is where a transaction is.
type Location struct {
	Block int64
	Index int
}

// Block is a block with what came of its transactions.
type Block struct {
	ID    [32]byte
	Block *tronpb.Block
	Infos []*tronpb.TransactionInfo
	// IDs are the ids of the transactions.
	IDs [][32]byte
}

// Number is the block's height.
func (b *Block) Number() int64 { return b.Block.GetBlockHeader().GetRawData().GetNumber() }

// Time is the header's timestamp in milliseconds since 1970.
func (b *Block) Time() int64 { return b.Block.GetBlockHeader().GetRawData().GetTimestamp() }
