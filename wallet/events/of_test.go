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

// Exchange has one pair, of TRX and token 1000001.
func (sale) Exchange(_ context.Context, id int64) (*node.Exchange, error) {
	return &node.Exchange{ID: id, FirstToken: node.ExchangeTRX, SecondToken: "1000001"}, nil
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
			{From: b, To: b, Value: 2, Note: "unfreezeBalanceV2ForEnergy"}, // begins to wait
			{From: b, To: a, Value: 2, Note: "withdrawExpireUnfreezeWhileSuiciding"},
			{From: b, To: a, Note: "call"},
		}}, []string{"9 internal 7 TRX", "9 internal 9 trc10:1000001", "9 internal 8 trc10:1000002"}},
		"contract stakes": {&tx.TriggerSmartContract{Owner: a, Contract: b}, node.Receipt{Internal: []node.InternalTransfer{
			{From: b, To: b, Value: 2, Note: "freezeBalanceV2ForEnergy"},
			{From: b, To: b, Value: 3, Note: "freezeBalanceV2ForBandwidth", Rejected: true},
			{From: b, To: b, Value: 4, Note: "withdrawReward"},
			{From: b, To: b, Value: 5, Note: "withdrawExpireUnfreezeWhileCanceling"},
		}}, []string{"9 stake 2 TRX", "9 reward 4 TRX", "9 stake 5 TRX"}},
		"sale":    {&tx.ParticipateAssetIssue{Owner: a, To: b, Asset: "1000001", Amount: 5}, node.Receipt{}, []string{"9 trx 5 TRX", "9 trc10 7 trc10:1000001"}},
		"rewards": {&tx.WithdrawBalance{Owner: a}, node.Receipt{Withdrawn: 3}, []string{"9 reward 3 TRX"}},
		"stake":   {&tx.FreezeBalanceV2{Owner: a, Amount: 4}, node.Receipt{}, []string{"9 stake 4 TRX"}},
		"unstake": {&tx.UnfreezeBalanceV2{Owner: a, Amount: 4}, node.Receipt{Unstaked: 2}, []string{"9 stake 2 TRX"}}, // of an earlier one that has waited
		"waiting": {&tx.UnfreezeBalanceV2{Owner: a, Amount: 4}, node.Receipt{}, nil},
		"paid":    {&tx.WithdrawExpireUnfreeze{Owner: a}, node.Receipt{Unstaked: 5}, []string{"9 stake 5 TRX"}},
		"cancel":  {&tx.CancelAllUnfreezeV2{Owner: a}, node.Receipt{Unstaked: 6}, []string{"9 stake 6 TRX"}},
		"old":     {&tx.UnfreezeBalance{Owner: a}, node.Receipt{Unfrozen: 7}, []string{"9 stake 7 TRX"}},
		"issue": {
			&tx.AssetIssue{Owner: a, TotalSupply: wallet.UnitsFromUint64(10), Frozen: []tx.FrozenPart{{Amount: wallet.UnitsFromUint64(4), Days: 1}}},
			node.Receipt{AssetID: "1000007"},
			[]string{"9 issue 6 trc10:1000007"},
		},
		"pair": {
			&tx.ExchangeCreate{Owner: a, FirstToken: "_", FirstBalance: wallet.UnitsFromUint64(1), SecondToken: "1000001", SecondBalance: wallet.UnitsFromUint64(2)},
			node.Receipt{},
			[]string{"9 exchange 1 TRX", "9 exchange 2 trc10:1000001"},
		},
		"inject": {
			&tx.ExchangeInject{Owner: a, Exchange: 1, Token: "1000001", Amount: wallet.UnitsFromUint64(3)},
			node.Receipt{ExchangeAnother: 4},
			[]string{"9 exchange 3 trc10:1000001", "9 exchange 4 TRX"},
		},
		"take": {
			&tx.ExchangeWithdraw{Owner: a, Exchange: 1, Token: "_", Amount: wallet.UnitsFromUint64(3)},
			node.Receipt{ExchangeAnother: 4},
			[]string{"9 exchange 3 TRX", "9 exchange 4 trc10:1000001"},
		},
		"trade": {
			&tx.ExchangeTransaction{Owner: a, Exchange: 1, Token: "_", Amount: wallet.UnitsFromUint64(3)},
			node.Receipt{ExchangeReceived: 4},
			[]string{"9 exchange 3 TRX", "9 exchange 4 trc10:1000001"},
		},
		"log": {&tx.TriggerSmartContract{Owner: a, Contract: b}, node.Receipt{Logs: []node.Log{{Contract: b, Data: []byte{1}}}}, []string{"9 log 01"}},
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

// A transaction that cannot be read stops nobody and is hidden from nobody: it is an event of its own, which every filter takes. So are its logs.
func TestUnreadable(t *testing.T) {
	block := blockOf(t, node.Receipt{Logs: []node.Log{{Data: []byte{1}}}}, &tx.WithdrawBalance{Owner: wallet.Address{0x41, 1}})
	block.Transactions[0].Raw = []byte{0xff}
	found, err := events.Of(t.Context(), block, sale{})
	if err != nil || len(found) != 2 || found[0].Kind != events.Unreadable || found[0].TxID != block.Transactions[0].ID || found[1].Kind != events.Log {
		t.Fatalf("%+v, %v", found, err)
	}
	filter := events.Filter{To: []wallet.Address{{0x41, 9}}, Assets: []string{events.AssetTRX}}
	if !filter.Match(found[0]) || filter.Match(found[1]) {
		t.Errorf("the filter takes the unreadable one: %v, the log: %v", filter.Match(found[0]), filter.Match(found[1]))
	}
}
