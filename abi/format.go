package abi

import (
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// Format prints decoded values for people: "(to: TR7N…, amount: 5)".
func (p Params) Format(values []any) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		if i < len(p) && p[i].Name != "" {
			b.WriteString(p[i].Name + ": ")
		}
		var t Type
		if i < len(p) {
			t = p[i].Type
		}
		b.WriteString(FormatValue(t, v))
	}
	b.WriteByte(')')
	return b.String()
}

// FormatValue prints one decoded value: numbers in decimal, addresses in base58, bytes as 0x…, strings quoted, lists in brackets, tuples in parentheses.
func FormatValue(t Type, value any) string {
	switch v := value.(type) {
	case *big.Int:
		return v.String()
	case wallet.Address:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case string:
		return strconv.Quote(v)
	case []byte:
		return fmt.Sprintf("0x%x", v)
	case []any:
		if t.kind == KindTuple {
			return t.fields.Format(v)
		}
		list := make([]string, len(v))
		for i := range v {
			list[i] = FormatValue(t.Elem(), v[i])
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	if v := reflect.ValueOf(value); v.Kind() == reflect.Array && v.Type().Elem().Kind() == reflect.Uint8 {
		return fmt.Sprintf("0x%x", value)
	}
	return fmt.Sprint(value)
}
