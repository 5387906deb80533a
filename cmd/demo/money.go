package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/trc10"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// What the downloaders get to spend, in whole tokens.
const (
	allowanceBTT = "2000"
	allowanceACM = "200"
)

// makeMoney issues and deploys, and gives the downloaders what they pay with.
func (s *story) makeMoney(ctx context.Context) error {
	btt, err := s.issueBTT(ctx)
	if err != nil {
		return err
	}
	acm, err := s.deployACM(ctx)
	if err != nil {
		return err
	}
	if err := s.deployContract(ctx); err != nil {
		return err
	}
	s.coins = []coin{
		{asset: channel.TRX, symbol: "TRX", decimals: 6, price: units("1", 6), worth: 1_000_000, deposit: units("100", 6)},
		{asset: btt, symbol: "BTT", decimals: 6, price: units("10", 6), worth: 100_000, deposit: units("1000", 6)},
		{asset: acm, symbol: "ACM", decimals: 6, price: units("0.5", 6), worth: 2_000_000, deposit: units("50", 6)},
	}
	return nil
}

func (s *story) issueBTT(ctx context.Context) (channel.Asset, error) {
	issuer := s.net.key("alice")
	head, err := s.world.node.HeadTime(ctx)
	if err != nil {
		return channel.Asset{}, err
	}
	supply, price := units("990000000", 6), trc10.Price{Sun: 1, Units: 1}
	issue := trc10.Issue{
		Issuer: issuer.Address(), Name: "BitTorrent", Abbr: "BTT", URL: "https://example.com", Decimals: 6, Supply: supply.Units(), Price: price,
		SaleStart: head.Add(time.Minute), SaleEnd: head.Add(24 * time.Hour),
	}
	if err := trc10.Check(ctx, s.world.node, issue.Contract()); err != nil {
		return channel.Asset{}, err
	}
	_, receipt, err := s.world.send(ctx, issuer, issue.Contract(), "issuing BTT")
	if err != nil {
		return channel.Asset{}, err
	}
	id, err := trc10.ParseID(receipt.AssetID)
	if err != nil {
		return channel.Asset{}, err
	}
	asset, err := channel.TRC10(int64(id))
	if err != nil {
		return channel.Asset{}, err
	}
	s.world.books.enter(issuer.Address(), asset, supply.Big(), "issued")
	s.btt = id
	return asset, s.giveBTT(ctx, s.net.key("dave").Address(), allowanceBTT)
}

// giveBTT hands some of the TRC-10 token over.
func (s *story) giveBTT(ctx context.Context, to wallet.Address, whole string) error {
	token, err := trc10.Open(ctx, s.world.node, s.btt)
	if err != nil {
		return err
	}
	amount, err := token.Amount(whole)
	if err != nil {
		return err
	}
	asset, err := channel.TRC10(int64(s.btt))
	if err != nil {
		return err
	}
	issuer := s.net.key("alice")
	return s.hand(ctx, issuer, to, token.Transfer(issuer.Address(), to, amount), asset, amount)
}

func (s *story) deployACM(ctx context.Context) (channel.Asset, error) {
	issuer := s.net.key("alice")
	supply := units("1000000", 6)
	call, err := trc20.Deployment{Owner: issuer.Address(), Name: "Acme", Symbol: "ACM", Decimals: 6, Supply: supply.Units()}.Contract()
	if err != nil {
		return channel.Asset{}, err
	}
	transaction, _, err := s.world.send(ctx, issuer, call, "deploying ACM")
	if err != nil {
		return channel.Asset{}, err
	}
	address, _ := transaction.ContractAddress()
	asset, err := channel.TRC20(address)
	if err != nil {
		return channel.Asset{}, err
	}
	token, err := trc20.Open(ctx, s.world.node, address)
	if err != nil {
		return channel.Asset{}, err
	}
	s.world.books.enter(issuer.Address(), asset, supply.Big(), "deployed")
	amount, err := token.Amount(allowanceACM)
	if err != nil {
		return channel.Asset{}, err
	}
	to := s.net.key("erin").Address()
	transfer, err := token.Transfer(issuer.Address(), to, amount)
	if err != nil {
		return channel.Asset{}, err
	}
	return asset, s.hand(ctx, issuer, to, transfer, asset, amount)
}

// hand sends tokens to a downloader and books them.
func (s *story) hand(ctx context.Context, from *wallet.Key, to wallet.Address, call tx.Contract, asset channel.Asset, amount wallet.Units) error {
	if _, _, err := s.world.send(ctx, from, call, "sending "+asset.String()); err != nil {
		return err
	}
	s.world.books.move(from.Address(), to, asset, amount.Big(), "handed over")
	return nil
}

func (s *story) deployContract(ctx context.Context) error {
	deployer := s.net.key("alice")
	transaction, _, err := s.world.send(ctx, deployer, contract.Deployment(deployer.Address()), "deploying PaymentChannels")
	if err != nil {
		return err
	}
	s.contract, _ = transaction.ContractAddress()
	s.report.Contract = s.contract.String()
	return nil
}

// units reads an amount that the demo itself wrote.
func units(text string, decimals int) channel.Amount {
	u, err := wallet.ParseUnits(text, decimals)
	if err != nil {
		panic(fmt.Sprintf("demo: %v", err))
	}
	a, err := channel.AmountFromUnits(u)
	if err != nil {
		panic(fmt.Sprintf("demo: %v", err))
	}
	return a
}
