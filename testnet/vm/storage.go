package vm

import (
	"cmp"
	"slices"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/testnet/javahash"
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

// rowsPerSlab is how many rows are made at a time; keptStores how many stores wait for the next transaction, and keptRows how many
// rows the map of one may have held: a map that was large once is slow to clear.
const (
	rowsPerSlab = 64
	keptStores  = 8
	keptRows    = 64
)

// newRow is a row out of a slab, so that a transaction with a few rows makes no garbage.
func (m *machine) newRow() *row {
	if m.rowsUsed == len(m.slab) {
		m.slab, m.rowsUsed = make([]row, rowsPerSlab), 0
	}
	r := &m.slab[m.rowsUsed]
	m.rowsUsed++
	return r
}

// store is the storage of a contract. Version 1 contracts hash their keys.
func (m *machine) store(a wallet.Address) *store {
	s := m.stores[a]
	if s != nil {
		return s
	}
	if n := len(m.idle); n > 0 {
		s, m.idle = m.idle[n-1], m.idle[:n-1]
	} else {
		s = &store{rows: make(map[uint256.Int]*row), fleet: make(map[uint256.Int]*row)}
	}
	s.address, s.hashed = a, false
	if m.params.CompatibleEVM {
		c, _ := m.state.Contract(a)
		s.hashed = c.Version == 1
	}
	m.stores[a] = s
	return s
}

// releaseStorage empties everything for the next transaction.
func (m *machine) releaseStorage() {
	for _, s := range m.stores {
		if len(m.idle) < keptStores && len(s.rows) <= keptRows && len(s.fleet) <= keptRows {
			clear(s.rows)
			clear(s.fleet)
			m.idle = append(m.idle, s)
		}
	}
	clear(m.stores)
	clear(m.slab[:m.rowsUsed])
	m.rowsUsed = 0
	clear(m.journal)
	m.journal = m.journal[:0]
}

// row finds a slot, in the ledger if this transaction has not met it.
func (m *machine) row(s *store, key *uint256.Int) *row {
	if r := s.rows[*key]; r != nil {
		return r
	}
	r := m.newRow()
	value, present := m.state.Row(s.address, m.rowKey(s, key))
	if present {
		r.value.SetBytes32(value[:])
		r.present = true
	}
	s.rows[*key] = r
	return r
}

// rowKey is what the ledger knows a slot by.
func (m *machine) rowKey(s *store, key *uint256.Int) [16]byte {
	full := key.Bytes32()
	if s.hashed {
		full = m.hash(slices.Clone(full[:]))
	}
	return [16]byte(full[16:])
}

// write changes a slot so that it can be undone.
func (m *machine) write(r *row, value *uint256.Int) {
	m.journal = append(m.journal, undo{r, *r})
	*r = row{value: *value, present: true, dirty: true}
}

// transient finds a slot of transient storage, which starts empty and ends with the transaction.
func (m *machine) transient(s *store, key *uint256.Int) *row {
	r := s.fleet[*key]
	if r == nil {
		r = m.newRow()
		s.fleet[*key] = r
	}
	return r
}

// flush gives the changed rows to the ledger, in a fixed order. Where keys share a row the one stays that java-tron comes to last.
func (m *machine) flush() {
	for _, s := range m.stores {
		keys, cached := m.keys[:0], 0
		for key, r := range s.rows {
			if r.dirty {
				keys = append(keys, key)
			}
			if r.present {
				cached++
			}
		}
		slices.SortFunc(keys, byRow)
		for from, to := 0, 1; to <= len(keys); to++ {
			if to < len(keys) && sameRow(&keys[from], &keys[to]) {
				continue
			}
			if to-from > 1 {
				javahash.Sort(keys[from:to], javahash.Grown(cached), wordHash)
			}
			from = to
		}
		for i := range keys {
			m.state.SetRow(s.address, m.rowKey(s, &keys[i]), s.rows[keys[i]].value.Bytes32())
		}
		m.keys = keys
	}
}

// byRow compares keys by their low half first.
func byRow(a, b uint256.Int) int {
	return cmp.Or(cmp.Compare(a[1], b[1]), cmp.Compare(a[0], b[0]), cmp.Compare(a[3], b[3]), cmp.Compare(a[2], b[2]))
}

// sameRow says whether two keys are one row of the ledger, as they are for contracts that do not hash them.
func sameRow(a, b *uint256.Int) bool { return a[0] == b[0] && a[1] == b[1] }

// wordHash is the hashCode of java-tron's words.
func wordHash(w uint256.Int) uint32 {
	b := w.Bytes32()
	return javahash.Array(b[:])
}
