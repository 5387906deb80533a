package vm_test

import (
	"fmt"
	"math/big"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/testnet/vm/bare"
	"github.com/piecework/piecework/wallet"
)

// A contract is deployed and called on a ledger in memory.
func Example() {
	ledger := bare.New()
	owner := wallet.MustParseAddress("TPL66VK2gCXNCD7EJg9pgJRfqcRazjhUZY")
	ledger.Fund(owner, 100*wallet.TRX)
	env := &vm.Env{Params: vm.Mainnet(), Block: vm.Block{Number: 1, Time: 1_700_000_000_000}}

	// init code that answers 11 bytes of code, which add 32 bytes of call data to the call's value
	code := []byte{0x60, 0x0b, 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3, 0x5f, 0x35, 0x34, 0x01, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3, 0x00}
	deployed, err := vm.Create(env, ledger, &vm.Message{
		TxID: [32]byte{1}, From: owner, Data: code, EnergyLimit: 100_000, Contract: vm.Contract{UserPercent: 100, OriginEnergyLimit: 10_000},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(deployed.Outcome, deployed.EnergyUsed)

	called, err := vm.Call(env, ledger, &vm.Message{
		TxID: [32]byte{2}, From: owner, To: deployed.Contract, Data: big.NewInt(40).FillBytes(make([]byte, 32)), Value: 2, EnergyLimit: 100_000,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(called.Outcome, called.EnergyUsed, new(big.Int).SetBytes(called.Return))
	// Output:
	// SUCCESS 2219
	// SUCCESS 21 42
}
