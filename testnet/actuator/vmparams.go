package actuator

import (
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet/tronpb"
)

// VMParams are the chain parameters that the VM obeys, as they stand now.
func VMParams(s *state.State) vm.Params {
	delay := s.Param(state.UnfreezeDelayDays)
	return vm.Params{
		EnergyFee:                   s.Param(state.EnergyFee),
		TransferTrc10:               s.On(state.AllowTvmTransferTrc10),
		MultiSign:                   s.On(state.AllowMultiSign),
		Constantinople:              s.On(state.AllowTvmConstantinople),
		Solidity059:                 s.On(state.AllowTvmSolidity059),
		ShieldedTRC20:               s.On(state.AllowShieldedTRC20Transaction),
		Istanbul:                    s.On(state.AllowTvmIstanbul),
		Freeze:                      s.On(state.AllowTvmFreeze),
		Vote:                        s.On(state.AllowTvmVote),
		CompatibleEVM:               s.On(state.AllowTvmCompatibleEvm),
		London:                      s.On(state.AllowTvmLondon),
		HigherCPULimit:              s.On(state.AllowHigherLimitForMaxCPUTimeOfOneTx),
		UnfreezeDelayDays:           delay,
		OptimizedChainID:            s.On(state.AllowOptimizedReturnValueOfChainID),
		DynamicEnergy:               s.On(state.AllowDynamicEnergy),
		DynamicEnergyThreshold:      s.Param(state.DynamicEnergyThreshold),
		DynamicEnergyIncreaseFactor: s.Param(state.DynamicEnergyIncreaseFactor),
		DynamicEnergyMaxFactor:      s.Param(state.DynamicEnergyMaxFactor),
		Shanghai:                    s.On(state.AllowTvmShangHai),
		EnergyAdjustment:            s.On(state.AllowEnergyAdjustment),
		Cancun:                      s.On(state.AllowTvmCancun),
		Blob:                        s.On(state.AllowTvmBlob),
		SelfdestructRestriction:     s.On(state.AllowTvmSelfdestructRestriction),
		Prague:                      s.On(state.AllowTvmPrague),
		Osaka:                       s.On(state.AllowTvmOsaka),
	}
}

// Bitmaps are the contract types that active permissions may hold, and that new ones hold, under the parameters in force.
func Bitmaps(s *state.State) (available, standard []byte) {
	available, standard = make([]byte, 32), make([]byte, 32)
	copy(available, []byte{0x7f, 0xff, 0x1f, 0xc0, 0x03, 0x7e})
	copy(standard, []byte{0x7f, 0xff, 0x1f, 0xc0, 0x03, 0x3e})
	open := func(on bool, types ...ContractType) {
		for _, t := range types {
			if on {
				available[t/8] |= 1 << (t % 8)
				standard[t/8] |= 1 << (t % 8)
			}
		}
	}
	open(s.On(state.AllowTvmConstantinople), tronpb.Transaction_Contract_ClearABIContract)
	open(s.On(state.ChangeDelegation), tronpb.Transaction_Contract_UpdateBrokerageContract)
	open(s.On(state.AllowMarketTransaction), tronpb.Transaction_Contract_MarketSellAssetContract, tronpb.Transaction_Contract_MarketCancelOrderContract)
	open(s.Param(state.UnfreezeDelayDays) > 0,
		tronpb.Transaction_Contract_FreezeBalanceV2Contract, tronpb.Transaction_Contract_UnfreezeBalanceV2Contract,
		tronpb.Transaction_Contract_WithdrawExpireUnfreezeContract, tronpb.Transaction_Contract_DelegateResourceContract,
		tronpb.Transaction_Contract_UnDelegateResourceContract)
	open(s.On(state.AllowCancelAllUnfreezeV2), tronpb.Transaction_Contract_CancelAllUnfreezeV2Contract)
	return available, standard
}
