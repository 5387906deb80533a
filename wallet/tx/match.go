package tx

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// Expected is what a foreign transaction must be before it is signed.
type Expected struct {
	Contract     Contract   // what it does, to the last field
	PermissionID int32      // by which permission
	FeeLimit     wallet.Sun // the most that its fee limit may be
	Memo         []byte     // what it says
}

// MismatchError says in what a transaction differs from what was asked.
type MismatchError struct{ Differences []string }

// Error lists the differences.
func (e *MismatchError) Error() string {
	return "the transaction is not what was asked for: " + strings.Join(e.Differences, "; ")
}

// Matches refuses a transaction that differs from what was asked in its contract, permission or memo, whose fee limit is higher, or
// that is not canonical and so may hold something that does not show. The error is a *MismatchError.
func (t *Transaction) Matches(want Expected) error {
	var differences []string
	differ := func(format string, args ...any) { differences = append(differences, fmt.Sprintf(format, args...)) }
	switch same, err := sameContract(t.body.Contract, want.Contract); {
	case err != nil:
		return err
	case !same:
		differences = append(differences, contractDifferences(t.body.Contract, want.Contract)...)
	case !t.Canonical():
		differ("it holds bytes that do not show")
	}
	if got := t.body.PermissionID; got != want.PermissionID {
		differ("permission is %d, want %d", got, want.PermissionID)
	}
	if got := t.body.FeeLimit; got > want.FeeLimit {
		differ("fee limit is %s TRX, at most %s", got, want.FeeLimit)
	}
	if !bytes.Equal(t.body.Memo, want.Memo) {
		differ("memo is %q, want %q", clip(string(t.body.Memo)), clip(string(want.Memo)))
	}
	if differences != nil {
		return &MismatchError{Differences: differences}
	}
	return nil
}

func sameContract(got, want Contract) (bool, error) {
	if got.Type() != want.Type() {
		return false, nil
	}
	if _, opaque := got.(*Opaque); opaque {
		return false, nil
	}
	wanted, err := EncodeContract(want)
	if err != nil {
		return false, err
	}
	received, err := EncodeContract(got)
	return err == nil && bytes.Equal(received, wanted), nil
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
