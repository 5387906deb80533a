package rpc

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"
)

// Limits of the gRPC server.
const (
	MaxMessage    = 4 << 20 // bytes of a request, as node.rpc.maxMessageSize
	maxStreams    = 100     // at once on a connection; a client lets the next one wait
	maxAllStreams = 512     // at once on all connections: what they have sent is at most 2 GiB
	maxHeaders    = 16 << 10
	streamTime    = 2 * time.Minute // a call is over by then, whether its client has sent or read all of it or not
)

// connectionTimes bound a gRPC connection on which little happens.
type connectionTimes struct {
	handshake time.Duration // one that has not said what it wants by then is closed
	idle      time.Duration // and one without a call by then
	pingAfter time.Duration // silence after which the server asks whether the client is still there
	ping      time.Duration // and how long it waits for the answer
	minPing   time.Duration // how often a client may ask; who asks more often is disconnected
}

var usualTimes = connectionTimes{handshake: 10 * time.Second, idle: 5 * time.Minute, pingAfter: time.Minute, ping: 20 * time.Second, minPing: 10 * time.Second}

func (c connectionTimes) options() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ConnectionTimeout(c.handshake),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: c.idle, Time: c.pingAfter, Timeout: c.ping}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: c.minPing, PermitWithoutStream: true}),
	}
}

// grpcOptions are the limits, and what keeps a fault in one answer from ending the process.
func (s *Server) grpcOptions() []grpc.ServerOption {
	return append(
		usualTimes.options(), grpc.MaxRecvMsgSize(MaxMessage), grpc.MaxHeaderListSize(maxHeaders),
		grpc.MaxConcurrentStreams(maxStreams), grpc.InTapHandle((&streams{most: maxAllStreams, time: streamTime}).enter),
		grpc.ChainUnaryInterceptor(s.recovered, s.troubledCall), grpc.ChainStreamInterceptor(s.recoveredStream),
	)
}

// streams counts the calls that are open on all connections.
type streams struct {
	open atomic.Int64
	most int64
	time time.Duration
}

// enter lets a call in, or refuses it before anything is kept for it. It is left when the call ends: its context does then.
func (s *streams) enter(ctx context.Context, _ *tap.Info) (context.Context, error) {
	if s.open.Add(1) > s.most {
		s.open.Add(-1)
		return nil, status.Error(codes.ResourceExhausted, "too many calls at once")
	}
	ctx, cancel := context.WithTimeout(ctx, s.time)
	context.AfterFunc(ctx, func() {
		cancel()
		s.open.Add(-1)
	})
	return ctx, nil
}

// recovered keeps a fault in one answer from ending the process.
func (s *Server) recovered(ctx context.Context, q any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (answer any, err error) {
	defer s.recoverCall(ctx, info.FullMethod, &err)
	answer, err = next(ctx, q)
	if status.Code(err) == codes.Unimplemented {
		err = status.Error(codes.Unimplemented, "Method "+strings.TrimPrefix(info.FullMethod, "/")+" is unimplemented")
	}
	return answer, err
}

// recoveredStream is recovered for streams, which reflection has.
func (s *Server) recoveredStream(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
	defer s.recoverCall(stream.Context(), info.FullMethod, &err)
	return next(service, stream)
}

// recoverCall makes a panic the error of its call. Only deferred it does anything.
func (s *Server) recoverCall(ctx context.Context, method string, err *error) {
	if fault := recover(); fault != nil {
		s.log.ErrorContext(ctx, "a gRPC answer failed", "method", method, "fault", fault)
		*err = status.Error(codes.Internal, "internal fault")
	}
}
