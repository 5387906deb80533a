package trc10_test

import (
	"context"
	"fmt"
	"time"

	"github.com/piecework/piecework/trc10"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// An issue is checked before anything is signed: it costs 1,024 TRX and cannot be taken back.
func ExampleCheckIssue() {
	price, err := trc10.ParsePrice("1 TRX = 100 ACM", 6)
	if err != nil {
		panic(err)
	}
	supply, err := wallet.ParseUnits("1000000", 6)
	if err != nil {
		panic(err)
	}
	head := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	issue := trc10.Issue{
		Issuer: wallet.MustParseAddress("TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC"),
		Name:   "Acme", Abbr: "ACM", URL: "https://acme.example", Decimals: 6, Supply: supply, Price: price,
		SaleStart: head.Add(10 * time.Minute), SaleEnd: head.Add(7 * 24 * time.Hour),
	}
	facts := trc10.IssueFacts{Head: head, Fee: trc10.IssueFee, Exists: true, Balance: 1000 * wallet.TRX}
	fmt.Println(trc10.CheckIssue(issue.Contract(), facts))

	facts.Balance = 2000 * wallet.TRX
	fmt.Println(trc10.CheckIssue(issue.Contract(), facts))

	issue.Name = "Acme Dollar"
	fmt.Println(trc10.CheckIssue(issue.Contract(), facts))
	// Output:
	// issuing costs 1024 TRX, TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC has 1000 (the chain says: "No enough balance for fee!")
	// <nil>
	// name "Acme Dollar": want 1 to 32 visible ASCII characters, no spaces (the chain says: "Invalid assetName")
}

// Prices are exact, and what a payment buys is rounded as the chain rounds it.
func ExamplePrice() {
	price, err := trc10.ParsePrice("3 TRX = 1 ACM", 0)
	if err != nil {
		panic(err)
	}
	fmt.Println(price.Format(0, "ACM"))
	fmt.Println(price.Buys(10*wallet.TRX), "for 10 TRX")
	cost, err := price.Costs(wallet.UnitsFromUint64(4))
	fmt.Println(cost, "TRX for 4", err)
	// Output:
	// 3 TRX = 1 ACM
	// 3 for 10 TRX
	// 12 TRX for 4 <nil>
}

// Two tokens of the same name: people have lost money to that.
func ExampleResolve() {
	ctx := context.Background()
	_, err := trc10.Resolve(ctx, twins{}, "BitTorrent")
	fmt.Println(err)

	token, err := trc10.Resolve(ctx, twins{}, "1002000")
	if err != nil {
		panic(err)
	}
	amount, err := token.Amount("12.5")
	if err != nil {
		panic(err)
	}
	transfer := token.Transfer(token.Issuer, wallet.MustParseAddress("TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC"), amount)
	fmt.Println(token.Format(amount), "is", transfer.Amount, "units of", transfer.Asset)
	// Output:
	// 2 tokens are named "BitTorrent"; say which by its id: 1002000 (issued by TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t), 1009999 (issued by TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC)
	// 12.5 BTT is 12500000 units of 1002000
}

// twins is a chain with two tokens of one name. A program uses a *node.Node.
type twins struct{}

func (twins) AssetsByName(context.Context, string) ([]*tx.AssetIssue, error) {
	return []*tx.AssetIssue{
		{ID: "1009999", Name: "BitTorrent", Abbr: "BTT", Precision: 6, Owner: wallet.MustParseAddress("TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC")},
		{ID: "1002000", Name: "BitTorrent", Abbr: "BTT", Precision: 6, Owner: wallet.MustParseAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")},
	}, nil
}

func (t twins) AssetByID(ctx context.Context, id int64) (*tx.AssetIssue, error) {
	all, _ := t.AssetsByName(ctx, "")
	for _, a := range all {
		if a.ID == trc10.ID(id).String() {
			return a, nil
		}
	}
	return nil, nil
}

func (twins) AssetIssuedBy(context.Context, wallet.Address) (*tx.AssetIssue, error) { return nil, nil }
