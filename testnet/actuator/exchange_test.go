package actuator

import (
	"testing"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// TestInjectOverflow adds so much that a product of 64 bits overflows: java-tron's check passes, its effect throws.
func TestInjectOverflow(t *testing.T) {
	s, _, rich := governed(t)
	s.PutToken(1_000_001, &tronpb.AssetIssueContract{OwnerAddress: rich[:]})
	s.SetTokenBalance(rich, 1_000_001, 1_000_000_000_000_000)
	s.Edit(rich, func(a *state.Account) { a.Balance = 1_000_000 * wallet.TRX })
	token := []byte("1000001")
	_, err := apply(s, createExchange{&tronpb.ExchangeCreateContract{
		OwnerAddress: rich[:], FirstTokenId: []byte(trxSymbol), FirstTokenBalance: 100_000_000_000, SecondTokenId: token, SecondTokenBalance: 1_000_000_000,
	}})
	wants(t, err, "")
	inject := func(quant int64) error {
		_, err := apply(s, injectExchange{&tronpb.ExchangeInjectContract{OwnerAddress: rich[:], ExchangeId: 1, TokenId: []byte(trxSymbol), Quant: quant}})
		return err
	}
	wants(t, inject(9_223_372_037), "long overflow")
	wants(t, inject(9_223_372_000), "")
	if got := AsError(arithmetic("long overflow")); got.Class() != "java.lang.ArithmeticException" || got.Return().GetCode() != tronpb.Return_OTHER_ERROR {
		t.Errorf("the exception is %s", got.Class())
	}
}
