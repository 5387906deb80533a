package chain

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

func benchNode(b *testing.B, cfg Config) *Node {
	b.Helper()
	n, err := New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkEmptyBlocks makes 1,000 empty blocks; the target is 0.2 s.
func BenchmarkEmptyBlocks(b *testing.B) {
	n := benchNode(b, Config{})
	for b.Loop() {
		n.Mine(1000)
	}
}

// BenchmarkSnapshotRevert takes a snapshot, mines a block and goes back, with 10 and with 1,000,000 accounts; the target is a ratio of 1.5 at most.
func BenchmarkSnapshotRevert(b *testing.B) {
	few, many := benchNode(b, Config{}), benchNode(b, Config{})
	for i := range uint32(1_000_000) {
		var evm [20]byte
		binary.BigEndian.PutUint32(evm[:], i+1)
		many.s.PutAccount(&state.Account{Address: wallet.AddressFromEVM(evm), Balance: 1})
	}
	many.Mine(1)
	round := func(n *Node) time.Duration {
		start := time.Now()
		id := n.Snapshot()
		n.Mine(1)
		if err := n.Revert(id); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	var small, large time.Duration
	for b.Loop() {
		small += round(few)
		large += round(many)
	}
	b.ReportMetric(float64(large)/float64(small), "ratio(1e6/10)")
}

// BenchmarkTransfer builds, signs, sends and mines transfers, each with its receipt.
func BenchmarkTransfer(b *testing.B) {
	alice := derived("alice", 0)
	n := benchNode(b, Config{Accounts: []Funded{{Address: alice.Address(), Balance: 1_000_000 * wallet.TRX}}})
	a, to := alice.Address(), derived("bob", 0).Address()
	for b.Loop() {
		tx, err := n.Build(tronpb.Transaction_Contract_TransferContract, &tronpb.TransferContract{OwnerAddress: a[:], ToAddress: to[:], Amount: 1})
		if err != nil {
			b.Fatal(err)
		}
		id := TxID(tx)
		signature := alice.Sign(id)
		tx.Signature = [][]byte{signature[:]}
		if r := n.Broadcast(tx); !r.GetResult() || n.TransactionInfo(Head, id[:]) == nil {
			b.Fatalf("%s %s", r.GetCode(), r.GetMessage())
		}
	}
}

// BenchmarkConstant calls a contract that reads and writes a word.
func BenchmarkConstant(b *testing.B) {
	alice := derived("alice", 0)
	n := benchNode(b, Config{Accounts: []Funded{{Address: alice.Address(), Balance: 1_000_000 * wallet.TRX}}})
	a := alice.Address()
	n.SetCode(a, []byte{0x60, 0, 0x54, 0x60, 1, 0x01, 0x80, 0x60, 0, 0x55, 0x60, 0, 0x52, 0x60, 32, 0x60, 0, 0xf3})
	call := &tronpb.TriggerSmartContract{OwnerAddress: a[:], ContractAddress: a[:]}
	for b.Loop() {
		if c, err := n.Constant(Head, call, nil); err != nil || c.Return[31] != 1 {
			b.Fatal(c, err)
		}
	}
}
