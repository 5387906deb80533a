package tx

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/piecework/piecework/wallet"
)

// Errors about permissions.
var (
	ErrPermission = errors.New("not a permission that the chain takes")
	ErrLockout    = errors.New("nobody could act for the account any more")
)

// Limits of the chain (AccountPermissionUpdateActuator).
const (
	maxKeys           = 5  // of a permission
	maxActives        = 8  // of an account
	maxPermissionName = 32 // bytes
	firstActiveID     = 2
)

// MaxPermissionID is the highest that an account can have: 0 is the owner's, 1 the witness's, and eight active ones follow.
const MaxPermissionID = firstActiveID + maxActives - 1

// Permissions are all permissions of an account. An update replaces them whole, so change what was read, never build a part.
type Permissions struct {
	Owner   Permission
	Witness *Permission // super representatives only
	Actives []Permission
}

// DefaultPermissions are those of a new account: its own key, weight 1, in an owner and an active permission.
func DefaultPermissions(account wallet.Address) Permissions {
	self := []PermissionKey{{Address: account, Weight: 1}}
	operations := DefaultOperations()
	return Permissions{
		Owner:   Permission{Kind: PermissionOwner, Name: "owner", Threshold: 1, Keys: self},
		Actives: []Permission{{Kind: PermissionActive, ID: firstActiveID, Name: "active", Threshold: 1, Operations: operations[:], Keys: slices.Clone(self)}},
	}
}

// ByID is the permission of that id, as a transaction names it: 0 the owner's, 1 the witness's, 2 and above the active ones; nil when there is none.
func (p *Permissions) ByID(id int32) *Permission {
	if id == p.Owner.ID {
		return &p.Owner
	}
	if p.Witness != nil && id == p.Witness.ID {
		return p.Witness
	}
	for i := range p.Actives {
		if p.Actives[i].ID == id {
			return &p.Actives[i]
		}
	}
	return nil
}

// Update is the contract that gives the account these permissions, once every rule of the chain holds (ErrPermission). It costs 100 TRX on mainnet.
// Ask Lockout as well: the chain does not.
func (p Permissions) Update(account wallet.Address) (*AccountPermissionUpdate, error) {
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("changing the permissions of %s: %w", account, err)
	}
	p = p.numbered()
	return &AccountPermissionUpdate{Owner: account, Owners: &p.Owner, Witness: p.Witness, Actives: p.Actives}, nil
}

// numbered gives every permission the id that the chain will: owner 0, witness 1, actives from 2.
func (p Permissions) numbered() Permissions {
	p.Owner.ID = 0
	if p.Witness != nil {
		witness := *p.Witness
		witness.ID = 1
		p.Witness = &witness
	}
	p.Actives = slices.Clone(p.Actives)
	for i := range p.Actives {
		p.Actives[i].ID = firstActiveID + int32(i)
	}
	return p
}

// Check applies the chain's rules.
func (p Permissions) Check() error {
	if err := p.Owner.check(PermissionOwner); err != nil {
		return err
	}
	if p.Witness != nil {
		if err := p.Witness.check(PermissionWitness); err != nil {
			return err
		}
	}
	if n := len(p.Actives); n == 0 || n > maxActives {
		return fmt.Errorf("%w: %d active permissions, want 1 to %d", ErrPermission, n, maxActives)
	}
	for i := range p.Actives {
		if err := p.Actives[i].check(PermissionActive); err != nil {
			return err
		}
	}
	return nil
}

func (p *Permission) check(kind PermissionKind) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s permission %q: %s", ErrPermission, permissionKinds[kind], wallet.Clip(p.Name), fmt.Sprintf(format, args...))
	}
	switch n := len(p.Keys); {
	case p.Kind != kind:
		return refuse("its kind is %s", enumName(int32(p.Kind), permissionKinds))
	case n == 0 || n > maxKeys:
		return refuse("%d keys, want 1 to %d", n, maxKeys)
	case kind == PermissionWitness && n != 1:
		return refuse("%d keys, want 1", n)
	case p.Threshold <= 0:
		return refuse("the threshold is %d", p.Threshold)
	case len(p.Name) > maxPermissionName:
		return refuse("the name has more than %d bytes", maxPermissionName)
	case p.Parent != 0:
		return refuse("the parent is %d, want 0", p.Parent)
	}
	if err := p.checkKeys(refuse); err != nil {
		return err
	}
	return p.checkOperations(kind, refuse)
}

func (p *Permission) checkKeys(refuse func(string, ...any) error) error {
	total := int64(0)
	for i, k := range p.Keys {
		switch {
		case k.Address.IsZero() || k.Address[0] != wallet.AddressPrefix:
			return refuse("key %d has no address", i+1)
		case k.Weight <= 0:
			return refuse("%s has the weight %d", k.Address, k.Weight)
		case p.Weight(k.Address) != k.Weight:
			return refuse("%s is there twice", k.Address)
		case total > math.MaxInt64-k.Weight:
			return refuse("the weights overflow")
		}
		total += k.Weight
	}
	if total < p.Threshold {
		return refuse("all keys weigh %d, less than the threshold %d", total, p.Threshold)
	}
	return nil
}

func (p *Permission) checkOperations(kind PermissionKind, refuse func(string, ...any) error) error {
	if kind != PermissionActive {
		if len(p.Operations) != 0 {
			return refuse("it has operations; only active ones do")
		}
		return nil
	}
	operations, err := OperationsFromBytes(p.Operations)
	if err != nil {
		return refuse("%d bytes of operations, want 32", len(p.Operations))
	}
	available := AvailableOperations()
	for _, t := range operations.Types() {
		if !available.Has(t) {
			return refuse("the chain does not allow %s", t)
		}
	}
	return nil
}

// Weight is what the signatures of those addresses weigh together; an address that is no key weighs nothing, one that is named twice counts once.
func (p *Permission) Weight(signers ...wallet.Address) int64 {
	total := int64(0)
	for _, k := range p.Keys {
		if slices.Contains(signers, k.Address) {
			total += k.Weight
		}
	}
	return total
}

// Fewest is how many signatures reach the threshold when the heaviest keys sign; all of them when even they do not.
func (p *Permission) Fewest() int {
	weights := make([]int64, len(p.Keys))
	for i, k := range p.Keys {
		weights[i] = k.Weight
	}
	slices.SortFunc(weights, func(a, b int64) int { return cmp.Compare(b, a) })
	total := int64(0)
	for i, w := range weights {
		if total += w; total >= p.Threshold {
			return i + 1
		}
	}
	return len(weights)
}

// Allows says whether the permission may sign contracts of that type: the owner's all, an active one its operations, a witness's none.
func (p *Permission) Allows(t Type) bool {
	switch p.Kind {
	case PermissionOwner:
		return true
	case PermissionActive:
		operations, err := OperationsFromBytes(p.Operations)
		return err == nil && operations.Has(t)
	default:
		return false
	}
}

// Lockout refuses permissions under which the holder of those keys could no longer change them: the owner permission would be out of reach, and no active
// permission within reach may update permissions. The error wraps ErrLockout.
func (p Permissions) Lockout(held ...wallet.Address) error {
	if p.Owner.Weight(held...) >= p.Owner.Threshold {
		return nil
	}
	for i := range p.Actives {
		a := &p.Actives[i]
		if a.Allows(TypeAccountPermissionUpdate) && a.Weight(held...) >= a.Threshold {
			return nil
		}
	}
	return fmt.Errorf("%w: the keys that you hold weigh %d of the %d that the owner permission wants", ErrLockout, p.Owner.Weight(held...), p.Owner.Threshold)
}
