package state

// Param is a chain parameter or another number that belongs to the network as a whole.
type Param byte

// The chain parameters, in the order in which a node lists them.
const (
	MaintenanceTimeInterval Param = iota
	AccountUpgradeCost
	CreateAccountFee
	TransactionFee
	AssetIssueFee
	WitnessPayPerBlock
	WitnessStandbyAllowance
	CreateNewAccountFeeInSystemContract
	CreateNewAccountBandwidthRate
	AllowCreationOfContracts
	RemoveThePowerOfTheGr
	EnergyFee
	ExchangeCreateFee
	MaxCPUTimeOfOneTx
	AllowUpdateAccountName
	AllowSameTokenName
	AllowDelegateResource
	TotalEnergyLimit
	AllowTvmTransferTrc10
	TotalEnergyCurrentLimit
	AllowMultiSign
	AllowAdaptiveEnergy
	TotalEnergyTargetLimit
	TotalEnergyAverageUsage
	UpdateAccountPermissionFee
	MultiSignFee
	AllowAccountStateRoot
	AllowProtoFilterNum
	AllowTvmConstantinople
	AllowTvmSolidity059
	AllowTvmIstanbul
	AllowShieldedTRC20Transaction
	ForbidTransferToContract
	AdaptiveResourceLimitTargetRatio
	AdaptiveResourceLimitMultiplier
	ChangeDelegation
	Witness127PayPerBlock
	AllowMarketTransaction
	MarketSellFee
	MarketCancelFee
	AllowPBFT
	AllowTransactionFeePool
	MaxFeeLimit
	AllowOptimizeBlackHole
	AllowNewResourceModel
	AllowTvmFreeze
	AllowTvmVote
	AllowTvmLondon
	AllowTvmCompatibleEvm
	AllowAccountAssetOptimization
	FreeNetLimit
	TotalNetLimit
	AllowHigherLimitForMaxCPUTimeOfOneTx
	AllowAssetOptimization
	AllowNewReward
	MemoFee
	AllowDelegateOptimization
	UnfreezeDelayDays
	AllowOptimizedReturnValueOfChainID
	AllowDynamicEnergy
	DynamicEnergyThreshold
	DynamicEnergyIncreaseFactor
	DynamicEnergyMaxFactor
	AllowTvmShangHai
	AllowCancelAllUnfreezeV2
	MaxDelegateLockPeriod
	AllowOldRewardOpt
	AllowEnergyAdjustment
	MaxCreateAccountTxSize
	AllowStrictMath
	ConsensusLogicOptimization
	AllowTvmCancun
	AllowTvmBlob
	AllowTvmSelfdestructRestriction
	AllowTvmPrague
	AllowTvmOsaka
	listedParams
)

// Numbers of the network that are no chain parameters.
const (
	// HeadNumber is the height of the newest block, SolidNumber of the newest that cannot be undone.
	HeadNumber Param = iota + 128
	SolidNumber
	// HeadTime is the newest block's timestamp in milliseconds since 1970.
	HeadTime
	// NextMaintenance is when votes and proposals are counted next, in milliseconds since 1970.
	NextMaintenance
	// InMaintenance is 1 when the newest block was one of maintenance: two slots are skipped after it.
	InMaintenance
	// CycleNumber is the number of the maintenance period.
	CycleNumber
	// NewRewardCycle is the first period of the present way to count rewards; the largest number where it never began.
	NewRewardCycle
	// TokenCount is the number of the newest token: 1,000,000 before the first.
	TokenCount
	ProposalCount
	ExchangeCount
	// Burnt is the sun that fees destroyed, Minted the sun that rewards and cheats made.
	Burnt
	Minted
	// NetWeight, EnergyWeight and TronPowerWeight are all stakes in whole TRX.
	NetWeight
	EnergyWeight
	TronPowerWeight
	// PublicNetLimit bounds the free bandwidth of all accounts together; PublicNetUsage and PublicNetSlot are its use.
	PublicNetLimit
	PublicNetUsage
	PublicNetSlot
	// TotalSignNum is the most signatures that a transaction may have.
	TotalSignNum
	// EnergyLimitBlock is the height from which UpdateEnergyLimitContract works.
	EnergyLimitBlock
	// ProposalExpireTime is how long a proposal is open, in milliseconds.
	ProposalExpireTime
	// GenesisTime is block 0's timestamp in milliseconds since 1970: slot 0.
	GenesisTime
	// TransactionCount counts the transactions in blocks.
	TransactionCount
	// OrderCount counts the orders of the market.
	OrderCount
	// StandbyPaid is 1 when the standby witnesses have been told apart from the block producers.
	StandbyPaid
	// BlockEnergyUsage is the energy that the present block has used so far, EnergyAverageSlot when the average was last brought up to date:
	// both only with parameter 21.
	BlockEnergyUsage
	EnergyAverageSlot
	// FeePool is the sun of fees that wait for the next producer, with parameter 48.
	FeePool
	// LaterRelease is 1 when the node speaks for a release that knows the Later parameters.
	LaterRelease
)

// Text is a property of the network that is no number.
type Text byte

// The texts.
const (
	// AvailableContracts is the bitmap of contract types that an active permission may hold; DefaultOperations is what it has from the start.
	AvailableContracts Text = iota
	DefaultOperations
	// EnergyPrices, BandwidthPrices and MemoFees are histories: "0:100,<ms>:<price>".
	EnergyPrices
	BandwidthPrices
	MemoFees
	// ActiveWitnesses is the block producers, 21 bytes each, in the order of their turns.
	ActiveWitnesses
	// GenesisWitnesses is the witnesses of the genesis block, 21 bytes each: they may not withdraw rewards.
	GenesisWitnesses
)
