package wire

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// ErrMalformed is wrapped by every error about bytes that are no message.
var ErrMalformed = errors.New("malformed message")

// Bounds on bencoding that a stranger sent.
const (
	MaxMessage = 16 << 10 // bytes of one pw_pay message
	maxDepth   = 6        // nested lists and dictionaries
	maxItems   = 512      // values in one message, of all depths together
	maxDigits  = 19       // digits of an integer or a length
)

// Dict is a bencoded dictionary whose values are kept as they came, so that what is not understood can be passed on unchanged.
type Dict map[string]Raw

// Raw is one bencoded value, undecoded.
type Raw []byte

// ParseDict reads one dictionary that fills b. Keys out of order are accepted (other clients write them), a key that comes twice is not.
func ParseDict(b []byte) (Dict, error) {
	d, rest, err := ParseDictBefore(b)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%w: bytes after the end at byte %d", ErrMalformed, len(b)-len(rest))
	}
	return d, err
}

// ParseDictBefore reads one dictionary at the front of b and gives what follows it.
func ParseDictBefore(b []byte) (d Dict, rest []byte, err error) {
	p := parser{b: b, items: maxItems}
	d, err = p.dict(0)
	return d, b[p.at:], err
}

// Append writes the dictionary, keys sorted, behind b.
func (d Dict) Append(b []byte) []byte {
	keys := make([]string, 0, len(d))
	for k := range d {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b = append(b, 'd')
	for _, k := range keys {
		b = appendString(b, k)
		b = append(b, d[k]...)
	}
	return append(b, 'e')
}

// Int is the integer under key, and whether there is one that lies in 0 … 2^63−1. No field of ours is ever negative.
func (d Dict) Int(key string) (int64, bool) {
	raw := d[key]
	if len(raw) < 3 || raw[0] != 'i' {
		return 0, false
	}
	n, err := strconv.ParseInt(string(raw[1:len(raw)-1]), 10, 64)
	return n, err == nil && n >= 0
}

// Bytes is the string under key, and whether there is one.
func (d Dict) Bytes(key string) ([]byte, bool) { return d[key].Bytes() }

// Dict is the dictionary under key, and whether there is one.
func (d Dict) Dict(key string) (Dict, bool) {
	inner, err := ParseDict(d[key])
	return inner, err == nil
}

// List is the list under key, and whether there is one.
func (d Dict) List(key string) ([]Raw, bool) { return d[key].list() }

// SetInt stores an integer.
func (d Dict) SetInt(key string, n int64) { d[key] = intRaw(n) }

// SetBytes stores a string.
func (d Dict) SetBytes(key string, b []byte) { d[key] = bytesRaw(b) }

// SetDict stores a dictionary.
func (d Dict) SetDict(key string, inner Dict) { d[key] = inner.Append(nil) }

// SetList stores a list.
func (d Dict) SetList(key string, items []Raw) { d[key] = listRaw(items) }

// Bytes is the string that the value is, and whether it is one.
func (r Raw) Bytes() ([]byte, bool) {
	colon := bytes.IndexByte(r, ':')
	if colon < 1 || r[0] < '0' || r[0] > '9' {
		return nil, false
	}
	return r[colon+1:], true
}

func (r Raw) list() ([]Raw, bool) {
	if len(r) == 0 || r[0] != 'l' {
		return nil, false
	}
	p := parser{b: r, items: maxItems}
	items, err := p.list(0)
	return items, err == nil && p.at == len(r)
}

func intRaw(n int64) Raw { return append(strconv.AppendInt(Raw{'i'}, n, 10), 'e') }
func bytesRaw(b []byte) Raw {
	return append(append(strconv.AppendInt(nil, int64(len(b)), 10), ':'), b...)
}

func appendString(b []byte, s string) []byte {
	return append(append(strconv.AppendInt(b, int64(len(s)), 10), ':'), s...)
}

func listRaw(items []Raw) Raw {
	r := Raw{'l'}
	for _, item := range items {
		r = append(r, item...)
	}
	return append(r, 'e')
}

// parser walks over b; at is the next byte, items what it may still read.
type parser struct {
	b     []byte
	at    int
	items int
}

func (p *parser) fail(what string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrMalformed, what, p.at)
}

func (p *parser) peek() byte {
	if p.at < len(p.b) {
		return p.b[p.at]
	}
	return 0
}

// value reads any one value and gives the bytes it spans.
func (p *parser) value(depth int) (Raw, error) {
	if p.items--; p.items < 0 {
		return nil, p.fail("too many values")
	}
	start, err := p.at, error(nil)
	switch c := p.peek(); {
	case c == 'i':
		p.at++
		err = p.digits('e', true)
	case c == 'l':
		_, err = p.list(depth)
	case c == 'd':
		_, err = p.dict(depth)
	case c >= '0' && c <= '9':
		_, err = p.text()
	default:
		err = p.fail("no value")
	}
	if err != nil {
		return nil, err
	}
	return Raw(p.b[start:p.at]), nil
}

func (p *parser) list(depth int) ([]Raw, error) {
	if depth >= maxDepth {
		return nil, p.fail("too deep")
	}
	var items []Raw
	for p.at++; p.peek() != 'e'; {
		item, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	p.at++
	return items, nil
}

func (p *parser) dict(depth int) (Dict, error) {
	if p.peek() != 'd' {
		return nil, p.fail("no dictionary")
	}
	if depth >= maxDepth {
		return nil, p.fail("too deep")
	}
	d := Dict{}
	for p.at++; p.peek() != 'e'; {
		key, err := p.text()
		if err != nil {
			return nil, err
		}
		if _, twice := d[string(key)]; twice {
			return nil, p.fail("a key twice")
		}
		if d[string(key)], err = p.value(depth + 1); err != nil {
			return nil, err
		}
	}
	p.at++
	return d, nil
}

// text reads a string: its length, a colon, its bytes.
func (p *parser) text() ([]byte, error) {
	start := p.at
	if err := p.digits(':', false); err != nil {
		return nil, err
	}
	n, err := strconv.ParseInt(string(p.b[start:p.at-1]), 10, 64)
	if err != nil || n > int64(len(p.b)-p.at) {
		return nil, p.fail("a string longer than the message")
	}
	p.at += int(n)
	return p.b[p.at-int(n) : p.at], nil
}

// digits passes over a decimal number in its one canonical spelling, up to and including end.
func (p *parser) digits(end byte, signed bool) error {
	if signed && p.peek() == '-' {
		p.at++
		if p.peek() == '0' {
			return p.fail("minus zero")
		}
	}
	start := p.at
	for p.peek() >= '0' && p.peek() <= '9' {
		p.at++
	}
	switch n := p.at - start; {
	case n == 0 || n > maxDigits:
		return p.fail("no number")
	case n > 1 && p.b[start] == '0':
		return p.fail("a leading zero")
	case p.peek() != end:
		return p.fail("an open number")
	}
	p.at++
	return nil
}
