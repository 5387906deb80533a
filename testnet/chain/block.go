package chain

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/wallet/tronpb"
)

// blockVersion is what java-tron 4.8 writes into its headers.
const blockVersion = 32

// encoded is a message's bytes as java-tron writes them: fields in order, unknown ones last.
func encoded(m proto.Message) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("chain: encoding %T: %v", m, err))
	}
	return b
}

// TxID is a transaction's id: the SHA-256 of its raw data.
func TxID(tx *tronpb.Transaction) [32]byte {
	raw := tx.GetRawData()
	if raw == nil {
		return sha256.Sum256(nil)
	}
	return sha256.Sum256(encoded(raw))
}

// blockID is the SHA-256 of the header's raw data with its first 8 bytes replaced by the height.
func blockID(h *tronpb.BlockHeader) [32]byte {
	id := sha256.Sum256(encoded(h.GetRawData()))
	binary.BigEndian.PutUint64(id[:8], uint64(h.GetRawData().GetNumber()))
	return id
}

// merkleRoot is over the SHA-256 of whole transactions, result included; an odd node goes up unchanged, no transaction is 32 zero bytes.
func merkleRoot(txs []*tronpb.Transaction) []byte {
	if len(txs) == 0 {
		return make([]byte, 32)
	}
	level := make([][32]byte, len(txs))
	for i, tx := range txs {
		level[i] = sha256.Sum256(encoded(tx))
	}
	for len(level) > 1 {
		next := level[:0:0]
		for i := 0; i < len(level); i += 2 {
			if i+1 == len(level) {
				next = append(next, level[i])
				break
			}
			next = append(next, sha256.Sum256(append(append(make([]byte, 0, 64), level[i][:]...), level[i+1][:]...)))
		}
		level = next
	}
	return level[0][:]
}
