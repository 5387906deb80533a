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
	// group, if set, hears of every row that appears or vanishes.
	group interface{ changed(k K, there bool) }
	// base, if set, is asked for rows that were never here; known has those that it was asked for.
	base  func(K) (V, bool, error)
	known map[K]struct{}
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
	if !ok && t.base != nil {
		return t.fetch(k)
	}
	return v, ok
}

// value is the row's value, zero where there is none.
func (t *table[K, V]) value(k K) V {
	v, _ := t.get(k)
	return v
}

// fetch takes a row from below, once. It was always there, so the journal does not hear of it.
func (t *table[K, V]) fetch(k K) (V, bool) {
	var none V
	if _, asked := t.known[k]; asked {
		return none, false
	}
	v, ok, err := t.base(k)
	if err != nil {
		return none, false // the owner has noted it, and asks again
	}
	t.known[k] = struct{}{}
	if ok {
		t.set(k, v)
	}
	return v, ok
}

// over puts the table on top of a source of rows.
func (t *table[K, V]) over(base func(K) (V, bool, error)) {
	t.base, t.known = base, map[K]struct{}{}
}

// set and unset change the rows and nothing else.
func (t *table[K, V]) set(k K, v V) {
	if t.group != nil {
		t.group.changed(k, true)
	}
	t.rows[k] = v
}

func (t *table[K, V]) unset(k K) {
	if t.group != nil {
		t.group.changed(k, false)
	}
	delete(t.rows, k)
}

// put writes a row.
func (t *table[K, V]) put(k K, v V) {
	old, had := t.get(k)
	t.set(k, v)
	t.log.add(&written[K, V]{table: t, key: k, other: old, had: had})
}

// drop removes a row.
func (t *table[K, V]) drop(k K) {
	if old, had := t.get(k); had {
		t.unset(k)
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
		w.table.set(w.key, w.other)
	} else {
		w.table.unset(w.key)
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
		t.unset(k)
		return nil
	}
	v, err := t.codec.parse(value)
	if err != nil {
		return fmt.Errorf("table %d: %w", t.number, err)
	}
	t.set(k, v)
	return nil
}
