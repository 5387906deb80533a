package trc10

import (
	"fmt"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// Token is a TRC-10 token that exists.
type Token struct {
	ID ID
	Issue
}

// TokenFrom reads what a node answered. The answer must make sense: an id, decimals that amounts can be printed with.
func TokenFrom(c *tx.AssetIssue) (*Token, error) {
	id, err := ParseID(c.ID)
	if err != nil {
		return nil, fmt.Errorf("token %q: %w", wallet.Clip(c.Name), err)
	}
	if c.Precision < 0 || c.Precision > MaxDecimals {
		return nil, fmt.Errorf("token %s: it claims %d decimals, TRC-10 has at most %d: no amount of it can be trusted", id, c.Precision, MaxDecimals)
	}
	return &Token{ID: id, Issue: issueOf(c)}, nil
}

// Amount reads a decimal number of whole tokens exactly, "12.5"; wallet.ParseUnits says what is refused, and more than the chain's 2^63−1 units is.
func (t *Token) Amount(text string) (wallet.Units, error) {
	u, err := wallet.ParseUnits(text, t.Decimals)
	if err == nil {
		_, err = u.Int64()
	}
	return u, err
}

// Format is an amount in whole tokens with what they are called, "12.5 ACM".
func (t *Token) Format(u wallet.Units) string {
	return wallet.FormatUnits(u, t.Decimals) + " " + t.Symbol()
}

// Symbol is the abbreviation, or the name where there is none.
func (t *Token) Symbol() string {
	if t.Abbr != "" {
		return t.Abbr
	}
	return t.Name
}

// OnSale says whether the issuer's sale is open at the time of a block.
func (t *Token) OnSale(at time.Time) bool {
	return millis(at) >= millis(t.SaleStart) && millis(at) < millis(t.SaleEnd)
}

// Transfer sends an amount to another account.
func (t *Token) Transfer(from, to wallet.Address, amount wallet.Units) *tx.TransferAsset {
	return &tx.TransferAsset{Asset: t.ID.String(), Owner: from, To: to, Amount: amount}
}

// Participate buys from the issuer at the price of the sale: pay is what the buyer gives, Price.Buys(pay) what it gets.
func (t *Token) Participate(buyer wallet.Address, pay wallet.Sun) *tx.ParticipateAssetIssue {
	return &tx.ParticipateAssetIssue{Owner: buyer, To: t.Issuer, Asset: t.ID.String(), Amount: pay}
}

// Unfreeze gives the issuer every frozen part whose time has come; Unlocks tells when.
func (t *Token) Unfreeze() *tx.UnfreezeAsset { return &tx.UnfreezeAsset{Owner: t.Issuer} }

// Change is what an issuer can change later. Nil leaves a thing as it is.
type Change struct {
	Description, URL                 *string
	HolderBandwidth, PublicBandwidth *int64 // bytes a day, see Issue
}

// Update changes what an issuer can change. The chain replaces all four at once, so what Change leaves out is sent as the token has it now.
func (t *Token) Update(c Change) *tx.UpdateAsset {
	return &tx.UpdateAsset{
		Owner:       t.Issuer,
		Description: or(c.Description, t.Description),
		URL:         or(c.URL, t.URL),
		FreeLimit:   or(c.HolderBandwidth, t.HolderBandwidth),
		PublicLimit: or(c.PublicBandwidth, t.PublicBandwidth),
	}
}

func or[T any](changed *T, now T) T {
	if changed != nil {
		return *changed
	}
	return now
}
