package chain

import (
	"bytes"
	"sort"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
)

// StorageRow is a row of a contract's storage; the key is the low half of the contract's own.
type StorageRow struct {
	Key   [16]byte
	Value [32]byte
}

// StorageRange lists the rows of a contract's storage from a key on, in ascending order, and the key at which the next call goes on; nil at the end.
func (n *Node) StorageRange(a wallet.Address, from [16]byte, limit int) (rows []StorageRow, next *[16]byte) {
	n.read(Head, func(s *state.State) {
		keys := s.RowsOf(a)
		first := sort.Search(len(keys), func(i int) bool { return bytes.Compare(keys[i].Key[:], from[:]) >= 0 })
		for _, k := range keys[first:] {
			if len(rows) == limit {
				next = &k.Key
				return
			}
			value, _ := s.Row(k)
			rows = append(rows, StorageRow{k.Key, value})
		}
	})
	return rows, next
}
