package javajson

import "testing"

// What Java 17's BigDecimal said of each text, empty for a number.
var decimalProblems = []struct{ text, want string }{
	{"", "null"},
	{"-", "No digits found."},
	{"+", "No digits found."},
	{"x", `Character x is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`},
	{"-x", `Character x is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`},
	{"1x", `Character x is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`},
	{"1.2.3", "Character array contains more than one decimal point."},
	{"1e", "null"},
	{"1e+", "null"},
	{"1e-", "null"},
	{"1ex", "Not a digit."},
	{"1e5x", "Not a digit."},
	{"e5", "No digits found."},
	{".e5", "No digits found."},
	{".", "No digits found."},
	{"-.", "No digits found."},
	{"1.", ""},
	{"1e00000000000000005", ""},
	{"1e12345678901", "Too many nonzero exponent digits."},
	{"1e2147483648", "Exponent overflow."},
	{"1e-2147483649", "Exponent overflow."},
	{"12345678901234567890x", `Character array is missing "e" notation exponential mark.`},
	{"1234567890123456789.1.1", "Character array contains more than one decimal point."},
	{"1234567890123456789e", "null"},
	{"1234567890123456789ex", "Not a digit."},
	{"xxxxxxxxxxxxxxxxxxxxxxxxx", `Character array is missing "e" notation exponential mark.`},
	{"true", `Character t is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`},
	{"[1]", `Character [ is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`},
	{"0x10", `Character x is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`},
	{"1 ", `Character   is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`},
	{" 1", `Character   is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`},
	{"1,000", `Character , is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`},
	{"--1", `Character - is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`},
	{"1e--5", "Not a digit."},
	{"é", `Character é is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`},
	{"1L", `Character L is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`},
	{"NaN", `Character N is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`},
	{"..................................", "Character array contains more than one decimal point."},
}

func TestDecimalProblem(t *testing.T) {
	for _, c := range decimalProblems {
		if got := decimalProblem(c.text); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}
