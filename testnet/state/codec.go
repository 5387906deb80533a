package state

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

var errRow = errors.New("a row of the wrong size")

func addressKey(a wallet.Address) []byte { return a[:] }

func parseAddressKey(b []byte) (wallet.Address, error) { return wallet.AddressFromBytes(b) }

func wordKey(w [32]byte) []byte { return w[:] }

func parseWordKey(b []byte) (w [32]byte, err error) {
	if len(b) != 32 {
		return w, errRow
	}
	return [32]byte(b), nil
}

// intKey orders non-negative numbers.
func intKey[N ~int64](n N) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func parseIntKey[N ~int64](b []byte) (N, error) {
	if len(b) != 8 {
		return 0, errRow
	}
	return N(binary.BigEndian.Uint64(b)), nil
}

func byteKey[N ~byte](n N) []byte { return []byte{byte(n)} }

func parseByteKey[N ~byte](b []byte) (N, error) {
	if len(b) != 1 {
		return 0, errRow
	}
	return N(b[0]), nil
}

func textKey(s string) []byte { return []byte(s) }

func parseTextKey(b []byte) (string, error) { return string(b), nil }

func holdingKey(h Holding) []byte { return append(h.Holder[:], intKey(h.Token)...) }

func parseHoldingKey(b []byte) (Holding, error) {
	if len(b) != 29 {
		return Holding{}, errRow
	}
	return Holding{wallet.Address(b), TokenID(binary.BigEndian.Uint64(b[21:]))}, nil
}

func rowKey(k RowKey) []byte { return append(k.Contract[:], k.Key[:]...) }

func parseRowKey(b []byte) (RowKey, error) {
	if len(b) != 37 {
		return RowKey{}, errRow
	}
	return RowKey{wallet.Address(b), [16]byte(b[21:])}, nil
}

func loanKey(k LoanKey) []byte { return append(append(k.From[:], k.To[:]...), flags(k.Locked, k.Old)) }

func parseLoanKey(b []byte) (LoanKey, error) {
	if len(b) != 43 {
		return LoanKey{}, errRow
	}
	return LoanKey{wallet.Address(b), wallet.Address(b[21:]), b[42]&1 != 0, b[42]&2 != 0}, nil
}

func partnerKey(k PartnerKey) []byte {
	return append(append(k.Account[:], flags(k.Lender, k.Old)), k.Partner[:]...)
}

func parsePartnerKey(b []byte) (PartnerKey, error) {
	if len(b) != 43 {
		return PartnerKey{}, errRow
	}
	return PartnerKey{wallet.Address(b), b[21]&1 != 0, b[21]&2 != 0, wallet.Address(b[22:])}, nil
}

func rewardKey(k RewardKey) []byte {
	return append(append([]byte{byte(k.Kind)}, k.Owner[:]...), intKey(k.Cycle)...)
}

func parseRewardKey(b []byte) (RewardKey, error) {
	if len(b) != 30 {
		return RewardKey{}, errRow
	}
	return RewardKey{RewardKind(b[0]), wallet.Address(b[1:]), int64(binary.BigEndian.Uint64(b[22:]))}, nil
}

// flags packs two yes-or-noes.
func flags(one, two bool) (b byte) {
	if one {
		b = 1
	}
	if two {
		b |= 2
	}
	return b
}

func encodeInt(n int64) []byte { return binary.AppendVarint(nil, n) }

func decodeInt(b []byte) (int64, error) {
	n, size := binary.Varint(b)
	if size != len(b) {
		return 0, errRow
	}
	return n, nil
}

func encodeWord(w [32]byte) []byte { return w[:] }

func decodeWord(b []byte) ([32]byte, error) { return parseWordKey(b) }

func encodeText(s string) []byte { return []byte(s) }

func decodeText(b []byte) (string, error) { return string(b), nil }

func encodeAddress(a wallet.Address) []byte { return a[:] }

func decodeAddress(b []byte) (wallet.Address, error) { return wallet.AddressFromBytes(b) }

func encodeTokens(ids []TokenID) []byte {
	var b []byte
	for _, id := range ids {
		b = binary.AppendVarint(b, int64(id))
	}
	return b
}

func decodeTokens(b []byte) ([]TokenID, error) {
	var ids []TokenID
	for len(b) > 0 {
		n, size := binary.Varint(b)
		if size <= 0 {
			return nil, errRow
		}
		ids, b = append(ids, TokenID(n)), b[size:]
	}
	return ids, nil
}

func encodeCode(c *Code) []byte { return append(c.Hash[:], c.Bytes...) }

func decodeCode(b []byte) (*Code, error) {
	if len(b) < 32 {
		return nil, errRow
	}
	return &Code{Hash: [32]byte(b), Bytes: b[32:]}, nil
}

func encodeJSON[V any](v V) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("state: encoding %T: %v", v, err))
	}
	return b
}

func decodeJSON[V any](b []byte) (v V, err error) {
	err = json.Unmarshal(b, &v)
	return v, err
}

func encodeMessage[M proto.Message](m M) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("state: encoding %T: %v", m, err))
	}
	return b
}

// messageOf is a pointer to a generated struct.
type messageOf[M any] interface {
	*M
	proto.Message
}

func decodeMessage[M any, P messageOf[M]](b []byte) (P, error) {
	m := P(new(M))
	if err := proto.Unmarshal(b, m); err != nil {
		return nil, err
	}
	return m, nil
}

// blockRow is how a block is kept in a file.
type blockRow struct {
	ID, Block []byte
	IDs       [][]byte
	Infos     [][]byte
}

func encodeBlock(b *Block) []byte {
	row := blockRow{ID: b.ID[:], Block: encodeMessage(b.Block)}
	for i, info := range b.Infos {
		row.IDs = append(row.IDs, b.IDs[i][:])
		row.Infos = append(row.Infos, encodeMessage(info))
	}
	return encodeJSON(row)
}

func decodeBlock(raw []byte) (*Block, error) {
	row, err := decodeJSON[blockRow](raw)
	if err != nil {
		return nil, err
	}
	b := &Block{}
	if b.ID, err = parseWordKey(row.ID); err != nil {
		return nil, err
	}
	if b.Block, err = decodeMessage[tronpb.Block](row.Block); err != nil {
		return nil, err
	}
	if len(row.IDs) != len(row.Infos) {
		return nil, errRow
	}
	for i := range row.Infos {
		id, err := parseWordKey(row.IDs[i])
		if err != nil {
			return nil, err
		}
		info, err := decodeMessage[tronpb.TransactionInfo](row.Infos[i])
		if err != nil {
			return nil, err
		}
		b.IDs, b.Infos = append(b.IDs, id), append(b.Infos, info)
	}
	return b, nil
}
