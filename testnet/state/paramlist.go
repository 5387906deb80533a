package state

// ParamInfo says how a chain parameter is called and what it starts with.
type ParamInfo struct {
	// Key is the name in getchainparameters.
	Key string
	// Proposal is the number that proposals use; -1 for what cannot be proposed.
	Proposal int64
	// Mainnet is the value in force on mainnet; for parameter 10, which says that votes of the genesis block are gone, that of a network whose votes
	// are there.
	Mainnet int64
	// Later marks parameters of releases after 4.8.0: there they cannot be proposed, and are listed only when they are set.
	Later bool
}

// ParamInfoOf describes a chain parameter.
func ParamInfoOf(p Param) ParamInfo { return paramList[p] }

// ListedParams gives the chain parameters in the order in which a node lists them.
func ListedParams() []Param {
	all := make([]Param, listedParams)
	for i := range all {
		all[i] = Param(i)
	}
	return all
}

// ParamByKey finds a chain parameter by its name in getchainparameters.
func ParamByKey(key string) (Param, bool) {
	for p, info := range paramList {
		if info.Key == key {
			return Param(p), true
		}
	}
	return 0, false
}

// ParamByProposal finds a chain parameter by its number in proposals.
func ParamByProposal(id int64) (Param, bool) {
	for p, info := range paramList {
		if info.Proposal == id && id >= 0 {
			return Param(p), true
		}
	}
	return 0, false
}

