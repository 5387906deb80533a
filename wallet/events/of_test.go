package events_test

import (
	"context"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/events"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// sale sells every token at 3 smallest units for 2 sun.
type sale struct{}

func (sale) Asset(_ context.Context, id string) (*node.Asset, error) {
	return &node.Asset{ID: id, SaleTRX: 2, SaleUnits: 3}, nil
}

func blockOf(t *testing.T, receipt node.Receipt, contract tx.Contract) *node.Block {
	t.Helper()
	built, err := tx.Build(contract, tx.Reference{Block: tx.BlockID{7: 1}, Time: time.Unix(1_700_000_000, 0)}, tx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &node.Block{Header: node.Header{Number: 9}, Transactions: []node.Transaction{{ID: built.ID(), Raw: built.Raw(), Receipt: &receipt}}}
}

// TestOf reads what only receipts tell: transfers by contracts, those taken back with their caller, failures; and both sides of a sale.
func TestOf(t *testing.T) {
	a, b := wallet.Address{0x41, 1}, wallet.Address{0x41, 2}
	call := &tx.TriggerSmartContract{Owner: a, Contract: b, CallValue: 5, CallTokenValue: wallet.UnitsFromUint64(6), TokenID: 1_000_001}
	for name, row := range map[string]struct {
		contract tx.Contract
		receipt  node.Receipt
		want     []string
	}{
		"call":   {call, node.Receipt{}, []string{"9 trx 5 TRX", "9 trc10 6 trc10:1000001"}},
		"failed": {call, node.Receipt{Failed: true}, nil},
		"internal": {&tx.TriggerSmartContract{Owner: a, Contract: b}, node.Receipt{Internal: []node.InternalTransfer{
			{From: b, To: a, Value: 7, Tokens: map[string]int64{"1000002": 8, "1000001": 9}, Note: "call"},
			{From: b, To: a, Value: 1, Note: "call", Rejected: true},
			{From: b, To: a, Value: 2, Note: "freezeBalanceV2ForEnergy"},
			{From: b, To: a, Note: "call"},
		}}, []string{"9 internal 7 TRX", "9 internal 9 trc10:1000001", "9 internal 8 trc10:1000002"}},
		"sale": {&tx.ParticipateAssetIssue{Owner: a, To: b, Asset: "1000001", Amount: 5}, node.Receipt{}, []string{"9 trx 5 TRX", "9 trc10 7 trc10:1000001"}},
		"log":  {&tx.TriggerSmartContract{Owner: a, Contract: b}, node.Receipt{Logs: []node.Log{{Contract: b, Data: []byte{1}}}}, []string{"9 log 01"}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := events.Of(t.Context(), blockOf(t, row.receipt, row.contract), sale{})
			if err != nil {
				t.Fatal(err)
			}
			w := &world{T: t}
			w.want([]events.Step{{Block: node.Header{Number: 9}, Events: found}}, row.want...)
		})
	}
}
