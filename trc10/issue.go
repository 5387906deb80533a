package trc10

import (
	"strings"
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
	Amount wallet.Units
	At     time.Time
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
	if err := checkText(c); err != nil {
		return err
	}
	if err := checkSale(c, facts.Head); err != nil {
		return err
	}
	if err := checkFrozen(c); err != nil {
		return err
	}
	return firstBroken(
		rule{!facts.Exists, "Account not exists", "account %s was never activated", []any{c.Owner}},
		rule{facts.Issued != 0, "An account can only issue one asset", "%s has issued token %s already", []any{c.Owner, facts.Issued}},
		rule{facts.Balance < facts.Fee, "No enough balance for fee!", "issuing costs %s TRX, %s has %s", []any{facts.Fee, c.Owner, facts.Balance}},
	)
}

func checkText(c *tx.AssetIssue) error {
	return firstBroken(
		rule{c.Owner.IsZero(), "Invalid ownerAddress", "no issuer", nil},
		rule{!readable(c.Name, MaxNameBytes), "Invalid assetName", "name %q: want 1 to %d visible ASCII characters, no spaces", []any{clip(c.Name), MaxNameBytes}},
		rule{strings.EqualFold(c.Name, "trx"), "assetName can't be trx", "name %q is taken by the chain's own currency", []any{c.Name}},
		rule{c.Precision < 0 || c.Precision > MaxDecimals, "precision cannot exceed 6", "%d decimals: want 0 to %d", []any{c.Precision, MaxDecimals}},
		rule{c.Abbr != "" && !readable(c.Abbr, MaxAbbrBytes), "Invalid abbreviation for token", "abbreviation %q: want at most %d visible ASCII characters", []any{clip(c.Abbr), MaxAbbrBytes}},
		rule{c.URL == "" || len(c.URL) > MaxURLBytes, "Invalid url", "the URL has %d bytes, want 1 to %d", []any{len(c.URL), MaxURLBytes}},
		rule{len(c.Description) > MaxDescriptionBytes, "Invalid description", "the description has %d bytes, at most %d", []any{len(c.Description), MaxDescriptionBytes}},
	)
}

func checkSale(c *tx.AssetIssue, head time.Time) error {
	start, end := millis(c.Start), millis(c.End)
	return firstBroken(
		rule{start == 0, "Start time should be not empty", "the sale has no start", nil},
		rule{end == 0, "End time should be not empty", "the sale has no end", nil},
		rule{end <= start, "End time should be greater than start time", "the sale ends at %s, before it starts", []any{stamp(c.End)}},
		rule{start <= millis(head), "Start time should be greater than HeadBlockTime", "the sale starts at %s, the head block is of %s", []any{stamp(c.Start), stamp(head)}},
		rule{c.TotalSupply.IsZero(), "TotalSupply must greater than 0!", "no supply", nil},
		rule{!fits(c.TotalSupply), "TotalSupply must greater than 0!", "a supply of %s units is more than 2^63-1", []any{c.TotalSupply}},
		rule{c.TRXNum <= 0, "TrxNum must greater than 0!", "a price of %d sun", []any{c.TRXNum}},
		rule{c.Num <= 0, "Num must greater than 0!", "a price for %d units", []any{c.Num}},
		rule{c.PublicUsage != 0, "PublicFreeAssetNetUsage must be 0!", "the used bandwidth is %d, only the chain writes it", []any{c.PublicUsage}},
	)
}

func checkFrozen(c *tx.AssetIssue) error {
	if err := firstBroken(
		rule{len(c.Frozen) > MaxFrozenParts, "Frozen supply list length is too long", "%d frozen parts, at most %d", []any{len(c.Frozen), MaxFrozenParts}},
		badBandwidth("Invalid FreeAssetNetLimit", "a holder", c.FreeLimit),
		badBandwidth("Invalid PublicFreeAssetNetLimit", "all holders", c.PublicLimit),
	); err != nil {
		return err
	}
	left, _ := c.TotalSupply.Int64()
	for _, part := range c.Frozen {
		amount, err := part.Amount.Int64()
		if err := firstBroken(
			rule{part.Amount.IsZero(), "Frozen supply must be greater than 0!", "a frozen part of nothing", nil},
			rule{err != nil || amount > left, "Frozen supply cannot exceed total supply", "the frozen parts are more than the supply of %s units", []any{c.TotalSupply}},
			rule{
				part.Days < MinFrozenDays || part.Days > MaxFrozenDays, "frozenDuration must be less than 3652 days and more than 1 days",
				"frozen for %d days: want %d to %d",
				[]any{part.Days, MinFrozenDays, MaxFrozenDays},
			},
		); err != nil {
			return err
		}
		left -= amount
	}
	return nil
}

func badBandwidth(words, whose string, limit int64) rule {
	return rule{limit < 0 || limit > MaxBandwidth, words, "%d bytes a day for %s: want 0 to %d", []any{limit, whose, int64(MaxBandwidth)}}
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// fits says whether the chain's signed 64 bits can hold the amount.
func fits(u wallet.Units) bool {
	_, err := u.Int64()
	return err == nil
}
