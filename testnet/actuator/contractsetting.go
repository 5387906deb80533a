package actuator

import (
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// ownContract finds the contract that the owner deployed. gone is how the sentence about a missing contract ends.
func ownContract(s *state.State, owner wallet.Address, contract []byte, gone string) error {
	a, ok := address(contract)
	c := s.Contract(a)
	if !ok || c == nil {
		return invalid("Contract %s", gone)
	}
	if string(c.GetOriginAddress()) != string(owner[:]) {
		return invalid("Account[%s] is not the owner of the contract", owner.Hex())
	}
	return nil
}

func editContract(s *state.State, contract []byte, f func(*tronpb.SmartContract)) {
	a := wallet.Address(contract)
	c := proto.Clone(s.Contract(a)).(*tronpb.SmartContract)
	f(c)
	s.PutContract(a, c)
}

// updateSetting changes the share of energy that callers pay.
type updateSetting struct{ *tronpb.UpdateSettingContract }

func (u updateSetting) Validate(s *state.State) error {
	a, err := existing(s, u.GetOwnerAddress(), "does not exist")
	if err != nil {
		return err
	}
	if p := u.GetConsumeUserResourcePercent(); p < 0 || p > 100 {
		return invalid("percent not in [0, 100]")
	}
	return ownContract(s, a.Address, u.GetContractAddress(), "does not exist")
}

func (u updateSetting) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	editContract(s, u.GetContractAddress(), func(c *tronpb.SmartContract) {
		c.ConsumeUserResourcePercent = u.GetConsumeUserResourcePercent()
	})
	return nil
}

// updateEnergyLimit changes what the deployer pays at most for one call.
type updateEnergyLimit struct {
	*tronpb.UpdateEnergyLimitContract
}

func (u updateEnergyLimit) Validate(s *state.State) error {
	if s.Param(state.HeadNumber) < s.Param(state.EnergyLimitBlock) {
		return invalid("contract type error, unexpected type [UpdateEnergyLimitContract]")
	}
	a, err := existing(s, u.GetOwnerAddress(), "does not exist")
	if err != nil {
		return err
	}
	if u.GetOriginEnergyLimit() <= 0 {
		return invalid("origin energy limit must be > 0")
	}
	return ownContract(s, a.Address, u.GetContractAddress(), "does not exist")
}

func (u updateEnergyLimit) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	editContract(s, u.GetContractAddress(), func(c *tronpb.SmartContract) { c.OriginEnergyLimit = u.GetOriginEnergyLimit() })
	return nil
}

// clearABI drops the stored ABI.
type clearABI struct{ *tronpb.ClearABIContract }

func (c clearABI) Validate(s *state.State) error {
	if !s.On(state.AllowTvmConstantinople) {
		return invalid("contract type error,unexpected type [ClearABIContract]")
	}
	a, err := existing(s, c.GetOwnerAddress(), "not exists")
	if err != nil {
		return err
	}
	return ownContract(s, a.Address, c.GetContractAddress(), "not exists")
}

func (c clearABI) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	editContract(s, c.GetContractAddress(), func(m *tronpb.SmartContract) { m.Abi = &tronpb.SmartContract_ABI{} })
	return nil
}
