package abi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// MarshalJSON writes the document as wallets exchange it: addresses in base58, numbers as decimal strings, bytes as 0x….
// The types are written as they are; a domain type that was left out stays so.
func (d TypedData) MarshalJSON() ([]byte, error) {
	s, err := d.schema()
	if err != nil {
		return nil, err
	}
	primary, err := d.primary()
	if err != nil {
		return nil, err
	}
	type plain TypedData // without this method
	out := plain{Types: d.Types, Primary: primary}
	if out.Domain, err = s.texts(domainName, d.Domain); err != nil {
		return nil, fmt.Errorf("domain: %w", err)
	}
	if out.Message, err = s.texts(primary, d.Message); err != nil {
		return nil, fmt.Errorf("message: %w", err)
	}
	return json.Marshal(out)
}

// Text shows all that a signature would cover, for the eye of who signs: one value a line, strings quoted.
func (d *TypedData) Text() (string, error) {
	if _, err := d.Digest(); err != nil {
		return "", err
	}
	s, err := d.schema()
	if err != nil {
		return "", err
	}
	primary, err := d.primary()
	if err != nil {
		return "", err
	}
	domain, err := s.texts(domainName, d.Domain)
	if err != nil {
		return "", err
	}
	message, err := s.texts(primary, d.Message)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("domain\n")
	s.write(&b, domainName, domain, "  ")
	b.WriteString("message " + primary + "\n")
	s.write(&b, primary, message, "  ")
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// texts is a struct with its values as JSON has them.
func (s *schema) texts(name string, values map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(values))
	for _, m := range s.members[name] {
		v, ok := values[m.name]
		if !ok {
			return nil, fmt.Errorf("%w: %s has no %s", ErrTypedData, name, m.name)
		}
		text, err := s.text(&m, len(m.arrays), v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		out[m.name] = text
	}
	return out, nil
}

func (s *schema) text(m *member, arrays int, value any) (any, error) {
	if arrays > 0 {
		v := indirect(reflect.ValueOf(value))
		if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
			return nil, fmt.Errorf("%w: %T is no list", ErrTypedData, value)
		}
		list := make([]any, v.Len())
		for i := range list {
			var err error
			if list[i], err = s.text(m, arrays-1, v.Index(i).Interface()); err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
		}
		return list, nil
	}
	if m.elementary == nil {
		values, ok := value.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%w: %T is no %s", ErrTypedData, value, m.base)
		}
		return s.texts(m.base, values)
	}
	return scalarText(m.elementary, value)
}

// scalarText is a bool, or the text of any other value.
func scalarText(t *Type, value any) (any, error) {
	scalar, err := scalarOf(t, value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTypedData, err)
	}
	encoded, err := (Params{{Type: *t}}).Encode(scalar)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTypedData, err)
	}
	decoded, err := (Params{{Type: *t}}).Decode(encoded)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTypedData, err)
	}
	switch v := decoded[0].(type) {
	case bool, string:
		return v, nil
	default:
		return plainText(v), nil
	}
}

// write shows the members of a struct in their order.
func (s *schema) write(b *strings.Builder, name string, values map[string]any, indent string) {
	for _, m := range s.members[name] {
		b.WriteString(indent + m.name + " (" + m.spelling + ")")
		s.writeValue(b, &m, len(m.arrays), values[m.name], indent)
	}
}

func (s *schema) writeValue(b *strings.Builder, m *member, arrays int, value any, indent string) {
	switch v := value.(type) {
	case []any:
		if len(v) == 0 {
			b.WriteString(" []")
		}
		b.WriteByte('\n')
		for i, element := range v {
			b.WriteString(indent + "  [" + strconv.Itoa(i) + "]")
			s.writeValue(b, m, arrays-1, element, indent+"  ")
		}
	case map[string]any:
		b.WriteByte('\n')
		s.write(b, m.base, v, indent+"  ")
	case string:
		if m.elementary.kind == KindString {
			v = strconv.Quote(v)
		}
		b.WriteString(" " + v + "\n")
	default:
		fmt.Fprintf(b, " %v\n", v)
	}
}
