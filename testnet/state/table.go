package state

import (
	"fmt"
	"slices"
)

// table is one kind of rows. Values are never changed in place: a row is replaced by a new value, and the journal keeps the old one.
type table[K comparable, V any] struct {
	number byte
	log    *journal
	rows   map[K]V
	codec  codec[K, V]
}

// codec turns rows into bytes for dumps and files; the order of the key's bytes is the order of a dump.
type codec[K comparable, V any] struct {
	key      func(K) []byte
	parseKey func([]byte) (K, error)
	value    func(V) []byte
	parse    func([]byte) (V, error)
}

func newTable[K comparable, V any](s *State, number byte, c codec[K, V]) *table[K, V] {
	t := &table[K, V]{number: number, log: &s.log, rows: map[K]V{}, codec: c}
	s.tables = append(s.tables, t)
	return t
}

// get is the row's value, and whether there is one.
func (t *table[K, V]) get(k K) (V, bool) {
	v, ok := t.rows[k]
	return v, ok
}

// put writes a row.
func (t *table[K, V]) put(k K, v V) {
	old, had := t.rows[k]
	t.rows[k] = v
	t.log.add(&written[K, V]{table: t, key: k, other: old, had: had})
}

// drop removes a row.
func (t *table[K, V]) drop(k K) {
	if old, had := t.rows[k]; had {
		delete(t.rows, k)
		t.log.add(&written[K, V]{table: t, key: k, other: old, had: true})
	}
}

// keys gives all keys in the order of their bytes.
func (t *table[K, V]) keys() []K {
	keys := make([]K, 0, len(t.rows))
	for k := range t.rows {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int { return slices.Compare(t.codec.key(a), t.codec.key(b)) })
	return keys
}

// written is a change of one row.
type written[K comparable, V any] struct {
	table *table[K, V]
	key   K
	other V
	had   bool
}

func (w *written[K, V]) swap() {
	now, has := w.table.rows[w.key]
	if w.had {
		w.table.rows[w.key] = w.other
	} else {
		delete(w.table.rows, w.key)
	}
	w.other, w.had = now, has
}

func (w *written[K, V]) row() rowRef { return tableRow[K, V]{w.table, w.key} }

// tableRow names a row of a table.
type tableRow[K comparable, V any] struct {
	table *table[K, V]
	key   K
}

func (r tableRow[K, V]) encode() (byte, []byte, []byte) {
	v, ok := r.table.rows[r.key]
	if !ok {
		return r.table.number, r.table.codec.key(r.key), nil
	}
	return r.table.number, r.table.codec.key(r.key), nonNil(r.table.codec.value(v))
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// anyTable is a table whatever its types, for dumps and files.
type anyTable interface {
	id() byte
	each(func(key, value []byte))
	load(key, value []byte) error
}

func (t *table[K, V]) id() byte { return t.number }

func (t *table[K, V]) each(f func(key, value []byte)) {
	for _, k := range t.keys() {
		f(t.codec.key(k), t.codec.value(t.rows[k]))
	}
}

// load writes a row from bytes without logging it; a nil value removes it.
func (t *table[K, V]) load(key, value []byte) error {
	k, err := t.codec.parseKey(key)
	if err != nil {
		return fmt.Errorf("table %d: %w", t.number, err)
	}
	if value == nil {
		delete(t.rows, k)
		return nil
	}
	v, err := t.codec.parse(value)
	if err != nil {
		return fmt.Errorf("table %d: %w", t.number, err)
	}
	t.rows[k] = v
	return nil
}
