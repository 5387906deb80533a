package javaproto

import (
	"encoding/hex"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/wallet/tronpb"
)

// What /wallet/broadcasthex of java-tron 4.8.0 said of transactions that are broken.
var brokenTransactions = []struct{ raw, want string }{
	{"00", badTag},
	{"0000", badTag},
	{"0a", truncated},
	{"0a05", truncated},
	{"0a0012", truncated},
	{"0aff", truncated},
	{"ff", truncated},
	{"08", truncated},
	{"0f", WireType},
	{"0b", endGroup},
	{"0c", endGroup},
	{"33", endGroup},
	{"63838117", endGroup},
	{"c3d15024d5d48287fa", endGroup},
	{"bb0f0e625fca00", WireType},
	{"63be6b1d9ef1d1e2", WireType},
	{"12ffffffff0f", negative},
	{"12ffffffff07", truncated},
	{"ffffffffffffffffffffff01", badVarint},
}

func TestBrokenTransactions(t *testing.T) {
	for _, c := range brokenTransactions {
		raw, err := hex.DecodeString(c.raw)
		if err != nil {
			t.Fatal(err)
		}
		if proto.Unmarshal(raw, &tronpb.Transaction{}) == nil {
			t.Errorf("%s can be read", c.raw)
		}
		if got := Problem(raw, (&tronpb.Transaction{}).ProtoReflect().Descriptor()); got != c.want {
			t.Errorf("%s: %s, want %s", c.raw, got, c.want)
		}
	}
}

func FuzzProblem(f *testing.F) {
	for _, c := range brokenTransactions {
		raw, _ := hex.DecodeString(c.raw)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if Problem(raw, (&tronpb.Transaction{}).ProtoReflect().Descriptor()) == "" {
			t.Error("no reason")
		}
	})
}
