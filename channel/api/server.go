package api

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/ledger"
)

// Limits on what a stranger may send.
const (
	MaxMessage        = 256 << 10 // bytes; a frame of 64 vouchers with 16 tails each is below it
	MaxFrame          = 64        // payments in one frame
	MaxStreams        = 256       // at once on one connection
	MaxUnacknowledged = 1024      // payments of one stream that are not durable yet; more wait
	MaxPage           = 1000      // items in one page
	DefaultPage       = 100
)

// Ledger is what the API needs of the ledger.
type Ledger interface {
	// Offer runs the rule; the ticket's Wait returns when the payment is durable.
	Offer(ctx context.Context, p channel.Payment) (ledger.Ticket, error)
	Record(ctx context.Context, id channel.ID) (channel.Record, error)
	List(ctx context.Context, query channel.Query) ([]channel.Record, error)
}

// Config is what the server needs.
type Config struct {
	Ledger  Ledger
	Settler Settler
	Hub     Hub // nil: this server is no hub
	// Token opens the operator's calls; without one they are refused.
	Token string
	Log   *slog.Logger
}

// Server implements the services of channelpb.
type Server struct {
	config Config
	health *health.Server
}

// New builds the API's server.
func New(config Config) *Server { return &Server{config: config, health: health.NewServer()} }

// GRPC builds a gRPC server with all services, reflection and health. Its options are added to ours.
func (s *Server) GRPC(options ...grpc.ServerOption) *grpc.Server {
	g := grpc.NewServer(append([]grpc.ServerOption{
		grpc.MaxRecvMsgSize(MaxMessage), grpc.MaxConcurrentStreams(MaxStreams),
		grpc.ChainUnaryInterceptor(s.unary), grpc.ChainStreamInterceptor(s.stream),
	}, options...)...)
	channelpb.RegisterChannelsServer(g, &channels{Server: s})
	channelpb.RegisterPaymentsServer(g, &payments{Server: s})
	channelpb.RegisterSettlementsServer(g, &settlements{Server: s})
	channelpb.RegisterHubServer(g, &hubService{Server: s})
	healthpb.RegisterHealthServer(g, s.health)
	reflection.Register(g)
	return g
}

// SetServing tells health checks whether this server takes payments.
func (s *Server) SetServing(serving bool) {
	state := healthpb.HealthCheckResponse_NOT_SERVING
	if serving {
		state = healthpb.HealthCheckResponse_SERVING
	}
	s.health.SetServingStatus("", state)
}

// operatorCalls need the operator's token.
var operatorCalls = map[string]bool{
	channelpb.Channels_List_FullMethodName:      true,
	channelpb.Settlements_Plan_FullMethodName:   true,
	channelpb.Settlements_Settle_FullMethodName: true,
	channelpb.Settlements_Close_FullMethodName:  true,
	channelpb.Settlements_Get_FullMethodName:    true,
	channelpb.Settlements_List_FullMethodName:   true,
	channelpb.Settlements_Watch_FullMethodName:  true,
}

func (s *Server) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if err := s.authorize(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	answer, err := handle(ctx, request)
	return answer, s.answer(info.FullMethod, err)
}

func (s *Server) stream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	if err := s.authorize(stream.Context(), info.FullMethod); err != nil {
		return err
	}
	return s.answer(info.FullMethod, handle(server, stream))
}

func (s *Server) authorize(ctx context.Context, method string) error {
	if !operatorCalls[method] || s.isOperator(ctx) {
		return nil
	}
	return status.Error(codes.Unauthenticated, "this call needs the operator's token: authorization: Bearer …")
}

// isOperator says whether the call carries the operator's token.
func (s *Server) isOperator(ctx context.Context) bool {
	given := ""
	if md, ok := metadata.FromIncomingContext(ctx); ok {
		if values := md.Get("authorization"); len(values) == 1 {
			given = strings.TrimPrefix(values[0], "Bearer ")
		}
	}
	return s.config.Token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(s.config.Token)) == 1
}

// answer turns an error into its form on the wire; what the caller is not told is logged here.
func (s *Server) answer(method string, err error) error {
	wire := message.Status(err)
	if status.Code(wire) == codes.Internal && !errors.Is(err, context.Canceled) {
		s.config.Log.Error("answering a call", "method", method, "err", err)
	}
	return wire
}
