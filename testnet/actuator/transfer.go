package actuator

import (
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// transfer moves TRX and makes the recipient's account where there is none.
type transfer struct{ *tronpb.TransferContract }

func (t transfer) Validate(s *state.State) error {
	owner, ok := address(t.GetOwnerAddress())
	if !ok {
		return invalid("Invalid ownerAddress!")
	}
	to, ok := address(t.GetToAddress())
	if !ok {
		return invalid("Invalid toAddress!")
	}
	if owner == to {
		return invalid("Cannot transfer TRX to yourself.")
	}
	from := s.Account(owner)
	if from == nil {
		return invalid("Validate TransferContract error, no OwnerAccount.")
	}
	if t.GetAmount() <= 0 {
		return invalid("Amount must be greater than 0.")
	}
	receiver := s.Account(to)
	if err := mayReceive(s, receiver); err != nil {
		return err
	}
	need, ok := addExact(t.GetAmount(), int64(t.fee(s, receiver)))
	if !ok {
		return invalid("long overflow")
	}
	if int64(from.Balance) < need {
		return invalid("Validate TransferContract error, balance is not sufficient.")
	}
	if receiver != nil {
		if _, ok := addExact(int64(receiver.Balance), t.GetAmount()); !ok {
			return invalid("long overflow")
		}
	}
	return nil
}

// mayReceive are the two parameters, off on mainnet, that keep TRX from contracts.
func mayReceive(s *state.State, receiver *state.Account) error {
	if receiver == nil || receiver.Type != tronpb.AccountType_Contract {
		return nil
	}
	if s.On(state.ForbidTransferToContract) {
		return invalid("Cannot transfer TRX to a smartContract.")
	}
	if !s.On(state.AllowTvmCompatibleEvm) {
		return nil
	}
	contract := s.Contract(receiver.Address)
	if contract == nil {
		return invalid("Account type is Contract, but it is not exist in contract store.")
	}
	if contract.GetVersion() == 1 {
		return invalid("Cannot transfer TRX to a smartContract which version is one. Instead please use TriggerSmartContract ")
	}
	return nil
}

func (t transfer) fee(s *state.State, receiver *state.Account) wallet.Sun {
	if receiver != nil {
		return 0
	}
	return wallet.Sun(s.Param(state.CreateNewAccountFeeInSystemContract))
}

func (t transfer) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	owner, to := wallet.Address(t.GetOwnerAddress()), wallet.Address(t.GetToAddress())
	receiver := s.Account(to)
	fee := t.fee(s, receiver)
	if receiver == nil {
		s.PutAccount(NewAccount(s, to, tronpb.AccountType_Normal))
	}
	if err := adjust(s, owner, -fee-wallet.Sun(t.GetAmount())); err != nil {
		return err
	}
	burn(s, fee)
	if err := adjust(s, to, wallet.Sun(t.GetAmount())); err != nil {
		return err
	}
	r.Fee = int64(fee)
	return nil
}
