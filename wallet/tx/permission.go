package tx

import "github.com/piecework/piecework/wallet"

// PermissionKind is what a permission may do.
type PermissionKind int32

// The kinds of permission.
const (
	PermissionOwner   PermissionKind = 0 // everything
	PermissionWitness PermissionKind = 1 // produce blocks
	PermissionActive  PermissionKind = 2 // the contract types of its operations
)

var permissionKinds = []string{"Owner", "Witness", "Active"}

// Permission is a set of keys that together may act for an account.
type Permission struct {
	Kind       PermissionKind
	ID         int32           // assigned by the chain: owner 0, witness 1, actives from 2
	Name       string          // at most 32 bytes
	Threshold  int64           // the weight that signatures must reach
	Parent     int32           // always 0
	Operations []byte          // 32 bytes for an active permission, none otherwise; see Operations
	Keys       []PermissionKey // 1–5
}

// PermissionKey is one key of a permission.
type PermissionKey struct {
	Address wallet.Address
	Weight  int64 // > 0
}

func (p *Permission) fields(f fields) {
	enumOf(f, 1, "type", &p.Kind, permissionKinds)
	f.int32(2, "id", &p.ID)
	f.string(3, "permission_name", &p.Name)
	f.int64(4, "threshold", &p.Threshold)
	f.int32(5, "parent_id", &p.Parent)
	f.bytes(6, "operations", &p.Operations)
	repeated(f, 7, "keys", &p.Keys, (*PermissionKey).fields)
}

func (k *PermissionKey) fields(f fields) {
	f.address(1, "address", &k.Address)
	f.int64(2, "weight", &k.Weight)
}

// AccountPermissionUpdate replaces all permissions of an account (AccountPermissionUpdateContract). What is left out is lost. 100 TRX.
type AccountPermissionUpdate struct {
	Owner   wallet.Address
	Owners  *Permission  // required
	Witness *Permission  // for super representatives only
	Actives []Permission // 1–8
}

// Type is TypeAccountPermissionUpdate.
func (c *AccountPermissionUpdate) Type() Type { return TypeAccountPermissionUpdate }

// Sender is the owner.
func (c *AccountPermissionUpdate) Sender() wallet.Address { return c.Owner }

func (c *AccountPermissionUpdate) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	optional(f, 2, "owner", &c.Owners, (*Permission).fields)
	optional(f, 3, "witness", &c.Witness, (*Permission).fields)
	repeated(f, 4, "actives", &c.Actives, (*Permission).fields)
}
