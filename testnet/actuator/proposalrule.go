package actuator

import (
	"github.com/piecework/piecework/testnet/state"
)

const (
	badRange   = "Bad chain parameter value, valid range is [0,100000000000000000]"
	badSupply  = "Bad chain parameter value, valid range is [0, 100_000_000_000L]"
	longest    = 100_000_000_000_000_000
	oneYear    = 10_512_000
	minNewSize = 500
	maxNewSize = 10_000
)

// proposalRule says which values may be proposed for a parameter: from least to most, or text.
type proposalRule struct {
	least, most int64
	text        string
}

func onlyOne(name string) proposalRule {
	return proposalRule{1, 1, "This value[" + name + "] is only allowed to be 1"}
}

func oneOrZero(name string) proposalRule {
	return proposalRule{0, 1, "This value[" + name + "] is only allowed to be 1 or 0"}
}

// proposalRules has the parameters that can be proposed, with the order of java-tron's checks in ruleBefore.
var proposalRules = map[state.Param]proposalRule{
	state.MaintenanceTimeInterval:              {3 * 27 * 1000, 24 * 3600 * 1000, "Bad chain parameter value, valid range is [3 * 27 * 1000,24 * 3600 * 1000]"},
	state.AccountUpgradeCost:                   {0, longest, badRange},
	state.CreateAccountFee:                     {0, longest, badRange},
	state.TransactionFee:                       {0, longest, badRange},
	state.AssetIssueFee:                        {0, longest, badRange},
	state.WitnessPayPerBlock:                   {0, longest, badRange},
	state.WitnessStandbyAllowance:              {0, longest, badRange},
	state.CreateNewAccountFeeInSystemContract:  {0, longest, badRange},
	state.CreateNewAccountBandwidthRate:        {0, longest, badRange},
	state.AllowCreationOfContracts:             onlyOne("ALLOW_CREATION_OF_CONTRACTS"),
	state.RemoveThePowerOfTheGr:                onlyOne("REMOVE_THE_POWER_OF_THE_GR"),
	state.EnergyFee:                            {-1 << 63, 1<<63 - 1, ""},
	state.ExchangeCreateFee:                    {-1 << 63, 1<<63 - 1, ""},
	state.MaxCPUTimeOfOneTx:                    {10, 400, "Bad chain parameter value, valid range is [10,400]"},
	state.AllowUpdateAccountName:               onlyOne("ALLOW_UPDATE_ACCOUNT_NAME"),
	state.AllowSameTokenName:                   onlyOne("ALLOW_SAME_TOKEN_NAME"),
	state.AllowDelegateResource:                onlyOne("ALLOW_DELEGATE_RESOURCE"),
	state.TotalEnergyLimit:                     {1, 0, "Bad chain parameter id"},
	state.AllowTvmTransferTrc10:                onlyOne("ALLOW_TVM_TRANSFER_TRC10"),
	state.TotalEnergyCurrentLimit:              {0, longest, badRange},
	state.AllowMultiSign:                       onlyOne("ALLOW_MULTI_SIGN"),
	state.AllowAdaptiveEnergy:                  onlyOne("ALLOW_ADAPTIVE_ENERGY"),
	state.UpdateAccountPermissionFee:           {0, 100_000_000_000, badSupply},
	state.MultiSignFee:                         {0, 100_000_000_000, badSupply},
	state.AllowProtoFilterNum:                  oneOrZero("ALLOW_PROTO_FILTER_NUM"),
	state.AllowAccountStateRoot:                oneOrZero("ALLOW_ACCOUNT_STATE_ROOT"),
	state.AllowTvmConstantinople:               onlyOne("ALLOW_TVM_CONSTANTINOPLE"),
	state.AllowTvmSolidity059:                  onlyOne("ALLOW_TVM_SOLIDITY_059"),
	state.AdaptiveResourceLimitTargetRatio:     {1, 1_000, "Bad chain parameter value, valid range is [1,1_000]"},
	state.AdaptiveResourceLimitMultiplier:      {1, 10_000, "Bad chain parameter value, valid range is [1,10_000]"},
	state.ChangeDelegation:                     oneOrZero("ALLOW_CHANGE_DELEGATION"),
	state.Witness127PayPerBlock:                {0, longest, badRange},
	state.ForbidTransferToContract:             onlyOne("FORBID_TRANSFER_TO_CONTRACT"),
	state.AllowPBFT:                            onlyOne("ALLOW_PBFT"),
	state.AllowTvmIstanbul:                     onlyOne("ALLOW_TVM_ISTANBUL"),
	state.AllowShieldedTRC20Transaction:        oneOrZero("ALLOW_SHIELDED_TRC20_TRANSACTION"),
	state.AllowMarketTransaction:               onlyOne("ALLOW_MARKET_TRANSACTION"),
	state.MarketSellFee:                        {0, 10_000_000_000, "Bad MARKET_SELL_FEE parameter value, valid range is [0,10_000_000_000L]"},
	state.MarketCancelFee:                      {0, 10_000_000_000, "Bad MARKET_CANCEL_FEE parameter value, valid range is [0,10_000_000_000L]"},
	state.MaxFeeLimit:                          {0, longest, badRange},
	state.AllowTransactionFeePool:              oneOrZero("ALLOW_TRANSACTION_FEE_POOL"),
	state.AllowOptimizeBlackHole:               oneOrZero("ALLOW_REMOVE_BLACKHOLE"),
	state.AllowNewResourceModel:                onlyOne("ALLOW_NEW_RESOURCE_MODEL"),
	state.AllowTvmFreeze:                       onlyOne("ALLOW_TVM_FREEZE"),
	state.AllowTvmVote:                         onlyOne("ALLOW_TVM_VOTE"),
	state.FreeNetLimit:                         {0, 100_000, "Bad chain parameter value, valid range is [0,100_000]"},
	state.TotalNetLimit:                        {0, 1_000_000_000_000, "Bad chain parameter value, valid range is [0, 1_000_000_000_000L]"},
	state.AllowAccountAssetOptimization:        onlyOne("ALLOW_ACCOUNT_ASSET_OPTIMIZATION"),
	state.AllowTvmLondon:                       onlyOne("ALLOW_TVM_LONDON"),
	state.AllowTvmCompatibleEvm:                onlyOne("ALLOW_TVM_COMPATIBLE_EVM"),
	state.AllowHigherLimitForMaxCPUTimeOfOneTx: onlyOne("ALLOW_HIGHER_LIMIT_FOR_MAX_CPU_TIME_OF_ONE_TX"),
	state.AllowAssetOptimization:               onlyOne("ALLOW_ASSET_OPTIMIZATION"),
	state.AllowNewReward:                       onlyOne("ALLOW_NEW_REWARD"),
	state.MemoFee:                              {0, 1_000_000_000, "This value[MEMO_FEE] is only allowed to be in the range 0-1000_000_000"},
	state.AllowDelegateOptimization:            onlyOne("ALLOW_DELEGATE_OPTIMIZATION"),
	state.UnfreezeDelayDays:                    {1, 365, "This value[UNFREEZE_DELAY_DAYS] is only allowed to be in the range 1-365"},
	state.AllowOptimizedReturnValueOfChainID:   onlyOne("ALLOW_OPTIMIZED_RETURN_VALUE_OF_CHAIN_ID"),
	state.AllowDynamicEnergy:                   {0, 1, "This value[ALLOW_DYNAMIC_ENERGY] is only allowed to be in the range 0-1"},
	state.DynamicEnergyThreshold:               {0, longest, badRange},
	state.DynamicEnergyIncreaseFactor:          {0, 10_000, "This value[DYNAMIC_ENERGY_INCREASE_FACTOR] is only allowed to be in the range 0-10000"},
	state.DynamicEnergyMaxFactor:               {0, 100_000, "This value[DYNAMIC_ENERGY_MAX_FACTOR] is only allowed to be in the range 0-100000"},
	state.AllowTvmShangHai:                     onlyOne("ALLOW_TVM_SHANGHAI"),
	state.AllowCancelAllUnfreezeV2:             onlyOne("ALLOW_CANCEL_ALL_UNFREEZE_V2"),
	state.AllowOldRewardOpt:                    onlyOne("ALLOW_OLD_REWARD_OPT"),
	state.AllowEnergyAdjustment:                onlyOne("ALLOW_ENERGY_ADJUSTMENT"),
	state.MaxCreateAccountTxSize: {
		minNewSize, maxNewSize,
		"This value[MAX_CREATE_ACCOUNT_TX_SIZE] is only allowed to be greater than or equal to 500 and less than or equal to 10000!",
	},
	state.AllowStrictMath:                 onlyOne("ALLOW_STRICT_MATH"),
	state.ConsensusLogicOptimization:      onlyOne("CONSENSUS_LOGIC_OPTIMIZATION"),
	state.AllowTvmCancun:                  onlyOne("ALLOW_TVM_CANCUN"),
	state.AllowTvmBlob:                    onlyOne("ALLOW_TVM_BLOB"),
	state.AllowTvmSelfdestructRestriction: onlyOne("ALLOW_TVM_SELFDESTRUCT_RESTRICTION"),
	state.AllowTvmPrague:                  onlyOne("ALLOW_TVM_PRAGUE"),
	state.AllowTvmOsaka:                   onlyOne("ALLOW_TVM_OSAKA"),
}

