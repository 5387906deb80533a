package wallet_test

import (
	"context"
	"fmt"
	"os"

	"github.com/piecework/piecework/wallet"
)

func ExampleParseAddress() {
	for _, form := range []string{"TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC", "417e5f4552091a69125d5dfcb7b8c2659029395bdf", "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"} {
		address, err := wallet.ParseAddress(form)
		fmt.Println(address, err)
	}
	_, err := wallet.ParseAddress("TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HD")
	fmt.Println(err)
	// Output:
	// TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC <nil>
	// TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC <nil>
	// TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC <nil>
	// not a Tron address: the checksum of "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HD" is wrong (a mistyped character?)
}

func ExampleParseUnits() {
	units, err := wallet.ParseUnits("12.5", 6)
	fmt.Println(units, wallet.FormatUnits(units, 6), err)
	_, err = wallet.ParseUnits("0.0000001", 6)
	fmt.Println(err)
	// Output:
	// 12500000 12.5 <nil>
	// not an exact amount: "0.0000001" has 7 decimals, the asset has 6
}

func ExampleDeriveKey() {
	const mnemonic = "test test test test test test test test test test test junk"
	for _, path := range []wallet.Path{wallet.AccountPath(1), wallet.LedgerPath(1)} {
		key, err := wallet.DeriveKey(mnemonic, "", path)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(path, key)
	}
	// Output:
	// m/44'/195'/0'/0/1 key of TPjjvMwjPoDC32V2dGDYTkLH4E5LAtBZ6C
	// m/44'/195'/1'/0/0 key of TCjow1qG4ZvDNj5ZRCF2RSuS2kMCGKK1JJ
}

func ExampleKeystore() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	store, err := wallet.OpenKeystore(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	key, err := wallet.DeriveKey(wallet.DevMnemonic, "", wallet.AccountPath(0))
	if err != nil {
		fmt.Println(err)
		return
	}
	entry, err := store.WithCost(wallet.LightCost).AddHD("alice", key, wallet.AccountPath(0), []byte("a long password"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(entry.Name, entry.Address, entry.Path)
	_, err = store.Unlock(entry, []byte("a wrong one"))
	fmt.Println(err)
	// Output:
	// alice TWer2Ygk5TEheHp3TPuYeqxmB6SsGZmaL6 m/44'/195'/0'/0/0
	// unlocking alice: wrong password
}

func ExampleVerifyMessage() {
	key, err := wallet.DeriveKey(wallet.DevMnemonic, "", wallet.AccountPath(0))
	if err != nil {
		fmt.Println(err)
		return
	}
	signature, err := wallet.SignMessage(context.Background(), key, wallet.MessageV2, []byte("hello"))
	if err != nil {
		fmt.Println(err)
		return
	}
	form, err := wallet.VerifyMessage([]byte("hello"), signature, key.Address())
	fmt.Println(form, err)
	// Output: V2 <nil>
}

func ExampleNetwork_Check() {
	mainnet, err := wallet.NetworkByName("mainnet")
	if err != nil {
		fmt.Println(err)
		return
	}
	nile, err := wallet.NetworkByName("nile")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(mainnet.Check(nile.Genesis))
	// Output: wrong network: the node belongs to nile, not to mainnet
}
