package javajson

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
)

func itoa(n int) string { return strconv.Itoa(n) }

// scanNumber reads what a number may be made of; what it is, its value says. L, S, B, F and D are suffixes of Java's literals.
func (s *scanner) scanNumber() {
	s.start = s.at
	if s.c == '-' {
		s.next()
	}
	s.digits()
	s.token = kindInt
	if s.c == '.' {
		s.next()
		s.digits()
		s.token = kindFloat
	}
	switch s.c {
	case 'L', 'S', 'B':
		s.next()
	case 'F', 'D':
		s.next()
		s.token = kindFloat
	case 'e', 'E':
		s.exponent()
		s.token = kindFloat
	}
}

func (s *scanner) digits() {
	for isDigitUnit(s.c) {
		s.next()
	}
}

func (s *scanner) exponent() {
	if s.next(); s.c == '+' || s.c == '-' {
		s.next()
	}
	s.digits()
	if s.c == 'D' || s.c == 'F' {
		s.next()
	}
}

// numberText is a number without its suffix, and the suffix.
func (s *scanner) numberText() (text string, suffix byte) {
	units := s.text[s.start:min(s.at, len(s.text))]
	raw := make([]byte, len(units))
	for i, u := range units {
		raw[i] = byte(u) // all are ASCII
	}
	if n := len(raw); n > 0 && strings.IndexByte("LSBFD", raw[n-1]) >= 0 {
		return string(raw[:n-1]), raw[n-1]
	}
	return string(raw), 0
}

// number is the value of the present token.
func (s *scanner) number() (Number, error) {
	if s.token == kindInt {
		return s.integer()
	}
	text, suffix := s.numberText()
	if bits := map[byte]int{'F': 32, 'D': 64}[suffix]; bits != 0 {
		f, err := strconv.ParseFloat(text, bits)
		if err != nil && !math.IsInf(f, 0) {
			return "", s.fail(notNumber(text, 10) + ", " + s.info())
		}
		return Number(javaFloat(f, bits)), nil
	}
	decimal, ok := decimalNumber(text)
	if !ok || !isDigitUnit(uint16(text[len(text)-1])) && text[len(text)-1] != '.' {
		problem := decimalProblem(text)
		if problem == "" || problem == nullText {
			problem = "No exponent digits."
		}
		return "", s.fail(problem + ", " + s.info())
	}
	return decimal, nil
}

// integer is JSONLexerBase.integerValue: nothing at all is 0, S and B cut an int to their size.
func (s *scanner) integer() (Number, error) {
	text, suffix := s.numberText()
	switch text {
	case "":
		return "0", nil
	case "-":
		return "", s.fail("illegal number format : -")
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		n, ok := new(big.Int).SetString(text, 10)
		if !ok {
			return "", s.fail(errSyntax)
		}
		return Number(n.String()), nil
	}
	if n == int64(int32(n)) {
		switch suffix {
		case 'S':
			n = int64(int16(n))
		case 'B':
			n = int64(int8(n))
		}
	}
	return Number(strconv.FormatInt(n, 10)), nil
}

// javaFloat is Float.toString and Double.toString.
func javaFloat(f float64, bits int) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	if abs := math.Abs(f); abs == 0 || abs >= 1e-3 && abs < 1e7 {
		text := strconv.FormatFloat(f, 'f', -1, bits)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return text
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, bits), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	n, _ := strconv.Atoi(exponent)
	return mantissa + "E" + itoa(n)
}

// dateNumber is integerValue of whatever token stands where new Date has its number. It goes character by character, and what is no digit may look like
// too big a number, which BigInteger then refuses.
func (s *scanner) dateNumber() (Number, error) {
	units := s.text[s.start:min(s.at, len(s.text))]
	if s.token == kindString {
		units = s.text[s.start : s.start+len(s.units)]
	}
	text := string(utf16.Decode(units))
	if n := len(text); n > 0 && strings.IndexByte("LSBFD", text[n-1]) >= 0 {
		text = text[:n-1]
	}
	if looksTooBig(text) {
		n, ok := new(big.Int).SetString(text, 10)
		if !ok {
			return "", Throw(NumberFormat, notBigNumber(text, 10))
		}
		n.And(n, new(big.Int).SetUint64(math.MaxUint64))
		return Number(strconv.FormatInt(int64(n.Uint64()), 10)), nil
	}
	if s.token != kindInt {
		return "", s.fail("syntax error, expect int, actual " + string(s.token))
	}
	return s.integer()
}

// looksTooBig says whether integerValue gives up on a text, and asks BigInteger: its sums wrap around as here.
func looksTooBig(text string) bool {
	limit := int64(-math.MaxInt64)
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		text, limit = rest, math.MinInt64
	}
	var result int64
	for i, c := range text {
		digit := int64(c) - '0'
		if i > 0 {
			if result < math.MinInt64/10 || result*10 < limit+digit {
				return true
			}
		}
		result = result*10 - digit
	}
	return false
}
