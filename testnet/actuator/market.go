package actuator

import (
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet/tronpb"
)

const marketOff = "Not support Market Transaction, need to be opened by the committee"

// sellOnMarket would place an order on the market, which mainnet never opened. It is refused whatever parameter 44 says.
type sellOnMarket struct {
	*tronpb.MarketSellAssetContract
}

func (sellOnMarket) Validate(*state.State) error { return invalid(marketOff) }

func (sellOnMarket) Execute(*state.State, *tronpb.Transaction_Result) error {
	return Errorf(Execute, marketOff)
}

// cancelOnMarket would take one back.
type cancelOnMarket struct {
	*tronpb.MarketCancelOrderContract
}

func (cancelOnMarket) Validate(*state.State) error { return invalid(marketOff) }

func (cancelOnMarket) Execute(*state.State, *tronpb.Transaction_Result) error {
	return Errorf(Execute, marketOff)
}
