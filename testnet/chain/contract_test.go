package chain

import (
	"encoding/hex"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// deploy deploys init code and gives the address of the contract.
func deploy(t *testing.T, n *Node, by *wallet.Key, code string) []byte {
	t.Helper()
	bytecode, err := hex.DecodeString(code)
	if err != nil {
		t.Fatal(err)
	}
	owner := by.Address()
	return succeeds(t, n, by, tronpb.Transaction_Contract_CreateSmartContract, &tronpb.CreateSmartContract{OwnerAddress: owner[:], NewContract: &tronpb.SmartContract{
		OriginAddress: owner[:], Bytecode: bytecode, ConsumeUserResourcePercent: 100, OriginEnergyLimit: 10_000_000, Name: "Answer",
	}}).GetContractAddress()
}

// succeeds sends a contract's transaction, which must.
func succeeds(t *testing.T, n *Node, by *wallet.Key, kind tronpb.Transaction_Contract_ContractType, m proto.Message) *tronpb.TransactionInfo {
	t.Helper()
	tx, err := n.Build(kind, m)
	if err != nil {
		t.Fatal(err)
	}
	tx.RawData.FeeLimit = int64(1000 * wallet.TRX)
	id := TxID(sign(tx, by))
	if r := n.Broadcast(tx); !r.GetResult() {
		t.Fatalf("broadcast: %s %s", r.GetCode(), r.GetMessage())
	}
	info := n.TransactionInfo(Head, id[:])
	if info.GetReceipt().GetResult() != tronpb.Transaction_Result_SUCCESS {
		t.Fatalf("%s: %v", kind, info)
	}
	return info
}

// answerCode deploys code that returns 42.
const answerCode = "61000a80600c6000396000f3602a60005260206000f3"

func TestContractCall(t *testing.T) {
	n, alice, bob := newTestNode(t, Config{})
	contract := deploy(t, n, alice, answerCode)
	if c := n.Contract(Head, contract); c.GetName() != "Answer" || len(c.GetCodeHash()) != 32 || c.GetAbi() == nil {
		t.Errorf("contract: %v", c) // an ABI that was not sent is an empty one (RepositoryImpl.commitContractCache)
	}
	owner := bob.Address()
	call := &tronpb.TriggerSmartContract{OwnerAddress: owner[:], ContractAddress: contract}
	c, err := n.Constant(Head, call, nil)
	if err != nil || len(c.Return) != 32 || c.Return[31] != 42 {
		t.Fatalf("constant call: %v %v", c, err)
	}
	energy, err := n.Estimate(Head, call)
	if err != nil || energy != 2*c.EnergyUsed {
		t.Errorf("estimate %d %v, used %d", energy, err, c.EnergyUsed)
	}
	tx, err := n.Build(tronpb.Transaction_Contract_TriggerSmartContract, call)
	if err != nil {
		t.Fatal(err)
	}
	tx.RawData.FeeLimit = int64(10 * wallet.TRX)
	id := TxID(sign(tx, bob))
	if r := n.Broadcast(tx); !r.GetResult() {
		t.Fatalf("broadcast: %s", r.GetMessage())
	}
	info := n.TransactionInfo(Head, id[:])
	if got := info.GetReceipt().GetEnergyFee(); got != c.EnergyUsed*100 || info.GetFee() != got {
		t.Errorf("fee %d, %d energy used", got, c.EnergyUsed)
	}
}

// ReceiptCapsule.payEnergyBill: a call that costs nothing leaves what it might have used charged to the caller's stake.
func TestCallWithoutCostStaysCharged(t *testing.T) {
	n, alice, bob := newTestNode(t, Config{})
	stop := deploy(t, n, alice, "600180600a6000396000f300")
	owner := bob.Address()
	send := func(kind tronpb.Transaction_Contract_ContractType, m proto.Message, limit wallet.Sun) {
		t.Helper()
		tx, err := n.Build(kind, m)
		if err != nil {
			t.Fatal(err)
		}
		tx.RawData.FeeLimit = int64(limit)
		if r := n.Broadcast(sign(tx, bob)); !r.GetResult() {
			t.Fatalf("broadcast: %s", r.GetMessage())
		}
	}
	send(tronpb.Transaction_Contract_FreezeBalanceV2Contract, &tronpb.FreezeBalanceV2Contract{
		OwnerAddress: owner[:], FrozenBalance: int64(1000 * wallet.TRX), Resource: tronpb.ResourceCode_ENERGY,
	}, 0)
	send(tronpb.Transaction_Contract_TriggerSmartContract, &tronpb.TriggerSmartContract{OwnerAddress: owner[:], ContractAddress: stop}, wallet.TRX)
	if used := n.AccountResource(Head, owner[:]).GetEnergyUsed(); used < 9_990 { // it has begun to recover
		t.Errorf("%d energy used", used)
	}
}

// recreatingCode deploys a contract that makes, by CREATE2 with salt 0, a child which stores 1 in its row 0; called with one byte it ends, with two it
// answers the row.
const recreatingCode = "604680600b6000396000f3" + "602e6018600039" + "6000602e60006000f5" + "60005260206000f3" +
	"602380600b6000396000f3" + "3660011460145736600214601757600160005500" + "5b33ff" + "5b60005460005260206000f3"

// TestStorageOfAContractMadeAgain: a contract that CREATE2 makes where one has ended starts without rows: java-tron's keys hold the id of the
// transaction that made it (Storage.java:60, RepositoryImpl.java:681).
func TestStorageOfAContractMadeAgain(t *testing.T) {
	n, alice, _ := newTestNode(t, Config{})
	factory := deploy(t, n, alice, recreatingCode)
	made := trigger(t, n, alice, factory, nil).GetContractResult()[0]
	child := append([]byte{wallet.AddressPrefix}, made[12:]...)
	row := func() byte { return constant(t, n, alice, child, []byte{0, 0})[31] }
	trigger(t, n, alice, child, nil)
	if row() != 1 {
		t.Fatal("the child does not store")
	}
	trigger(t, n, alice, child, []byte{0})
	if n.Contract(Head, child) != nil {
		t.Fatal("the child is still there")
	}
	trigger(t, n, alice, factory, nil)
	if got := row(); got != 0 {
		t.Errorf("the new child has %d in its row", got)
	}
}

// trigger calls a contract in a transaction that must succeed.
func trigger(t *testing.T, n *Node, by *wallet.Key, contract, data []byte) *tronpb.TransactionInfo {
	t.Helper()
	owner := by.Address()
	return succeeds(t, n, by, tronpb.Transaction_Contract_TriggerSmartContract, &tronpb.TriggerSmartContract{OwnerAddress: owner[:], ContractAddress: contract, Data: data})
}

// constant calls a contract without a transaction and gives its answer.
func constant(t *testing.T, n *Node, by *wallet.Key, contract, data []byte) []byte {
	t.Helper()
	owner := by.Address()
	c, err := n.Constant(Head, &tronpb.TriggerSmartContract{OwnerAddress: owner[:], ContractAddress: contract, Data: data}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.Return
}
