package javajson

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// jsonToken is a token of fastjson's JSONToken; its text is the name that errors give it.
type jsonToken string

const (
	kindError      jsonToken = "error"
	kindInt        jsonToken = "int"
	kindFloat      jsonToken = "float"
	kindString     jsonToken = "string"
	kindTrue       jsonToken = "true"
	kindFalse      jsonToken = "false"
	kindNull       jsonToken = "null"
	kindNew        jsonToken = "new"
	kindSet        jsonToken = "Set"
	kindTreeSet    jsonToken = "TreeSet"
	kindUndefined  jsonToken = "undefined"
	kindIdentifier jsonToken = "ident"
	kindHex        jsonToken = "hex"
	kindEnd        jsonToken = "EOF"
	kindComma      jsonToken = ","
	kindColon      jsonToken = ":"
	kindOpen       jsonToken = "{"
	kindClose      jsonToken = "}"
	kindOpenList   jsonToken = "["
	kindCloseList  jsonToken = "]"
	kindOpenParen  jsonToken = "("
	kindCloseParen jsonToken = ")"
)

// singles are the characters that are tokens by themselves.
const singles = ",:{}[]();."

// pastEnd is what fastjson reads behind the text, and takes for its end in some places where it stands within.
const pastEnd = 0x1A

// scanner is fastjson's JSONScanner (1.2.83) with the features that JSON.parse has: token by token, and character by character where a key or a value of an
// object begins.
type scanner struct {
	text  []uint16
	at    int
	c     uint16 // at that place
	token jsonToken
	start int      // of the present token
	pos   int      // where nextToken began last, which errors name
	units []uint16 // of a string or a word
}

func newScanner(text string) *scanner {
	s := &scanner{text: utf16.Encode([]rune(text))}
	s.c = s.unit(0)
	if s.c == 0xFEFF { // a byte order mark
		s.next()
	}
	return s
}

func (s *scanner) unit(i int) uint16 {
	if i >= len(s.text) {
		return pastEnd
	}
	return s.text[i]
}

func (s *scanner) next() uint16 {
	s.at++
	s.c = s.unit(s.at)
	return s.c
}

func (s *scanner) atEnd() bool { return s.at == len(s.text) || s.c == pastEnd && s.at+1 >= len(s.text) }

func (s *scanner) fail(text string) error { return Throw(JSONException, text) }

// info is where an error is, and all of the text.
func (s *scanner) info() string {
	line, column := 1, 1
	for _, u := range s.text[:min(s.at, len(s.text))] {
		if column++; u == '\n' {
			line, column = line+1, 2
		}
	}
	if beyond := s.at - len(s.text); beyond > 0 {
		column += beyond
	}
	return fmt.Sprintf("pos %d, line %d, column %d%s", s.at, line, column, string(utf16.Decode(s.text[:min(len(s.text), 65535)])))
}

// isSpace says what passes for white space everywhere; other control characters do so between tokens alone.
func isSpace(c uint16) bool { return c < 0x80 && strings.IndexByte(" \r\n\t\f\b", byte(c)) >= 0 }

func isDigitUnit(c uint16) bool { return c >= '0' && c <= '9' }

// skipSpace passes white space and comments.
func (s *scanner) skipSpace() error {
	for {
		switch {
		case isSpace(s.c):
			s.next()
		case s.c == '/':
			if err := s.skipComment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// skipComment passes a comment; one that does not end ends with the text.
func (s *scanner) skipComment() error {
	switch s.next() {
	case '/':
		for s.next() != '\n' {
			if s.c == pastEnd {
				return nil
			}
		}
		s.next()
	case '*':
		s.next()
		for s.c != pastEnd {
			star := s.c == '*'
			if s.next(); star && s.c == '/' {
				s.next()
				return nil
			}
		}
	default:
		return s.fail("invalid comment")
	}
	return nil
}

// nextToken is JSONLexerBase.nextToken.
func (s *scanner) nextToken() error {
	for {
		s.start, s.pos = s.at, s.at
		switch c := s.c; {
		case c == '/':
			if err := s.skipComment(); err != nil {
				return err
			}
		case c == '"', c == '\'':
			return s.scanString()
		case isDigitUnit(c), c == '-':
			s.scanNumber()
			return nil
		case c == '+': // nothing but skipped: +-1 is -1, and + alone is 0
			s.next()
			s.scanNumber()
			return nil
		case c < 0x80 && strings.IndexByte(singles, byte(c)) >= 0:
			s.single()
			return nil
		case c < 0x80 && strings.IndexByte("tfnTNSux", byte(c)) >= 0:
			return s.scanWord()
		case s.atEnd():
			return s.end()
		case c <= ' ', c == 0x7F:
			s.next()
		default:
			s.token = kindError
			s.next()
			return nil
		}
	}
}

func (s *scanner) single() {
	s.token = jsonToken(rune(s.c))
	s.next()
}

func (s *scanner) end() error {
	if s.token == kindEnd {
		return s.fail("EOF error")
	}
	s.token = kindEnd
	return nil
}

// nextAfterValue is nextToken(COMMA): the end of the text is one, be there a character 0x1A.
func (s *scanner) nextAfterValue() error {
	for isSpace(s.c) {
		s.next()
	}
	switch s.c {
	case pastEnd:
		s.token = kindEnd
	case ',', '}', ']':
		s.single() // which errors do not name
	default:
		return s.nextToken()
	}
	return nil
}

// nextIdentifier is nextIdent: any word, also one that no token begins with.
func (s *scanner) nextIdentifier() error {
	for isSpace(s.c) {
		s.next()
	}
	if s.c == '_' || s.c == '$' || unicode.IsLetter(rune(s.c)) {
		s.scanIdentifier()
		return nil
	}
	return s.nextToken()
}

// expect is DefaultJSONParser.accept.
func (s *scanner) expect(k jsonToken) error {
	if s.token != k {
		return s.fail(fmt.Sprintf("syntax error, expect %s, actual %s", k, s.token))
	}
	return s.nextToken()
}
