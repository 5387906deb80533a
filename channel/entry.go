package channel

import (
	"errors"
	"fmt"
)

// ErrUnbalanced: the lines of an entry do not add up, for some asset. Nothing is booked.
var ErrUnbalanced = errors.New("entry does not balance")

// Entry is something that happened to money, in double entry: its lines' debits and credits are equal for every asset.
type Entry struct {
	Seq   int64 // given by the store, without gaps
	At    int64 // unix milliseconds
	Kind  string
	Ref   string // the channel, transaction or session it is about
	Lines []Line
}

// Line is one side of an entry. Exactly one of Debit and Credit is not zero.
type Line struct {
	Account string
	Asset   Asset
	Debit   Amount
	Credit  Amount
}

// Balance is what the lines of an account add up to.
type Balance struct {
	Account string
	Asset   Asset
	Debit   Amount
	Credit  Amount
}

// Check says whether the entry balances. The error wraps ErrUnbalanced.
func (e *Entry) Check() error {
	sums := map[Asset]Balance{}
	for _, l := range e.Lines {
		if l.Debit.IsZero() == l.Credit.IsZero() || l.Account == "" {
			return fmt.Errorf("%w: a line of account %q has debit %s and credit %s", ErrUnbalanced, l.Account, l.Debit, l.Credit)
		}
		sum := sums[l.Asset]
		sum.Debit, sum.Credit = sum.Debit.Add(l.Debit), sum.Credit.Add(l.Credit)
		sums[l.Asset] = sum
	}
	for asset, sum := range sums {
		if sum.Debit != sum.Credit {
			return fmt.Errorf("%w: debit %s, credit %s of %s", ErrUnbalanced, sum.Debit, sum.Credit, asset)
		}
	}
	if len(sums) == 0 {
		return fmt.Errorf("%w: it has no lines", ErrUnbalanced)
	}
	return nil
}
