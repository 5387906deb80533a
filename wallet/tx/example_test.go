package tx_test

import (
	"context"
	"fmt"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// A payment from nothing to bytes, without a node: the reference block is what a node would tell.
func ExampleBuild() {
	key, err := wallet.DeriveKey(wallet.DevMnemonic, "", wallet.AccountPath(0))
	if err != nil {
		fmt.Println(err)
		return
	}
	block, err := tx.ParseBlockID("00000000000012340123456789abcdef0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	payment := &tx.Transfer{Owner: key.Address(), To: wallet.MustParseAddress("TPjjvMwjPoDC32V2dGDYTkLH4E5LAtBZ6C"), Amount: 5 * wallet.TRX}
	built, err := tx.Build(payment, tx.Reference{Block: block, Time: time.UnixMilli(1700000000000)}, tx.Options{Expiry: time.Hour})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("bandwidth", built.Bandwidth(1))
	if err := built.SignExpected(context.Background(), key, tx.Expected{Contract: payment}); err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range built.Show() {
		fmt.Println(f.Name, f.Value)
	}
	// Output:
	// bandwidth 268
	// type TransferContract
	// owner_address TWer2Ygk5TEheHp3TPuYeqxmB6SsGZmaL6
	// to_address TPjjvMwjPoDC32V2dGDYTkLH4E5LAtBZ6C
	// amount 5 TRX
	// timestamp 2023-11-14 22:13:20.000 UTC
	// expiration 2023-11-14 23:13:20.000 UTC
	// reference_block …1234, 0123456789abcdef
	// txid 79972928b1e0a9f354f63b1b9697124089b9e928e176c29a832ea9d6e86d603d
	// signature[0] TWer2Ygk5TEheHp3TPuYeqxmB6SsGZmaL6
}

// A transaction that somebody else built is compared with what was asked before it is signed.
func ExampleTransaction_Matches() {
	alice, mallory := wallet.MustParseAddress("TWer2Ygk5TEheHp3TPuYeqxmB6SsGZmaL6"), wallet.MustParseAddress("TB7mhtkvfhsRBRhe5FuRa4tFXSEyGDe4eA")
	asked := &tx.Transfer{Owner: alice, To: wallet.MustParseAddress("TPjjvMwjPoDC32V2dGDYTkLH4E5LAtBZ6C"), Amount: 5 * wallet.TRX}
	foreign, err := tx.Build(&tx.Transfer{Owner: alice, To: mallory, Amount: 5 * wallet.TRX}, reference(), tx.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(foreign.Matches(tx.Expected{Contract: asked}))
	// Output: the transaction is not what was asked for: to_address is TB7mhtkvfhsRBRhe5FuRa4tFXSEyGDe4eA, want TPjjvMwjPoDC32V2dGDYTkLH4E5LAtBZ6C
}

// Permissions are read, changed and written back whole; the difference and the danger of locking oneself out are shown first.
func ExamplePermissions() {
	alice, bob := wallet.MustParseAddress("TWer2Ygk5TEheHp3TPuYeqxmB6SsGZmaL6"), wallet.MustParseAddress("TPjjvMwjPoDC32V2dGDYTkLH4E5LAtBZ6C")
	now := tx.DefaultPermissions(alice)
	next := now
	next.Owner.Keys = []tx.PermissionKey{{Address: alice, Weight: 1}, {Address: bob, Weight: 1}}
	next.Owner.Threshold = 2
	for _, line := range now.Diff(next) {
		fmt.Println(line)
	}
	fmt.Println(next.Lockout(alice))
	// Output:
	// owner: threshold 1 → 2
	// owner: + key TPjjvMwjPoDC32V2dGDYTkLH4E5LAtBZ6C, weight 1
	// nobody could act for the account any more: the keys that you hold weigh 1 of the 2 that the owner permission wants
}
