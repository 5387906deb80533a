package tx

import (
	"bytes"
	"fmt"

	"github.com/piecework/piecework/wallet"
)

// Contract is what a transaction does: a pointer to one of the contract types of this package.
type Contract interface {
	// Type is the number that tells the chain which contract it is.
	Type() Type
	// Sender is the account that the contract acts for and that pays for it.
	Sender() wallet.Address
	// String says in a sentence what the contract does.
	String() string

	fields(f fields)
}

// Opaque is a contract that this package cannot read: of an unknown type, or with fields that no honest program writes. It is kept as it came.
type Opaque struct {
	Number Type   // the type number that it claims
	URL    string // the message name that it claims
	Value  []byte // the message
	Why    error  // why it could not be read
}

// Type is the number that the contract claims.
func (c *Opaque) Type() Type { return c.Number }

// Sender is unknown: the zero Address.
func (c *Opaque) Sender() wallet.Address { return wallet.Address{} }

func (c *Opaque) fields(f fields) { f.bytes(0, "value", &c.Value) }

// EncodeContract gives the protobuf message of a contract, as the `value` of the transaction's Any.
func EncodeContract(c Contract) ([]byte, error) {
	if o, ok := c.(*Opaque); ok {
		return bytes.Clone(o.Value), nil
	}
	b, err := encode(nil, c.fields)
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", c.Type(), err)
	}
	return b, nil
}

// DecodeContract reads the protobuf message of a contract of that type. It fails with ErrWire; Decode keeps such a contract as Opaque instead.
func DecodeContract(t Type, message []byte) (Contract, error) {
	k, ok := t.kind()
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrWire, t)
	}
	c := k.empty()
	if err := decode(message, c.fields); err != nil {
		return nil, fmt.Errorf("reading %s: %w", t, err)
	}
	return c, nil
}

func readContract(t Type, url string, message []byte) Contract {
	opaque := func(why error) Contract {
		return &Opaque{Number: t, URL: url, Value: bytes.Clone(message), Why: why}
	}
	if t.Known() && !t.hasURL(url) {
		return opaque(fmt.Errorf("%w: it says %s and holds %q", ErrWire, t, wallet.Clip(url)))
	}
	c, err := DecodeContract(t, message)
	if err != nil {
		return opaque(err)
	}
	return c
}
