package trc10

import (
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// Issue is a token to be issued, or what was said when it was.
type Issue struct {
	Issuer      wallet.Address // an account can issue one token in its life
	Name        string         // 1–32 visible ASCII characters, not "trx"
	Abbr        string         // at most 32 visible ASCII characters; may be empty
	URL         string         // 1–256 bytes
	Description string         // at most 200 bytes
	Decimals    int            // 0–6
	Supply      wallet.Units   // smallest units, 1 … 2^63−1; all there will ever be
	Price       Price          // of the sale; the chain wants one even of a token that is not for sale
	SaleStart   time.Time      // later than the head block; milliseconds count
	SaleEnd     time.Time
	Frozen      []tx.FrozenPart // parts of the supply that the issuer cannot use before Days after the sale's start, at most 10

	// Bandwidth in bytes a day that holders may use for transfers of the token at the cost of the issuer's staked TRX: each one, and all together.
	HolderBandwidth, PublicBandwidth int64
}

// Contract is the issue as a transaction's contract. Ask Check before it is signed.
func (i Issue) Contract() *tx.AssetIssue {
	return &tx.AssetIssue{
		Owner: i.Issuer, Name: i.Name, Abbr: i.Abbr, TotalSupply: i.Supply, Frozen: i.Frozen,
		TRXNum: i.Price.Sun, Num: i.Price.Units, Precision: int32(i.Decimals), Start: i.SaleStart, End: i.SaleEnd,
		Description: i.Description, URL: i.URL, FreeLimit: i.HolderBandwidth, PublicLimit: i.PublicBandwidth,
	}
}

// issueOf reads a contract, from a transaction or as the chain keeps it.
func issueOf(c *tx.AssetIssue) Issue {
	return Issue{
		Issuer: c.Owner, Name: c.Name, Abbr: c.Abbr, URL: c.URL, Description: c.Description, Decimals: int(c.Precision), Supply: c.TotalSupply,
		Price: Price{Sun: c.TRXNum, Units: c.Num}, SaleStart: c.Start, SaleEnd: c.End, Frozen: c.Frozen,
		HolderBandwidth: c.FreeLimit, PublicBandwidth: c.PublicLimit,
	}
}

// Unlocks are the frozen parts of the supply and when each can be unfrozen.
func (i Issue) Unlocks() []Unlock {
	var all []Unlock
	for _, f := range i.Frozen {
		all = append(all, Unlock{Amount: f.Amount, At: i.SaleStart.Add(time.Duration(f.Days) * 24 * time.Hour)})
	}
	return all
}

// Unlock is when a frozen part of a supply becomes free.
type Unlock struct {
	Amount wallet.Units // smallest units
	At     time.Time    // UTC
}

// IssueFacts is what the chain must say for an issue.
type IssueFacts struct {
	Head    time.Time  // timestamp of the head block
	Fee     wallet.Sun // chain parameter getAssetIssueFee
	Exists  bool       // the issuer's account does
	Balance wallet.Sun // of the issuer
	Issued  ID         // the token that the issuer issued before; 0 when none
}

// CheckIssue holds an issue against every rule of java-tron's AssetIssueActuator, in its order, with AllowSameTokenName on (mainnet since 2019). It gives a *RuleError.
func CheckIssue(c *tx.AssetIssue, facts IssueFacts) error {
	if err := firstBroken(rule{c.Owner.IsZero(), "Invalid ownerAddress", "no issuer", nil}); err != nil {
		return err
	}
	if err := c.CheckAt(facts.Head); err != nil {
		return err
	}
	return firstBroken(
		rule{!facts.Exists, "Account not exists", "account %s was never activated", []any{c.Owner}},
		rule{facts.Issued != 0, "An account can only issue one asset", "%s has issued token %s already", []any{c.Owner, facts.Issued}},
		rule{facts.Balance < facts.Fee, "No enough balance for fee!", "issuing costs %s TRX, %s has %s", []any{facts.Fee, c.Owner, facts.Balance}},
	)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
