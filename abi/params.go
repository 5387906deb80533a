package abi

import (
	"fmt"
	"strings"
)

// Param is a parameter of a function, event or error, or a component of a tuple.
type Param struct {
	Name    string // may be empty
	Type    Type
	Indexed bool // of an event: the value is a topic
}

// Params is a list of parameters. It is encoded as one tuple, without a selector: constructor arguments, abi.encode(…).
type Params []Param

// MustParams is ParseParams for constants; it panics on bad text.
func MustParams(text string) Params {
	p, err := ParseParams(text)
	if err != nil {
		panic(err)
	}
	return p
}

// String is the canonical list of types, "(address,uint256)".
func (p Params) String() string {
	var b strings.Builder
	b.WriteByte('(')
	for i, param := range p {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(param.Type.String())
	}
	b.WriteByte(')')
	return b.String()
}

// Encode packs one value per parameter; the table in the package documentation says which Go types stand for what. Errors wrap ErrValue.
func (p Params) Encode(values ...any) ([]byte, error) { return p.appendTo(nil, values) }

// Decode unpacks data into one value per parameter. Bytes behind the last value are allowed, as in Solidity. Errors wrap ErrData.
func (p Params) Decode(data []byte) ([]any, error) {
	return newDecoder(data).all(p)
}

// DecodeInto unpacks data into pointers, one per parameter; a nil target is skipped. On an error targets may be partly filled.
func (p Params) DecodeInto(data []byte, targets ...any) error {
	values, err := p.Decode(data)
	if err != nil {
		return err
	}
	return p.assign(values, targets)
}

func (p Params) appendTo(dst []byte, values []any) ([]byte, error) {
	if len(values) != len(p) {
		return nil, fmt.Errorf("%w: %d values for %d parameters %s", ErrValue, len(values), len(p), p)
	}
	e := encoder{out: dst}
	if err := e.params(p, values); err != nil {
		return nil, err
	}
	return e.out, nil
}

// check bounds a list of parameters.
func (p Params) check() error {
	switch {
	case len(p) > MaxParams:
		return fmt.Errorf("%w: more than %d parameters", ErrType, MaxParams)
	case headWords(p) > MaxHeadWords:
		return fmt.Errorf("%w: larger than %d words", ErrType, MaxHeadWords)
	}
	return nil
}

// label names the i-th parameter in errors.
func (p Params) label(i int) string {
	if p[i].Name != "" {
		return p[i].Name
	}
	return fmt.Sprintf("#%d", i+1)
}