// onceOnly are parameters that are refused when they are already in force, with what is said then.
var onceOnly = map[state.Param]string{
	state.AllowNewReward:                  "New reward has been valid.",
	state.AllowOldRewardOpt:               "[ALLOW_OLD_REWARD_OPT] has been valid, no need to propose again",
	state.AllowEnergyAdjustment:           "[ALLOW_ENERGY_ADJUSTMENT] has been valid, no need to propose again",
	state.AllowStrictMath:                 "[ALLOW_STRICT_MATH] has been valid, no need to propose again",
	state.ConsensusLogicOptimization:      "[CONSENSUS_LOGIC_OPTIMIZATION] has been valid, no need to propose again",
	state.AllowTvmCancun:                  "[ALLOW_TVM_CANCUN] has been valid, no need to propose again",
	state.AllowTvmBlob:                    "[ALLOW_TVM_BLOB] has been valid, no need to propose again",
	state.AllowTvmSelfdestructRestriction: "[ALLOW_TVM_SELFDESTRUCT_RESTRICTION] has been valid, no need to propose again",
	state.AllowTvmPrague:                  "[ALLOW_TVM_PRAGUE] has been valid, no need to propose again",
	state.AllowTvmOsaka:                   "[ALLOW_TVM_OSAKA] has been valid, no need to propose again",
}

