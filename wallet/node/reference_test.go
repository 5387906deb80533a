package node

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/tx"
)

// longChain is a node with a block every three seconds, of which it keeps those from `oldest` on.
type longChain struct {
	script
	newest, oldest int64
}

func (l *longChain) GetNowBlock2(context.Context, *tronpb.EmptyMessage) (*tronpb.BlockExtention, error) {
	return l.block(l.newest), nil
}

func (l *longChain) GetBlockByNum2(_ context.Context, q *tronpb.NumberMessage) (*tronpb.BlockExtention, error) {
	l.asked.Add(1)
	if q.GetNum() > l.newest || q.GetNum() > 0 && q.GetNum() < l.oldest {
		return &tronpb.BlockExtention{}, nil
	}
	return l.block(q.GetNum()), nil
}

func (l *longChain) block(number int64) *tronpb.BlockExtention {
	id := longID(number)
	return &tronpb.BlockExtention{
		Blockid:     id[:],
		BlockHeader: &tronpb.BlockHeader{RawData: &tronpb.BlockHeaderRaw{Number: number, Timestamp: longTime(number).UnixMilli()}},
	}
}

func longID(number int64) (id tx.BlockID) {
	binary.BigEndian.PutUint64(id[:], uint64(number))
	binary.BigEndian.PutUint64(id[8:], uint64(number)*0x9e3779b97f4a7c15)
	return id
}

func longTime(number int64) time.Time { return time.Unix(1_600_000_000+3*number, 0).UTC() }

// referring is the body of a transaction that refers to a block and is void so many blocks after it.
func referring(number, life int64) tx.Body {
	id := longID(number)
	return tx.Body{ReferenceBytes: [2]byte(id[6:8]), ReferenceHash: [8]byte(id[8:16]), Expiration: longTime(number + life)}
}

func TestReferenceBlocks(t *testing.T) {
	for name, c := range map[string]struct {
		body   tx.Body
		oldest int64
		want   bool
		asked  int32 // requests for blocks, at most
	}{
		"the newest":                 {referring(1_000_000, 20), 0, true, 1},
		"of a minute ago":            {referring(999_980, 28_800), 0, true, 1},
		"as old as it may be":        {referring(1_000_000-65_535, 65_535+28_800), 0, true, 2},
		"of long ago":                {referring(400_000, 20), 0, true, 30},
		"of long ago, at the border": {referring(300_000, 65_535+28_800), 0, true, 30},
		"the genesis block":          {referring(0, 20), 0, true, 30},
		"the first blocks":           {referring(7, 65_535), 0, true, 30},
		"before the genesis block":   {tx.Body{Expiration: longTime(-1)}, 0, false, 30},
		"another chain's":            {tx.Body{ReferenceBytes: [2]byte{1, 2}, ReferenceHash: [8]byte{3}, Expiration: longTime(500_000)}, 0, false, 30},
		"a chain's that is longer":   {referring(90_000_000, 20), 0, false, 30},
		"of a node that prunes":      {referring(900_000, 20), 899_990, true, 30},
		"pruned":                     {referring(400_000, 20), 900_000, false, 30},
	} {
		chain := &longChain{newest: 1_000_000, oldest: c.oldest}
		n := mustPlay(t, chain, nil)
		chain.asked.Store(0)
		if got, err := n.HasReference(t.Context(), c.body); err != nil || got != c.want || chain.asked.Load() > c.asked {
			t.Errorf("%s: %v, want %v; %d requests, want at most %d; %v", name, got, c.want, chain.asked.Load(), c.asked, err)
		}
	}
}

// A node that does not answer has said nothing of a transaction.
func TestReferenceBlocksOfANodeThatIsAway(t *testing.T) {
	chain := &longChain{newest: 1_000_000}
	n := mustPlay(t, chain, nil)
	_ = n.Close()
	if _, err := n.HasReference(t.Context(), referring(400_000, 20)); err == nil {
		t.Error("no error")
	}
}
