package rpc

import (
	"encoding/hex"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/wallet/tronpb"
)

// What /wallet/broadcasthex of java-tron 4.8.0 said of transactions that are broken.
var brokenTransactions = []struct{ raw, want string }{
	{"00", protocolTag},
	{"0000", protocolTag},
	{"0a", protocolTruncated},
	{"0a05", protocolTruncated},
	{"0a0012", protocolTruncated},
	{"0aff", protocolTruncated},
	{"ff", protocolTruncated},
	{"08", protocolTruncated},
	{"0f", protocolWireType},
	{"0b", protocolEndGroup},
	{"0c", protocolEndGroup},
	{"33", protocolEndGroup},
	{"63838117", protocolEndGroup},
	{"c3d15024d5d48287fa", protocolEndGroup},
	{"bb0f0e625fca00", protocolWireType},
	{"63be6b1d9ef1d1e2", protocolWireType},
	{"12ffffffff0f", protocolNegative},
	{"12ffffffff07", protocolTruncated},
	{"ffffffffffffffffffffff01", protocolVarint},
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
		if got := badProtocol(raw, &tronpb.Transaction{}); got.Message != c.want {
			t.Errorf("%s: %s, want %s", c.raw, got.Message, c.want)
		}
	}
}

func FuzzBadProtocol(f *testing.F) {
	for _, c := range brokenTransactions {
		raw, _ := hex.DecodeString(c.raw)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if badProtocol(raw, &tronpb.Transaction{}).Message == "" {
			t.Error("no reason")
		}
	})
}
