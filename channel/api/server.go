package api

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
)

// Limits on one message or stream, the same for everybody; see Limits for the others.
const (
	MaxMessage        = 256 << 10 // bytes; a frame of 64 vouchers with 16 tails each is below it
	MaxFrame          = 64        // payments in one frame
	MaxStreams        = 256       // at once on one connection
	MaxUnacknowledged = 1024      // payments of one stream that are not durable yet; more wait
	MaxPage           = 1000      // items in one page
	DefaultPage       = 100

	handshakeTime = 10 * time.Second // a connection that has not said what it wants by then is closed
	pingAfter     = time.Minute      // silence after which the server asks whether the client is still there
	pingTime      = 20 * time.Second // and how long it waits for the answer
	minPing       = 10 * time.Second // how often a client may ask
)

// Ledger is what the API needs of the ledger.
type Ledger interface {
	// Offer runs the rule; the ticket's Wait returns when the payment is durable.
	Offer(ctx context.Context, p channel.Payment) (ledger.Ticket, error)
	Record(ctx context.Context, id channel.ID) (channel.Record, error)
	List(ctx context.Context, query channel.Query) ([]channel.Record, error)
	// Freeze stops a channel for good; what it returns is all that will ever be paid on it.
	Freeze(ctx context.Context, id channel.ID) (channel.Record, error)
	// Fresh is nil while payments can be taken.
	Fresh() error
	Cursor() channel.Cursor
	Stats() ledger.Stats
	Rule() channel.Rule
	Now() time.Time
}

// Store is what the API needs of the store: answers to idempotency keys, tokens, and the feed of events.
type Store interface {
	Update(ctx context.Context, fn func(*store.Tx) error) error
	View(ctx context.Context, fn func(*store.Tx) error) error
	Shared() bool
}

// Config is what the server needs. Ledger and Log are required; the calls of what is nil answer DISABLED.
type Config struct {
	Ledger  Ledger
	Settler Settler
	Hub     Hub // nil: this server is no hub
	Chain   Chain
	Store   Store
	Policy  Policy
	Log     *slog.Logger
	// Token opens every call; without one only the tokens of the store and client certificates do.
	Token string
	// TLS encrypts and, with its ClientCAs, knows clients by their certificates; nil: plaintext, from the loopback only.
	TLS    credentials.TransportCredentials
	Limits Limits
	// Reasons says what else needs the operator, for Admin.Health; may be nil.
	Reasons func(context.Context) []string
	Now     func() time.Time // nil is time.Now
}

// Server implements the services of channelpb.
type Server struct {
	config   Config
	health   *health.Server
	guard    *guard
	pays     pays
	watchers atomic.Int64
	streams  atomic.Int64 // of Subscribe
	keys     keyLocks
	draining atomic.Bool
	drain    atomic.Pointer[chan struct{}] // closed when draining begins
}

// New builds the API's server.
func New(config Config) *Server {
	config.Limits = config.Limits.withDefaults()
	s := &Server{config: config, health: health.NewServer()}
	begun := make(chan struct{})
	s.drain.Store(&begun)
	s.guard = &guard{limits: config.Limits, now: s.now, visitors: map[netip.Prefix]*visitor{}}
	s.pays.limits = config.Limits
	return s
}

// GRPC builds a gRPC server with all services, reflection and health. Its options are added to ours.
func (s *Server) GRPC(options ...grpc.ServerOption) *grpc.Server {
	transport := s.config.TLS
	if transport == nil {
		transport = insecure.NewCredentials()
	}
	return s.grpc(transport, options...)
}