// needs are the parameters that must be in force before another can be proposed.
var needs = map[state.Param][]struct {
	param state.Param
	text  string
}{
	state.AllowTvmTransferTrc10:    {{state.AllowSameTokenName, "[ALLOW_SAME_TOKEN_NAME] proposal must be approved before [ALLOW_TVM_TRANSFER_TRC10] can be proposed"}},
	state.AllowTvmConstantinople:   {{state.AllowTvmTransferTrc10, "[ALLOW_TVM_TRANSFER_TRC10] proposal must be approved before [ALLOW_TVM_CONSTANTINOPLE] can be proposed"}},
	state.AllowTvmSolidity059:      {{state.AllowCreationOfContracts, "[ALLOW_CREATION_OF_CONTRACTS] proposal must be approved before [ALLOW_TVM_SOLIDITY_059] can be proposed"}},
	state.ForbidTransferToContract: {{state.AllowCreationOfContracts, "[ALLOW_CREATION_OF_CONTRACTS] proposal must be approved before [FORBID_TRANSFER_TO_CONTRACT] can be proposed"}},
	state.AllowTvmFreeze: {
		{state.AllowDelegateResource, "[ALLOW_DELEGATE_RESOURCE] proposal must be approved before [ALLOW_TVM_FREEZE] can be proposed"},
		{state.AllowMultiSign, "[ALLOW_MULTI_SIGN] proposal must be approved before [ALLOW_TVM_FREEZE] can be proposed"},
		{state.AllowTvmConstantinople, "[ALLOW_TVM_CONSTANTINOPLE] proposal must be approved before [ALLOW_TVM_FREEZE] can be proposed"},
		{state.AllowTvmSolidity059, "[ALLOW_TVM_SOLIDITY_059] proposal must be approved before [ALLOW_TVM_FREEZE] can be proposed"},
	},
	state.AllowTvmVote:             {{state.ChangeDelegation, "[ALLOW_CHANGE_DELEGATION] proposal must be approved before [ALLOW_TVM_VOTE] can be proposed"}},
	state.AllowDynamicEnergy:       {{state.ChangeDelegation, "[ALLOW_CHANGE_DELEGATION] proposal must be approved before [ALLOW_DYNAMIC_ENERGY] can be opened"}},
	state.AllowCancelAllUnfreezeV2: {{state.UnfreezeDelayDays, "[UNFREEZE_DELAY_DAYS] proposal must be approved before [ALLOW_CANCEL_ALL_UNFREEZE_V2] can be proposed"}},
}

