package tx

import (
	"fmt"
	"strings"
	"time"

	"github.com/piecework/piecework/wallet"
)

// Limits of the chain on what an issuer of a TRC-10 token writes (TransactionUtil, AssetIssueActuator, UpdateAssetActuator and Parameter.ChainConstant of
// java-tron 4.8.0).
const (
	MaxAssetNameBytes   = 32
	MaxAssetAbbrBytes   = 32
	MaxURLBytes         = 256
	MaxDescriptionBytes = 200
	MaxAssetDecimals    = 6
	MaxFrozenParts      = 10
	MinFrozenDays       = 1
	MaxFrozenDays       = 3652
	// MaxAssetBandwidth is one less than the chain's free bandwidth of a day (OneDayNetLimit), the most that an issuer can offer, in bytes.
	MaxAssetBandwidth = 57_600_000_000 - 1
)

// RuleError is a rule of the chain that a transaction would break. A node that is sent it answers Rule and takes nothing. It wraps ErrRule.
type RuleError struct {
	Rule string // java-tron's words
	Why  string // ours, with the figures; may be empty
}

// Error is the explanation, and the words to search for.
func (e *RuleError) Error() string {
	if e.Why == "" {
		return "the chain refuses this: " + e.Rule
	}
	return e.Why + ` (the chain says: "` + e.Rule + `")`
}

// Unwrap is ErrRule.
func (e *RuleError) Unwrap() error { return ErrRule }

// broken is a rule with the chain's words for it: nil when it holds.
func broken(is bool, words, why string, args ...any) error {
	if !is {
		return nil
	}
	return &RuleError{Rule: words, Why: fmt.Sprintf(why, args...)}
}

// The checks below are in java-tron's order.

func (c *TransferAsset) check() error {
	return first(
		broken(c.To.IsZero(), "Invalid toAddress", "no recipient"),
		broken(c.Amount.IsZero(), "Amount must be greater than 0.", "an amount of nothing"),
		broken(c.Owner == c.To, "Cannot transfer asset to yourself.", "%s is sender and recipient", c.To),
		broken(!isAssetID(c.Asset), "No asset!", "there is no token %q; transfers name it by its id", wallet.Clip(c.Asset)))
}

func (c *ParticipateAssetIssue) check() error {
	return first(
		broken(c.To.IsZero(), "Invalid toAddress", "no issuer"),
		broken(c.Amount <= 0, "Amount must greater than 0!", "a payment of %s TRX", c.Amount),
		broken(c.Owner == c.To, "Cannot participate asset Issue yourself !", "%s is buyer and issuer", c.To),
		broken(!isAssetID(c.Asset), "No asset named "+c.Asset, "there is no token %q; a purchase names it by its id", wallet.Clip(c.Asset)))
}

func (c *UpdateAsset) check() error {
	return first(
		broken(c.URL == "" || len(c.URL) > MaxURLBytes, "Invalid url", "the URL has %d bytes, want 1 to %d", len(c.URL), MaxURLBytes),
		badDescription(c.Description),
		badBandwidth("Invalid FreeAssetNetLimit", "a holder", c.FreeLimit),
		badBandwidth("Invalid PublicFreeAssetNetLimit", "all holders", c.PublicLimit))
}

func (c *AssetIssue) check() error { return c.CheckAt(time.Time{}) }

// CheckAt is Check with the clock of the chain, the timestamp of its head block: the sale must start later. A zero clock is not known, and breaks no rule.
func (c *AssetIssue) CheckAt(head time.Time) error {
	start, end := millis(c.Start), millis(c.End)
	return first(
		broken(!visible(c.Name, 1, MaxAssetNameBytes), "Invalid assetName", "name %q: want 1 to %d visible ASCII characters, no spaces", wallet.Clip(c.Name), MaxAssetNameBytes),
		broken(strings.EqualFold(c.Name, "trx"), "assetName can't be trx", "name %q is taken by the chain's own currency", c.Name),
		broken(c.Precision < 0 || c.Precision > MaxAssetDecimals, "precision cannot exceed 6", "%d decimals: want 0 to %d", c.Precision, MaxAssetDecimals),
		broken(!visible(c.Abbr, 0, MaxAssetAbbrBytes), "Invalid abbreviation for token",
			"abbreviation %q: want at most %d visible ASCII characters", wallet.Clip(c.Abbr), MaxAssetAbbrBytes),
		broken(c.URL == "" || len(c.URL) > MaxURLBytes, "Invalid url", "the URL has %d bytes, want 1 to %d", len(c.URL), MaxURLBytes),
		badDescription(c.Description),
		broken(start == 0, "Start time should be not empty", "the sale has no start"),
		broken(end == 0, "End time should be not empty", "the sale has no end"),
		broken(end <= start, "End time should be greater than start time", "the sale ends at %s, before it starts", stamp(c.End)),
		broken(!head.IsZero() && start <= millis(head), "Start time should be greater than HeadBlockTime",
			"the sale starts at %s, the head block is of %s", stamp(c.Start), stamp(head)),
		broken(c.TotalSupply.IsZero(), "TotalSupply must greater than 0!", "no supply"),
		broken(!fits(c.TotalSupply), "TotalSupply must greater than 0!", "a supply of %s units is more than 2^63-1", c.TotalSupply),
		broken(c.TRXNum <= 0, "TrxNum must greater than 0!", "a price of %d sun", c.TRXNum),
		broken(c.Num <= 0, "Num must greater than 0!", "a price for %d units", c.Num),
		broken(c.PublicUsage != 0, "PublicFreeAssetNetUsage must be 0!", "the used bandwidth is %d, only the chain writes it", c.PublicUsage),
		broken(len(c.Frozen) > MaxFrozenParts, "Frozen supply list length is too long", "%d frozen parts, at most %d", len(c.Frozen), MaxFrozenParts),
		badBandwidth("Invalid FreeAssetNetLimit", "a holder", c.FreeLimit),
		badBandwidth("Invalid PublicFreeAssetNetLimit", "all holders", c.PublicLimit),
		c.checkFrozen())
}

func (c *AssetIssue) checkFrozen() error {
	left, _ := c.TotalSupply.Int64()
	for _, part := range c.Frozen {
		amount, err := part.Amount.Int64()
		if err := first(
			broken(part.Amount.IsZero(), "Frozen supply must be greater than 0!", "a frozen part of nothing"),
			broken(err != nil || amount > left, "Frozen supply cannot exceed total supply", "the frozen parts are more than the supply of %s units", c.TotalSupply),
			broken(part.Days < MinFrozenDays || part.Days > MaxFrozenDays, "frozenDuration must be less than 3652 days and more than 1 days",
				"frozen for %d days: want %d to %d", part.Days, MinFrozenDays, MaxFrozenDays),
		); err != nil {
			return err
		}
		left -= amount
	}
	return nil
}

func badDescription(text string) error {
	return broken(len(text) > MaxDescriptionBytes, "Invalid description", "the description has %d bytes, at most %d", len(text), MaxDescriptionBytes)
}

func badBandwidth(words, whose string, limit int64) error {
	return broken(limit < 0 || limit > MaxAssetBandwidth, words, "%d bytes a day for %s: want 0 to %d", limit, whose, int64(MaxAssetBandwidth))
}

// fits says whether the chain's signed 64 bits can hold the amount.
func fits(u wallet.Units) bool {
	_, err := u.Int64()
	return err == nil
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
