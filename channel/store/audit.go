package store

import (
	"fmt"

	"github.com/piecework/piecework/channel"
)

// sumsOf are what the lines of the book add up to.
type sumsOf map[sumKey]channel.Balance

type sumKey struct {
	account string
	asset   channel.Asset
}

// Audit adds up every line again and compares with the balances, and with what each line says that its account adds up to (P6). It reads the whole book.
func (t *Tx) Audit() error {
	if err := t.Entries(0, "", 1<<62, func(e channel.Entry) error { return e.Check() }); err != nil {
		return err
	}
	sums, err := t.auditLines()
	if err != nil {
		return err
	}
	kept, err := t.Balances()
	if err != nil {
		return err
	}
	for _, b := range kept {
		k := sumKey{b.Account, b.Asset}
		if sum := sums[k]; sum.Debit != b.Debit || sum.Credit != b.Credit {
			return fmt.Errorf("%w: account %s of %s has debit %s, credit %s; its lines add up to %s and %s", channel.ErrUnbalanced, b.Account, b.Asset, b.Debit, b.Credit, sum.Debit, sum.Credit)
		}
		delete(sums, k)
	}
	if len(sums) > 0 {
		return fmt.Errorf("%w: %d accounts have lines and no balance", channel.ErrUnbalanced, len(sums))
	}
	return nil
}

func (t *Tx) auditLines() (sumsOf, error) {
	sums := sumsOf{}
	err := t.each(`SELECT entry, account, asset, debit, credit, debits, credits FROM lines ORDER BY entry, line`, nil, func(scan func(...any) error) error {
		var entry int64
		var k sumKey
		var l channel.Line
		var debits, credits []byte
		if err := scan(&entry, &k.account, asset{&k.asset}, amount{&l.Debit}, amount{&l.Credit}, &debits, &credits); err != nil {
			return err
		}
		sum := sums[k]
		sum.Debit, sum.Credit = sum.Debit.Add(l.Debit), sum.Credit.Add(l.Credit)
		sums[k] = sum
		if debits != nil && (string(debits) != string(sum.Debit.Bytes()) || string(credits) != string(sum.Credit.Bytes())) {
			return fmt.Errorf("%w: entry %d says that account %s of %s adds up to debit %x, credit %x; it does to %s and %s",
				channel.ErrUnbalanced, entry, k.account, k.asset, debits, credits, sum.Debit, sum.Credit)
		}
		return nil
	})
	return sums, err
}
