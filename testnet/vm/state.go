package vm

import "github.com/piecework/piecework/wallet"

// State is the ledger as contracts see it. The VM calls it from one goroutine, and nothing else may change it meanwhile.
//
// It is journaled: whatever was changed since Snapshot can be undone by Revert. An undo log and a stack of layers both fit.
// Queries of accounts that do not exist answer zero, never an error. Addresses are always 21 bytes with 0x41 in front.
type State interface {
	Journal
	Accounts
	Tokens
	Contracts
	Chain
	Stakes
	Votes
}

// Journal undoes what a failed frame did.
type Journal interface {
	// Snapshot marks the present state. Marks nest; a call costs one.
	Snapshot() int
	// Revert undoes every change since the mark and forgets it, with all marks made after it.
	Revert(mark int)
	// Keep forgets a mark, with all made after it, and keeps the changes: a layered state folds layers here, an undo log has nothing to do.
	Keep(mark int)
}

// Accounts are the TRX side of accounts.
type Accounts interface {
	// Exists says whether there is an account record, contract or not.
	Exists(a wallet.Address) bool
	// CreateAccount makes a Normal account: create time is the latest block's, permissions are the default ones. Never called for an existing one.
	CreateAccount(a wallet.Address)
	// Balance is what the account may spend.
	Balance(a wallet.Address) wallet.Sun
	// AddBalance adds delta, which may be negative. The VM has checked that the result lies in 0 … 2^63-1 and that the account exists.
	AddBalance(a wallet.Address, delta wallet.Sun)
	// Permission is a permission of an account: id 0 owner, 1 witness, 2… active. The owner's default (its own key, threshold 1) counts as one.
	Permission(a wallet.Address, id int32) (Permission, bool)
}

// Permission is what precompile 0x0a checks signatures against.
type Permission struct {
	Threshold int64
	Keys      []PermissionKey
}

// PermissionKey is one signer of a permission.
type PermissionKey struct {
	Address wallet.Address
	Weight  int64
}

// Tokens are the TRC-10 side of accounts.
type Tokens interface {
	// TokenExists says whether a TRC-10 token was ever issued under this id.
	TokenExists(id TokenID) bool
	// TokenBalance is the amount that an account holds of a token.
	TokenBalance(a wallet.Address, id TokenID) TokenAmount
	// AddTokenBalance adds delta, which may be negative. The VM has checked the result and that the account exists.
	AddTokenBalance(a wallet.Address, id TokenID, delta TokenAmount)
	// TokenHoldings lists what an account holds, in ascending order of id, zero amounts left out. SELFDESTRUCT moves them.
	TokenHoldings(a wallet.Address) []TokenHolding
}

// TokenID is the number of a TRC-10 token, over 1,000,000. 0 is none.
type TokenID int64

// TokenAmount is an amount of a TRC-10 token in its smallest unit.
type TokenAmount int64

// TokenHolding is an amount of one token.
type TokenHolding struct {
	ID     TokenID
	Amount TokenAmount
}

// Contracts are the records, code and storage of contracts.
type Contracts interface {
	// Contract is the record of a contract. An account with TRX alone has none.
	Contract(a wallet.Address) (Contract, bool)
	// CreateContract writes the record and makes the account a contract's: a missing account is created (name accountName, balance 0,
	// create time of the latest block); an existing one becomes of type Contract and keeps balance, create time, permissions and its name.
	CreateContract(a wallet.Address, c Contract, accountName string)
	// Code is the code of a contract or nil. The same pointer for the same code, so that its analysis is done once.
	Code(a wallet.Address) *Code
	// SetCode stores the code of a contract, which may be empty.
	SetCode(a wallet.Address, code *Code)
	// Row reads a storage row. The key is the low 16 bytes of the 32-byte key that contracts use (hashed first, for version 1): two keys
	// with the same low half are one row once a transaction has ended.
	Row(a wallet.Address, key [16]byte) (value [32]byte, present bool)
	// SetRow writes a storage row; a zero value deletes it. The VM collects writes and calls this once a changed row, when a transaction has succeeded.
	SetRow(a wallet.Address, key [16]byte, value [32]byte)
	// EnergyState is the contract's record of the dynamic energy model.
	EnergyState(a wallet.Address) (EnergyState, bool)
	// SetEnergyState writes it.
	SetEnergyState(a wallet.Address, s EnergyState)
}

