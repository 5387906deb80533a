package abi

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// ParseType reads a type in Solidity's spelling: "uint8", "bytes32[2][]", "(address to, uint256 n)[]"; "uint" is uint256, "tuple(…)" is "(…)".
func ParseType(text string) (Type, error) {
	p := &parser{text: text}
	t, err := p.typ()
	if err == nil {
		err = p.end()
	}
	if err != nil {
		return Type{}, fmt.Errorf("type %q: %w", wallet.Clip(text), err)
	}
	return t, nil
}

// ParseParams reads a list of parameters, in parentheses or not: "address to, uint256 amount". The empty text is no parameters.
func ParseParams(text string) (Params, error) {
	p := &parser{text: text}
	if p.space(); !strings.HasPrefix(p.rest(), "(") || !closesAtEnd(p.rest()) {
		p.text = "(" + text + ")"
		p.at = 0
	}
	params, err := p.params()
	if err == nil {
		err = p.end()
	}
	if err != nil {
		return nil, fmt.Errorf("parameters %q: %w", wallet.Clip(text), err)
	}
	return params, nil
}

// closesAtEnd says whether the parenthesis that opens the text is closed by its last character.
func closesAtEnd(text string) bool {
	depth := 0
	text = strings.TrimSpace(text)
	for i, r := range text {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			return i == len(text)-1
		}
	}
	return false
}

// parser walks a signature from left to right.
type parser struct {
	text  string
	at    int
	depth int // open parentheses
}

func (p *parser) rest() string { return p.text[p.at:] }

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// take steps over a character if it comes next.
func (p *parser) take(c byte) bool {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

// word steps over an identifier; "" when none comes next.
func (p *parser) word() string {
	p.space()
	start := p.at
	for p.at < len(p.text) && (isLetter(p.text[p.at]) || p.at > start && isDigit(p.text[p.at])) {
		p.at++
	}
	return p.text[start:p.at]
}

// number steps over decimal digits; "" when none come next.
func (p *parser) number() string {
	p.space()
	start := p.at
	for p.at < len(p.text) && isDigit(p.text[p.at]) {
		p.at++
	}
	return p.text[start:p.at]
}

func (p *parser) end() error {
	if p.space(); p.at < len(p.text) {
		return p.unexpected("the end")
	}
	return nil
}

func (p *parser) unexpected(want string) error {
	if p.space(); p.at == len(p.text) {
		return fmt.Errorf("%w: it ends where %s was expected", ErrType, want)
	}
	return fmt.Errorf("%w: %q at character %d, where %s was expected", ErrType, wallet.Clip(p.rest()), p.at+1, want)
}

func (p *parser) typ() (Type, error) {
	t, err := p.base()
	if err != nil {
		return Type{}, err
	}
	return p.suffixes(t)
}

// suffixes reads the array lengths behind a type.
func (p *parser) suffixes(t Type) (Type, error) {
	var err error
	for err == nil && p.take('[') {
		if p.take(']') {
			t, err = sliceOf(t)
			continue
		}
		digits := p.number()
		n, bad := strconv.Atoi(digits)
		if bad != nil || !p.take(']') {
			return Type{}, p.unexpected("a length and ]")
		}
		t, err = arrayOf(t, n)
	}
	return t, err
}

// base reads an elementary type or a tuple.
func (p *parser) base() (Type, error) {
	if len(p.text) > MaxSignatureText {
		return Type{}, fmt.Errorf("%w: longer than %d characters", ErrType, MaxSignatureText)
	}
	name := p.word()
	p.space()
	switch {
	case (name == "" || name == "tuple") && strings.HasPrefix(p.rest(), "("):
		fields, err := p.params()
		if err != nil {
			return Type{}, err
		}
		return tupleOf(fields)
	case name == "":
		return Type{}, p.unexpected("a type")
	default:
		return elementary(name)
	}
}

// params reads a list in parentheses.
func (p *parser) params() (Params, error) {
	if p.depth++; p.depth > MaxDepth {
		return nil, fmt.Errorf("%w: nested deeper than %d", ErrType, MaxDepth)
	}
	defer func() { p.depth-- }()
	if !p.take('(') {
		return nil, p.unexpected("(")
	}
	if p.take(')') {
		return nil, nil
	}
	var list Params
	for {
		param, err := p.param()
		if err != nil {
			return nil, err
		}
		if list = append(list, param); len(list) > MaxParams {
			return nil, list.check()
		}
		switch {
		case p.take(','):
		case p.take(')'):
			return list, list.check()
		default:
			return nil, p.unexpected(", or )")
		}
	}
}

// param reads a type with Solidity's modifiers and a name, all optional: "address indexed from", "string memory", "uint8".
func (p *parser) param() (Param, error) {
	t, err := p.typ()
	param := Param{Type: t}
	for err == nil {
		switch word := p.word(); word {
		case "":
			return param, nil
		case "indexed":
			param.Indexed = true
		case "memory", "calldata", "storage", "payable":
		default:
			if param.Name != "" {
				return Param{}, fmt.Errorf("%w: two names, %q and %q", ErrType, wallet.Clip(param.Name), wallet.Clip(word))
			}
			param.Name = word
		}
	}
	return Param{}, err
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
