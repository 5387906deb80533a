package abi

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrData is wrapped by errors about bytes that are no encoding of what was expected.
var ErrData = errors.New("malformed ABI data")

// decoder reads data that a stranger made. Nothing is allocated before the words behind it are known to be there.
type decoder struct {
	data   []byte
	budget int // words that may still be read; shared offsets read the same words again
}

func newDecoder(data []byte) *decoder {
	return &decoder{data: data, budget: aliasing * (len(data)/wordSize + 1)}
}

// all reads a list of parameters from the start of the data.
func (d *decoder) all(p Params) ([]any, error) {
	if err := d.spend(headWords(p), 0); err != nil {
		return nil, err
	}
	return d.fields(p, 0)
}

// fields reads the components of a tuple whose head begins at base.
func (d *decoder) fields(p Params, base int) ([]any, error) {
	values, at := make([]any, len(p)), base
	for i := range p {
		t := &p[i].Type
		v, err := d.value(t, base, at)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", t, p.label(i), err)
		}
		values[i] = v
		at += t.words * wordSize
	}
	return values, nil
}

// value reads what stands at position at of the head, whose words are known to be there, or what the offset there points to.
func (d *decoder) value(t *Type, base, at int) (any, error) {
	if t.dynamic {
		offset, err := d.number(at)
		if err != nil {
			return nil, fmt.Errorf("offset: %w", err)
		}
		return d.tail(t, base+offset)
	}
	switch t.kind {
	case 0:
		return nil, errNoType
	case KindArray:
		return d.elements(t.elem, t.size, at)
	case KindTuple:
		return d.fields(t.fields, at)
	default:
		return wordValue(t, d.data[at:at+wordSize])
	}
}

// tail reads a dynamic value that begins at position at, which may lie outside of the data.
func (d *decoder) tail(t *Type, at int) (any, error) {
	switch t.kind {
	case KindArray:
		if err := d.spend(t.size*t.elem.words, at); err != nil {
			return nil, err
		}
		return d.elements(t.elem, t.size, at)
	case KindTuple:
		if err := d.spend(headWords(t.fields), at); err != nil {
			return nil, err
		}
		return d.fields(t.fields, at)
	}
	n, err := d.number(at)
	if err != nil {
		return nil, fmt.Errorf("length: %w", err)
	}
	if t.kind != KindSlice {
		return d.blob(t, n, at+wordSize)
	}
	if err := d.spend(n*t.elem.words, at+wordSize); err != nil {
		return nil, err
	}
	return d.elements(t.elem, n, at+wordSize)
}

func (d *decoder) elements(elem *Type, n, base int) ([]any, error) {
	values := make([]any, n)
	for i := range values {
		v, err := d.value(elem, base, base+i*elem.words*wordSize)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		values[i] = v
	}
	return values, nil
}

// blob reads n bytes. Their padding may be missing or dirty, as old compilers left it.
func (d *decoder) blob(t *Type, n, at int) (any, error) {
	if n > len(d.data)-at {
		return nil, fmt.Errorf("%w: a length of %d with %d bytes left", ErrData, n, len(d.data)-at)
	}
	if d.budget -= n / wordSize; d.budget < 0 {
		return nil, errAliasing
	}
	b := d.data[at : at+n]
	if t.kind == KindString {
		return string(b), nil
	}
	return append([]byte{}, b...), nil
}

// number reads an offset or a length: a word that is at most the length of the data.
func (d *decoder) number(at int) (int, error) {
	if at+wordSize > len(d.data) {
		return 0, fmt.Errorf("%w: it ends at byte %d, a word was expected at %d", ErrData, len(d.data), at)
	}
	word := d.data[at : at+wordSize]
	low := binary.BigEndian.Uint64(word[wordSize-8:])
	if !allZero(word[:wordSize-8]) || low > uint64(len(d.data)) {
		return 0, fmt.Errorf("%w: %x leaves the data", ErrData, word)
	}
	return int(low), nil
}

// spend checks that words are there and were not read too often.
func (d *decoder) spend(words, at int) error {
	if at+words*wordSize > len(d.data) {
		return fmt.Errorf("%w: %d words at byte %d, but only %d bytes", ErrData, words, at, len(d.data))
	}
	if d.budget -= words; d.budget < 0 {
		return errAliasing
	}
	return nil
}

var errAliasing = fmt.Errorf("%w: its offsets point to the same place too often", ErrData)
