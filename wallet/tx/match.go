package tx

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/piecework/piecework/wallet"
)

// Expected is what a foreign transaction must be before it is signed.
type Expected struct {
	Contract     Contract    // what it does, to the last field
	PermissionID int32       // by which permission
	FeeLimit     wallet.Sun  // the most that its fee limit may be
	Memo         []byte      // what it says
	Latest       time.Time   // the latest expiration; zero: whatever the chain takes, a day from now
	Permission   *Permission // of the account, for SignExpected; nil: the owner's own key signs
}

// MismatchError says in what a transaction differs from what was asked.
type MismatchError struct{ Differences []string }

// Error lists the differences.
func (e *MismatchError) Error() string {
	return "the transaction is not what was asked for: " + strings.Join(e.Differences, "; ")
}

// Matches refuses a transaction that differs from what was asked in its contract, permission or memo, whose fee limit is higher or whose life is longer, or
// that is not canonical and so may hold something that does not show. The error is a *MismatchError, or ErrUnreadable when the contract asked for is Opaque.
func (t *Transaction) Matches(want Expected) error {
	if o, opaque := want.Contract.(*Opaque); opaque {
		return fmt.Errorf("%w: %w", ErrUnreadable, o.Why)
	}
	same, err := t.says(want.Contract)
	if err != nil {
		return err
	}
	var differences []string
	differ := func(format string, args ...any) { differences = append(differences, fmt.Sprintf(format, args...)) }
	if !same {
		differences = contractDifferences(t.body.Contract, want.Contract)
		if differences == nil {
			differ("it holds bytes that do not show")
		}
	}
	if got := t.body.PermissionID; got != want.PermissionID {
		differ("permission is %d, want %d", got, want.PermissionID)
	}
	if got := t.body.FeeLimit; got > want.FeeLimit {
		differ("fee limit is %s TRX, at most %s", got, want.FeeLimit)
	}
	if !bytes.Equal(t.body.Memo, want.Memo) {
		differ("memo is %q, want %q", wallet.Clip(string(t.body.Memo)), wallet.Clip(string(want.Memo)))
	}
	if got := t.body.Expiration; !want.Latest.IsZero() && got.After(want.Latest) {
		differ("it is valid until %s, want at most %s", got.UTC().Format(time.DateTime), want.Latest.UTC().Format(time.DateTime))
	}
	if differences != nil {
		return &MismatchError{Differences: differences}
	}
	return nil
}

// says asks whether the raw bytes are what the body would be with that contract in it: the same contract, and nothing besides.
func (t *Transaction) says(c Contract) (bool, error) {
	body := t.body
	body.Contract = c
	wanted, err := body.encode()
	if err != nil {
		return false, err
	}
	return bytes.Equal(wanted, t.raw), nil
}

// contractDifferences compares the fields as they are shown.
func contractDifferences(got, want Contract) []string {
	if got.Type() != want.Type() {
		return []string{fmt.Sprintf("it is %s, want %s", got.Type(), want.Type())}
	}
	wanted := make(map[string]string)
	for _, f := range Show(want) {
		wanted[f.Name] = f.Value
	}
	var differences []string
	for _, f := range Show(got) {
		if w, ok := wanted[f.Name]; !ok || w != f.Value {
			differences = append(differences, fmt.Sprintf("%s is %s, want %s", f.Name, f.Value, orNothing(w)))
		}
		delete(wanted, f.Name)
	}
	for _, f := range Show(want) {
		if _, missing := wanted[f.Name]; missing {
			differences = append(differences, fmt.Sprintf("%s is missing, want %s", f.Name, f.Value))
		}
	}
	return differences
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
