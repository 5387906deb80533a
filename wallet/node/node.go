package node

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/piecework/piecework/wallet/tronpb"
)

// Defaults of a [Config].
const (
	DefaultTimeout   = 10 * time.Second       // for one request
	DefaultPollEvery = 500 * time.Millisecond // between two looks of Wait; a block takes 3 s
	DefaultRequests  = 15                     // a second; public gateways close the door a little above
	maxAttempts      = 4                      // of a read, the first included
	firstBackoff     = 100 * time.Millisecond // doubled each time
	maxMessage       = 64 << 20               // bytes of one answer; a block is at most 2 MB on the wire, lists are longer
	apiKeyHeader     = "tron-pro-api-key"
)

// Config says which node to use and how.
type Config struct {
	Address  string // gRPC of the full node, host:port
	Solidity string // gRPC of the solid view; empty: the same address
	TLS      bool   // encrypt, and check the certificate against the system's roots
	APIKey   string // of a gateway such as TronGrid; never logged

	Genesis [32]byte // the network's genesis block id; a node with another one is refused. Zero: whatever it is

	RequestsPerSecond float64       // zero: DefaultRequests; negative: no limit
	Timeout           time.Duration // of one request; zero: DefaultTimeout
	PollEvery         time.Duration // zero: DefaultPollEvery

	Log    *slog.Logger                                                // nil: silent
	Dialer func(ctx context.Context, address string) (net.Conn, error) // nil: TCP
}

// Node is a connection to a node. It is safe for many goroutines.
type Node struct {
	config  Config
	conns   []*grpc.ClientConn
	full    tronpb.WalletClient
	solid   tronpb.WalletSolidityClient
	limiter *rate.Limiter
	log     *slog.Logger
	genesis [32]byte
	params  paramCache
}

// Dial connects, and asks for the genesis block: an unreachable node is ErrUnreachable, one of another network ErrWrongNetwork.
func Dial(ctx context.Context, c Config) (*Node, error) {
	n, err := connect(c)
	if err != nil {
		return nil, err
	}
	if err := n.checkGenesis(ctx); err != nil {
		_ = n.Close()
		return nil, err
	}
	return n, nil
}

// Close ends the connections.
func (n *Node) Close() error {
	var all []error
	for _, c := range n.conns {
		all = append(all, c.Close())
	}
	return errors.Join(all...)
}

// Genesis is the id of the node's genesis block. Its last four bytes are the chain id of typed data.
func (n *Node) Genesis() [32]byte { return n.genesis }

// Address is where the node was dialled, for messages.
func (n *Node) Address() string { return n.config.Address }

func connect(c Config) (*Node, error) {
	n := &Node{config: c.withDefaults(), log: c.Log}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	limit, burst := rate.Limit(n.config.RequestsPerSecond), max(1, int(n.config.RequestsPerSecond))
	if n.config.RequestsPerSecond < 0 {
		limit = rate.Inf
	}
	n.limiter = rate.NewLimiter(limit, burst)
	full, err := n.open(n.config.Address)
	if err != nil {
		return nil, err
	}
	solid := full
	if n.config.Solidity != n.config.Address {
		if solid, err = n.open(n.config.Solidity); err != nil {
			_ = n.Close()
			return nil, err
		}
	}
	n.full, n.solid = tronpb.NewWalletClient(full), tronpb.NewWalletSolidityClient(solid)
	return n, nil
}

func (c Config) withDefaults() Config {
	if c.Solidity == "" {
		c.Solidity = c.Address
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.PollEvery == 0 {
		c.PollEvery = DefaultPollEvery
	}
	if c.RequestsPerSecond == 0 {
		c.RequestsPerSecond = DefaultRequests
	}
	return c
}

func (n *Node) open(address string) (*grpc.ClientConn, error) {
	secure := insecure.NewCredentials()
	if n.config.TLS {
		secure = credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(secure),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
	}
	target := address
	if n.config.Dialer != nil {
		target = "passthrough:///" + address
		options = append(options, grpc.WithContextDialer(n.config.Dialer))
	}
	conn, err := grpc.NewClient(target, options...)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrUnreachable, address, err)
	}
	n.conns = append(n.conns, conn)
	return conn, nil
}

func (n *Node) checkGenesis(ctx context.Context) error {
	zero := &tronpb.NumberMessage{}
	block, err := read(ctx, n, n.full.GetBlockByNum2, zero)
	if err != nil {
		return fmt.Errorf("asking %s for its genesis block: %w", n.config.Address, err)
	}
	if n.genesis, err = hash32(block.GetBlockid()); err != nil {
		return fmt.Errorf("the genesis block of %s: %w", n.config.Address, err)
	}
	if want := n.config.Genesis; want != [32]byte{} && n.genesis != want {
		return fmt.Errorf("%w: genesis %s, want %s", ErrWrongNetwork, hex.EncodeToString(n.genesis[:]), hex.EncodeToString(want[:]))
	}
	if n.config.Solidity == n.config.Address {
		return nil
	}
	other, err := read(ctx, n, n.solid.GetBlockByNum2, zero)
	if err != nil {
		return fmt.Errorf("asking %s for its genesis block: %w", n.config.Solidity, err)
	}
	if id, err := hash32(other.GetBlockid()); err != nil || id != n.genesis {
		return fmt.Errorf("%w: %s and %s have different genesis blocks", ErrWrongNetwork, n.config.Address, n.config.Solidity)
	}
	return nil
}

// method is any unary call of a generated client.
type method[Q, A any] func(context.Context, Q, ...grpc.CallOption) (A, error)

// read asks, and asks again while the node is away or asks for patience. Only for what changes nothing.
func read[Q, A any](ctx context.Context, n *Node, call method[Q, A], question Q) (A, error) {
	wait := firstBackoff
	for attempt := 1; ; attempt++ {
		answer, err := once(ctx, n, call, question)
		if err == nil || !isPassing(err) || attempt == maxAttempts {
			return answer, told(err)
		}
		n.log.DebugContext(ctx, "asking a node again", "node", n.config.Address, "attempt", attempt, "error", err)
		if !sleep(ctx, wait) {
			return answer, told(err)
		}
		wait *= 2
	}
}

// once asks a single time, within the rate limit and the time for one request.
func once[Q, A any](ctx context.Context, n *Node, call method[Q, A], question Q) (answer A, err error) {
	if err := n.limiter.Wait(ctx); err != nil {
		return answer, err
	}
	if n.config.APIKey != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, apiKeyHeader, n.config.APIKey)
	}
	ctx, cancel := context.WithTimeout(ctx, n.config.Timeout)
	defer cancel()
	return call(ctx, question)
}

func isPassing(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.ResourceExhausted, codes.Aborted:
		return true
	}
	return false
}

// told turns a transport's error into ours; a cancelled context stays what it is.
func told(err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	s, ok := status.FromError(err)
	if !ok {
		return err
	}
	switch s.Code() {
	case codes.Canceled:
		return fmt.Errorf("%w: %s", context.Canceled, s.Message())
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Unauthenticated, codes.PermissionDenied:
		return fmt.Errorf("%w: %s", ErrUnreachable, s.Message())
	}
	return &RefusedError{Code: CodeOther, Message: s.Message()}
}

// sleep waits unless ctx ends first; it says whether it waited.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func hash32(b []byte) (h [32]byte, err error) {
	if len(b) != len(h) {
		return h, fmt.Errorf("%w: an id of %d bytes", ErrAnswer, len(b))
	}
	return [32]byte(b), nil
}
