package settle_test

import (
	"fmt"
	"time"

	"github.com/piecework/piecework/channel/settle"
)

// A plan says what it would do, why, what it costs and what it is worth.
func ExampleMake() {
	plan := settle.Make([]settle.Candidate{
		spec{paid: trx(40), closing: 20 * time.Hour}.candidate(1),
		spec{paid: trx(900), waited: time.Hour}.candidate(2),
		spec{paid: trx(3)}.candidate(3),
	}, prices, settle.Policy{}, now)
	fmt.Print(plan)
	// Output:
	// 1. settle 2 channels of TRX for TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t
	//    due 940000000, worth 940 TRX, costs 3.378 TRX (26900 energy, 688 bytes), fee limit 3.497 TRX; deadline in 20h0m0s
	//    - channel f243dedf: due 40000000 TRX, worth 40 TRX, costs 1.689 TRX: the payer has started to close; deadline in 20h0m0s
	//    - channel 1dbb0119: due 900000000 TRX, worth 900 TRX, costs 1.689 TRX: it is worth its cost, and the transaction is sent anyway
	// left: channel 48206a8d: due 3000000 TRX, worth 3 TRX, costs 1.104 TRX: it is worth too little for its cost so far
	// challenge reserve: 5.3784 TRX needed, 1000 TRX there: enough
}
