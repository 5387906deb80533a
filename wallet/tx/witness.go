package tx

import "github.com/piecework/piecework/wallet"

// VoteWitness votes for super representatives; it replaces all earlier votes of the owner (VoteWitnessContract).
type VoteWitness struct {
	Owner   wallet.Address
	Votes   []Vote // 1–30
	Support bool   // unused by the chain
}

// Vote is a number of votes for one candidate.
type Vote struct {
	Candidate wallet.Address
	Count     int64 // one vote for each staked TRX
}

// Type is TypeVoteWitness.
func (c *VoteWitness) Type() Type { return TypeVoteWitness }

// Sender is the owner.
func (c *VoteWitness) Sender() wallet.Address { return c.Owner }

func (c *VoteWitness) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	repeated(f, 2, "votes", &c.Votes, (*Vote).fields)
	f.bool(3, "support", &c.Support)
}

func (v *Vote) fields(f fields) {
	f.address(1, "vote_address", &v.Candidate)
	f.int64(2, "vote_count", &v.Count)
}

// VoteAsset is a relic that the chain refuses (VoteAssetContract).
type VoteAsset struct {
	Owner      wallet.Address
	Candidates []wallet.Address
	Support    bool
	Count      int32 // of votes
}

// Type is TypeVoteAsset.
func (c *VoteAsset) Type() Type { return TypeVoteAsset }

// Sender is the owner.
func (c *VoteAsset) Sender() wallet.Address { return c.Owner }

func (c *VoteAsset) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.addresses(2, "vote_address", &c.Candidates)
	f.bool(3, "support", &c.Support)
	f.int32(5, "count", &c.Count)
}

// WitnessCreate makes the owner a candidate for super representative (WitnessCreateContract). 9,999 TRX.
type WitnessCreate struct {
	Owner wallet.Address
	URL   string // 1–256 bytes
}

// Type is TypeWitnessCreate.
func (c *WitnessCreate) Type() Type { return TypeWitnessCreate }

// Sender is the owner.
func (c *WitnessCreate) Sender() wallet.Address { return c.Owner }

func (c *WitnessCreate) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.text(2, "url", &c.URL)
}

// WitnessUpdate changes a candidate's page (WitnessUpdateContract).
type WitnessUpdate struct {
	Owner wallet.Address
	URL   string // 1–256 bytes
}

// Type is TypeWitnessUpdate.
func (c *WitnessUpdate) Type() Type { return TypeWitnessUpdate }

// Sender is the owner.
func (c *WitnessUpdate) Sender() wallet.Address { return c.Owner }

func (c *WitnessUpdate) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.text(12, "update_url", &c.URL)
}

// WithdrawBalance pays out voting and block rewards, at most once in 24 hours (WithdrawBalanceContract).
type WithdrawBalance struct{ Owner wallet.Address }

// Type is TypeWithdrawBalance.
func (c *WithdrawBalance) Type() Type { return TypeWithdrawBalance }

// Sender is the owner.
func (c *WithdrawBalance) Sender() wallet.Address { return c.Owner }

func (c *WithdrawBalance) fields(f fields) { f.address(1, "owner_address", &c.Owner) }

// UpdateBrokerage sets the share of the rewards that a super representative keeps (UpdateBrokerageContract).
type UpdateBrokerage struct {
	Owner     wallet.Address
	Brokerage int32 // per cent, 0–100
}

// Type is TypeUpdateBrokerage.
func (c *UpdateBrokerage) Type() Type { return TypeUpdateBrokerage }

// Sender is the owner.
func (c *UpdateBrokerage) Sender() wallet.Address { return c.Owner }

func (c *UpdateBrokerage) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.int32(2, "brokerage", &c.Brokerage)
}
