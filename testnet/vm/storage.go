package vm

import (
	"slices"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/wallet"
)

// store is the storage of one contract as the transaction sees it: rows read or written so far, by the full key. Below it lie the ledger's
// rows, which know only the low half of the key; two keys with the same low half are two rows here and become one when the transaction ends.
type store struct {
	address wallet.Address
	hashed  bool
	rows    map[uint256.Int]*row
	fleet   map[uint256.Int]*row
}

// row is one storage slot. Present is not the same as non-zero: a row that was written in this transaction is there even if it holds zero.
type row struct {
	value   uint256.Int
	present bool
	dirty   bool
}

// undo brings a row back.
type undo struct {
	row *row
	was row
}

func (u *undo) apply() { *u.row = u.was }

// store is the storage of a contract. Version 1 contracts hash their keys.
func (m *machine) store(a wallet.Address) *store {
	s := m.stores[a]
	if s == nil {
		s = &store{address: a}
		if m.params.CompatibleEVM {
			c, _ := m.state.Contract(a)
			s.hashed = c.Version == 1
		}
		m.stores[a] = s
	}
	return s
}

// row finds a slot, in the ledger if this transaction has not met it.
func (m *machine) row(s *store, key *uint256.Int) *row {
	if r := s.rows[*key]; r != nil {
		return r
	}
	r := new(row)
	value, present := m.state.Row(s.address, m.rowKey(s, key))
	if present {
		r.value.SetBytes32(value[:])
		r.present = true
	}
	if s.rows == nil {
		s.rows = make(map[uint256.Int]*row)
	}
	s.rows[*key] = r
	return r
}

// rowKey is what the ledger knows a slot by.
func (m *machine) rowKey(s *store, key *uint256.Int) [16]byte {
	full := key.Bytes32()
	if s.hashed {
		full = m.hash(full[:])
	}
	return [16]byte(full[16:])
}

// write changes a slot so that it can be undone.
func (m *machine) write(r *row, value *uint256.Int) {
	m.journal = append(m.journal, undo{r, *r})
	*r = row{value: *value, present: true, dirty: true}
}

// transient finds a slot of transient storage, which starts empty and ends with the transaction.
func (s *store) transient(key *uint256.Int) *row {
	if r := s.fleet[*key]; r != nil {
		return r
	}
	if s.fleet == nil {
		s.fleet = make(map[uint256.Int]*row)
	}
	r := new(row)
	s.fleet[*key] = r
	return r
}

// flush gives the changed rows to the ledger, in a fixed order, so that the same transaction leaves the same state even where two keys
// share a row.
func (m *machine) flush() {
	for _, s := range m.stores {
		keys := make([]uint256.Int, 0, len(s.rows))
		for key, r := range s.rows {
			if r.dirty {
				keys = append(keys, key)
			}
		}
		slices.SortFunc(keys, func(a, b uint256.Int) int { return a.Cmp(&b) })
		for i := range keys {
			m.state.SetRow(s.address, m.rowKey(s, &keys[i]), s.rows[keys[i]].value.Bytes32())
		}
	}
}
