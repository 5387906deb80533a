package tx

import "github.com/piecework/piecework/wallet"

// Transfer sends TRX (TransferContract). A recipient that does not exist yet is created and costs its sender 1 TRX more on mainnet.
type Transfer struct {
	Owner  wallet.Address // sender
	To     wallet.Address // recipient
	Amount wallet.Sun     // > 0
}

// Type is TypeTransfer.
func (c *Transfer) Type() Type { return TypeTransfer }

// Sender is the owner.
func (c *Transfer) Sender() wallet.Address { return c.Owner }

func (c *Transfer) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.address(2, "to_address", &c.To)
	f.sun(3, "amount", &c.Amount)
}

// TransferAsset sends a TRC-10 token (TransferAssetContract).
type TransferAsset struct {
	Asset  string         // the token's id in decimal, "1000001"; transactions of 2018 hold its name
	Owner  wallet.Address // sender
	To     wallet.Address // recipient
	Amount wallet.Units   // smallest units of the token, 1 … 2^63−1
}

// Type is TypeTransferAsset.
func (c *TransferAsset) Type() Type { return TypeTransferAsset }

// Sender is the owner.
func (c *TransferAsset) Sender() wallet.Address { return c.Owner }

func (c *TransferAsset) fields(f fields) {
	f.text(1, "asset_name", &c.Asset)
	f.address(2, "owner_address", &c.Owner)
	f.address(3, "to_address", &c.To)
	f.units(4, "amount", &c.Amount)
}
