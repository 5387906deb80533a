package gate_test

import (
	"fmt"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
)

// A request waits at the toll until it is covered by what was paid, or by the window ahead of it.
func ExampleToll() {
	price := channel.NewAmount(1000) // per MiB
	account := gate.NewAccount(price, gate.Window{Start: 32 << 10, Max: 1 << 20})
	toll := gate.NewToll()
	toll.Attach(account)
	toll.Unchoke()
	uplink := func(bytes int64, paying bool) bool { return true }

	for i := range uint32(3) { // three blocks of 16 KiB, where two are served ahead of payment
		_ = toll.Request(gate.Request{Begin: i * 16 << 10, Length: 16 << 10})
	}
	pass := func() (passed int) {
		for r, ok := toll.Next(uplink); ok; r, ok = toll.Next(uplink) {
			toll.Piece(r) // the client answers
			passed++
		}
		return passed
	}
	fmt.Println(pass(), "passed")
	due, _ := toll.Stalled()
	fmt.Println(due, "bytes must be paid for")
	account.Pay(gate.Cost(price, due))
	fmt.Println(pass(), "passed")
	// Output:
	// 2 passed
	// 16384 bytes must be paid for
	// 1 passed
}

// Money is rounded up once, on all bytes of a session, and bytes down.
func ExampleCost() {
	price := channel.NewAmount(1000)
	fmt.Println(gate.Cost(price, 1), gate.Cost(price, 1<<20), gate.Cost(price, 3<<19))
	fmt.Println(gate.Covered(price, channel.NewAmount(250), 1<<40))
	// Output:
	// 1 1000 1500
	// 262144
}
