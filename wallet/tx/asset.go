package tx

import (
	"time"

	"github.com/piecework/piecework/wallet"
)

// AssetIssue creates a TRC-10 token and sells it (AssetIssueContract). It costs 1,024 TRX; an account can do it once.
type AssetIssue struct {
	Owner       wallet.Address
	Name        string       // 1–32 visible ASCII characters, not "trx"
	Abbr        string       // at most 32 visible ASCII characters
	TotalSupply wallet.Units // smallest units, 1 … 2^63−1
	Frozen      []FrozenPart // at most 10
	TRXNum      int32        // the price: Num smallest units for TRXNum sun, > 0
	Precision   int32        // decimals, 0–6
	Num         int32        // > 0
	Start, End  time.Time    // of the sale, milliseconds; Start later than the head block
	Order       int64        // unused by the chain
	VoteScore   int32        // unused by the chain
	Description string       // at most 200 bytes
	URL         string       // 1–256 bytes
	FreeLimit   int64        // bandwidth points a day that each holder may use at the issuer's cost
	PublicLimit int64        // the same for all holders together
	PublicUsage int64        // written by the chain, must be 0
	PublicTime  time.Time    // written by the chain
	ID          string       // written by the chain
}

// FrozenPart is a part of the supply that its issuer cannot use before Days have passed since the start of the sale.
type FrozenPart struct {
	Amount wallet.Units // smallest units
	Days   int64        // 1–3652
}

// Type is TypeAssetIssue.
func (c *AssetIssue) Type() Type { return TypeAssetIssue }

// Sender is the owner.
func (c *AssetIssue) Sender() wallet.Address { return c.Owner }

func (c *AssetIssue) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.text(2, "name", &c.Name)
	f.text(3, "abbr", &c.Abbr)
	f.units(4, "total_supply", &c.TotalSupply)
	repeated(f, 5, "frozen_supply", &c.Frozen, (*FrozenPart).fields)
	f.int32(6, "trx_num", &c.TRXNum)
	f.int32(7, "precision", &c.Precision)
	f.int32(8, "num", &c.Num)
	f.millis(9, "start_time", &c.Start)
	f.millis(10, "end_time", &c.End)
	f.int64(11, "order", &c.Order)
	f.int32(16, "vote_score", &c.VoteScore)
	f.text(20, "description", &c.Description)
	f.text(21, "url", &c.URL)
	f.int64(22, "free_asset_net_limit", &c.FreeLimit)
	f.int64(23, "public_free_asset_net_limit", &c.PublicLimit)
	f.int64(24, "public_free_asset_net_usage", &c.PublicUsage)
	f.millis(25, "public_latest_free_net_time", &c.PublicTime)
	f.string(41, "id", &c.ID)
}

func (p *FrozenPart) fields(f fields) {
	f.units(1, "frozen_amount", &p.Amount)
	f.int64(2, "frozen_days", &p.Days)
}

// ParticipateAssetIssue buys a TRC-10 token from its issuer during the sale (ParticipateAssetIssueContract).
type ParticipateAssetIssue struct {
	Owner  wallet.Address // buyer
	To     wallet.Address // issuer
	Asset  string         // the token's id in decimal
	Amount wallet.Sun     // what the buyer pays
}

// Type is TypeParticipateAssetIssue.
func (c *ParticipateAssetIssue) Type() Type { return TypeParticipateAssetIssue }

// Sender is the owner.
func (c *ParticipateAssetIssue) Sender() wallet.Address { return c.Owner }

func (c *ParticipateAssetIssue) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.address(2, "to_address", &c.To)
	f.text(3, "asset_name", &c.Asset)
	f.sun(4, "amount", &c.Amount)
}

// UnfreezeAsset releases the frozen parts of the owner's TRC-10 token whose time has come (UnfreezeAssetContract).
type UnfreezeAsset struct{ Owner wallet.Address }

// Type is TypeUnfreezeAsset.
func (c *UnfreezeAsset) Type() Type { return TypeUnfreezeAsset }

// Sender is the owner.
func (c *UnfreezeAsset) Sender() wallet.Address { return c.Owner }

func (c *UnfreezeAsset) fields(f fields) { f.address(1, "owner_address", &c.Owner) }

// UpdateAsset changes the description, the page and the two free bandwidth limits of the owner's TRC-10 token (UpdateAssetContract). All four are replaced.
type UpdateAsset struct {
	Owner       wallet.Address
	Description string // at most 200 bytes
	URL         string // 1–256 bytes
	FreeLimit   int64  // bandwidth points a day for each holder
	PublicLimit int64  // bandwidth points a day for all holders together
}

// Type is TypeUpdateAsset.
func (c *UpdateAsset) Type() Type { return TypeUpdateAsset }

// Sender is the owner.
func (c *UpdateAsset) Sender() wallet.Address { return c.Owner }

func (c *UpdateAsset) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.text(2, "description", &c.Description)
	f.text(3, "url", &c.URL)
	f.int64(4, "new_limit", &c.FreeLimit)
	f.int64(5, "new_public_limit", &c.PublicLimit)
}
