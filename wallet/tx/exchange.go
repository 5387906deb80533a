package tx

import "github.com/piecework/piecework/wallet"

// The exchange contracts are Bancor pairs of TRX ("_") and TRC-10 tokens. Amounts are in smallest units of the token they stand beside (sun for "_").

// ExchangeCreate opens a pair (ExchangeCreateContract). 1,024 TRX.
type ExchangeCreate struct {
	Owner         wallet.Address
	FirstToken    string // TRC-10 id in decimal, or "_" for TRX
	FirstBalance  wallet.Units
	SecondToken   string // like FirstToken
	SecondBalance wallet.Units
}

// Type is TypeExchangeCreate.
func (c *ExchangeCreate) Type() Type { return TypeExchangeCreate }

// Sender is the owner.
func (c *ExchangeCreate) Sender() wallet.Address { return c.Owner }

func (c *ExchangeCreate) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.text(2, "first_token_id", &c.FirstToken)
	f.units(3, "first_token_balance", &c.FirstBalance)
	f.text(4, "second_token_id", &c.SecondToken)
	f.units(5, "second_token_balance", &c.SecondBalance)
}

// ExchangeInject adds to a pair (ExchangeInjectContract). The creator only.
type ExchangeInject struct {
	Owner    wallet.Address
	Exchange int64  // its id, from 1 on
	Token    string // TRC-10 id in decimal, or "_" for TRX
	Amount   wallet.Units
}

// Type is TypeExchangeInject.
func (c *ExchangeInject) Type() Type { return TypeExchangeInject }

// Sender is the owner.
func (c *ExchangeInject) Sender() wallet.Address { return c.Owner }

func (c *ExchangeInject) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.int64(2, "exchange_id", &c.Exchange)
	f.text(3, "token_id", &c.Token)
	f.units(4, "quant", &c.Amount)
}

// ExchangeWithdraw takes out of a pair (ExchangeWithdrawContract). The creator only.
type ExchangeWithdraw struct {
	Owner    wallet.Address
	Exchange int64  // its id, from 1 on
	Token    string // TRC-10 id in decimal, or "_" for TRX
	Amount   wallet.Units
}

// Type is TypeExchangeWithdraw.
func (c *ExchangeWithdraw) Type() Type { return TypeExchangeWithdraw }

// Sender is the owner.
func (c *ExchangeWithdraw) Sender() wallet.Address { return c.Owner }

func (c *ExchangeWithdraw) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.int64(2, "exchange_id", &c.Exchange)
	f.text(3, "token_id", &c.Token)
	f.units(4, "quant", &c.Amount)
}

// ExchangeTransaction trades with a pair (ExchangeTransactionContract).
type ExchangeTransaction struct {
	Owner    wallet.Address
	Exchange int64        // its id, from 1 on
	Token    string       // what is sold: TRC-10 id in decimal, or "_" for TRX
	Amount   wallet.Units // of it
	Expected wallet.Units // the least of the other token to accept
}

// Type is TypeExchangeTransaction.
func (c *ExchangeTransaction) Type() Type { return TypeExchangeTransaction }

// Sender is the owner.
func (c *ExchangeTransaction) Sender() wallet.Address { return c.Owner }

func (c *ExchangeTransaction) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.int64(2, "exchange_id", &c.Exchange)
	f.text(3, "token_id", &c.Token)
	f.units(4, "quant", &c.Amount)
	f.units(5, "expected", &c.Expected)
}

// MarketSellAsset places an order in the order book (MarketSellAssetContract); off on mainnet.
type MarketSellAsset struct {
	Owner      wallet.Address
	SellToken  string // TRC-10 id in decimal, or "_" for TRX
	SellAmount wallet.Units
	BuyToken   string       // like SellToken
	BuyAmount  wallet.Units // the least to receive
}

// Type is TypeMarketSellAsset.
func (c *MarketSellAsset) Type() Type { return TypeMarketSellAsset }

// Sender is the owner.
func (c *MarketSellAsset) Sender() wallet.Address { return c.Owner }

func (c *MarketSellAsset) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.text(2, "sell_token_id", &c.SellToken)
	f.units(3, "sell_token_quantity", &c.SellAmount)
	f.text(4, "buy_token_id", &c.BuyToken)
	f.units(5, "buy_token_quantity", &c.BuyAmount)
}

// MarketCancelOrder takes an order back (MarketCancelOrderContract).
type MarketCancelOrder struct {
	Owner wallet.Address
	Order []byte // 32 bytes
}

// Type is TypeMarketCancelOrder.
func (c *MarketCancelOrder) Type() Type { return TypeMarketCancelOrder }

// Sender is the owner.
func (c *MarketCancelOrder) Sender() wallet.Address { return c.Owner }

func (c *MarketCancelOrder) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.bytes(2, "order_id", &c.Order)
}
