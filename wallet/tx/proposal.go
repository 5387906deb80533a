package tx

import "github.com/piecework/piecework/wallet"

// ProposalCreate proposes new values of chain parameters (ProposalCreateContract). Super representatives only.
type ProposalCreate struct {
	Owner      wallet.Address
	Parameters []Parameter // each number once, in the order in which they are written
}

// Parameter is a chain parameter and the value that it shall have.
type Parameter struct{ Number, Value int64 }

// Type is TypeProposalCreate.
func (c *ProposalCreate) Type() Type { return TypeProposalCreate }

// Sender is the owner.
func (c *ProposalCreate) Sender() wallet.Address { return c.Owner }

func (c *ProposalCreate) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	repeated(f, 2, "parameters", &c.Parameters, func(p *Parameter, f fields) { f.entry(&p.Number, &p.Value) })
}

// ProposalApprove approves of a proposal, or no longer (ProposalApproveContract).
type ProposalApprove struct {
	Owner    wallet.Address
	Proposal int64 // its id, from 1 on
	Approve  bool  // false takes the approval back
}

// Type is TypeProposalApprove.
func (c *ProposalApprove) Type() Type { return TypeProposalApprove }

// Sender is the owner.
func (c *ProposalApprove) Sender() wallet.Address { return c.Owner }

func (c *ProposalApprove) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.int64(2, "proposal_id", &c.Proposal)
	f.bool(3, "is_add_approval", &c.Approve)
}

// ProposalDelete withdraws a proposal (ProposalDeleteContract).
type ProposalDelete struct {
	Owner    wallet.Address
	Proposal int64 // its id, from 1 on
}

// Type is TypeProposalDelete.
func (c *ProposalDelete) Type() Type { return TypeProposalDelete }

// Sender is the owner.
func (c *ProposalDelete) Sender() wallet.Address { return c.Owner }

func (c *ProposalDelete) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.int64(2, "proposal_id", &c.Proposal)
}
