package testnet_test

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// cell is init code of a contract with one word of storage, 42 at first: a call without data reads it, a call with data writes it.
const cell = "602a6000556018601160003960186000f3" + "3615600c57600035600055005b60005460005260206000f3"

// sent builds, signs and broadcasts a contract, which must get into a block.
func sent(t *testing.T, n *testnet.Network, by *wallet.Key, kind tronpb.Transaction_Contract_ContractType, m proto.Message) *tronpb.TransactionInfo {
	t.Helper()
	answer, info := try(t, n, by, kind, m)
	if !answer.GetResult() || info.GetResult() != tronpb.TransactionInfo_SUCESS {
		t.Fatalf("%s: %s %s %v", kind, answer.GetCode(), answer.GetMessage(), info)
	}
	return info
}

func try(t *testing.T, n *testnet.Network, by *wallet.Key, kind tronpb.Transaction_Contract_ContractType, m proto.Message) (*tronpb.Return, *tronpb.TransactionInfo) {
	t.Helper()
	tx, err := n.Build(kind, m)
	if err != nil {
		return &tronpb.Return{Message: []byte(err.Error())}, nil
	}
	tx.RawData.FeeLimit = int64(1000 * wallet.TRX)
	id := chain.TxID(tx)
	signature := by.Sign(id)
	tx.Signature = [][]byte{signature[:]}
	answer := n.Broadcast(tx)
	return answer, n.TransactionInfo(chain.Head, id[:])
}

// value is what a cell holds.
func value(t *testing.T, n *testnet.Network, contract []byte) byte {
	t.Helper()
	c, err := n.Constant(chain.Head, &tronpb.TriggerSmartContract{OwnerAddress: contract, ContractAddress: contract}, nil)
	if err != nil || len(c.Return) != 32 {
		t.Fatalf("reading the cell: %v %v", c, err)
	}
	return c.Return[31]
}

func write(t *testing.T, n *testnet.Network, by *wallet.Key, contract []byte, v byte) {
	t.Helper()
	owner := by.Address()
	sent(t, n, by, tronpb.Transaction_Contract_TriggerSmartContract, &tronpb.TriggerSmartContract{
		OwnerAddress: owner[:], ContractAddress: contract, Data: append(make([]byte, 31), v),
	})
}

