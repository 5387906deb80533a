package chain

import (
	"testing"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// newTestNode is a chain with two funded accounts.
func newTestNode(t *testing.T, cfg Config) (*Node, *wallet.Key, *wallet.Key) {
	t.Helper()
	alice, bob := derived("alice", 0), derived("bob", 0)
	cfg.Accounts = append(cfg.Accounts, Funded{Address: alice.Address(), Balance: 10_000 * wallet.TRX}, Funded{Address: bob.Address(), Balance: 10_000 * wallet.TRX})
	n, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return n, alice, bob
}

// sign signs a transaction with keys, in order.
func sign(tx *tronpb.Transaction, keys ...*wallet.Key) *tronpb.Transaction {
	for _, k := range keys {
		s := k.Sign(TxID(tx))
		tx.Signature = append(tx.Signature, s[:])
	}
	return tx
}

// pay sends TRX and fails the test when the node refuses it.
func pay(t *testing.T, n *Node, from *wallet.Key, to wallet.Address, amount wallet.Sun) [32]byte {
	t.Helper()
	owner := from.Address()
	tx, err := n.Build(tronpb.Transaction_Contract_TransferContract, &tronpb.TransferContract{OwnerAddress: owner[:], ToAddress: to[:], Amount: int64(amount)})
	if err != nil {
		t.Fatal(err)
	}
	sign(tx, from)
	if r := n.Broadcast(tx); !r.GetResult() {
		t.Fatalf("broadcast: %s %s", r.GetCode(), r.GetMessage())
	}
	return TxID(tx)
}

func TestTransferIsMinedAtOnce(t *testing.T) {
	n, alice, bob := newTestNode(t, Config{})
	id := pay(t, n, alice, bob.Address(), 5*wallet.TRX)
	if got := n.Balance(Head, bob.Address()); got != 10_005*wallet.TRX {
		t.Errorf("bob has %s TRX", got)
	}
	info := n.TransactionInfo(Solid, id[:])
	if info.GetBlockNumber() != 2 || info.GetReceipt().GetNetUsage() == 0 || info.GetFee() != 0 {
		t.Errorf("info: %v", info)
	}
}

func TestSnapshotRevert(t *testing.T) {
	n, alice, bob := newTestNode(t, Config{})
	id := n.Snapshot()
	before := n.NowBlock(Head).ID
	pay(t, n, alice, bob.Address(), 5*wallet.TRX)
	n.Mine(3)
	if err := n.Revert(id); err != nil {
		t.Fatal(err)
	}
	if n.NowBlock(Head).ID != before || n.Balance(Head, bob.Address()) != 10_000*wallet.TRX {
		t.Error("the state is not what it was")
	}
}

func TestReorg(t *testing.T) {
	n, alice, bob := newTestNode(t, Config{SolidLag: 5})
	n.Mine(10)
	id := pay(t, n, alice, bob.Address(), 5*wallet.TRX)
	n.Mine(1)
	removed, err := n.Reorg(2, 0, nil)
	if err != nil || len(removed) != 2 || n.HeadNumber() != 14 {
		t.Fatalf("%v, %d removed, head %d", err, len(removed), n.HeadNumber())
	}
	if n.TransactionInfo(Head, id[:]) != nil || n.Balance(Head, bob.Address()) != 10_000*wallet.TRX {
		t.Error("the transaction is still there")
	}
}