var paramList = [listedParams]ParamInfo{
	MaintenanceTimeInterval:              {Key: "getMaintenanceTimeInterval", Proposal: 0, Mainnet: 21_600_000},
	AccountUpgradeCost:                   {Key: "getAccountUpgradeCost", Proposal: 1, Mainnet: 9_999_000_000},
	CreateAccountFee:                     {Key: "getCreateAccountFee", Proposal: 2, Mainnet: 100_000},
	TransactionFee:                       {Key: "getTransactionFee", Proposal: 3, Mainnet: 1_000},
	AssetIssueFee:                        {Key: "getAssetIssueFee", Proposal: 4, Mainnet: 1_024_000_000},
	WitnessPayPerBlock:                   {Key: "getWitnessPayPerBlock", Proposal: 5, Mainnet: 8_000_000},
	WitnessStandbyAllowance:              {Key: "getWitnessStandbyAllowance", Proposal: 6, Mainnet: 115_200_000_000},
	CreateNewAccountFeeInSystemContract:  {Key: "getCreateNewAccountFeeInSystemContract", Proposal: 7, Mainnet: 1_000_000},
	CreateNewAccountBandwidthRate:        {Key: "getCreateNewAccountBandwidthRate", Proposal: 8, Mainnet: 1},
	AllowCreationOfContracts:             {Key: "getAllowCreationOfContracts", Proposal: 9, Mainnet: 1},
	RemoveThePowerOfTheGr:                {Key: "getRemoveThePowerOfTheGr", Proposal: 10},
	EnergyFee:                            {Key: "getEnergyFee", Proposal: 11, Mainnet: 100},
	ExchangeCreateFee:                    {Key: "getExchangeCreateFee", Proposal: 12, Mainnet: 1_024_000_000},
	MaxCPUTimeOfOneTx:                    {Key: "getMaxCpuTimeOfOneTx", Proposal: 13, Mainnet: 80},
	AllowUpdateAccountName:               {Key: "getAllowUpdateAccountName", Proposal: 14},
	AllowSameTokenName:                   {Key: "getAllowSameTokenName", Proposal: 15, Mainnet: 1},
	AllowDelegateResource:                {Key: "getAllowDelegateResource", Proposal: 16, Mainnet: 1},
	TotalEnergyLimit:                     {Key: "getTotalEnergyLimit", Proposal: 17, Mainnet: 180_000_000_000},
	AllowTvmTransferTrc10:                {Key: "getAllowTvmTransferTrc10", Proposal: 18, Mainnet: 1},
	TotalEnergyCurrentLimit:              {Key: "getTotalEnergyCurrentLimit", Proposal: 19, Mainnet: 180_000_000_000},
	AllowMultiSign:                       {Key: "getAllowMultiSign", Proposal: 20, Mainnet: 1},
	AllowAdaptiveEnergy:                  {Key: "getAllowAdaptiveEnergy", Proposal: 21},
	TotalEnergyTargetLimit:               {Key: "getTotalEnergyTargetLimit", Proposal: -1, Mainnet: 12_500_000},
	TotalEnergyAverageUsage:              {Key: "getTotalEnergyAverageUsage", Proposal: -1},
	UpdateAccountPermissionFee:           {Key: "getUpdateAccountPermissionFee", Proposal: 22, Mainnet: 100_000_000},
	MultiSignFee:                         {Key: "getMultiSignFee", Proposal: 23, Mainnet: 1_000_000},
	AllowAccountStateRoot:                {Key: "getAllowAccountStateRoot", Proposal: 25},
	AllowProtoFilterNum:                  {Key: "getAllowProtoFilterNum", Proposal: 24},
	AllowTvmConstantinople:               {Key: "getAllowTvmConstantinople", Proposal: 26, Mainnet: 1},
	AllowTvmSolidity059:                  {Key: "getAllowTvmSolidity059", Proposal: 32, Mainnet: 1},
	AllowTvmIstanbul:                     {Key: "getAllowTvmIstanbul", Proposal: 41, Mainnet: 1},
	AllowShieldedTRC20Transaction:        {Key: "getAllowShieldedTRC20Transaction", Proposal: 39, Mainnet: 1},
	ForbidTransferToContract:             {Key: "getForbidTransferToContract", Proposal: 35},
	AdaptiveResourceLimitTargetRatio:     {Key: "getAdaptiveResourceLimitTargetRatio", Proposal: 33, Mainnet: 10},
	AdaptiveResourceLimitMultiplier:      {Key: "getAdaptiveResourceLimitMultiplier", Proposal: 29, Mainnet: 1_000},
	ChangeDelegation:                     {Key: "getChangeDelegation", Proposal: 30, Mainnet: 1},
	Witness127PayPerBlock:                {Key: "getWitness127PayPerBlock", Proposal: 31, Mainnet: 128_000_000},
	AllowMarketTransaction:               {Key: "getAllowMarketTransaction", Proposal: 44},
	MarketSellFee:                        {Key: "getMarketSellFee", Proposal: 45},
	MarketCancelFee:                      {Key: "getMarketCancelFee", Proposal: 46},
	AllowPBFT:                            {Key: "getAllowPBFT", Proposal: 40},
	AllowTransactionFeePool:              {Key: "getAllowTransactionFeePool", Proposal: 48},
	MaxFeeLimit:                          {Key: "getMaxFeeLimit", Proposal: 47, Mainnet: 15_000_000_000},
	AllowOptimizeBlackHole:               {Key: "getAllowOptimizeBlackHole", Proposal: 49, Mainnet: 1},
	AllowNewResourceModel:                {Key: "getAllowNewResourceModel", Proposal: 51},
	AllowTvmFreeze:                       {Key: "getAllowTvmFreeze", Proposal: 52},
	AllowTvmVote:                         {Key: "getAllowTvmVote", Proposal: 59, Mainnet: 1},
	AllowTvmLondon:                       {Key: "getAllowTvmLondon", Proposal: 63, Mainnet: 1},
	AllowTvmCompatibleEvm:                {Key: "getAllowTvmCompatibleEvm", Proposal: 60},
	AllowAccountAssetOptimization:        {Key: "getAllowAccountAssetOptimization", Proposal: 53},
	FreeNetLimit:                         {Key: "getFreeNetLimit", Proposal: 61, Mainnet: 600},
	TotalNetLimit:                        {Key: "getTotalNetLimit", Proposal: 62, Mainnet: 43_200_000_000},
	AllowHigherLimitForMaxCPUTimeOfOneTx: {Key: "getAllowHigherLimitForMaxCpuTimeOfOneTx", Proposal: 65, Mainnet: 1},
	AllowAssetOptimization:               {Key: "getAllowAssetOptimization", Proposal: 66, Mainnet: 1},
	AllowNewReward:                       {Key: "getAllowNewReward", Proposal: 67, Mainnet: 1},
	MemoFee:                              {Key: "getMemoFee", Proposal: 68, Mainnet: 1_000_000},
	AllowDelegateOptimization:            {Key: "getAllowDelegateOptimization", Proposal: 69, Mainnet: 1},
	UnfreezeDelayDays:                    {Key: "getUnfreezeDelayDays", Proposal: 70, Mainnet: 14},
	AllowOptimizedReturnValueOfChainID:   {Key: "getAllowOptimizedReturnValueOfChainId", Proposal: 71, Mainnet: 1},
	AllowDynamicEnergy:                   {Key: "getAllowDynamicEnergy", Proposal: 72, Mainnet: 1},
	DynamicEnergyThreshold:               {Key: "getDynamicEnergyThreshold", Proposal: 73, Mainnet: 5_000_000_000},
	DynamicEnergyIncreaseFactor:          {Key: "getDynamicEnergyIncreaseFactor", Proposal: 74, Mainnet: 2_000},
	DynamicEnergyMaxFactor:               {Key: "getDynamicEnergyMaxFactor", Proposal: 75, Mainnet: 34_000},
	AllowTvmShangHai:                     {Key: "getAllowTvmShangHai", Proposal: 76, Mainnet: 1},
	AllowCancelAllUnfreezeV2:             {Key: "getAllowCancelAllUnfreezeV2", Proposal: 77, Mainnet: 1},
	MaxDelegateLockPeriod:                {Key: "getMaxDelegateLockPeriod", Proposal: 78, Mainnet: 864_000},
	AllowOldRewardOpt:                    {Key: "getAllowOldRewardOpt", Proposal: 79, Mainnet: 1},
	AllowEnergyAdjustment:                {Key: "getAllowEnergyAdjustment", Proposal: 81, Mainnet: 1},
	MaxCreateAccountTxSize:               {Key: "getMaxCreateAccountTxSize", Proposal: 82, Mainnet: 1_000},
	AllowStrictMath:                      {Key: "getAllowStrictMath", Proposal: 87, Mainnet: 1},
	ConsensusLogicOptimization:           {Key: "getConsensusLogicOptimization", Proposal: 88, Mainnet: 1},
	AllowTvmCancun:                       {Key: "getAllowTvmCancun", Proposal: 83, Mainnet: 1},
	AllowTvmBlob:                         {Key: "getAllowTvmBlob", Proposal: 89, Mainnet: 1},
	AllowTvmSelfdestructRestriction:      {Key: "getAllowTvmSelfdestructRestriction", Proposal: 94, Mainnet: 1, Later: true},
	AllowTvmPrague:                       {Key: "getAllowTvmPrague", Proposal: 95, Mainnet: 1, Later: true},
	AllowTvmOsaka:                        {Key: "getAllowTvmOsaka", Proposal: 96, Mainnet: 1, Later: true},
}
