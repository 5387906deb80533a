package cmd

import (
	"testing"

	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// moved is a Transfer event.
func moved(token, from, to wallet.Address, units byte) node.Log {
	topic := func(a wallet.Address) (t [32]byte) {
		evm := a.EVM()
		copy(t[12:], evm[:])
		return t
	}
	return node.Log{Contract: token, Topics: [][32]byte{trc20.TransferTopic, topic(from), topic(to)}, Data: append(make([]byte, 31), units)}
}

func TestArrival(t *testing.T) {
	token, other := wallet.AddressFromEVM([20]byte{0xcc}), wallet.AddressFromEVM([20]byte{0xdd})
	alice, bob, carol := wallet.AddressFromEVM([20]byte{1}), wallet.AddressFromEVM([20]byte{2}), wallet.AddressFromEVM([20]byte{3})
	want := trc20.Transfer{Token: token, From: alice, To: bob, Amount: wallet.UnitsFromUint64(10)}
	for name, c := range map[string]struct {
		logs    []node.Log
		arrives string // empty: nothing is said
	}{
		"all of it":                {[]node.Log{moved(token, alice, bob, 10)}, ""},
		"in two parts":             {[]node.Log{moved(token, alice, bob, 4), moved(token, alice, bob, 6)}, ""},
		"less a fee":               {[]node.Log{moved(token, alice, carol, 1), moved(token, alice, bob, 9)}, "9"},
		"nothing":                  {[]node.Log{moved(token, alice, carol, 10)}, "0"},
		"a node that tells no log": {nil, ""},
		"another token's events":   {[]node.Log{moved(other, alice, bob, 1)}, ""},
		"a fee in another token":   {[]node.Log{moved(token, alice, bob, 10), moved(other, alice, bob, 1)}, ""},
	} {
		amount, differs := arrival(want, &node.Simulation{Logs: c.logs})
		if differs != (c.arrives != "") || differs && amount.String() != c.arrives {
			t.Errorf("%s: %s arrives, %v; want %q", name, amount, differs, c.arrives)
		}
	}
}