// origin is a network with a contract, a token and a delegation, that answers over HTTP.
func origin(t *testing.T) (n *testnet.Network, contract []byte) {
	t.Helper()
	n, err := testnet.New(testnet.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Listen("127.0.0.1:0", "127.0.0.1:0", rpc.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	alice, bob := n.Accounts()[0], n.Accounts()[1].Address()
	a := alice.Address()
	code, err := hex.DecodeString(cell)
	if err != nil {
		t.Fatal(err)
	}
	contract = sent(t, n, alice, tronpb.Transaction_Contract_CreateSmartContract, &tronpb.CreateSmartContract{
		OwnerAddress: a[:], NewContract: &tronpb.SmartContract{OriginAddress: a[:], Bytecode: code, ConsumeUserResourcePercent: 100, OriginEnergyLimit: 1},
	}).GetContractAddress()
	now := n.NowBlock(chain.Head).Time()
	sent(t, n, alice, tronpb.Transaction_Contract_AssetIssueContract, &tronpb.AssetIssueContract{
		OwnerAddress: a[:], Name: []byte("Acme"), TotalSupply: 1000, TrxNum: 1, Num: 1, StartTime: now + 1_000_000, EndTime: now + 2_000_000, Url: []byte("u"),
	})
	sent(t, n, alice, tronpb.Transaction_Contract_FreezeBalanceV2Contract, &tronpb.FreezeBalanceV2Contract{
		OwnerAddress: a[:], FrozenBalance: int64(50 * wallet.TRX), Resource: tronpb.ResourceCode_ENERGY,
	})
	sent(t, n, alice, tronpb.Transaction_Contract_DelegateResourceContract, &tronpb.DelegateResourceContract{
		OwnerAddress: a[:], ReceiverAddress: bob[:], Balance: int64(20 * wallet.TRX), Resource: tronpb.ResourceCode_ENERGY,
	})
	return n, contract
}

func forked(t *testing.T, target, cache string) *testnet.Network {
	t.Helper()
	key, err := wallet.KeyFromBytes(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	n, err := testnet.New(testnet.Config{Fork: target, ForkCache: cache, Keys: []*wallet.Key{key}})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestFork forks one testnet from another: contract, accounts, tokens and delegations are there, what the fork writes stays in the fork, and what it
// has seen comes from the cache for the next fork, whatever the first network does meanwhile.
func TestFork(t *testing.T) {
	first, contract := origin(t)
	cache := t.TempDir()
	head := first.HeadNumber()
	n := forked(t, first.URL(), cache)
	if n.HeadNumber() != head || n.GenesisID() != first.GenesisID() {
		t.Fatalf("the fork begins at block %d, want %d", n.HeadNumber(), head)
	}
	alice, bob, carol := first.Accounts()[0], first.Accounts()[1], first.Accounts()[2].Address()
	a, b := alice.Address(), bob.Address()
	if got, want := n.Balance(chain.Head, a), first.Balance(chain.Head, a); got != want {
		t.Errorf("alice has %s TRX on the fork, %s before", got, want)
	}
	if v := value(t, n, contract); v != 42 {
		t.Errorf("the contract says %d", v)
	}
	id := n.Snapshot()
	write(t, n, alice, contract, 7)
	if value(t, n, contract) != 7 || value(t, first, contract) != 42 {
		t.Errorf("after a write to the fork: %d there, %d on the first network", value(t, n, contract), value(t, first, contract))
	}
	sent(t, n, alice, tronpb.Transaction_Contract_TransferAssetContract, &tronpb.TransferAssetContract{
		OwnerAddress: a[:], ToAddress: carol[:], AssetName: []byte("1000001"), Amount: 10,
	})
	sent(t, n, alice, tronpb.Transaction_Contract_UnDelegateResourceContract, &tronpb.UnDelegateResourceContract{
		OwnerAddress: a[:], ReceiverAddress: b[:], Balance: int64(20 * wallet.TRX), Resource: tronpb.ResourceCode_ENERGY,
	})
	if account := n.Account(chain.Head, carol[:]); account.GetAssetV2()["1000001"] != 10 {
		t.Errorf("carol has %v", account.GetAssetV2())
	}
	now := n.NowBlock(chain.Head).Time()
	issued := sent(t, n, bob, tronpb.Transaction_Contract_AssetIssueContract, &tronpb.AssetIssueContract{
		OwnerAddress: b[:], Name: []byte("Next"), TotalSupply: 1, TrxNum: 1, Num: 1, StartTime: now + 1_000_000, EndTime: now + 2_000_000, Url: []byte("u"),
	})
	if issued.GetAssetIssueID() != "1000002" {
		t.Errorf("the next token is %s", issued.GetAssetIssueID())
	}
	if err := n.Revert(id); err != nil || value(t, n, contract) != 42 {
		t.Errorf("after going back the contract says %d (%v)", value(t, n, contract), err)
	}

	write(t, n, alice, contract, 8)
	write(t, first, alice, contract, 99)
	again := forked(t, first.URL()+"@"+strconv.FormatInt(head, 10), cache)
	if v := value(t, again, contract); v != 42 {
		t.Errorf("a fork of the same block says %d: neither what the other fork wrote nor what came later belongs there", v)
	}
	if fresh := forked(t, first.URL(), ""); value(t, fresh, contract) != 99 {
		t.Errorf("a fork of the new head says %d", value(t, fresh, contract))
	}
	if err := n.Dump(&bytes.Buffer{}); err == nil {
		t.Error("a fork was dumped")
	}
}

// TestForkedNodeGone stops the first network: what was seen is still there, anything else is refused with the reason, and nothing is half done.
func TestForkedNodeGone(t *testing.T) {
	first, contract := origin(t)
	n := forked(t, first.URL(), "")
	alice := first.Accounts()[0]
	a := alice.Address()
	write(t, n, alice, contract, 7)
	before := n.Balance(chain.Head, a)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if v := value(t, n, contract); v != 7 {
		t.Errorf("the contract says %d", v)
	}
	stranger := wallet.AddressFromEVM([20]byte{9})
	answer, _ := try(t, n, alice, tronpb.Transaction_Contract_TransferContract, &tronpb.TransferContract{OwnerAddress: a[:], ToAddress: stranger[:], Amount: 1})
	if answer.GetResult() || !strings.Contains(string(answer.GetMessage()), "forked node") {
		t.Errorf("a transfer to an account that was not seen: %v", answer)
	}
	if after := n.Balance(chain.Head, a); after != before {
		t.Errorf("alice has %s TRX after a refused transfer, %s before", after, before)
	}
}
