package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
)

// ErrServerAway: no channel server answers there, or it cannot take payments now.
var ErrServerAway = errors.New("the channel server does not answer")

// Retries of a payment while the server is away.
const (
	firstPause = 50 * time.Millisecond
	longPause  = 2 * time.Second
)

// Server is a channel server somewhere else, spoken to over gRPC.
type Server struct {
	conn     *grpc.ClientConn
	channels channelpb.ChannelsClient
	payments channelpb.PaymentsClient
	token    string
	trust    *trust
}

// Options of Dial.
type Options struct {
	// Token opens the operator's calls.
	Token string
	// TLS encrypts and checks the certificate; nil: the system's authorities, or plaintext where all servers are on the loopback.
	TLS credentials.TransportCredentials
}

// Dial prepares the connection to a channel server, or to the first that answers of several that share a store: "a.example:7443,b.example:7443". It is made when the first call
// needs it, and again, to any of them, whenever it breaks.
func Dial(addresses string, options Options) (*Server, error) {
	list, loopback, err := split(addresses)
	if err != nil {
		return nil, err
	}
	transport := options.TLS
	switch {
	case transport == nil && loopback:
		transport = insecure.NewCredentials()
	case transport == nil:
		transport = credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	}
	believed := &trust{}
	servers := manual.NewBuilderWithScheme("piecework")
	servers.InitialState(resolver.State{Addresses: list})
	conn, err := grpc.NewClient("piecework:///servers", grpc.WithTransportCredentials(judged{transport, believed}), grpc.WithResolvers(servers), grpc.WithDefaultServiceConfig(anyServer),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.Config{BaseDelay: firstPause, Multiplier: 2, Jitter: 0.2, MaxDelay: longPause}, MinConnectTimeout: connectTime}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingAfter, Timeout: connectTime}))
	if err != nil {
		return nil, fmt.Errorf("connecting to the channel server at %s: %w", addresses, err)
	}
	return &Server{conn: conn, channels: channelpb.NewChannelsClient(conn), payments: channelpb.NewPaymentsClient(conn), token: options.Token, trust: believed}, nil
}

// anyServer spreads clients over the servers: each tries them in an order of its own.
const anyServer = `{"loadBalancingConfig": [{"pick_first": {"shuffleAddressList": true}}]}`

const (
	connectTime = 5 * time.Second  // a server that does not answer by then is passed over
	pingAfter   = 10 * time.Second // silence during a call after which the server is asked whether it is still there; the least that gRPC allows
)

// split reads a list of HOST:PORT, and says whether all of them are this machine.
func split(addresses string) (list []resolver.Address, loopback bool, err error) {
	loopback = true
	for _, one := range strings.Split(addresses, ",") {
		one = strings.TrimSpace(one)
		host, _, err := net.SplitHostPort(one)
		if err != nil {
			return nil, false, fmt.Errorf("the channel server's address %q: want HOST:PORT, or several with commas: %w", one, err)
		}
		ip := net.ParseIP(host)
		loopback = loopback && (host == "localhost" || ip != nil && ip.IsLoopback())
		list = append(list, resolver.Address{Addr: one, ServerName: host})
	}
	return list, loopback, nil
}

// Close ends the connection.
func (s *Server) Close() error { return s.conn.Close() }

// Settlements is the operator's client; its calls need Authorized's context.
func (s *Server) Settlements() channelpb.SettlementsClient {
	return channelpb.NewSettlementsClient(s.conn)
}

// Authorized adds the operator's token to a call's context, when there is one: a certificate needs none.
func (s *Server) Authorized(ctx context.Context) context.Context {
	if s.token == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+s.token)
}

// Accept gives a payment to the server and returns when it is durable there. While the server is away it is tried again, until ctx ends: sending a payment
// twice adds nothing. Errors are the rule's, as the server's ledger gave them.
func (s *Server) Accept(ctx context.Context, p channel.Payment) (channel.Receipt, error) {
	request := &channelpb.SubmitRequest{Channel: p.Channel[:], Payment: message.FromPayment(p)}
	answer, err := persist(ctx, s, func() (*channelpb.SubmitResponse, error) { return s.payments.Submit(ctx, request) })
	if err != nil {
		return channel.Receipt{}, message.Error(p.Channel, err)
	}
	paid, err := channel.ParseAmount(answer.GetPaid())
	if err != nil {
		return channel.Receipt{}, fmt.Errorf("reading the server's receipt: %w", err)
	}
	return channel.Receipt{Channel: p.Channel, Paid: paid, Replayed: answer.GetReplayed()}, nil
}

// AcceptLater is Accept: the server gathers what many clients send at once.
func (s *Server) AcceptLater(ctx context.Context, p channel.Payment) (channel.Pending, error) {
	receipt, err := s.Accept(ctx, p)
	return channel.Durable(receipt), err
}

// Record is the server's record of a channel.
func (s *Server) Record(ctx context.Context, id channel.ID) (channel.Record, error) {
	answer, err := persist(ctx, s, func() (*channelpb.ChannelsGetResponse, error) {
		return s.channels.Get(ctx, &channelpb.ChannelsGetRequest{Id: id[:]})
	})
	if err != nil {
		return channel.Record{}, message.Error(id, err)
	}
	return message.ToRecord(answer.GetChannel())
}

// List is the server's live channels, or all. It needs the operator's token.
func (s *Server) List(ctx context.Context, live bool) ([]channel.Record, error) {
	var list []channel.Record
	for token := ""; ; {
		answer, err := s.channels.List(s.Authorized(ctx), &channelpb.ChannelsListRequest{Live: live, PageToken: token})
		if err != nil {
			return nil, message.Error(channel.ID{}, err)
		}
		for _, m := range answer.GetChannels() {
			r, err := message.ToRecord(m)
			if err != nil {
				return nil, err
			}
			list = append(list, r)
		}
		if token = answer.GetNextPageToken(); token == "" {
			return list, nil
		}
	}
}

// Error turns what a call of Settlements gave into the rule's error, and an unreachable server into ErrServerAway.
func (s *Server) Error(id channel.ID, err error) error {
	if status.Code(err) == codes.Unavailable {
		return s.away(err)
	}
	return message.Error(id, err)
}

// away says why a server does not answer.
func (s *Server) away(err error) error {
	if distrust := s.trust.broken(); distrust != nil {
		return distrust
	}
	return fmt.Errorf("%w: %s", ErrServerAway, status.Convert(err).Message())
}

// persist repeats a call that changes nothing when repeated, while the server is unavailable. A certificate that is not believed does not get better, and a hub that is recovering
// does not before a seeder has come back.
func persist[T any](ctx context.Context, s *Server, call func() (T, error)) (T, error) {
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		answer, err := call()
		if status.Code(err) != codes.Unavailable || errors.Is(message.Error(channel.ID{}, err), channel.ErrRecovering) {
			return answer, err
		}
		if distrust := s.trust.broken(); distrust != nil {
			return answer, distrust
		}
		select {
		case <-ctx.Done():
			return answer, err
		case <-time.After(pause):
		}
	}
}