func (s *Server) grpc(transport credentials.TransportCredentials, options ...grpc.ServerOption) *grpc.Server {
	g := grpc.NewServer(append([]grpc.ServerOption{
		grpc.Creds(guarded{transport, s.guard}), grpc.ConnectionTimeout(handshakeTime),
		grpc.MaxRecvMsgSize(MaxMessage), grpc.MaxConcurrentStreams(MaxStreams), grpc.MaxHeaderListSize(16 << 10),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: pingAfter, Timeout: pingTime}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPing, PermitWithoutStream: true}),
		grpc.ChainUnaryInterceptor(s.unary), grpc.ChainStreamInterceptor(s.stream),
	}, options...)...)
	channelpb.RegisterChannelsServer(g, &channels{Server: s})
	channelpb.RegisterPaymentsServer(g, &payments{Server: s})
	channelpb.RegisterSettlementsServer(g, &settlements{Server: s})
	channelpb.RegisterHubServer(g, &hubService{Server: s})
	channelpb.RegisterEventsServer(g, &events{Server: s})
	channelpb.RegisterAdminServer(g, &admin{Server: s})
	healthpb.RegisterHealthServer(g, s.health)
	reflection.Register(g)
	return g
}

// Drain ends the streams of payments after what they have offered is acknowledged, and takes no more payments; or, to resume, takes them again.
func (s *Server) Drain(resume bool) {
	switch {
	case resume && s.draining.CompareAndSwap(true, false):
		begun := make(chan struct{})
		s.drain.Store(&begun)
	case !resume && s.draining.CompareAndSwap(false, true):
		close(*s.drain.Load())
		s.SetServing(false)
	}
}

func (s *Server) drainBegun() <-chan struct{} { return *s.drain.Load() }

// SetServing tells health checks whether this server takes payments.
func (s *Server) SetServing(serving bool) {
	state := healthpb.HealthCheckResponse_NOT_SERVING
	if serving && !s.draining.Load() {
		state = healthpb.HealthCheckResponse_SERVING
	}
	s.health.SetServingStatus("", state)
}

// Run forgets, once an hour, answers and events that are not kept any longer, until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	if s.config.Store == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := s.forget(ctx); err != nil && ctx.Err() == nil {
			s.config.Log.Warn("forgetting old answers and events", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (s *Server) forget(ctx context.Context) error {
	now := s.now()
	return s.config.Store.Update(ctx, func(t *store.Tx) error {
		if err := t.DropAnswers(now.Add(-keepAnswers).UnixMilli()); err != nil {
			return err
		}
		return t.DropNews(now.Add(-keepNews).UnixMilli())
	})
}

func (s *Server) now() time.Time {
	if s.config.Now == nil {
		return time.Now()
	}
	return s.config.Now()
}

func (s *Server) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	ctx, err := s.authorize(ctx, info.FullMethod)
	if err != nil {
		return nil, s.answer(info.FullMethod, err)
	}
	answer, err := handle(ctx, request)
	if err != nil {
		return nil, s.answer(info.FullMethod, err)
	}
	return answer, nil
}

// known is a stream whose context says who calls.
type known struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // as grpc.ServerStream has it
}

// Context is the stream's, with the caller.
func (k known) Context() context.Context { return k.ctx }

func (s *Server) stream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	ctx, err := s.authorize(stream.Context(), info.FullMethod)
	if err != nil {
		return s.answer(info.FullMethod, err)
	}
	ctx, end := s.whileAuthorized(ctx, info.FullMethod)
	err = handle(server, known{stream, ctx})
	if cause := context.Cause(ctx); errors.Is(cause, message.ErrNoToken) {
		err = cause
	}
	end()
	return s.answer(info.FullMethod, err)
}

// answer turns an error into its form on the wire; what the caller is not told is logged here.
func (s *Server) answer(method string, err error) error {
	if errors.Is(err, ledger.ErrNotStored) || errors.Is(err, ledger.ErrStopped) {
		s.config.Log.Error("a payment was not stored", "method", method, "err", err)
		err = message.ErrNotStored
	}
	wire := message.Status(err)
	if status.Code(wire) == codes.Internal && !errors.Is(err, context.Canceled) {
		s.config.Log.Error("answering a call", "method", method, "err", err)
	}
	return wire
}
