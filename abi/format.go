package abi

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// Format prints decoded values for people: "(to: TR7N…, amount: 5)".
func (p Params) Format(values []any) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = FormatValue(p[i].Type, v)
		if p[i].Name != "" {
			list[i] = p[i].Name + ": " + list[i]
		}
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// FormatValue prints one decoded value: numbers in decimal, addresses in base58, bytes as 0x…, strings quoted, lists in brackets, tuples in parentheses.
// ParseValue reads it back, but for a string that stands alone, which it takes as it stands.
func FormatValue(t Type, value any) string {
	switch v := value.(type) {
	case string:
		return strconv.Quote(v)
	case []any:
		if t.kind == KindTuple {
			return t.fields.Format(v)
		}
		list := make([]string, len(v))
		for i := range v {
			list[i] = FormatValue(*t.elem, v[i])
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	return plainText(value)
}

// JSON writes decoded values as JSON: an object where every parameter has a name of its own, otherwise a list. Numbers are decimal strings, so that no
// reader rounds them; addresses are base58, bytes 0x…. What is no UTF-8 in a string becomes U+FFFD, because JSON has no other way.
func (p Params) JSON(values []any) (json.RawMessage, error) {
	parts := make([]string, len(values))
	for i, v := range values {
		part, err := ValueJSON(p[i].Type, v)
		if err != nil {
			return nil, err
		}
		parts[i] = string(part)
	}
	if !p.named() {
		return json.RawMessage("[" + strings.Join(parts, ",") + "]"), nil
	}
	for i := range parts {
		parts[i] = `"` + p[i].Name + `":` + parts[i] // names are identifiers
	}
	return json.RawMessage("{" + strings.Join(parts, ",") + "}"), nil
}

// ValueJSON writes one decoded value as JSON; Params.JSON says how.
func ValueJSON(t Type, value any) (json.RawMessage, error) {
	switch v := value.(type) {
	case bool, string:
		return json.Marshal(v)
	case []any:
		if t.kind == KindTuple {
			return t.fields.JSON(v)
		}
		parts := make([]string, len(v))
		for i := range v {
			part, err := ValueJSON(*t.elem, v[i])
			if err != nil {
				return nil, err
			}
			parts[i] = string(part)
		}
		return json.RawMessage("[" + strings.Join(parts, ",") + "]"), nil
	}
	return json.Marshal(plainText(value))
}

// named says whether every parameter has a name, each another one.
func (p Params) named() bool {
	seen := map[string]bool{}
	for _, param := range p {
		if param.Name == "" || seen[param.Name] {
			return false
		}
		seen[param.Name] = true
	}
	return len(p) > 0
}

// plainText is a number, address, bool or bytes as text.
func plainText(value any) string {
	switch v := value.(type) {
	case *big.Int:
		return v.String()
	case wallet.Address:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	if v := reflect.ValueOf(value); v.Kind() == reflect.Array || v.Kind() == reflect.Slice {
		return fmt.Sprintf("0x%x", value)
	}
	return fmt.Sprint(value)
}
