package channel_test

import (
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// A payer promises a tail and reveals it step by step; the payee's record grows with each.
func Example() {
	key, _ := wallet.ParseKey("0000000000000000000000000000000000000000000000000000000000000001")
	domain := channel.Domain{ChainID: 0xcd8690dc, Contract: wallet.MustParseAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

	terms := channel.Terms{Payer: key.Address(), Payee: domain.Contract, Signer: key.Address(), Challenge: 24 * time.Hour}
	record := channel.NewRecord(terms, channel.NewAmount(1_000_000))
	rule := channel.NewRule(domain, 0)

	chain, _ := channel.ChainFrom([32]byte{1: 7}, 256)
	tail := channel.Tail{Anchor: chain.Anchor(), Unit: channel.NewAmount(50), Length: 256, Expiry: now.Add(time.Hour).Unix()}
	voucher := channel.Voucher{Channel: record.ID, Tails: []channel.Tail{tail}}.Sign(key, domain)
	outcome, err := rule.AcceptVoucher(&record, &voucher, now)
	fmt.Println(outcome == channel.Accepted, err, record.Paid(), record.Promised())

	for _, count := range []uint32{1, 2, 10} {
		reveal := chain.Reveal(count)
		_, err := rule.AcceptReveal(&record, &reveal, now)
		fmt.Println(err, record.Paid())
	}

	redeemed := channel.Voucher{Channel: record.ID, Cumulative: record.Paid()}.Sign(key, domain)
	_, err = rule.AcceptVoucher(&record, &redeemed, now)
	fmt.Println(err, record.Paid(), record.Promised())
	_, err = rule.AcceptVoucher(&record, &voucher, now)
	fmt.Println(err)
	// Output:
	// true <nil> 0 12800
	// <nil> 50
	// <nil> 100
	// <nil> 500
	// <nil> 500 500
	// voucher is stale: 500 is paid already, by a voucher of 500
}
