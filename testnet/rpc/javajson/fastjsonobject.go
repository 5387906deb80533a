package javajson

// typeKey is the key that fastjson takes for the name of a class.
const typeKey = "@type"

// object reads an object behind its brace.
func (p *parser) object(depth int) (any, error) {
	o := NewObject()
	for {
		if err := p.commas(); err != nil {
			return nil, err
		}
		if p.c == '}' {
			p.next()
			return o, p.nextToken()
		}
		key, odd, err := p.key(depth)
		if err != nil {
			return nil, err
		}
		ended, err := p.member(o, key, odd, depth)
		if ended || err != nil {
			return o, err
		}
	}
}

// commas passes white space and as many commas as there are.
func (p *parser) commas() error {
	for {
		if err := p.skipSpace(); err != nil {
			return err
		}
		if p.c != ',' {
			return nil
		}
		p.next()
	}
}

// key reads a key and its colon. odd is one that is no text, an object or a list: nobody will ask for it.
func (p *parser) key(depth int) (key string, odd bool, err error) {
	first := p.c
	switch c := first; {
	case c == '"', c == '\'':
		key, err = p.scanKey()
	case c == pastEnd:
		return "", false, p.fail(errSyntax)
	case isDigitUnit(c), c == '-':
		return p.numberKey()
	case c == '{', c == '[':
		if err = p.nextToken(); err == nil { // the colon is the token behind it, whatever it is
			_, err = p.value(depth + 1)
		}
		return "", true, err
	default:
		key, err = p.scanName()
	}
	if err == nil {
		err = p.colon(first, key)
	}
	return key, false, err
}

// colon passes what has to stand behind a key that begins with a character.
func (p *parser) colon(first uint16, key string) error {
	if err := p.skipSpace(); err != nil {
		return err
	}
	if p.c == ':' {
		p.next()
		return nil
	}
	more := map[uint16]string{'"': ", name " + key, '\'': ""}
	text, quoted := more[first]
	if !quoted {
		text = ", actual " + string(rune(p.c))
	}
	return p.fail("expect ':' at " + itoa(p.pos) + text)
}

// numberKey may have no white space before its colon.
func (p *parser) numberKey() (string, bool, error) {
	p.scanNumber()
	n, err := p.number()
	if err == nil && p.c != ':' {
		err = p.fail("parse number key error" + p.info())
	}
	p.next()
	return string(n), false, err
}

// member reads the value of a key, and whether the object ends behind it.
func (p *parser) member(o *Object, key string, odd bool, depth int) (ended bool, err error) {
	if !odd {
		if err := p.skipSpace(); err != nil {
			return false, err
		}
	}
	if key == typeKey && !odd {
		return p.typeName(o)
	}
	put := func(value any) {
		if !odd {
			o.Put(key, value)
		}
	}
	c := p.c
	switch {
	case c == '"':
		if err := p.scanString(); err != nil {
			return false, err
		}
		put(p.string())
		return p.closed(key)
	case isDigitUnit(c), c == '-':
		p.scanNumber()
		n, err := p.number()
		if err != nil {
			return false, err
		}
		put(n)
		return p.closed(key)
	}
	if err := p.nextToken(); err != nil {
		return false, err
	}
	value, err := p.value(depth + 1)
	if err != nil {
		return false, err
	}
	put(value)
	return p.closedByToken(key, c)
}

// closed looks behind a text or a number: character by character, so that no control character passes there.
func (p *parser) closed(key string) (ended bool, err error) {
	if err := p.skipSpace(); err != nil {
		return false, err
	}
	switch p.c {
	case ',':
		p.next()
		return false, nil
	case '}':
		p.next()
		return true, p.nextToken()
	}
	return false, p.fail(errSyntax + ", position at " + itoa(p.pos) + ", name " + key)
}

// closedByToken looks behind any other value; first is the character that it began with.
func (p *parser) closedByToken(key string, first uint16) (ended bool, err error) {
	switch p.token {
	case kindClose:
		return true, p.nextToken()
	case kindComma:
		return false, nil
	}
	switch first {
	case '[':
		return false, p.fail(errSyntax)
	case '{':
		return false, p.fail(errSyntax + ", " + string(p.token))
	}
	return false, p.fail(errSyntax + ", position at " + itoa(p.pos) + ", name " + key)
}

// typeName reads the name of a class to read the object into. java-tron allows none (ParserConfig.setSafeMode), but names of digits and of maps are not
// looked at by that. fastjson takes the character at hand for a quote, whatever it is.
func (p *parser) typeName(o *Object) (ended bool, err error) {
	p.c = '"'
	name, err := p.scanKey()
	if err != nil {
		return false, err
	}
	if isDigits(name) {
		o.Put(typeKey, name)
		return false, nil
	}
	switch name {
	case "java.util.HashMap", "java.util.LinkedHashMap", "com.alibaba.fastjson.JSONObject":
	default:
		return false, p.fail("safeMode not support autoType : " + name)
	}
	if err := p.nextAfterValue(); err != nil {
		return false, err
	}
	return p.closedByToken(typeKey, '{')
}

func isDigits(text string) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
