package javajson

import (
	"cmp"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// What Java's BigDecimal says of a text that is no number.
const (
	decimalNoDigits  = "No digits found."
	decimalPoints    = "Character array contains more than one decimal point."
	decimalExponent  = `Character array is missing "e" notation exponential mark.`
	exponentNoDigit  = "Not a digit."
	exponentOverflow = "Exponent overflow."
	exponentTooLong  = "Too many nonzero exponent digits."
)

// shortDecimal is the length up to which BigDecimal reads a text in its quick way, which names the letter that it does not like.
const shortDecimal = 18

// decimalProblem is the text of new BigDecimal's NumberFormatException; empty for a number.
func decimalProblem(text string) string {
	if text == "" {
		return nullText
	}
	rest := trimSign(text)
	short, digits, point := len(rest) <= shortDecimal, 0, false
	for i, c := range rest {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && point:
			return decimalPoints
		case c == '.':
			point = true
		case c == 'e' || c == 'E':
			if problem := exponentProblem(rest[i+1:]); problem != "" || digits > 0 {
				return problem
			}
			return decimalNoDigits
		case short:
			return "Character " + string(c) + ` is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`
		default:
			return decimalExponent
		}
	}
	if digits == 0 {
		return decimalNoDigits
	}
	return ""
}

func exponentProblem(text string) string {
	digits := trimSign(text)
	if text == "" || digits == "" && len(text) == 1 {
		return nullText // Java runs over the end of its array
	}
	for len(digits) > 10 && digits[0] == '0' {
		digits = digits[1:]
	}
	switch {
	case len(digits) > 10:
		return exponentTooLong
	case !allDigits(digits):
		return exponentNoDigit
	case len(digits) == 10 && digits > "2147483647" && !strings.HasPrefix(text, "-"), len(digits) == 10 && digits > "2147483648":
		return exponentOverflow
	}
	return ""
}

// decimalNumber is new BigDecimal(text).toString(): plain digits unless that takes zeros that are not there. ok is false for exponents beyond an int.
func decimalNumber(text string) (n Number, ok bool) {
	mantissa, exponent, _ := strings.Cut(strings.ToUpper(text), "E")
	power, err := strconv.ParseInt(cmp.Or(exponent, "0"), 10, 32)
	whole, fraction, _ := strings.Cut(mantissa, ".")
	unscaled, ok := new(big.Int).SetString(whole+fraction, 10)
	if err != nil || !ok {
		return "", false
	}
	digits, sign := new(big.Int).Abs(unscaled).String(), ""
	if unscaled.Sign() < 0 {
		sign = "-"
	}
	scale := len(fraction) - int(power)
	first := len(digits) - 1 - scale // the power of ten of the first digit
	switch {
	case scale == 0:
		return Number(sign + digits), true
	case scale > 0 && first >= -6:
		if first < 0 {
			digits = strings.Repeat("0", -first) + digits
		}
		point := len(digits) - scale
		return Number(sign + digits[:point] + "." + digits[point:]), true
	}
	if len(digits) > 1 {
		digits = digits[:1] + "." + digits[1:]
	}
	if first == 0 {
		return Number(sign + digits), true
	}
	return Number(fmt.Sprintf("%s%sE%+d", sign, digits, first)), true
}
