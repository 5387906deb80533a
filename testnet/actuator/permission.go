package actuator

import (
	"unicode/utf16"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

const (
	maxActivePermissions = 8
	maxPermissionName    = 32
	operationsSize       = 32
)

// updatePermissions replaces who may sign for an account.
type updatePermissions struct {
	*tronpb.AccountPermissionUpdateContract
}

func (u updatePermissions) Validate(s *state.State) error {
	if !s.On(state.AllowMultiSign) {
		return invalid("multi sign is not allowed, need to be opened by the committee")
	}
	owner, ok := address(u.GetOwnerAddress())
	if !ok {
		return invalid("invalidate ownerAddress")
	}
	a := s.Account(owner)
	switch {
	case a == nil:
		return invalid("ownerAddress account does not exist")
	case u.GetOwner() == nil:
		return invalid("owner permission is missed")
	case a.IsWitness && u.GetWitness() == nil:
		return invalid("witness permission is missed")
	case !a.IsWitness && u.GetWitness() != nil:
		return invalid("account isn't witness can't set witness permission")
	case len(u.GetActives()) == 0:
		return invalid("active permission is missed")
	case len(u.GetActives()) > maxActivePermissions:
		return invalid("active permission is too many")
	}
	return u.checkAll(s, a)
}

func (u updatePermissions) checkAll(s *state.State, a *state.Account) error {
	if u.GetOwner().GetType() != tronpb.Permission_Owner {
		return invalid("owner permission type is error")
	}
	if err := checkPermission(s, u.GetOwner()); err != nil {
		return err
	}
	if a.IsWitness {
		if u.GetWitness().GetType() != tronpb.Permission_Witness {
			return invalid("witness permission type is error")
		}
		if err := checkPermission(s, u.GetWitness()); err != nil {
			return err
		}
	}
	for _, p := range u.GetActives() {
		if p.GetType() != tronpb.Permission_Active {
			return invalid("active permission type is error")
		}
		if err := checkPermission(s, p); err != nil {
			return err
		}
	}
	return nil
}

func checkPermission(s *state.State, p *tronpb.Permission) error {
	most := s.Param(state.TotalSignNum)
	switch {
	case int64(len(p.GetKeys())) > most:
		return invalid("number of keys in permission should not be greater than %d", most)
	case len(p.GetKeys()) == 0:
		return invalid("key's count should be greater than 0")
	case p.GetType() == tronpb.Permission_Witness && len(p.GetKeys()) != 1:
		return invalid("Witness permission's key count should be 1")
	case p.GetThreshold() <= 0:
		return invalid("permission's threshold should be greater than 0")
	case len(utf16.Encode([]rune(p.GetPermissionName()))) > maxPermissionName:
		return invalid("permission's name is too long")
	case p.GetParentId() != 0:
		return invalid("permission's parent should be owner")
	}
	if err := checkKeys(p); err != nil {
		return err
	}
	return checkOperations(s, p)
}

func checkKeys(p *tronpb.Permission) error {
	seen := map[string]bool{}
	for _, k := range p.GetKeys() {
		if seen[string(k.GetAddress())] {
			return invalid("address should be distinct in permission %s", p.GetType())
		}
		seen[string(k.GetAddress())] = true
	}
	var sum int64
	for _, k := range p.GetKeys() {
		if _, ok := address(k.GetAddress()); !ok {
			return invalid("key is not a validate address")
		}
		if k.GetWeight() <= 0 {
			return invalid("key's weight should be greater than 0")
		}
		var ok bool
		if sum, ok = addExact(sum, k.GetWeight()); !ok {
			return invalid("long overflow")
		}
	}
	if sum < p.GetThreshold() {
		return invalid("sum of all key's weight should not be less than threshold in permission %s", p.GetType())
	}
	return nil
}

func checkOperations(s *state.State, p *tronpb.Permission) error {
	operations := p.GetOperations()
	if p.GetType() != tronpb.Permission_Active {
		if len(operations) > 0 {
			return invalid("%s permission needn't operations", p.GetType())
		}
		return nil
	}
	if len(operations) != operationsSize {
		return invalid("operations size must 32")
	}
	available := s.Text(state.AvailableContracts)
	for i := range operationsSize * 8 {
		bit := byte(1) << (i % 8)
		if operations[i/8]&bit != 0 && available[i/8]&bit == 0 {
			return invalid("%d isn't a validate ContractType", i)
		}
	}
	return nil
}

// Execute numbers the permissions anew: owner 0, witness 1, actives from 2 on.
func (u updatePermissions) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	owner := wallet.Address(u.GetOwnerAddress())
	fee := wallet.Sun(s.Param(state.UpdateAccountPermissionFee))
	numbered := func(p *tronpb.Permission, id int32) *tronpb.Permission {
		c := proto.Clone(p).(*tronpb.Permission)
		c.Id = id
		return c
	}
	s.Edit(owner, func(a *state.Account) {
		a.Owner = numbered(u.GetOwner(), 0)
		if a.IsWitness {
			a.Witness = numbered(u.GetWitness(), 1)
		}
		a.Active = nil
		for i, p := range u.GetActives() {
			a.Active = append(a.Active, numbered(p, int32(i)+2))
		}
	})
	r.Fee = int64(fee)
	return charge(s, owner, fee)
}
