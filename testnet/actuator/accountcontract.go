package actuator

import (
	"strings"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

const (
	maxAccountName = 200
	minAccountID   = 8
	maxAccountID   = 32
)

// createAccount activates an address.
type createAccount struct{ *tronpb.AccountCreateContract }

func (c createAccount) Validate(s *state.State) error {
	owner, ok := address(c.GetOwnerAddress())
	if !ok {
		return invalid("Invalid ownerAddress")
	}
	a := s.Account(owner)
	if a == nil {
		return invalid("Account[%s] not exists", owner.Hex())
	}
	if int64(a.Balance) < s.Param(state.CreateNewAccountFeeInSystemContract) {
		return invalid("Validate CreateAccountActuator error, insufficient fee.")
	}
	made, ok := address(c.GetAccountAddress())
	if !ok {
		return invalid("Invalid account address")
	}
	if s.Account(made) != nil {
		return invalid("Account has existed")
	}
	return nil
}

func (c createAccount) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	if _, known := tronpb.AccountType_name[int32(c.GetType())]; !known {
		return Errorf(Argument, "Can't get the number of an unknown enum value.")
	}
	fee := wallet.Sun(s.Param(state.CreateNewAccountFeeInSystemContract))
	s.PutAccount(NewAccount(s, wallet.Address(c.GetAccountAddress()), c.GetType()))
	if err := charge(s, wallet.Address(c.GetOwnerAddress()), fee); err != nil {
		return err
	}
	r.Fee = int64(fee)
	return nil
}

// updateAccount names an account.
type updateAccount struct{ *tronpb.AccountUpdateContract }

func (u updateAccount) Validate(s *state.State) error {
	if len(u.GetAccountName()) > maxAccountName {
		return invalid("Invalid accountName")
	}
	owner, ok := address(u.GetOwnerAddress())
	if !ok {
		return invalid("Invalid ownerAddress")
	}
	a := s.Account(owner)
	if a == nil {
		return invalid("Account does not exist")
	}
	if s.On(state.AllowUpdateAccountName) {
		return nil
	}
	if a.Name != "" {
		return invalid("This account name is already existed")
	}
	if _, taken := s.AccountByName(string(u.GetAccountName())); taken {
		return invalid("This name is existed")
	}
	return nil
}

func (u updateAccount) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	owner := wallet.Address(u.GetOwnerAddress())
	s.Edit(owner, func(a *state.Account) { a.Name = string(u.GetAccountName()) })
	s.SetAccountName(string(u.GetAccountName()), owner)
	return nil
}

// setAccountID gives an account its one id.
type setAccountID struct{ *tronpb.SetAccountIdContract }

// LowerID is the form in which ids are compared.
func LowerID(id []byte) string { return strings.ToLower(string(id)) }

func (i setAccountID) Validate(s *state.State) error {
	if !readable(i.GetAccountId(), minAccountID, maxAccountID) {
		return invalid("Invalid accountId")
	}
	owner, ok := address(i.GetOwnerAddress())
	if !ok {
		return invalid("Invalid ownerAddress")
	}
	a := s.Account(owner)
	if a == nil {
		return invalid("Account has not existed")
	}
	if a.ID != "" {
		return invalid("This account id already set")
	}
	if _, taken := s.AccountByID(LowerID(i.GetAccountId())); taken {
		return invalid("This id has existed")
	}
	return nil
}

func (i setAccountID) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	owner := wallet.Address(i.GetOwnerAddress())
	s.Edit(owner, func(a *state.Account) { a.ID = string(i.GetAccountId()) })
	s.SetAccountID(LowerID(i.GetAccountId()), owner)
	return nil
}
