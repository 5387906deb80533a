package trc20_test

import (
	"context"
	"fmt"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/trc20/contract"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

var (
	usdt = wallet.MustParseAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
	me   = wallet.MustParseAddress("TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC")
	you  = wallet.MustParseAddress("TWer2Ygk5TEheHp3TPuYeqxmB6SsGZmaL6")
)

// Open a token, build a transfer, and judge it by what the receipt's logs say.
func Example() {
	ctx := context.Background()
	token, err := trc20.Open(ctx, tether{}, usdt) // a program uses a *node.Node
	if err != nil {
		panic(err)
	}
	amount, err := token.Amount("12.5")
	if err != nil {
		panic(err)
	}
	if err := token.CheckBalance(ctx, me, amount); err != nil {
		fmt.Println(err)
	}
	call, err := token.Transfer(me, you, amount)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s by %x…\n", token.Format(amount), call.Data[:4])

	// … build, price, sign and send the call; then, from its receipt:
	word := amount.Bytes32()
	logs := []trc20.Log{{Contract: usdt, Topics: [][32]byte{trc20.TransferTopic, topic(me), topic(you)}, Data: word[:]}}
	wanted := trc20.Transfer{Token: usdt, From: me, To: you, Amount: amount}
	fmt.Println(trc20.ConfirmTransfer(wanted, logs))
	fmt.Println(trc20.ConfirmTransfer(wanted, nil))
	// Output:
	// TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC has 7 USDT, not 12.5 USDT
	// 12.5 USDT by a9059cbb…
	// <nil>
	// token TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t: 0 units went from TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC to TWer2Ygk5TEheHp3TPuYeqxmB6SsGZmaL6, not 12500000
}

// A token with exactly the options that were asked for. What is not asked for is not in the code.
func ExampleDeployment() {
	d := trc20.Deployment{
		Owner: me, Name: "Acme", Symbol: "ACM", Decimals: 6, Supply: wallet.UnitsFromUint64(1_000_000_000_000),
		Options: contract.Options{Permit: true},
	}
	create, err := d.Contract()
	if err != nil {
		panic(err)
	}
	stored, err := abi.ParseJSON(contract.Of(d.Options).ABI)
	if err != nil {
		panic(err)
	}
	_, permit := stored.Method("permit")
	_, mint := stored.Method("mint")
	fmt.Println(create.New.Name, permit == nil, mint == nil)
	// Output: TokenPermit true false
}

func topic(a wallet.Address) (word [32]byte) {
	copy(word[12:], a[1:])
	return word
}

// tether answers as USDT would.
type tether struct{}

func (tether) ConstantCall(_ context.Context, call *tx.TriggerSmartContract) ([]byte, bool, error) {
	for text, answer := range map[string]any{
		"decimals()(uint8)": 6, "name()(string)": "Tether USD", "symbol()(string)": "USDT", "balanceOf(address)(uint256)": 7_000_000,
	} {
		m := abi.MustMethod(text)
		if id := m.Selector(); id == [4]byte(call.Data) {
			output, err := m.Outputs.Encode(answer)
			return output, true, err
		}
	}
	return nil, false, nil
}
