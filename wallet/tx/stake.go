package tx

import "github.com/piecework/piecework/wallet"

// Resource is what staked TRX gives.
type Resource int32

// The resources.
const (
	Bandwidth Resource = 0
	Energy    Resource = 1
	TronPower Resource = 2
)

var resources = []string{"BANDWIDTH", "ENERGY", "TRON_POWER"}

// String is java-tron's name of the resource, "ENERGY".
func (r Resource) String() string { return enumName(int32(r), resources) }

// FreezeBalanceV2 stakes TRX (FreezeBalanceV2Contract, Stake 2.0).
type FreezeBalanceV2 struct {
	Owner    wallet.Address
	Amount   wallet.Sun // at least 1 TRX
	Resource Resource
}

// Type is TypeFreezeBalanceV2.
func (c *FreezeBalanceV2) Type() Type { return TypeFreezeBalanceV2 }

// Sender is the owner.
func (c *FreezeBalanceV2) Sender() wallet.Address { return c.Owner }

func (c *FreezeBalanceV2) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.sun(2, "frozen_balance", &c.Amount)
	enumOf(f, 3, "resource", &c.Resource, resources)
}

// UnfreezeBalanceV2 begins to unstake TRX (UnfreezeBalanceV2Contract); 14 days later on mainnet WithdrawExpireUnfreeze pays it out.
type UnfreezeBalanceV2 struct {
	Owner    wallet.Address
	Amount   wallet.Sun
	Resource Resource
}

// Type is TypeUnfreezeBalanceV2.
func (c *UnfreezeBalanceV2) Type() Type { return TypeUnfreezeBalanceV2 }

// Sender is the owner.
func (c *UnfreezeBalanceV2) Sender() wallet.Address { return c.Owner }

func (c *UnfreezeBalanceV2) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.sun(2, "unfreeze_balance", &c.Amount)
	enumOf(f, 3, "resource", &c.Resource, resources)
}

// WithdrawExpireUnfreeze pays out what was unstaked and whose time has come (WithdrawExpireUnfreezeContract).
type WithdrawExpireUnfreeze struct{ Owner wallet.Address }

// Type is TypeWithdrawExpireUnfreeze.
func (c *WithdrawExpireUnfreeze) Type() Type { return TypeWithdrawExpireUnfreeze }

// Sender is the owner.
func (c *WithdrawExpireUnfreeze) Sender() wallet.Address { return c.Owner }

func (c *WithdrawExpireUnfreeze) fields(f fields) { f.address(1, "owner_address", &c.Owner) }

// CancelAllUnfreezeV2 stakes again everything that is being unstaked (CancelAllUnfreezeV2Contract).
type CancelAllUnfreezeV2 struct{ Owner wallet.Address }

// Type is TypeCancelAllUnfreezeV2.
func (c *CancelAllUnfreezeV2) Type() Type { return TypeCancelAllUnfreezeV2 }

// Sender is the owner.
func (c *CancelAllUnfreezeV2) Sender() wallet.Address { return c.Owner }

func (c *CancelAllUnfreezeV2) fields(f fields) { f.address(1, "owner_address", &c.Owner) }

// DelegateResource lends the resource of staked TRX to another account (DelegateResourceContract).
type DelegateResource struct {
	Owner      wallet.Address
	Resource   Resource
	Amount     wallet.Sun // of stake, at least 1 TRX
	Receiver   wallet.Address
	Lock       bool  // it cannot be taken back before LockPeriod is over
	LockPeriod int64 // in blocks of 3 seconds
}

// Type is TypeDelegateResource.
func (c *DelegateResource) Type() Type { return TypeDelegateResource }

// Sender is the owner.
func (c *DelegateResource) Sender() wallet.Address { return c.Owner }

func (c *DelegateResource) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	enumOf(f, 2, "resource", &c.Resource, resources)
	f.sun(3, "balance", &c.Amount)
	f.address(4, "receiver_address", &c.Receiver)
	f.bool(5, "lock", &c.Lock)
	f.int64(6, "lock_period", &c.LockPeriod)
}

// UnDelegateResource takes back what was lent (UnDelegateResourceContract).
type UnDelegateResource struct {
	Owner    wallet.Address
	Resource Resource
	Amount   wallet.Sun // of stake
	Receiver wallet.Address
}

// Type is TypeUnDelegateResource.
func (c *UnDelegateResource) Type() Type { return TypeUnDelegateResource }

// Sender is the owner.
func (c *UnDelegateResource) Sender() wallet.Address { return c.Owner }

func (c *UnDelegateResource) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	enumOf(f, 2, "resource", &c.Resource, resources)
	f.sun(3, "balance", &c.Amount)
	f.address(4, "receiver_address", &c.Receiver)
}

// FreezeBalance staked TRX before Stake 2.0 (FreezeBalanceContract); the chain refuses it today.
type FreezeBalance struct {
	Owner    wallet.Address
	Amount   wallet.Sun
	Days     int64 // that it cannot be taken back
	Resource Resource
	Receiver wallet.Address // who gets the resource, if not the owner
}

// Type is TypeFreezeBalance.
func (c *FreezeBalance) Type() Type { return TypeFreezeBalance }

// Sender is the owner.
func (c *FreezeBalance) Sender() wallet.Address { return c.Owner }

func (c *FreezeBalance) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.sun(2, "frozen_balance", &c.Amount)
	f.int64(3, "frozen_duration", &c.Days)
	enumOf(f, 10, "resource", &c.Resource, resources)
	f.address(15, "receiver_address", &c.Receiver)
}

// UnfreezeBalance pays out what FreezeBalance staked (UnfreezeBalanceContract); it still works.
type UnfreezeBalance struct {
	Owner    wallet.Address
	Resource Resource
	Receiver wallet.Address
}

// Type is TypeUnfreezeBalance.
func (c *UnfreezeBalance) Type() Type { return TypeUnfreezeBalance }

// Sender is the owner.
func (c *UnfreezeBalance) Sender() wallet.Address { return c.Owner }

func (c *UnfreezeBalance) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	enumOf(f, 10, "resource", &c.Resource, resources)
	f.address(15, "receiver_address", &c.Receiver)
}
