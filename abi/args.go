package abi

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// ParseArgs reads one text per parameter, as people type them on a command line:
//
//	uint256, int8, trcToken   42, -1, 0xff
//	address                   T…, 41…, 0x…
//	bool                      true, false
//	string                    the text as it stands; inside a list or tuple in quotes when it has , ( ) [ ] " ' or spaces at its ends
//	bytes, bytes32            0x…, or hex
//	T[], T[3]                 [1,2,3]
//	tuple                     (T…,5,"a, b") or, where components have names, (to: T…, amount: 5)
//
// The values are what Decode gives. Errors wrap ErrValue.
func (p Params) ParseArgs(texts []string) ([]any, error) {
	return p.ParseArgsBy(texts, wallet.ParseAddress)
}

// ParseArgsBy is ParseArgs for who has names for addresses: wherever an address is wanted, in lists and tuples too, address reads it.
func (p Params) ParseArgsBy(texts []string, address func(text string) (wallet.Address, error)) ([]any, error) {
	if len(texts) != len(p) {
		return nil, fmt.Errorf("%w: %d arguments for %s", ErrValue, len(texts), p.Declaration())
	}
	values := make([]any, len(p))
	for i, text := range texts {
		v, err := parseValue(p[i].Type, text, address)
		if err != nil {
			return nil, fmt.Errorf("argument %d (%s): %w", i+1, strings.TrimSpace(p[i].Type.declaration()+" "+p[i].Name), err)
		}
		values[i] = v
	}
	return values, nil
}

// ParseValue reads one value of a type; Params.ParseArgs says how it is written.
func ParseValue(t Type, text string) (any, error) { return parseValue(t, text, wallet.ParseAddress) }

func parseValue(t Type, text string, address func(string) (wallet.Address, error)) (any, error) {
	if len(text) > MaxArgText {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrValue, MaxArgText)
	}
	if t.kind == KindString {
		return text, nil
	}
	p := &argParser{parser{text: text}, address}
	v, err := p.value(&t)
	if err == nil {
		if p.space(); p.at < len(text) {
			err = p.wrong("nothing more")
		}
	}
	return v, err
}

// argParser walks the text of an argument from left to right.
type argParser struct {
	parser
	address func(text string) (wallet.Address, error)
}

func (p *argParser) wrong(want string) error {
	if p.space(); p.at == len(p.text) {
		return fmt.Errorf("%w: it ends where %s was expected", ErrValue, want)
	}
	return fmt.Errorf("%w: %q at character %d, where %s was expected", ErrValue, wallet.Clip(p.rest()), p.at+1, want)
}

func (p *argParser) value(t *Type) (any, error) {
	switch t.kind {
	case KindArray, KindSlice:
		return p.list(t)
	case KindTuple:
		return p.tuple(t)
	}
	text, err := p.scalar()
	if err != nil {
		return nil, err
	}
	if t.kind == KindAddress {
		return asAddress(p.address(text))
	}
	return parseScalar(t, text)
}

func (p *argParser) list(t *Type) ([]any, error) {
	if !p.take('[') {
		return nil, p.wrong("[")
	}
	values := []any{}
	for !p.take(']') {
		if len(values) > 0 && !p.take(',') {
			return nil, p.wrong(", or ]")
		}
		v, err := p.value(t.elem)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", len(values), err)
		}
		values = append(values, v)
	}
	if t.kind == KindArray && len(values) != t.size {
		return nil, fmt.Errorf("%w: %d elements for %s", ErrValue, len(values), t)
	}
	return values, nil
}

func (p *argParser) tuple(t *Type) ([]any, error) {
	if !p.take('(') {
		return nil, p.wrong("(")
	}
	values := make([]any, len(t.fields))
	for i := range t.fields {
		if i > 0 && !p.take(',') {
			return nil, p.wrong(", and " + t.fields.label(i))
		}
		p.name(t.fields[i].Name)
		v, err := p.value(&t.fields[i].Type)
		if err != nil {
			return nil, fmt.Errorf(".%s: %w", t.fields.label(i), err)
		}
		values[i] = v
	}
	if !p.take(')') {
		return nil, p.wrong(")")
	}
	return values, nil
}

// name steps over a component's name and a colon, if they come next.
func (p *argParser) name(name string) {
	start := p.at
	if name == "" || p.word() != name || !p.take(':') {
		p.at = start
	}
}

// scalar takes a quoted text, or everything up to the next comma or bracket without the spaces around it.
func (p *argParser) scalar() (string, error) {
	p.space()
	if p.at < len(p.text) && (p.text[p.at] == '"' || p.text[p.at] == '\'') {
		return p.quoted(p.text[p.at])
	}
	start := p.at
	for p.at < len(p.text) && strings.IndexByte(`,()[]"'`, p.text[p.at]) < 0 {
		p.at++
	}
	return strings.TrimSpace(p.text[start:p.at]), nil
}

// quoted takes a text in quotes of either kind, with Go's escapes (\n, \", \u00e9 …).
func (p *argParser) quoted(quote byte) (string, error) {
	p.at++
	var b strings.Builder
	for rest := p.rest(); rest != ""; rest = p.rest() {
		if rest[0] == quote {
			p.at++
			return b.String(), nil
		}
		r, multibyte, tail, err := strconv.UnquoteChar(rest, quote)
		if err != nil {
			return "", p.wrong("the rest of a quoted text")
		}
		if multibyte {
			b.WriteRune(r)
		} else {
			b.WriteByte(byte(r)) // \xff, which is no character of its own
		}
		p.at += len(rest) - len(tail)
	}
	return "", p.wrong("a closing " + string(quote))
}
