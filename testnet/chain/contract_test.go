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
	tx, err := n.Build(tronpb.Transaction_Contract_CreateSmartContract, &tronpb.CreateSmartContract{OwnerAddress: owner[:], NewContract: &tronpb.SmartContract{
		OriginAddress: owner[:], Bytecode: bytecode, ConsumeUserResourcePercent: 100, OriginEnergyLimit: 10_000_000, Name: "Answer",
	}})
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
		t.Fatalf("deployment: %v", info)
	}
	return info.GetContractAddress()
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
