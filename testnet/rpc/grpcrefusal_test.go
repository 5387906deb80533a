package rpc

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/wallet/tronpb"
)

// What a running java-tron 4.8.0 answered to calls that fail.
var grpcRefusals = []struct {
	method   string
	question proto.Message
	code     codes.Code
	text     string
}{
	{"BuyStorage", &tronpb.EmptyMessage{}, codes.Unimplemented, "Method protocol.Wallet/BuyStorage is unimplemented"},
	{"CreateCommonTransaction", &tronpb.Transaction{}, codes.Unknown, "Application error processing RPC"},
	{"GetTransactionFromPending", &tronpb.BytesMessage{}, codes.Unknown, ""},
	{"GetAccountBalance", &tronpb.AccountBalanceRequest{}, codes.Unknown, ""},
	{"GetBlockBalanceTrace", &tronpb.BlockBalanceTrace_BlockIdentifier{}, codes.Unknown, ""},
	{"GetMarketOrderById", &tronpb.BytesMessage{Value: []byte{1}}, codes.Internal, "order not found in store"},
	{"GetMarketPriceByPair", &tronpb.MarketOrderPair{}, codes.Internal, "sellTokenId is not a valid number"},
	{"GetBlock", &tronpb.BlockReq{IdOrNum: "x"}, codes.InvalidArgument, "id must be legal block hash."},
}

func TestGRPCRefusals(t *testing.T) {
	conn := dialServer(t, newFixture(t, Config{}).GRPC())
	for _, c := range grpcRefusals {
		err := conn.Invoke(t.Context(), "/protocol.Wallet/"+c.method, c.question, &tronpb.EmptyMessage{})
		if got := status.Convert(err); got.Code() != c.code || got.Message() != c.text {
			t.Errorf("%s: %s %q, want %s %q", c.method, got.Code(), got.Message(), c.code, c.text)
		}
	}
}
