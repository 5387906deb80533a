package abi_test

import (
	"context"
	"fmt"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
)

// Calldata for a transfer of 1.5 USDT, and what it says when somebody else sends it.
func ExampleMethod() {
	transfer := abi.MustMethod("transfer(address to, uint256 amount) returns (bool)")
	to := wallet.MustParseAddress("TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC")
	data, err := transfer.Encode(to, wallet.UnitsFromUint64(1_500_000))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%x\n", data)

	arguments, err := transfer.DecodeInput(data)
	if err != nil {
		panic(err)
	}
	fmt.Println(transfer.Inputs.Format(arguments))
	// Output:
	// a9059cbb0000000000000000000000007e5f4552091a69125d5dfcb7b8c2659029395bdf000000000000000000000000000000000000000000000000000000000016e360
	// (to: TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC, amount: 1500000)
}

// A tuple is a struct with the components in their order; results go into Go variables.
func ExampleMethod_DecodeInto() {
	get := abi.MustMethod("get(bytes32 id) view returns ((address payer, uint256 deposit, uint40 closeAt) channel, bool open)")
	output, err := get.Outputs.Encode([]any{wallet.MustParseAddress("TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC"), 7, 1_700_000_000}, true)
	if err != nil {
		panic(err)
	}
	var channel struct {
		Payer   wallet.Address
		Deposit wallet.Units
		CloseAt int64
	}
	var open bool
	if err := get.DecodeInto(output, &channel, &open); err != nil {
		panic(err)
	}
	fmt.Println(channel.Payer, channel.Deposit, channel.CloseAt, open)
	// Output: TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC 7 1700000000 true
}

// Arguments as a person types them.
func ExampleParams_ParseArgs() {
	m := abi.MustMethod("pay((address to, uint256 amount)[] items, string note)")
	values, err := m.Inputs.ParseArgs([]string{"[(TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC, 5), (to: TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t, amount: 0x10)]", "thanks, all"})
	if err != nil {
		panic(err)
	}
	text, err := m.Inputs.JSON(values)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))

	_, err = m.Inputs.ParseArgs([]string{"[(TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC, -5)]", ""})
	fmt.Println(err)
	// Output:
	// {"items":[{"to":"TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC","amount":"5"},{"to":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","amount":"16"}],"note":"thanks, all"}
	// argument 1 ((address to, uint256 amount)[] items): [0]: .amount: value does not fit its ABI type: "-5" is out of the range of uint256
}

// A log has the indexed parameters as topics and the others as data.
func ExampleEvent() {
	transfer := abi.MustEvent("Transfer(address indexed from, address indexed to, uint256 value)")
	topics := [][32]byte{transfer.Topic(), {31: 1}, {31: 2}}
	data := make([]byte, 32)
	data[31] = 9

	var from, to wallet.Address
	var value wallet.Units
	if err := transfer.DecodeInto(topics, data, &from, &to, &value); err != nil {
		panic(err)
	}
	fmt.Println(from, to, value)
	// Output: T9yD14Nj9j7xAB4dbGeiX9h8unkKLxmGkn T9yD14Nj9j7xAB4dbGeiX9h8unkKT76qbH 9
}

// Why a call reverted.
func ExampleDecodeRevert() {
	broke := abi.MustError("InsufficientBalance(uint256 available, uint256 required)")
	arguments, err := broke.Inputs.Encode(5, 7)
	if err != nil {
		panic(err)
	}
	id := broke.Selector()
	data := append(id[:], arguments...)
	fmt.Println(abi.DecodeRevert(data, broke))
	fmt.Println(abi.DecodeRevert(data))
	fmt.Println(abi.DecodeRevert(nil))
	// Output:
	// reverted: InsufficientBalance(available: 5, required: 7)
	// reverted: unknown error 0xcf479181 with 64 bytes
	// reverted: no reason given
}

// A contract's JSON ABI, as a compiler writes it or a node answers it.
func ExampleParseJSON() {
	contract, err := abi.ParseJSON([]byte(`[
		{"type":"function","name":"balanceOf","stateMutability":"view","inputs":[{"name":"owner","type":"address"}],"outputs":[{"name":"","type":"uint256"}]},
		{"type":"event","name":"Paused","inputs":[]}]`))
	if err != nil {
		panic(err)
	}
	for _, m := range contract.Methods {
		fmt.Printf("%x %s\n", m.Selector(), m)
	}
	// Output: 70a08231 function balanceOf(address owner) view returns (uint256)
}

// A typed-data document is shown, checked for the network, and signed.
func ExampleTypedData() {
	document, err := abi.ParseTypedData([]byte(`{
		"types": {"Order": [{"name":"token","type":"trcToken"}, {"name":"to","type":"address"}]},
		"primaryType": "Order",
		"domain": {"name":"Shop", "chainId":728126428},
		"message": {"token":"1000001", "to":"0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"}}`))
	if err != nil {
		panic(err)
	}
	text, err := document.Text()
	if err != nil {
		panic(err)
	}
	fmt.Println(text)
	const nile = 0xcd8690dc
	fmt.Println(document.CheckChain(nile))

	key, err := wallet.NewKey()
	if err != nil {
		panic(err)
	}
	signature, err := document.Sign(context.Background(), key)
	if err != nil {
		panic(err)
	}
	by, err := document.Verify(signature)
	fmt.Println(by == key.Address(), err)
	// Output:
	// domain
	//   name (string) "Shop"
	//   chainId (uint256) 728126428
	// message Order
	//   token (trcToken) 1000001
	//   to (address) TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC
	// not typed data: it is for chain 728126428, not for 3448148188 (0xcd8690dc)
	// true <nil>
}
