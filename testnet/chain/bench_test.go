package chain

import (
	"encoding/binary"
	"path/filepath"
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

// least is the shortest of several times: on a shared machine the only one that says something about the program.
type least time.Duration

func (l *least) since(start time.Time) {
	if d := least(time.Since(start)); *l == 0 || d < *l {
		*l = d
	}
}

func (l least) ms() float64 { return float64(l) / float64(time.Millisecond) }

// BenchmarkEmptyBlocks makes 1,000 empty blocks, in memory and with a state file.
func BenchmarkEmptyBlocks(b *testing.B) {
	mine := func(b *testing.B, n *Node) {
		var best least
		for b.Loop() {
			start := time.Now()
			n.Mine(1000)
			best.since(start)
		}
		b.ReportMetric(best.ms(), "ms(≤200)")
	}
	b.Run("memory", func(b *testing.B) { mine(b, benchNode(b, Config{})) })
	b.Run("file", func(b *testing.B) {
		n := benchNode(b, Config{})
		if err := n.Keep(filepath.Join(b.TempDir(), "state")); err != nil {
			b.Fatal(err)
		}
		mine(b, n)
		if err := n.Close(); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkSnapshotRevert takes a snapshot, mines a block and goes back, with 10 and with 1,000,000 accounts.
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
	b.ReportMetric(float64(large)/float64(small), "ratio(1e6/10≤1.5)")
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
