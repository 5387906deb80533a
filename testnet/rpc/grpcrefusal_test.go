package rpc

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

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
	{"GetAccountBalance", &tronpb.BytesMessage{Value: []byte{0x41}}, codes.Unknown, "Application error processing RPC"}, // which is no identifier
	{"BroadcastTransaction", &tronpb.BytesMessage{Value: []byte{0x41}}, codes.Unknown, "Application error processing RPC"},
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

// What a running java-tron 4.8.0 said of odd contracts of CreateCommonTransaction; empty: it built the transaction.
var grpcCommon = []struct {
	kind      tronpb.Transaction_Contract_ContractType
	parameter *anypb.Any
	text      string
}{
	{99, nil, "class java.lang.IllegalArgumentException : Can't get the number of an unknown enum value."},
	{tronpb.Transaction_Contract_VoteAssetContract, nil, "class java.lang.NullPointerException : null"},
	{tronpb.Transaction_Contract_CreateSmartContract, nil, "class java.lang.NullPointerException : null"},
	{tronpb.Transaction_Contract_TriggerSmartContract, nil, ""},
	{
		tronpb.Transaction_Contract_TransferContract, nil,
		"Contract validate error : contract type error, expected type [TransferContract], real type [class com.google.protobuf.Any]",
	},
	{
		tronpb.Transaction_Contract_TransferContract, &anypb.Any{TypeUrl: "type.googleapis.com/protocol.TransferContract", Value: []byte{0x0a, 5}},
		"Contract validate error : While parsing a protocol message, the input ended unexpectedly in the middle of a field.  " +
			"This could mean either that the input has been truncated or that an embedded message misreported its own length.",
	},
}

func TestGRPCCommonTransaction(t *testing.T) {
	wallet := tronpb.NewWalletClient(dialServer(t, newFixture(t, Config{}).GRPC()))
	for _, c := range grpcCommon {
		got, err := wallet.CreateCommonTransaction(t.Context(), &tronpb.Transaction{RawData: &tronpb.TransactionRaw{
			Contract: []*tronpb.Transaction_Contract{{Type: c.kind, Parameter: c.parameter}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if text := string(got.GetResult().GetMessage()); text != c.text || got.GetResult().GetResult() != (c.text == "") {
			t.Errorf("%v %v: %s, want %s", c.kind, c.parameter, text, c.text)
		}
	}
}
