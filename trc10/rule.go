package trc10

import (
	"errors"
	"fmt"
	"slices"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// Limits of java-tron on what an issuer writes; package tx has them with their source.
const (
	MaxNameBytes        = tx.MaxAssetNameBytes
	MaxAbbrBytes        = tx.MaxAssetAbbrBytes
	MaxURLBytes         = tx.MaxURLBytes
	MaxDescriptionBytes = tx.MaxDescriptionBytes
	MaxDecimals         = tx.MaxAssetDecimals
	MaxFrozenParts      = tx.MaxFrozenParts
	MinFrozenDays       = tx.MinFrozenDays
	MaxFrozenDays       = tx.MaxFrozenDays
	MaxBandwidth        = tx.MaxAssetBandwidth // bytes a day
	// IssueFee is what an issue costs on mainnet and the public test networks; the chain's parameter is getAssetIssueFee.
	IssueFee = 1024 * wallet.TRX
)

// RuleError is a rule of the chain that a transaction would break. A node that is sent it answers Rule and takes nothing.
type RuleError = tx.RuleError

// ErrShort is wrapped, beside the *RuleError, by the error about a rule that an account breaks because it has not enough TRX or tokens.
var ErrShort = errors.New("not enough")

// short is the error about such a rule.
type short struct{ *RuleError }

func (s short) Unwrap() []error { return []error{ErrShort, s.RuleError} }

// notEnough are java-tron's words for the rules that are about a balance.
var notEnough = []string{
	"No enough balance for fee!", "assetBalance must be greater than 0.", "assetBalance is not sufficient.",
	"Validate TransferAssetActuator error, insufficient fee.", "No enough balance !", "Asset balance is not enough !",
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
			err := &RuleError{Rule: r.words, Why: fmt.Sprintf(r.why, r.args...)}
			if slices.Contains(notEnough, r.words) {
				return short{err}
			}
			return err
		}
	}
	return nil
}
