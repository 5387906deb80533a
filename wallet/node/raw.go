package node

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrNotTransaction is wrapped by errors about bytes that are no signed transaction.
var ErrNotTransaction = errors.New("not a signed transaction")

// rawOf cuts the raw_data (field 1) out of an encoded transaction without reading it.
func rawOf(signed []byte) ([]byte, error) {
	var raw []byte
	for rest := signed; len(rest) > 0; {
		number, kind, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return nil, fmt.Errorf("%w: %w", ErrNotTransaction, protowire.ParseError(n))
		}
		rest = rest[n:]
		size := protowire.ConsumeFieldValue(number, kind, rest)
		if size < 0 {
			return nil, fmt.Errorf("%w: %w", ErrNotTransaction, protowire.ParseError(size))
		}
		if number == 1 && kind == protowire.BytesType {
			if raw != nil {
				return nil, fmt.Errorf("%w: it has two raw_data", ErrNotTransaction)
			}
			raw, _ = protowire.ConsumeBytes(rest)
		}
		rest = rest[size:]
	}
	if raw == nil {
		return nil, fmt.Errorf("%w: it has no raw_data", ErrNotTransaction)
	}
	return raw, nil
}