// Contract is the record of a contract without its ABI, which the VM has no use for. The ledger keeps the ABI of a deployment beside it.
type Contract struct {
	// Origin is the account that deployed it; for a contract made by a contract, that contract.
	Origin wallet.Address
	// Name is what the deployer called it; empty for contracts made by contracts.
	Name string
	// UserPercent is consume_user_resource_percent: the caller's share of the energy, 0 … 100.
	UserPercent int64
	// OriginEnergyLimit is the most energy of the origin's that one call may use.
	OriginEnergyLimit int64
	// Version is 1 for contracts made under parameter 60 (off on mainnet), else 0.
	Version int32
	// CodeHash is what a deployment says that the hash of its code will be; it counts until there is code.
	CodeHash [32]byte
	// TxHash is the id of the transaction that made it by CREATE2, else zero.
	TxHash [32]byte
}

// EnergyState is what the dynamic energy model remembers of a contract.
type EnergyState struct {
	// Usage is the energy used in the cycle.
	Usage int64
	// Factor is the penalty in 1/10,000: an opcode costs (10,000 + Factor) / 10,000 of its price.
	Factor int64
	// Cycle is the maintenance period that Usage belongs to.
	Cycle int64
}

// Chain is what contracts may ask about the chain.
type Chain interface {
	// BlockID is the id (8 bytes of height, 24 of hash) of a block that is on the chain.
	BlockID(number int64) ([32]byte, bool)
	// Cycle is the number of the present maintenance period.
	Cycle() int64
	// Totals are the network's sums that precompile 0x0100000b answers.
	Totals() Totals
	// Blackhole is the account that burnt TRX goes to.
	Blackhole() wallet.Address
}

// Totals are the network's sums of resources: limits in units of the resource, weights in TRX.
type Totals struct{ NetLimit, NetWeight, EnergyLimit, EnergyWeight int64 }

// Resource is what TRX is staked for.
type Resource int8

// The resources, by Tron's numbers.
const (
	Bandwidth Resource = 0
	Energy    Resource = 1
	TronPower Resource = 2
)

// Stakes is Stake 2.0. The operations follow the actuators of the same names, with their conditions; an error means that nothing was changed.
// The VM answers 0 to the contract then and marks the internal transaction rejected; the text of the error is for traces only.
type Stakes interface {
	// Freeze stakes amount of the owner's balance: at least 1 TRX.
	Freeze(owner wallet.Address, r Resource, amount wallet.Sun) error
	// Unfreeze starts to release amount. Unfreezes that have expired are paid out first; paid is their sum.
	// Rewards are settled and votes scaled down when the remaining stake covers fewer.
	Unfreeze(owner wallet.Address, r Resource, amount wallet.Sun) (paid wallet.Sun, err error)
	// CancelUnfreezes stakes everything again that is not yet released, and pays out what has expired. Unlike the actuator it succeeds when
	// there is nothing to cancel.
	CancelUnfreezes(owner wallet.Address) (Cancelled, error)
	// WithdrawExpired pays out what has been released; 0 without error when there is nothing.
	WithdrawExpired(owner wallet.Address) (wallet.Sun, error)
	// Delegate lends stake, without lock: at least 1 TRX of unused stake to an existing other account that is no contract.
	Delegate(owner, receiver wallet.Address, r Resource, amount wallet.Sun) error
	// Undelegate takes it back.
	Undelegate(owner, receiver wallet.Address, r Resource, amount wallet.Sun) error

	// Frozen is the account's own V2 stake that is not lent out.
	Frozen(a wallet.Address, r Resource) wallet.Sun
	// AllFrozen is everything that gives the account the resource: own stake of V1 and V2 and what others lend it.
	AllFrozen(a wallet.Address, r Resource) wallet.Sun
	// DelegatedOut is what the account lends to others, AcquiredIn what others lend it (V1 and V2).
	DelegatedOut(a wallet.Address, r Resource) wallet.Sun
	AcquiredIn(a wallet.Address, r Resource) wallet.Sun
	// DelegatedTo is what from lends to to, locked or not.
	DelegatedTo(from, to wallet.Address, r Resource) wallet.Sun
	// Delegatable is the most that the account could lend now.
	Delegatable(a wallet.Address, r Resource) wallet.Sun
	// UnfreezesLeft is how many more releases the account may start; 0 for a missing one.
	UnfreezesLeft(a wallet.Address) int64
	// Unfreezing lists the releases under way, expired ones included, oldest first.
	Unfreezing(a wallet.Address) []Unfreezing
	// UsedStake is how much stake the account's present usage of a resource takes, and how many seconds until it has recovered.
	UsedStake(a wallet.Address, r Resource) (used wallet.Sun, seconds int64)

	// HasForeignStake says whether SELFDESTRUCT must refuse: V2 stake lent to others or a release that has not expired
	// (with parameter 52 also V1 stake lent out or frozen and not expired).
	HasForeignStake(a wallet.Address) bool
	// MoveStake gives the V2 stake, its usage and the expired releases to the heir of a contract that ends; paid is the sum of the latter,
	// which went to the heir's balance.
	MoveStake(owner, heir wallet.Address) (paid wallet.Sun)
}

