package rpc

import (
	"context"
	"errors"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet/tronpb"
)

// The three services. A method that is not written here answers Unimplemented, two levels down:
// BuyStorage, BuyStorageBytes and SellStorage, as in java-tron.
type (
	walletService struct {
		unimplementedWallet
		reads
	}
	solidityService struct {
		unimplementedSolidity
		reads
	}
	databaseService struct {
		unimplementedDatabase
		reads
	}
	unimplementedWallet struct {
		tronpb.UnimplementedWalletServer
	}
	unimplementedSolidity struct {
		tronpb.UnimplementedWalletSolidityServer
	}
	unimplementedDatabase struct {
		tronpb.UnimplementedDatabaseServer
	}
)

func (s *Server) newGRPC() *grpc.Server {
	server := grpc.NewServer(append(s.grpcOptions(), grpc.ForceServerCodecV2(unreading{encoding.GetCodecV2(protocodec.Name)}))...)
	head, solid := reads{s, chain.Head}, reads{s, chain.Solid}
	server.RegisterService(refusingBroken(tronpb.Wallet_ServiceDesc), walletService{reads: head})
	server.RegisterService(refusingBroken(tronpb.WalletSolidity_ServiceDesc), solidityService{reads: solid})
	server.RegisterService(refusingBroken(tronpb.Database_ServiceDesc), databaseService{reads: head})
	reflection.Register(server)
	return server
}

// refusingBroken makes a service refuse what is none of its messages as Java's library does, which says nothing about them. The library here
// refuses them itself, so it gets bytes to read.
func refusingBroken(d grpc.ServiceDesc) *grpc.ServiceDesc {
	d.Methods = slices.Clone(d.Methods)
	for i := range d.Methods {
		handle := d.Methods[i].Handler
		d.Methods[i].Handler = func(s any, ctx context.Context, read func(any) error, between grpc.UnaryServerInterceptor) (any, error) {
			return handle(s, ctx, func(question any) error {
				var raw unread
				if err := read(&raw); err != nil {
					return err
				}
				if proto.Unmarshal(raw, question.(proto.Message)) != nil {
					return applicationError()
				}
				return nil
			}, between)
		}
	}
	return &d
}

// unread is a message as it came.
type unread []byte

// unreading is a codec that can leave a message as it came.
type unreading struct{ encoding.CodecV2 }

// Unmarshal reads a message.
func (c unreading) Unmarshal(data mem.BufferSlice, into any) error {
	if raw, ok := into.(*unread); ok {
		*raw = data.Materialize()
		return nil
	}
	return c.CodecV2.Unmarshal(data, into)
}

// orEmpty is what java-tron sends for null: a message with nothing in it.
func orEmpty[M any](m *M) *M {
	if m == nil {
		return new(M)
	}
	return m
}

// extention wraps a built transaction (RpcApiService.createTransactionExtention).
func (s *Server) extention(kind tronpb.Transaction_Contract_ContractType, m proto.Message) (*tronpb.TransactionExtention, error) {
	t, err := s.create(kind, m)
	if err != nil {
		return &tronpb.TransactionExtention{Result: grpcFailure(err, false)}, nil
	}
	return extentionOf(t), nil
}

func extentionOf(t *tronpb.Transaction) *tronpb.TransactionExtention {
	id := txID(t)
	return &tronpb.TransactionExtention{Transaction: t, Txid: id[:], Result: &tronpb.Return{Result: true}}
}

// transaction is what the builders of old answer: nothing in it on failure.
func (s *Server) transaction(kind tronpb.Transaction_Contract_ContractType, m proto.Message) (*tronpb.Transaction, error) {
	t, err := s.create(kind, m)
	if err != nil {
		return &tronpb.Transaction{}, nil
	}
	return t, nil
}

// grpcFailure is a thrown error as gRPC clients see it. A call of a contract tells Java's unchecked exceptions apart as CONTRACT_EXE_ERROR.
func grpcFailure(err error, call bool) *tronpb.Return {
	var refused *actuator.Error
	if errors.As(err, &refused) && refused.Kind == actuator.Validate {
		return &tronpb.Return{Code: tronpb.Return_CONTRACT_VALIDATE_ERROR, Message: []byte("Contract validate error : " + refused.Text)}
	}
	r := &tronpb.Return{Code: tronpb.Return_OTHER_ERROR, Message: []byte("class " + thrownText(err))}
	if call && !strings.HasPrefix(thrownText(err), "org.tron.core.exception.") {
		r.Code = tronpb.Return_CONTRACT_EXE_ERROR
	}
	return r
}

// invalidArgument is the status of a bad argument of getBlock.
func invalidArgument(err error) error { return status.Error(codes.InvalidArgument, err.Error()) }

// thrown is the status of another exception (RpcApiService.getRunTimeException): its text without its class.
func thrown(err error) error {
	_, text, _ := strings.Cut(thrownText(err), " : ")
	return status.Error(codes.Internal, text)
}

// applicationError is the status of an exception that a method lets out.
func applicationError() error { return status.Error(codes.Unknown, "Application error processing RPC") }

// uncaught is the status of an exception that java-tron hands on as it is: it says nothing.
func uncaught() error { return status.Error(codes.Unknown, "") }
