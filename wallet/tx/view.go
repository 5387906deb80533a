package tx

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/piecework/piecework/wallet"
)

// Field is one line of a transaction as a person reads it. Names are java-tron's, joined by points: "new_contract.name".
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Show lists the fields of a contract that are set, in the order of their numbers: addresses in base58, TRX with six decimals, bytes in hex, text quoted.
func Show(c Contract) []Field {
	if o, ok := c.(*Opaque); ok {
		return []Field{{"unreadable", fmt.Sprint(o.Why)}, {"type_url", strconv.Quote(wallet.Clip(o.URL))}, {"value", hex.EncodeToString(o.Value)}}
	}
	v := viewer{}
	c.fields(&v)
	return v.shown
}

// Show lists the whole transaction for the eye: what it does, then by which permission, the fee limit, memo, times, reference block, id, and who signed.
func (t *Transaction) Show() []Field {
	b := &t.body
	list := append([]Field{{"type", b.Contract.Type().String()}}, Show(b.Contract)...)
	v := viewer{shown: list}
	v.int32(0, "permission_id", &b.PermissionID)
	v.sun(0, "fee_limit", &b.FeeLimit)
	v.memo(b.Memo)
	v.millis(0, "timestamp", &b.Timestamp)
	v.millis(0, "expiration", &b.Expiration)
	v.add("reference_block", fmt.Sprintf("…%x, %x", b.ReferenceBytes, b.ReferenceHash))
	if !t.Canonical() {
		v.add("warning", "it holds bytes that do not show")
	}
	v.add("txid", t.id.String())
	for i, raw := range t.signatures {
		if by, err := t.signer(raw); err != nil {
			v.add(fmt.Sprintf("signature[%d]", i), err.Error())
		} else {
			v.add(fmt.Sprintf("signature[%d]", i), by.String())
		}
	}
	return v.shown
}

// viewer collects fields for the eye.
type viewer struct {
	prefix string
	shown  []Field
}

func (v *viewer) add(name, value string) {
	v.shown = append(v.shown, Field{Name: v.prefix + name, Value: value})
}

func (v *viewer) address(_ protowire.Number, name string, a *wallet.Address) {
	if !a.IsZero() {
		v.add(name, a.String())
	}
}

func (v *viewer) addresses(_ protowire.Number, name string, list *[]wallet.Address) {
	for i, a := range *list {
		v.add(fmt.Sprintf("%s[%d]", name, i), a.String())
	}
}

func (v *viewer) sun(_ protowire.Number, name string, s *wallet.Sun) {
	if *s != 0 {
		v.add(name, s.String()+" TRX")
	}
}

func (v *viewer) units(_ protowire.Number, name string, u *wallet.Units) {
	if !u.IsZero() {
		v.add(name, u.String()+" units")
	}
}

func (v *viewer) int64(_ protowire.Number, name string, i *int64) {
	if *i != 0 {
		v.add(name, strconv.FormatInt(*i, 10))
	}
}

func (v *viewer) int32(n protowire.Number, name string, i *int32) {
	wide := int64(*i)
	v.int64(n, name, &wide)
}

func (v *viewer) millis(_ protowire.Number, name string, t *time.Time) {
	if !t.IsZero() {
		v.add(name, t.UTC().Format("2006-01-02 15:04:05.000 UTC"))
	}
}

func (v *viewer) bool(_ protowire.Number, name string, b *bool) {
	if *b {
		v.add(name, "true")
	}
}

func (v *viewer) enum(_ protowire.Number, name string, i *int32, values []string) {
	v.add(name, enumName(*i, values))
}

func (v *viewer) bytes(_ protowire.Number, name string, b *[]byte) {
	if len(*b) > 0 {
		v.add(name, hex.EncodeToString(*b))
	}
}

func (v *viewer) text(_ protowire.Number, name string, s *string) {
	if *s != "" {
		v.add(name, strconv.QuoteToGraphic(*s))
	}
}

func (v *viewer) string(n protowire.Number, name string, s *string) { v.text(n, name, s) }

func (v *viewer) entry(key, value *int64) {
	v.add(strconv.FormatInt(*key, 10), strconv.FormatInt(*value, 10))
}

func (v *viewer) list(_ protowire.Number, name string, l list) {
	before := v.prefix
	for i := range l.length {
		v.prefix = before + name + "."
		if l.repeated {
			v.prefix = fmt.Sprintf("%s%s[%d].", before, name, i)
		}
		l.walk(i, v)
	}
	v.prefix = before
}

// memo shows text as text and anything else as hex.
func (v *viewer) memo(memo []byte) {
	switch {
	case len(memo) == 0:
	case utf8.Valid(memo):
		v.add("memo", strconv.QuoteToGraphic(string(memo)))
	default:
		v.add("memo", "0x"+hex.EncodeToString(memo))
	}
}
