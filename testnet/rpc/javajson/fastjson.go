package javajson

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Parse is JSON.parse of fastjson with all its leniency: keys without quotes, single quotes, comments, commas to spare. The empty text is nil.
func Parse(text string) (any, error) {
	p := &parser{text: strings.TrimPrefix(text, "\uFEFF")}
	if err := p.space(); err != nil {
		return nil, err
	}
	if p.at == len(p.text) {
		if strings.Contains(p.text, "/") { // a comment is not nothing
			return nil, p.unterminated()
		}
		return nil, nil
	}
	value, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if err := p.space(); err != nil {
		return nil, err
	}
	if p.at < len(p.text) {
		return nil, Throw(JSONException, errNotClosed)
	}
	return value, nil
}

// ParseObject is JSON.parseObject: nil for null and for the empty text.
func ParseObject(text string) (*Object, error) {
	value, err := Parse(text)
	if err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case nil:
		return nil, nil
	case *Object:
		return v, nil
	}
	return nil, Throw(JSONException, errCannotCast)
}

// typeKey names a Java class to read an object into, which java-tron forbids.
const typeKey = "@type"

type parser struct {
	text string
	at   int
}

func (p *parser) fail() error {
	return Throw(JSONException, errSyntax+", pos "+strconv.Itoa(p.at))
}

// unterminated names the end of the text as fastjson does, which counts a line feed as the first column of its line.
func (p *parser) unterminated() error {
	pos := Length(p.text)
	column := pos + 1
	if last := strings.LastIndexByte(p.text, '\n'); last >= 0 {
		column = Length(p.text[last:]) + 1
	}
	return Throw(JSONException, fmt.Sprintf("unterminated json string, pos %d, line %d, column %d%s", pos, strings.Count(p.text, "\n")+1, column, p.text))
}

// peek is the next byte, 0 at the end.
func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// space passes white space and comments.
func (p *parser) space() error {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\r', '\n', '\t', '\f', '\b':
			p.at++
		case '/':
			if err := p.comment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

func (p *parser) comment() error {
	rest := p.text[p.at:]
	switch {
	case strings.HasPrefix(rest, "//"):
		end := strings.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest) - 1
		}
		p.at += end + 1
	case strings.HasPrefix(rest, "/*"):
		end := strings.Index(rest[2:], "*/")
		if end < 0 {
			p.at = len(p.text)
			return nil
		}
		p.at += end + 4
	default:
		return Throw(JSONException, "invalid comment")
	}
	return nil
}

func (p *parser) value(depth int) (any, error) {
	if depth > maxNesting {
		return nil, Throw(JSONException, errTooDeep)
	}
	switch c := p.peek(); {
	case c == '{':
		p.at++
		return p.object(depth)
	case c == '[':
		p.at++
		return p.array(depth)
	case c == '"', c == '\'':
		return p.quoted()
	case c == '-', c == '+', c >= '0' && c <= '9':
		return p.number()
	}
	return p.word()
}

func (p *parser) object(depth int) (*Object, error) {
	o := NewObject()
	for {
		if err := p.commas(); err != nil {
			return nil, err
		}
		if p.peek() == '}' {
			p.at++
			return o, nil
		}
		key, err := p.key()
		if err != nil {
			return nil, err
		}
		value, err := p.member(depth)
		if err != nil {
			return nil, err
		}
		if class, ok := value.(string); ok && key == typeKey {
			return nil, Throw(JSONException, "safeMode not support autoType : "+class)
		}
		o.Put(key, value)
		if err := p.space(); err != nil {
			return nil, err
		}
		switch p.peek() {
		case ',':
		case '}':
			p.at++
			return o, nil
		default:
			return nil, p.fail()
		}
	}
}

// commas passes white space and as many commas as there are.
func (p *parser) commas() error {
	for {
		if err := p.space(); err != nil {
			return err
		}
		if p.peek() != ',' {
			return nil
		}
		p.at++
	}
}

// member reads what follows a key.
func (p *parser) member(depth int) (any, error) {
	if err := p.space(); err != nil {
		return nil, err
	}
	if p.peek() != ':' {
		return nil, p.fail()
	}
	p.at++
	if err := p.space(); err != nil {
		return nil, err
	}
	return p.value(depth + 1)
}

func (p *parser) key() (string, error) {
	switch c := p.peek(); {
	case c == '"', c == '\'':
		return p.quoted()
	case c == '-', c >= '0' && c <= '9':
		n, err := p.number()
		return string(n), err
	}
	start := p.at
	for p.at < len(p.text) && (isNameByte(p.text[p.at]) || p.at == start && p.peek() == '$') {
		p.at++
	}
	if start == p.at || p.text[start] >= '0' && p.text[start] <= '9' {
		return "", p.fail()
	}
	return p.text[start:p.at], nil
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}

// array needs no commas between its values.
func (p *parser) array(depth int) (Array, error) {
	a := Array{}
	for {
		if err := p.commas(); err != nil {
			return nil, err
		}
		if p.peek() == ']' {
			p.at++
			return a, nil
		}
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		a = append(a, value)
	}
}

// word reads true, false, null.
func (p *parser) word() (any, error) {
	for _, known := range []struct {
		text  string
		value any
	}{{"true", true}, {"false", false}, {nullText, nil}, {"NULL", nil}, {"Null", nil}, {"undefined", nil}, {"NaN", nil}} {
		rest := p.text[p.at:]
		if strings.HasPrefix(rest, known.text) && (len(rest) == len(known.text) || strings.IndexByte(wordEnds, rest[len(known.text)]) >= 0) {
			p.at += len(known.text)
			return known.value, nil
		}
	}
	return nil, p.fail()
}

// wordEnds are the characters that can follow a word.
const wordEnds = " ,}]\n\r\t\f\b:/"

// number reads a number and writes it as Java does: an integer in plain digits, anything else as BigDecimal shows it.
func (p *parser) number() (Number, error) {
	start := p.at
	if c := p.peek(); c == '-' || c == '+' {
		p.at++
	}
	digits := func() (n int) {
		for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
			p.at, n = p.at+1, n+1
		}
		return n
	}
	n, whole := digits(), true
	if p.peek() == '.' {
		p.at, whole = p.at+1, false
		n += digits()
	}
	if n == 0 {
		return "", p.fail()
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.at, whole = p.at+1, false
		if c := p.peek(); c == '-' || c == '+' {
			p.at++
		}
		if digits() == 0 {
			return "", p.fail()
		}
	}
	text := p.text[start:p.at]
	switch c := p.peek(); { // suffixes of Java's literals
	case c == 'F', c == 'D', whole && (c == 'L' || c == 'S' || c == 'B'):
		p.at++
	}
	if whole {
		return wholeNumber(text), nil
	}
	decimal, ok := decimalNumber(text)
	if !ok {
		return "", p.fail()
	}
	return decimal, nil
}

func wholeNumber(text string) Number {
	text = strings.TrimPrefix(text, "+")
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return Number(strconv.FormatInt(n, 10))
	}
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return Number(text)
	}
	return Number(n.String())
}
