package chain

import (
	"encoding/hex"
	"testing"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// TestHistoryContract looks at what parameter 95 makes (HistoryBlockHashUtil.java:43-75 of 4.8.2): a record that names the deployer of Ethereum and no
// hash of its code, and an account without a name; one that was there becomes a contract's and keeps its balance (118).
func TestHistoryContract(t *testing.T) {
	id := [32]byte{31: 7}
	fresh, funded := state.New(), state.New()
	funded.PutAccount(&state.Account{Address: historyContract, Balance: 5, Name: "mine", Borrowed: [state.Resources]wallet.Sun{1, 2}})
	for name, s := range map[string]*state.State{"": fresh, "mine": funded} {
		writeBlockHistory(s, 8192, id)
		c := s.Contract(historyContract)
		if origin := hex.EncodeToString(c.GetOriginAddress()); origin != "413462413af4609098e1e27a490f554f260213d685" || len(c.GetCodeHash()) != 0 {
			t.Errorf("%q: record %v", name, c)
		}
		a := s.Account(historyContract)
		if a.Name != name || a.Type != tronpb.AccountType_Contract || a.Borrowed != [state.Resources]wallet.Sun{} {
			t.Errorf("%q: account %+v", name, a)
		}
		if row, _ := s.Row(state.RowKey{Contract: historyContract}); row != id {
			t.Errorf("%q: row %x", name, row)
		}
	}
	if funded.Account(historyContract).Balance != 5 {
		t.Error("the balance is gone")
	}
}
