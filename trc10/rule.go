package trc10

import (
	"fmt"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// Limits of java-tron on what an issuer writes (TransactionUtil, AssetIssueActuator, Parameter.ChainConstant).
const (
	MaxNameBytes        = 32
	MaxAbbrBytes        = 32
	MaxURLBytes         = tx.MaxURLBytes
	MaxDescriptionBytes = tx.MaxDescriptionBytes
	MaxDecimals         = 6
	MaxFrozenParts      = 10
	MinFrozenDays       = 1
	MaxFrozenDays       = 3652
	// MaxBandwidth is one less than the chain's free bandwidth of a day, the most that an issuer can offer, in bytes.
	MaxBandwidth = tx.MaxAssetBandwidth
	// IssueFee is what an issue costs on mainnet and the public test networks; the chain's parameter is getAssetIssueFee.
	IssueFee = 1024 * wallet.TRX
)

// RuleError is a rule of the chain that a transaction would break. A node that is sent it answers Rule and takes nothing.
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

// rule is one line of a table: when broken, the words and the explanation.
type rule struct {
	broken bool
	words  string
	why    string
	args   []any
}

// firstBroken gives the error of the first rule in java-tron's order that does not hold.
func firstBroken(rules ...rule) error {
	for _, r := range rules {
		if r.broken {
			return &RuleError{Rule: r.words, Why: fmt.Sprintf(r.why, r.args...)}
		}
	}
	return nil
}

// readable says whether the text is 1 … most bytes of visible ASCII.
func readable(s string, most int) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7e {
			return false
		}
	}
	return s != "" && len(s) <= most
}
