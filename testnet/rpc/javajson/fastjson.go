package javajson

import "encoding/base64"

// Parse is JSON.parse of fastjson 1.2.83 with all its leniency: keys without quotes, single quotes, comments, commas to spare, lists without any, sets, dates.
// The empty text is nil.
func Parse(text string) (any, error) {
	p := &parser{newScanner(text)}
	if err := p.first(); err != nil {
		return nil, err
	}
	value, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.token != kindEnd {
		return nil, p.fail(errNotClosed + string(p.token))
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

// parser is DefaultJSONParser.
type parser struct{ *scanner }

// first reads the first token.
func (p *parser) first() error {
	if p.c == '{' || p.c == '[' {
		p.single()
		return nil
	}
	return p.nextToken()
}

// value reads the value that the present token begins, and the token behind it.
func (p *parser) value(depth int) (any, error) {
	if depth > maxNesting {
		return nil, p.fail(errTooDeep)
	}
	switch p.token {
	case kindOpen:
		return p.object(depth)
	case kindOpenList:
		return p.array(depth)
	case kindSet, kindTreeSet:
		return p.set(depth)
	case kindInt, kindFloat:
		n, err := p.number()
		if err != nil {
			return nil, err
		}
		return n, p.nextToken()
	case kindString:
		text := p.string()
		return text, p.nextAfterValue()
	case kindNew:
		return p.date()
	case kindHex:
		raw, err := p.hexBytes()
		if err != nil {
			return nil, err
		}
		return base64.StdEncoding.EncodeToString(raw), p.nextToken()
	}
	return p.word()
}

// word is what true, false, null and the like stand for, and everything that is no value.
func (p *parser) word() (any, error) {
	switch p.token {
	case kindTrue, kindFalse:
		return p.token == kindTrue, p.nextToken()
	case kindNull, kindUndefined:
		return nil, p.nextToken()
	case kindIdentifier:
		if p.string() == "NaN" {
			return nil, p.nextToken()
		}
	case kindEnd:
		if p.blank() {
			return nil, nil
		}
		return nil, p.fail("unterminated json string, " + p.info())
	}
	return nil, p.fail(errSyntax + ", " + p.info())
}

// blank says whether there is nothing but white space; up to a 0x1A, which is where the text ends for fastjson.
func (p *parser) blank() bool {
	for _, u := range p.text {
		if u == pastEnd {
			break
		}
		if !isSpace(u) {
			return false
		}
	}
	return true
}

// date reads new Date(5), whatever the name: the number of milliseconds, which is how it is printed.
func (p *parser) date() (any, error) {
	if err := p.nextIdentifier(); err != nil {
		return nil, err
	}
	if p.token != kindIdentifier {
		return nil, p.fail(errSyntax)
	}
	if err := p.nextToken(); err != nil {
		return nil, err
	}
	if err := p.expect(kindOpenParen); err != nil {
		return nil, err
	}
	n, err := p.dateNumber()
	if err != nil {
		return nil, err
	}
	if err := p.expect(kindInt); err != nil {
		return nil, err
	}
	return n, p.expect(kindCloseParen)
}

// array reads a list, which needs no commas between its values.
func (p *parser) array(depth int) (Array, error) {
	if p.token != kindOpenList {
		return nil, p.fail("syntax error, expect [, actual " + string(p.token) + ", pos " + itoa(p.pos) + ", fieldName null")
	}
	if err := p.nextToken(); err != nil {
		return nil, err
	}
	a := Array{}
	for {
		for p.token == kindComma {
			if err := p.nextToken(); err != nil {
				return nil, err
			}
		}
		switch p.token {
		case kindCloseList:
			return a, p.nextAfterValue()
		case kindEnd:
			return nil, p.fail("unclosed jsonArray")
		}
		value, err := p.element(depth + 1)
		if err != nil {
			return nil, err
		}
		a = append(a, value)
	}
}

// element reads a value of a list: behind simple ones a 0x1A is the end.
func (p *parser) element(depth int) (any, error) {
	switch p.token {
	case kindInt, kindFloat:
		n, err := p.number()
		if err != nil {
			return nil, err
		}
		return n, p.nextAfterValue()
	case kindTrue, kindFalse:
		return p.token == kindTrue, p.nextAfterValue()
	}
	return p.value(depth)
}
