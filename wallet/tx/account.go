package tx

import "github.com/piecework/piecework/wallet"

// AccountType is the kind of an account.
type AccountType int32

// The kinds of account.
const (
	AccountNormal   AccountType = 0
	AccountAsset    AccountType = 1
	AccountContract AccountType = 2
)

var accountTypes = []string{"Normal", "AssetIssue", "Contract"}

// AccountCreate creates an account without sending anything to it (AccountCreateContract). 1 TRX on mainnet.
type AccountCreate struct {
	Owner   wallet.Address // pays
	Account wallet.Address // the new one
	Kind    AccountType    // stored as given
}

// Type is TypeAccountCreate.
func (c *AccountCreate) Type() Type { return TypeAccountCreate }

// Sender is the owner.
func (c *AccountCreate) Sender() wallet.Address { return c.Owner }

func (c *AccountCreate) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.address(2, "account_address", &c.Account)
	enumOf(f, 3, "type", &c.Kind, accountTypes)
}

// AccountUpdate names the owner's account (AccountUpdateContract).
type AccountUpdate struct {
	Name  string // at most 200 bytes
	Owner wallet.Address
}

// Type is TypeAccountUpdate.
func (c *AccountUpdate) Type() Type { return TypeAccountUpdate }

// Sender is the owner.
func (c *AccountUpdate) Sender() wallet.Address { return c.Owner }

func (c *AccountUpdate) fields(f fields) {
	f.text(1, "account_name", &c.Name)
	f.address(2, "owner_address", &c.Owner)
}

// SetAccountID gives the owner's account an id that no other has, once (SetAccountIdContract).
type SetAccountID struct {
	ID    string // 8–32 visible ASCII characters, unique without regard to case
	Owner wallet.Address
}

// Type is TypeSetAccountID.
func (c *SetAccountID) Type() Type { return TypeSetAccountID }

// Sender is the owner.
func (c *SetAccountID) Sender() wallet.Address { return c.Owner }

func (c *SetAccountID) fields(f fields) {
	f.text(1, "account_id", &c.ID)
	f.address(2, "owner_address", &c.Owner)
}
