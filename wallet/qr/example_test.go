package qr_test

import (
	"fmt"
	"log"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/qr"
	"github.com/piecework/piecework/wallet/tx"
)

// A transaction goes to the machine with the key as a picture.
func Example() {
	accounts := wallet.DevAccounts()
	block, err := tx.ParseBlockID("00000000000012340123456789abcdef00000000000000000000000000000000")
	if err != nil {
		log.Fatal(err)
	}
	payment, err := tx.Build(&tx.Transfer{Owner: accounts[0].Key.Address(), To: accounts[1].Key.Address(), Amount: wallet.TRX},
		tx.Reference{Block: block, Time: time.UnixMilli(1700000000000)}, tx.Options{Expiry: tx.MaxExpiry})
	if err != nil {
		log.Fatal(err)
	}
	code, err := qr.Encode(payment)
	if err != nil {
		log.Fatal(err)
	}
	picture, err := code.PNG()
	if err != nil {
		log.Fatal(err)
	}
	received, err := qr.Decode(picture)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(received.Contract())
	// Output: send 1 TRX from TWer2Ygk5TEheHp3TPuYeqxmB6SsGZmaL6 to TPjjvMwjPoDC32V2dGDYTkLH4E5LAtBZ6C
}