// Cancelled is what CancelUnfreezes did.
type Cancelled struct {
	// Frozen is what was staked again, by resource.
	Frozen [3]wallet.Sun
	// Paid is what had expired and went to the balance.
	Paid wallet.Sun
}

// Unfreezing is one release of stake under way.
type Unfreezing struct {
	Resource Resource
	Amount   wallet.Sun
	// Expires is when it can be withdrawn, in milliseconds since 1970.
	Expires int64
}

// Votes are votes for witnesses and what they earn.
type Votes interface {
	// Vote replaces the owner's votes after settling its reward. The VM has checked that all are for witnesses, merged those for the same one,
	// dropped zero counts and limited their number to 30; more votes than Tron power is an error. No votes at all takes the old ones back.
	Vote(owner wallet.Address, votes []Vote) error
	// WithdrawReward settles the reward and moves it to the balance: 0 without error when there is none. now is the time, in milliseconds, that the
	// account remembers of it.
	WithdrawReward(owner wallet.Address, now int64) (wallet.Sun, error)
	// ForfeitVotes settles the reward into the balance and drops the votes: what SELFDESTRUCT does first. The account remembers the time.
	ForfeitVotes(owner wallet.Address, now int64)

	// Reward is what WithdrawReward would pay.
	Reward(a wallet.Address) wallet.Sun
	// IsWitness says whether the account is a super representative or a candidate.
	IsWitness(a wallet.Address) bool
	// VotesOf lists the votes that an account has cast.
	VotesOf(a wallet.Address) []Vote
	// ReceivedVotes is the votes that a witness counts.
	ReceivedVotes(witness wallet.Address) int64
	// TronPower is the stake that an account may vote with; a vote takes one TRX of it.
	TronPower(a wallet.Address) wallet.Sun
}

// Vote is a number of votes for one witness.
type Vote struct {
	Witness wallet.Address
	Count   int64
}

// LegacyStakes is Stake 1.0 for contracts (parameter 52, off on mainnet). A State that does not have it makes the three opcodes answer 0.
type LegacyStakes interface {
	FreezeLegacy(owner, receiver wallet.Address, r Resource, amount wallet.Sun) error
	UnfreezeLegacy(owner, receiver wallet.Address, r Resource) (wallet.Sun, error)
	// LegacyExpiry is when the stake can be released, in milliseconds since 1970, or 0.
	LegacyExpiry(owner, receiver wallet.Address, r Resource) int64
	// MoveLegacy pays the V1 stake of a contract that ends to its heir's balance.
	MoveLegacy(owner, heir wallet.Address)
}
