package state

import (
	"cmp"
	"slices"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Resource is what an account can stake for.
type Resource int32

// The resources by java-tron's numbers. TronPower exists only with parameter 51, which mainnet never switched on.
const (
	Bandwidth Resource = iota
	Energy
	TronPower
)

// Resources is the number of resources that are used up and recover: bandwidth and energy.
const Resources = 2

// Use is how much of one resource an account has used, and when.
type Use struct {
	// Amount is bytes or energy as of Slot.
	Amount int64
	// Slot is the time of the last use in 3-second slots since genesis.
	Slot int64
	// Window is the recovery window: in slots, or in 1/1000 slots when Optimized. Zero stands for the default of 28,800 slots.
	Window int64
	// Optimized says in which unit Window is.
	Optimized bool
}

// Stake is an amount staked for a resource.
type Stake struct {
	Resource Resource
	Amount   wallet.Sun
}

// OldStake is stake of before Stake 2.0.
type OldStake struct {
	Amount wallet.Sun
	// Expires is when it can be released, in milliseconds since 1970.
	Expires int64
}

// Unstake is an amount on its way back from stake.
type Unstake struct {
	Resource Resource
	Amount   wallet.Sun
	// Expires is when it can be withdrawn, in milliseconds since 1970.
	Expires int64
}

// Ballot is an account's votes for one witness.
type Ballot struct {
	Witness wallet.Address
	Count   int64
}

// FrozenSupply is a part of a token's supply that its issuer cannot use yet.
type FrozenSupply struct {
	Amount int64
	// Expires is in milliseconds since 1970.
	Expires int64
}

// TokenUse is the free bandwidth of a token that an account has used.
type TokenUse struct {
	Token TokenID
	// Amount is bytes as of Slot.
	Amount int64
	// Slot is the time of the last use in slots since genesis.
	Slot int64
}

// Account is one account. A value that is in the state is never changed; State.Edit changes a copy. Token balances are rows of their own.
type Account struct {
	Address wallet.Address
	Type    tronpb.AccountType
	// Name and ID are given by the owner, the name many times, the id once.
	Name, ID string
	Balance  wallet.Sun
	Ballots  []Ballot
	// Used is the use of bandwidth and of energy.
	Used [Resources]Use
	// FreeUsed is the use of the free bandwidth that every account has.
	FreeUsed   Use
	TokensUsed []TokenUse
	// Created and LastOperation are in milliseconds since 1970.
	Created, LastOperation int64
	// Allowance is the reward that can be withdrawn; LastWithdrawn says when it last was.
	Allowance     wallet.Sun
	LastWithdrawn int64
	IsWitness     bool
	FrozenSupply  []FrozenSupply
	// IssuedName and Issued are the name and id of the one token that the account may issue.
	IssuedName string
	Issued     TokenID
	Owner      *tronpb.Permission
	Witness    *tronpb.Permission
	Active     []*tronpb.Permission
	// Stakes has at most one entry per resource, in the order of first staking.
	Stakes   []Stake
	Unstakes []Unstake
	// Lent is own stake delegated to others, Borrowed is others' stake delegated to this account.
	Lent, Borrowed [Resources]wallet.Sun
	// Frozen, LentOld and BorrowedOld are the same of before Stake 2.0: own stake by resource, and what was delegated.
	Frozen               [3]OldStake
	LentOld, BorrowedOld [Resources]wallet.Sun
	// OldTronPower is 0 before the first change of votes under parameter 51, -1 after.
	OldTronPower int64
}

// Staked is the account's own stake for a resource that is not lent out.
func (a *Account) Staked(r Resource) wallet.Sun {
	for _, s := range a.Stakes {
		if s.Resource == r {
			return s.Amount
		}
	}
	return 0
}

// AddStake changes the own stake for a resource by an amount, which may be negative.
func (a *Account) AddStake(r Resource, amount wallet.Sun) {
	stakes := append([]Stake(nil), a.Stakes...)
	for i := range stakes {
		if stakes[i].Resource == r {
			stakes[i].Amount += amount
			a.Stakes = stakes
			return
		}
	}
	a.Stakes = append(stakes, Stake{r, amount})
}

// Power is all that counts for the limit of bandwidth or energy: own stake and what others have lent, of both kinds.
func (a *Account) Power(r Resource) wallet.Sun {
	return a.Staked(r) + a.Borrowed[r] + a.Frozen[r].Amount + a.BorrowedOld[r]
}

// Owned is own stake of Stake 2.0 whether lent out or not.
func (a *Account) Owned(r Resource) wallet.Sun { return a.Staked(r) + a.Lent[r] }

// VotePower is the stake that counts for votes, in sun: one vote for each whole TRX.
func (a *Account) VotePower() (sum wallet.Sun) {
	for _, r := range []Resource{Bandwidth, Energy} {
		sum += a.Owned(r) + a.Frozen[r].Amount + a.LentOld[r]
	}
	return sum
}

// PowerStake is the stake of both kinds for the resource TronPower.
func (a *Account) PowerStake() wallet.Sun { return a.Staked(TronPower) + a.Frozen[TronPower].Amount }

// HasStakeV2 says whether the account ever staked under the rules of Stake 2.0.
func (a *Account) HasStakeV2() bool { return len(a.Stakes) > 0 }

// TokenUse is the account's use of a token's free bandwidth, and whether there is a record of it.
func (a *Account) TokenUse(id TokenID) (TokenUse, bool) {
	for _, u := range a.TokensUsed {
		if u.Token == id {
			return u, true
		}
	}
	return TokenUse{Token: id}, false
}

// SetTokenUse records the use of a token's free bandwidth.
func (a *Account) SetTokenUse(u TokenUse) {
	uses := append([]TokenUse(nil), a.TokensUsed...)
	for i := range uses {
		if uses[i].Token == u.Token {
			uses[i] = u
			a.TokensUsed = uses
			return
		}
	}
	a.TokensUsed = append(uses, u)
	slices.SortFunc(a.TokensUsed, func(x, y TokenUse) int { return cmp.Compare(x.Token, y.Token) })
}

// Permission finds a permission by its id: 0 owner, 1 witness, 2 and up active. It is nil when there is none.
func (a *Account) Permission(id int32) *tronpb.Permission {
	switch {
	case id == 0:
		if a.Owner != nil {
			return a.Owner
		}
		return OwnerPermission(a.Address)
	case id == 1:
		return a.Witness
	}
	for _, p := range a.Active {
		if p.GetId() == id {
			return p
		}
	}
	return nil
}

// OwnerPermission is the owner permission that every account starts with.
func OwnerPermission(a wallet.Address) *tronpb.Permission {
	return &tronpb.Permission{PermissionName: "owner", Threshold: 1, Keys: []*tronpb.Key{{Address: a[:], Weight: 1}}}
}

// WitnessPermission is the permission that a new witness gets.
func WitnessPermission(a wallet.Address) *tronpb.Permission {
	return &tronpb.Permission{
		Type: tronpb.Permission_Witness, Id: 1, PermissionName: "witness", Threshold: 1,
		Keys: []*tronpb.Key{{Address: a[:], Weight: 1}},
	}
}

// ActivePermission is the active permission that every account starts with; operations is the chain's present default.
func ActivePermission(a wallet.Address, operations []byte) *tronpb.Permission {
	return &tronpb.Permission{
		Type: tronpb.Permission_Active, Id: 2, PermissionName: "active", Threshold: 1, Operations: operations,
		Keys: []*tronpb.Key{{Address: a[:], Weight: 1}},
	}
}
