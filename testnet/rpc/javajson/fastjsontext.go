package javajson

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// quoted reads a string in either kind of quotes.
func (p *parser) quoted() (string, error) {
	quote := p.text[p.at]
	p.at++
	start := p.at
	for i := p.at; i < len(p.text); i++ {
		if p.text[i] == quote {
			p.at = i + 1
			return p.text[start:i], nil
		}
		if p.text[i] == '\\' {
			return p.escaped(quote)
		}
	}
	return "", Throw(JSONException, errUnclosed)
}

// escaped reads a string that holds escapes, from its beginning.
func (p *parser) escaped(quote byte) (string, error) {
	var units []uint16 // as Java keeps strings, so that halves of a pair find each other
	for p.at < len(p.text) {
		r, size := utf8.DecodeRuneInString(p.text[p.at:])
		p.at += size
		switch {
		case r == rune(quote):
			return string(utf16.Decode(units)), nil
		case r == '\\':
			unit, err := p.escape()
			if err != nil {
				return "", err
			}
			units = append(units, unit)
		default:
			units = utf16.AppendRune(units, r)
		}
	}
	return "", Throw(JSONException, errUnclosed)
}

// escape reads what follows a backslash.
func (p *parser) escape() (uint16, error) {
	c := p.peek()
	p.at++
	if i := strings.IndexByte(escapeLetters, c); i >= 0 && c != 0 {
		return uint16(escapeValues[i]), nil
	}
	switch {
	case c >= '0' && c <= '7':
		return uint16(c - '0'), nil
	case c == 'u':
		return p.unicode()
	case c != 'x' || p.at+2 > len(p.text):
		return 0, Throw(JSONException, errUnclosed)
	}
	n, err := strconv.ParseUint(p.text[p.at:p.at+2], 16, 8)
	if err != nil {
		return 0, Throw(JSONException, errUnclosed)
	}
	p.at += 2
	return uint16(n), nil
}

// unicode reads the four characters after \u with Integer.parseInt, whose exception goes through, and which takes a sign.
func (p *parser) unicode() (uint16, error) {
	const pastEnd = 0x1A // what fastjson reads there
	var digits []uint16
	for len(digits) < 4 {
		if p.at == len(p.text) {
			digits = append(digits, pastEnd)
			continue
		}
		r, size := utf8.DecodeRuneInString(p.text[p.at:])
		digits, p.at = utf16.AppendRune(digits, r), p.at+size
	}
	text := string(utf16.Decode(digits[:4]))
	n, err := strconv.ParseInt(text, 16, 32)
	if err != nil {
		return 0, Throw(NumberFormat, `For input string: "`+text+`" under radix 16`)
	}
	return uint16(n), nil
}

const (
	escapeLetters = "bfFnrtv/'\"\\"
	escapeValues  = "\b\f\f\n\r\t\v/'\"\\"
)
