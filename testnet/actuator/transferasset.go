package actuator

import (
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// transferAsset moves a TRC-10 token.
type transferAsset struct{ *tronpb.TransferAssetContract }

func (t transferAsset) Validate(s *state.State) error {
	owner, ok := address(t.GetOwnerAddress())
	if !ok {
		return invalid("Invalid ownerAddress")
	}
	to, ok := address(t.GetToAddress())
	if !ok {
		return invalid("Invalid toAddress")
	}
	if t.GetAmount() <= 0 {
		return invalid("Amount must be greater than 0.")
	}
	if owner == to {
		return invalid("Cannot transfer asset to yourself.")
	}
	from := s.Account(owner)
	if from == nil {
		return invalid("No owner account!")
	}
	id, ok := state.ParseTokenID(t.GetAssetName())
	if !ok || s.Token(id) == nil {
		return invalid("No asset!")
	}
	balance := s.TokenBalance(owner, id)
	if balance <= 0 {
		return invalid("assetBalance must be greater than 0.")
	}
	if t.GetAmount() > balance {
		return invalid("assetBalance is not sufficient.")
	}
	return t.checkReceiver(s, from, s.Account(to), id)
}

func (t transferAsset) checkReceiver(s *state.State, from, receiver *state.Account, id state.TokenID) error {
	if receiver == nil {
		if int64(from.Balance) < s.Param(state.CreateNewAccountFeeInSystemContract) {
			return invalid("Validate TransferAssetActuator error, insufficient fee.")
		}
		return nil
	}
	if s.On(state.ForbidTransferToContract) && receiver.Type == tronpb.AccountType_Contract {
		return invalid("Cannot transfer asset to smartContract.")
	}
	if _, ok := addExact(s.TokenBalance(receiver.Address, id), t.GetAmount()); !ok {
		return invalid("long overflow")
	}
	return nil
}

func (t transferAsset) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	owner, to := wallet.Address(t.GetOwnerAddress()), wallet.Address(t.GetToAddress())
	var fee wallet.Sun
	if s.Account(to) == nil {
		s.PutAccount(NewAccount(s, to, tronpb.AccountType_Normal))
		fee = wallet.Sun(s.Param(state.CreateNewAccountFeeInSystemContract))
	}
	if err := charge(s, owner, fee); err != nil {
		return err
	}
	id, _ := state.ParseTokenID(t.GetAssetName())
	moveToken(s, owner, to, id, t.GetAmount())
	r.Fee = int64(fee)
	return nil
}

func moveToken(s *state.State, from, to wallet.Address, id state.TokenID, amount int64) {
	s.SetTokenBalance(from, id, s.TokenBalance(from, id)-amount)
	s.SetTokenBalance(to, id, s.TokenBalance(to, id)+amount)
}
