package server

import (
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/testnettest"
	"github.com/piecework/piecework/wallet/tx"
)

// What the settlement plan reckons with is what the network asks now, the energy factor of a token's contract included: it grows from one maintenance period to the next.
func TestMarketHasTheEnergyFactor(t *testing.T) {
	network := testnettest.Start(t, testnet.Config{Chain: chain.Config{Params: map[string]int64{"getDynamicEnergyThreshold": 1}}})
	n := testnettest.Dial(t, network)
	alice := network.Accounts()[0]
	send := func(call tx.Contract) *tx.Transaction {
		t.Helper()
		transaction, _, err := n.Build(t.Context(), call, tx.Options{})
		if err == nil {
			err = transaction.Sign(t.Context(), alice)
		}
		if err == nil {
			_, err = n.Broadcast(t.Context(), transaction.Bytes())
		}
		if err != nil {
			t.Fatal(err)
		}
		return transaction
	}
	maintenance := func() { network.Advance(7 * time.Hour); network.Mine(2) }
	maintenance()
	deployed := send(contract.Deployment(alice.Address()))
	busy, _ := deployed.ContractAddress() // any contract does for a token that is called often
	token, err := channel.TRC20(busy)
	if err != nil {
		t.Fatal(err)
	}
	missing, err := channel.TRC20(network.Accounts()[1].Address())
	if err != nil {
		t.Fatal(err)
	}
	penalty := func() int64 {
		t.Helper()
		prices, err := tron{n}.Market(t.Context(), alice.Address(), []channel.Asset{channel.TRX, missing, token})
		if err != nil || prices.Energy == 0 || prices.Balance == 0 {
			t.Fatalf("%+v: %v", prices, err)
		}
		return prices.Penalties[token]
	}
	if got := penalty(); got != 0 {
		t.Fatalf("a factor of %d for a contract that nobody has called", got)
	}
	call, err := contract.Open(contract.Opening{
		Payee: network.Accounts()[1].Address(), Signer: alice.Address(), Asset: channel.TRX, Amount: channel.NewAmount(1_000_000), Challenge: 24 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	send(call.Trigger(alice.Address(), busy))
	maintenance()
	if got := penalty(); got != 2_000 {
		t.Fatalf("a factor of %d after a busy period, want 2,000", got)
	}
}
