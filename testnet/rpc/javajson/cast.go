package javajson

import (
	"math/big"
	"strconv"
	"strings"
)

// Text is getString: a value as a string, ok false for null and for nothing.
func (o *Object) Text(key string) (text string, ok bool) { return textOf(o.values[key]) }

func textOf(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", false
	case string:
		return v, true
	case Number:
		return string(v), true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case *Object:
		return v.String(), true
	case Array:
		return v.String(), true
	}
	return "", false
}

// Long is Util.getJsonLongValue: quoted numbers and exponents count, fractions and what is too big do not. Null and nothing are 0.
func (o *Object) Long(key string) (int64, error) {
	value, _, err := o.long(key)
	return value, err
}

// RequiredLong is Long for a key that must be there.
func (o *Object) RequiredLong(key string) (int64, error) {
	value, ok, err := o.long(key)
	if err == nil && !ok {
		return 0, Throw(InvalidParameter, "key ["+key+"] does not exist")
	}
	return value, err
}

func (o *Object) long(key string) (value int64, ok bool, err error) {
	if m, isObject := o.values[key].(*Object); isObject && len(m.keys) == 0 {
		return 0, false, nil
	}
	text, ok := o.Text(key)
	if !ok || text == "" || strings.EqualFold(text, nullText) {
		return 0, false, nil
	}
	value, err = exactLong(text)
	return value, err == nil, err
}

// maxExponent bounds the exponents that are worked out; longer numbers do not fit anyway.
const maxExponent = 1000

// exactLong is new BigDecimal(text).longValueExact().
func exactLong(text string) (int64, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	if problem := decimalProblem(text); problem != "" {
		return 0, Throw(NumberFormat, problem)
	}
	if _, exponent, ok := strings.Cut(strings.ToLower(text), "e"); ok {
		if e, err := strconv.Atoi(exponent); err != nil || e > maxExponent || e < -maxExponent {
			return 0, Throw(Arithmetic, errOverflow)
		}
	}
	exact, ok := new(big.Rat).SetString(text)
	switch {
	case !ok:
		return 0, Throw(NumberFormat, nullText)
	case !exact.IsInt():
		return 0, Throw(Arithmetic, errRoundingNecessary)
	case !exact.Num().IsInt64():
		return 0, Throw(Arithmetic, errOverflow)
	}
	return exact.Num().Int64(), nil
}

func trimSign(s string) string {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:]
	}
	return s
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Int is getInteger assigned to an int: null is a NullPointerException.
func (o *Object) Int(key string) (int32, error) {
	switch v := o.values[key].(type) {
	case nil:
		return 0, Null()
	case bool:
		if v {
			return 1, nil
		}
		return 0, nil
	case Number:
		return truncated(string(v)), nil
	case string:
		text := strings.ReplaceAll(v, ",", "")
		if text == "" || strings.EqualFold(text, nullText) {
			return 0, Null()
		}
		n, err := strconv.ParseInt(strings.TrimSuffix(text, ".0"), 10, 32)
		if err != nil {
			return 0, Throw(NumberFormat, `For input string: "`+text+`"`)
		}
		return int32(n), nil
	}
	text, _ := o.Text(key)
	return 0, Throw(JSONException, "can not cast to int, value : "+text)
}

// truncated is Number.intValue: fractions are cut, what is too long keeps its low 32 bits.
func truncated(text string) int32 {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return int32(n)
	}
	exact, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0
	}
	whole := new(big.Int).Quo(exact.Num(), exact.Denom())
	low := new(big.Int).And(whole, big.NewInt(1<<32-1))
	return int32(uint32(low.Uint64()))
}

// Bool is Boolean.parseBoolean(getString(key)): true only for "true" in any case.
func (o *Object) Bool(key string) bool {
	text, _ := o.Text(key)
	return strings.EqualFold(text, "true")
}
