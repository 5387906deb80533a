package javajson

import (
	"strings"
	"unicode"
	"unicode/utf16"
)

// wordEnds are the characters that may follow true, false, null and new.
const wordEnds = " ,}]\n\r\t\f\b\x1a"

// scanWord reads a token that begins with a letter.
func (s *scanner) scanWord() error {
	switch s.c {
	case 't':
		return s.scanFixed("true", kindTrue, ":/")
	case 'f':
		return s.scanFixed("false", kindFalse, ":/")
	case 'n':
		if s.unit(s.at+1) == 'u' {
			return s.scanFixed("null", kindNull, ":")
		}
		return s.scanFixed("new", kindNew, "")
	case 'x':
		return s.scanHex()
	}
	s.scanIdentifier()
	return nil
}

func (s *scanner) scanFixed(word string, k jsonToken, moreEnds string) error {
	for _, c := range word {
		if s.c != uint16(c) {
			return s.fail("error parse " + word)
		}
		s.next()
	}
	if s.c >= 0x80 || strings.IndexByte(wordEnds+moreEnds, byte(s.c)) < 0 {
		return s.fail("scan " + word + " error")
	}
	s.token = k
	return nil
}

var words = map[string]jsonToken{
	"new": kindNew, "true": kindTrue, "false": kindFalse, "undefined": kindUndefined, "Set": kindSet, "TreeSet": kindTreeSet,
}

// scanIdentifier reads letters and digits; null counts in any case of letters.
func (s *scanner) scanIdentifier() {
	from := s.at
	for s.next(); unicode.IsLetter(rune(s.c)) || unicode.Is(unicode.Nd, rune(s.c)); {
		s.next()
	}
	s.units = s.text[from:min(s.at, len(s.text))]
	word := s.string()
	known, ok := words[word]
	switch {
	case strings.EqualFold(word, nullText):
		s.token = kindNull
	case ok:
		s.token = known
	default:
		s.token = kindIdentifier
	}
}

// scanHex reads x'..' with digits of upper case. The first is not looked at.
func (s *scanner) scanHex() error {
	if s.next() != '\'' {
		return s.fail("illegal state. " + string(rune(s.c)))
	}
	s.token, s.units = kindHex, nil
	from := s.at + 1
	if s.next() == '\'' {
		s.next()
		return nil
	}
	for c := s.next(); c != '\''; c = s.next() {
		if !isDigitUnit(c) && (c < 'A' || c > 'F') {
			return s.fail("illegal state. " + string(rune(c)))
		}
	}
	s.units = s.text[from:s.at]
	s.next()
	return nil
}

// hexBytes are those of the present token, digit by digit as fastjson counts.
func (s *scanner) hexBytes() ([]byte, error) {
	if len(s.units)%2 != 0 {
		return nil, s.fail("illegal state. " + itoa(len(s.units)))
	}
	digit := func(c uint16) int {
		if c <= '9' {
			return int(c) - '0'
		}
		return int(c) - 55
	}
	raw := make([]byte, len(s.units)/2)
	for i := range raw {
		raw[i] = byte(digit(s.units[2*i])<<4 | digit(s.units[2*i+1]))
	}
	return raw, nil
}

// string is the text of the present token.
func (s *scanner) string() string { return string(utf16.Decode(s.units)) }
