package contract_test

import (
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/wallet"
)

// A payer opens a channel of 100 TRX; the transaction carries the money.
func ExampleOpen() {
	payer := wallet.MustParseAddress("TNPeeaaFB7K9cmo4uQpcU32zGK8G1NYqeL")
	deployed := wallet.MustParseAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
	call, err := contract.Open(contract.Opening{
		Payee:     wallet.MustParseAddress("TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy"),
		Amount:    channel.NewAmount(100_000_000), // sun
		Challenge: 24 * time.Hour,
		Salt:      [32]byte{1}, // better a random one
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	trigger := call.Trigger(payer, deployed)
	fmt.Println(trigger.CallValue, "TRX,", len(trigger.Data), "bytes")
	// Output: 100 TRX, 196 bytes
}

// A payee, or anybody for it, settles what it holds evidence for.
func ExampleSettleBatch() {
	key, _ := wallet.ParseKey("0000000000000000000000000000000000000000000000000000000000000001")
	domain := channel.Domain{ChainID: 0x2b6653dc, Contract: wallet.MustParseAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")}
	terms := channel.Terms{Payer: key.Address(), Payee: wallet.MustParseAddress("TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy"), Signer: key.Address(), Challenge: 24 * time.Hour}
	voucher := channel.Voucher{Channel: terms.ID(), Cumulative: channel.NewAmount(5_000_000)}
	claim := contract.Claim{Terms: terms, Voucher: voucher.Sign(key, domain)}
	call, err := contract.SettleBatch([]contract.Claim{claim, claim})
	fmt.Println(len(call.Data), "bytes", err)
	// Output: 420 bytes <nil>
}

// Figures of a channel as a node gives them.
func ExampleDecodeWord() {
	figures, err := contract.DecodeWord([32]byte{31: 100, 18: 40})
	fmt.Println(figures.State(), figures.Deposit, figures.Settled, err)
	// Output: open 100 40 <nil>
}