// marketFirst are fees that need the market.
var marketFirst = map[state.Param]string{
	state.MarketSellFee:   "Market Transaction is not activated, can not set Market Sell Fee",
	state.MarketCancelFee: "Market Transaction is not activated, can not set Market Cancel Fee",
}

// checkProposed says whether a value may be proposed for a parameter.
func checkProposed(s *state.State, id, value int64) error {
	p, ok := state.ParamByProposal(id)
	if !ok || state.ParamInfoOf(p).Later && !s.On(state.LaterRelease) {
		return invalid("Does not support code : %d", id)
	}
	if text, ok := marketFirst[p]; ok && !s.On(state.AllowMarketTransaction) {
		return invalid("%s", text)
	}
	if text, ok := onceOnly[p]; ok && s.On(p) {
		return invalid("%s", text)
	}
	switch {
	case p == state.RemoveThePowerOfTheGr && s.Param(p) == -1:
		return invalid("This proposal has been executed before and is only allowed to be executed once")
	case p == state.MaxFeeLimit && value < 0:
		return invalid("Bad MAX_FEE_LIMIT parameter value, value must not be negative")
	case p == state.MaxFeeLimit && value > 10_000_000_000 && !s.On(state.AllowTvmLondon):
		return invalid("Bad MAX_FEE_LIMIT parameter value, valid range is [0,10_000_000_000L]")
	case p == state.MaxDelegateLockPeriod:
		return checkLockPeriod(s, value)
	case p == state.MaxCPUTimeOfOneTx && !s.On(state.AllowHigherLimitForMaxCPUTimeOfOneTx) && (value < 10 || value > 100):
		return invalid("Bad chain parameter value, valid range is [10,100]")
	}
	if rule := proposalRules[p]; value < rule.least || value > rule.most {
		return invalid("%s", rule.text)
	}
	if p == state.AllowDynamicEnergy && value != 1 {
		return nil
	}
	if p == state.AllowOldRewardOpt && s.Param(state.NewRewardCycle) == noNewReward {
		return invalid("[ALLOW_NEW_REWARD] or [ALLOW_TVM_VOTE] proposal must be approved before [ALLOW_OLD_REWARD_OPT] can be proposed")
	}
	for _, need := range needs[p] {
		if s.Param(need.param) == 0 {
			return invalid("%s", need.text)
		}
	}
	return nil
}

func checkLockPeriod(s *state.State, value int64) error {
	least := s.Param(state.MaxDelegateLockPeriod)
	if value <= least || value > oneYear {
		return invalid("This value[MAX_DELEGATE_LOCK_PERIOD] is only allowed to be greater than %d and less than or equal to %d !", least, oneYear)
	}
	if s.Param(state.UnfreezeDelayDays) == 0 {
		return invalid("[UNFREEZE_DELAY_DAYS] proposal must be approved before [MAX_DELEGATE_LOCK_PERIOD] can be proposed")
	}
	return nil
}
