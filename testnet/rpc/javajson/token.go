package javajson

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// tokenizer is JsonFormat's: it knows neither JSON's numbers nor where a string may stand, only words, numbers, strings and single characters.
// # begins a comment.
type tokenizer struct {
	text                []rune
	next                int    // where the token after the present one begins
	token               string // empty at the end
	at                  int    // how far line and column are counted
	line, column        int
	lastLine, lastColum int
}

func newTokenizer(text string) *tokenizer {
	t := &tokenizer{text: []rune(text)}
	t.skip()
	t.advance()
	return t
}

func (t *tokenizer) skip() {
	for t.next < len(t.text) {
		switch t.text[t.next] {
		case ' ', '\t', '\n', '\v', '\f', '\r':
			t.next++
		case '#':
			for t.next < len(t.text) && !isLineEnd(t.text[t.next]) {
				t.next++
			}
		default:
			return
		}
	}
}

func isLineEnd(r rune) bool { return r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029 }

func (t *tokenizer) advance() {
	t.lastLine, t.lastColum = t.line, t.column
	for ; t.at < t.next; t.at++ {
		if t.text[t.at] == '\n' {
			t.line, t.column = t.line+1, 0
		} else {
			t.column++
		}
	}
	if t.next == len(t.text) {
		t.token = ""
		return
	}
	end := t.match(t.next)
	t.token = string(t.text[t.next:end])
	t.next = end
	t.skip()
}

// match is where the token that begins at i ends.
func (t *tokenizer) match(i int) int {
	c := t.text[i]
	switch {
	case isLetter(c):
		for i++; i < len(t.text) && (isLetter(t.text[i]) || isDigit(t.text[i]) || t.text[i] == '+' || t.text[i] == '-'); {
			i++
		}
		return i
	case isNumberStart(c), c == '.' && i+1 < len(t.text) && isNumberStart(t.text[i+1]):
		for i++; i < len(t.text) && (isLetter(t.text[i]) || isNumberStart(t.text[i]) || t.text[i] == '.'); {
			i++
		}
		return i
	case c == '"', c == '\'':
		if end := t.matchString(i + 1); end > 0 {
			return end
		}
	}
	return i + 1
}

// matchString is where a string ends: after its quote, or at the end of the line without one. 0 means that it is none.
func (t *tokenizer) matchString(i int) int {
	quote := t.text[i-1]
	for ; i < len(t.text); i++ {
		switch c := t.text[i]; {
		case c == quote:
			return i + 1
		case c == '\n':
			return i
		case c == '\\':
			if i+1 == len(t.text) || t.text[i+1] == '\n' {
				return i + 1
			}
			if isLineEnd(t.text[i+1]) {
				return 0
			}
			i++
		}
	}
	return i
}

func isLetter(r rune) bool      { return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
func isDigit(r rune) bool       { return r >= '0' && r <= '9' }
func isNumberStart(r rune) bool { return isDigit(r) || r == '+' || r == '-' }

func (t *tokenizer) atEnd() bool { return t.token == "" }

func (t *tokenizer) try(token string) bool {
	if t.token != token {
		return false
	}
	t.advance()
	return true
}

func (t *tokenizer) expect(token string) error {
	if !t.try(token) {
		return t.fail(`Expected "` + token + `".`)
	}
	return nil
}

func (t *tokenizer) fail(text string) error {
	return Throw(ParseException, fmt.Sprintf("%d:%d: %s", t.line+1, t.column+1, text))
}

func (t *tokenizer) failBefore(text string) error {
	return Throw(ParseException, fmt.Sprintf("%d:%d: %s", t.lastLine+1, t.lastColum+1, text))
}

func (t *tokenizer) lookingAtInteger() bool { return t.token != "" && isNumberStart(rune(t.token[0])) }

func (t *tokenizer) identifier() (string, error) {
	for _, c := range t.token {
		if !isLetter(c) && !isDigit(c) && c != '.' && c != '"' {
			return "", t.fail("Expected identifier. -" + string(c))
		}
	}
	name := strings.NewReplacer(`"`, "", "'", "").Replace(t.token)
	t.advance()
	return name, nil
}

func (t *tokenizer) boolean() (bool, error) {
	switch {
	case t.try("true"):
		return true, nil
	case t.try("false"):
		return false, nil
	}
	return false, t.fail(`Expected "true" or "false".`)
}

// quoted is the text between the quotes of the present token, as it stands.
func (t *tokenizer) quoted() (string, error) {
	if t.token == "" || t.token[0] != '"' && t.token[0] != '\'' {
		return "", t.fail(errExpectedString)
	}
	if len(t.token) < 2 || t.token[len(t.token)-1] != t.token[0] {
		return "", t.fail(errMissingQuote)
	}
	return t.token[1 : len(t.token)-1], nil
}

func (t *tokenizer) str() (string, error) {
	escaped, err := t.quoted()
	if err != nil {
		return "", err
	}
	text, problem := unescape(escaped)
	if problem != "" {
		return "", t.fail(problem)
	}
	t.advance()
	return text, nil
}

// integer is parseInteger: 0x is hex, a leading 0 octal.
func (t *tokenizer) integer(bits int) (int64, error) {
	n, problem := parseInteger(t.token, bits)
	if problem != "" {
		return 0, t.fail("Couldn't parse integer: " + problem)
	}
	t.advance()
	return n, nil
}

func parseInteger(text string, bits int) (n int64, problem string) {
	digits, negative := strings.CutPrefix(text, "-")
	base := 10
	switch {
	case strings.HasPrefix(digits, "0x"):
		digits, base = digits[2:], 16
	case strings.HasPrefix(digits, "0"):
		base = 8
	}
	if len(digits) < 16 {
		n, err := strconv.ParseInt(digits, base, 64)
		if err != nil || strings.Contains(digits, "_") {
			return 0, notNumber(digits, base)
		}
		if negative {
			n = -n
		}
		if bits == 32 && n != int64(int32(n)) {
			return 0, "Number out of range for 32-bit signed integer: " + text
		}
		return n, ""
	}
	big, ok := new(big.Int).SetString(digits, base)
	if !ok || strings.Contains(digits, "_") {
		return 0, notBigNumber(digits, base)
	}
	if negative {
		big.Neg(big)
	}
	if !big.IsInt64() || bits == 32 {
		return 0, fmt.Sprintf("Number out of range for %d-bit signed integer: %s", bits, text)
	}
	return big.Int64(), ""
}

// notBigNumber is what BigInteger says of the same: it reads groups of digits, an odd one first, and names the first that is none.
func notBigNumber(digits string, base int) string {
	at := max(strings.LastIndexByte(digits, '-'), strings.LastIndexByte(digits, '+'))
	if at > 0 {
		return "Illegal embedded sign character"
	}
	rest := []rune(strings.TrimLeft(digits[at+1:], "0"))
	most := map[int]int{8: 10, 10: 9, 16: 7}[base]
	for size := len(rest) % most; ; size = most {
		if size == 0 {
			continue
		}
		group := string(rest[:min(size, len(rest))])
		if _, err := strconv.ParseInt(group, base, 64); err != nil || len(rest) <= size {
			return notNumber(group, base)
		}
		rest = rest[size:]
	}
}

// notNumber is NumberFormatException.forInputString.
func notNumber(digits string, base int) string {
	text := `For input string: "` + digits + `"`
	if base != 10 {
		text += fmt.Sprintf(" under radix %d", base)
	}
	return text
}
