package cmd

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// signedAt is a transaction of a well-known account; the memo makes it differ from others.
func signedAt(t *testing.T, memo string) *tx.Transaction {
	t.Helper()
	alice, bob := wallet.DevAccounts()[0].Key, wallet.DevAccounts()[1].Key.Address()
	made, err := tx.Build(&tx.Transfer{Owner: alice.Address(), To: bob, Amount: wallet.TRX},
		tx.Reference{Block: tx.BlockID{7: 1}, Time: time.Unix(1_700_000_000, 0)}, tx.Options{Memo: []byte(memo)})
	if err == nil {
		err = made.Sign(t.Context(), alice)
	}
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// Commands that make one void transaction anew at the same moment have all read the journal before any of them writes: one of them may send.
func TestAVoidTransactionIsMadeAnewOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "sent")
	void := signedAt(t, "void")
	var sent atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		by := tx.ID{byte(i)}
		all.Go(func() {
			if err := (&journal{dir}).replace(wallet.Network{}, void, by); err == nil {
				sent.Add(1)
			} else if code, hint := explain(err); code != exitRefused || hint == "" {
				t.Errorf("exit code %d: %v", code, err)
			}
		})
	}
	all.Wait()
	entry, _, err := (&journal{dir}).find(void.ID())
	if sent.Load() != 1 || err != nil || entry.Again == nil {
		t.Errorf("%d of 20 take its place, noted %+v, %v", sent.Load(), entry, err)
	}
}

// What the node refused has taken nobody's place.
func TestARefusedTransactionGivesItsPlaceBack(t *testing.T) {
	j := &journal{filepath.Join(t.TempDir(), "sent")}
	void := signedAt(t, "void")
	for _, by := range []tx.ID{{1}, {2}} {
		if err := j.replace(wallet.Network{}, void, by); err != nil {
			t.Fatal(err)
		}
		if err := j.keep(wallet.Network{}, void); err != nil {
			t.Fatal(err)
		}
	}
}
