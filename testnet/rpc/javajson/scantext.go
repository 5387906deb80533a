package javajson

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// scanString reads a string in either kind of quotes. A character 0x1A within is one of it.
func (s *scanner) scanString() error {
	text, err := s.quoted(func() bool { return s.at < len(s.text) && !s.atEnd() }, true)
	if err != nil {
		return err
	}
	s.token, s.units = kindString, text
	return nil
}

// scanKey is scanSymbol: a string that stands for a key. It ends with no 0x1A in it, and looks at no digit after \x.
func (s *scanner) scanKey() (string, error) {
	text, err := s.quoted(func() bool { return false }, false)
	return string(utf16.Decode(text)), err
}

// quoted reads up to the quote that the string begins with. within says whether a 0x1A is not the end.
func (s *scanner) quoted(within func() bool, strict bool) (text []uint16, err error) {
	quote, from := s.c, s.at+1
	for {
		c := s.next()
		switch {
		case c == quote:
			if text == nil {
				text = s.text[from:s.at]
			}
			s.next()
			return text, nil
		case c == pastEnd && !within():
			return nil, s.unclosed(quote, strict, "", c)
		case c == '\\':
			if text == nil {
				text = append(make([]uint16, 0, len(s.text)-from), s.text[from:s.at]...)
			}
			if c, err = s.escape(quote, strict); err != nil {
				return nil, err
			}
			text = append(text, c)
		case text != nil:
			text = append(text, c)
		}
	}
}

const (
	escapeLetters = "bfFnrtv/'\"\\"
	escapeValues  = "\b\f\f\n\r\t\v/'\"\\"
)

// escape reads what follows a backslash.
func (s *scanner) escape(quote uint16, strict bool) (uint16, error) {
	c := s.next()
	if c < utf8.RuneSelf {
		if i := strings.IndexByte(escapeLetters, byte(c)); i >= 0 {
			return uint16(escapeValues[i]), nil
		}
	}
	switch {
	case c >= '0' && c <= '7':
		return c - '0', nil
	case c == 'u':
		return s.unicode()
	case c == 'x':
		return s.hexEscape(strict)
	}
	return 0, s.unclosed(quote, strict, ".lit", c)
}

// unclosed is what fastjson calls a string without an end, or with an escape that it does not know: keys have a text of their own.
func (s *scanner) unclosed(quote uint16, strict bool, more string, at uint16) error {
	switch {
	case !strict:
		return s.fail("unclosed.str" + more)
	case quote == '\'':
		return s.fail("unclosed single-quote string")
	}
	return s.fail("unclosed string : " + string(rune(at)))
}

// unicode reads the four characters after \u with Integer.parseInt, whose exception goes through, and which takes a sign.
func (s *scanner) unicode() (uint16, error) {
	text := string(utf16.Decode([]uint16{s.next(), s.next(), s.next(), s.next()}))
	n, err := strconv.ParseInt(text, 16, 32)
	if err != nil {
		return 0, Throw(NumberFormat, notNumber(text, 16))
	}
	return uint16(n), nil
}

// hexEscape reads the two characters after \x. In a key what is no digit counts as 0, as far as the table of digits goes.
func (s *scanner) hexEscape(strict bool) (value uint16, err error) {
	units := []uint16{s.next(), s.next()}
	for _, c := range units {
		digit, err := strconv.ParseUint(string(rune(c)), 16, 8)
		switch {
		case err != nil && strict:
			return 0, s.fail(`invalid escape character \x` + string(utf16.Decode(units)))
		case err != nil && c > 'f':
			return 0, Throw("java.lang.ArrayIndexOutOfBoundsException", "Index "+itoa(int(c))+" out of bounds for length 103")
		}
		value = value*16 + uint16(digit)
	}
	return value, nil
}

// scanName is scanSymbolUnQuoted: a key without quotes. null is the key of that name.
func (s *scanner) scanName() (string, error) {
	if s.c != '_' && s.c != '$' && (s.c < 'A' || s.c > 'Z') && (s.c < 'a' || s.c > 'z') && s.c < 256 {
		return "", s.fail("illegal identifier : " + string(rune(s.c)) + s.info())
	}
	from := s.at
	for s.next(); isNameUnit(s.c) && s.at < len(s.text); {
		s.next()
	}
	return string(utf16.Decode(s.text[from:min(s.at, len(s.text))])), nil
}

func isNameUnit(c uint16) bool {
	return c == '_' || isDigitUnit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 256
}
