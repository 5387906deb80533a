package tx

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// ErrOtherTransaction says that two transactions are not the same.
var ErrOtherTransaction = errors.New("it is another transaction")

// Merge takes over the signatures of a copy that somebody else signed, each key's once. It fails with ErrOtherTransaction when the copy has another id,
// with wallet.ErrSignature when one of its signatures is of no key, with ErrSignatures when there would be too many; then nothing is taken.
func (t *Transaction) Merge(signed *Transaction) error {
	if signed.id != t.id || !bytes.Equal(signed.raw, t.raw) {
		return fmt.Errorf("merging the signatures of %s into %s: %w", signed.id, t.id, ErrOtherTransaction)
	}
	merged := &Transaction{body: t.body, raw: t.raw, id: t.id, signatures: t.Signatures()}
	have, err := merged.Signers()
	if err != nil {
		return err
	}
	theirs, err := signed.Signers()
	if err != nil {
		return err
	}
	for i, by := range theirs {
		if slices.Contains(have, by) {
			continue
		}
		if len(merged.signatures) == MaxSignatures {
			return fmt.Errorf("merging the signatures of %s: %w", t.id, ErrSignatures)
		}
		merged.signatures, have = append(merged.signatures, bytes.Clone(signed.signatures[i])), append(have, by)
	}
	t.signatures = merged.signatures
	return nil
}
