// Package server wires the channel service: the store, the ledger, the link to the chain, the settlements, and the API.
package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/dashboard"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// Defaults of a Config.
const (
	DefaultPoll   = time.Second
	DefaultPeriod = 10 * time.Second
	// DefaultTakeover is how long a server that dies keeps the others on its store from settling.
	DefaultTakeover = 30 * time.Second
	// lookBack is how many blocks before its first start a server looks for channels that were opened to it: a day.
	lookBack = 28_800
	// drainFor is how long streams may go on after the server was told to stop.
	drainFor = 3 * time.Second
)

// ErrWrongContract: the address does not hold the contract that this version was built with.
var ErrWrongContract = errors.New("not the PaymentChannels contract of this version")

// Config is what a server needs. Node, Contract, Key, Store and Log are required.
type Config struct {
	Node     *node.Node
	Second   *node.Node // of somebody else, or nil; see chain.Follower
	Steady   bool       // the network makes a block every few seconds; see chain.Follower
	Contract wallet.Address
	// Key is the payee: channels to its address are kept, and its TRX pays for settling.
	Key   wallet.Signer
	Store string // path of the SQLite file, or a PostgreSQL URL
	Log   *slog.Logger

	Policy settle.Policy
	// Assets are what channels may be in, with the operator's price. TRX needs no entry, nor what a hub deals in.
	Assets map[channel.Asset]settle.Price
	Period time.Duration // between two looks at what to settle
	Poll   time.Duration // between two looks at the chain
	Margin time.Duration // see channel.NewRule
	// Takeover is after how long another server on the same store settles when the one that did is gone; 0 is DefaultTakeover.
	Takeover time.Duration
	// Token opens the operator's calls of the API; empty: a fresh one, see Server.Token.
	Token string
	// MinChallenge refuses channels whose payer could leave faster; 0 is channel.MinChallenge.
	MinChallenge time.Duration
	// Hub makes the server a hub; nil: it only takes payments.
	Hub *HubConfig
	// TLS is for the API, and for HTTP from other machines; nil: plaintext, which the API serves on the loopback only.
	TLS    *api.TLS
	HTTP   net.Listener // of the dashboard, /metrics, /healthz and the JSON gateway; nil: none of them
	Limits api.Limits
}

// Server is a channel service that is ready to run.
type Server struct {
	config   Config
	tls      credentials.TransportCredentials // nil: plaintext
	store    *store.Store
	ledger   *ledger.Ledger
	follower *chain.Follower
	comparer *chain.Comparer
	settler  *Settler
	hub      *hub.Hub // nil: none
	treasury *treasurer
	api      *api.Server
	domain   channel.Domain
	holdings *holdings
	earnings *earnings
	shown    shown
	selling  atomic.Pointer[dashboard.SalesFunc]
}

// New opens the store and checks the contract. Close what it returns.
func New(ctx context.Context, config Config) (*Server, error) {
	s := &Server{config: config.withDefaults()}
	if err := s.config.Policy.Validate(); err != nil {
		return nil, err
	}
	if min(s.config.Period, s.config.Poll, s.config.Takeover, s.config.MinChallenge, s.config.Margin) < 0 {
		return nil, errors.New("channel server: a negative time")
	}
	if config.TLS != nil {
		transport, err := api.Transport(*config.TLS)
		if err != nil {
			return nil, err
		}
		s.tls = transport
	}
	s.domain = channel.DomainOn(config.Node.Genesis(), config.Contract)
	if err := checkContract(ctx, config.Node, config.Contract); err != nil {
		return nil, err
	}
	start, err := startBlock(ctx, config.Node)
	if err != nil {
		return nil, err
	}
	if s.store, err = store.Open(ctx, config.Store); err != nil {
		return nil, err
	}
	if err := s.openLedger(ctx); err != nil {
		return nil, errors.Join(err, s.store.Close())
	}
	s.wire(start)
	return s, s.startHub(ctx)
}

// openLedger opens the ledger, and the hub on it where the server is one.
func (s *Server) openLedger(ctx context.Context) (err error) {
	if s.hub, err = s.config.newHub(s.domain); err != nil {
		return err
	}
	config := ledger.Config{Store: s.store, Domain: s.domain, Keep: s.keeps, TakesNew: s.takesNew, Margin: s.config.Margin, Log: s.config.Log}
	if s.hub != nil {
		config.Takes, config.Dropping, config.Hold, config.Facts, config.Kept = s.hub.Takes, s.hub.Dropping, s.hub.Hold, s.hub.Facts, s.hub.Kept
	}
	if s.ledger, err = ledger.Open(ctx, config); err != nil {
		return err
	}
	if s.hub != nil {
		s.hub.Join(s.ledger, s.store)
	}
	return nil
}

func (s *Server) wire(start int64) {
	c := s.config
	s.follower = &chain.Follower{
		Node: tron{c.Node}, Contract: c.Contract, Steady: c.Steady, Decode: contract.DecodeEvent, Sink: s.ledger, Start: start, Poll: c.Poll, Now: time.Now, Log: c.Log,
	}
	if c.Second != nil {
		s.follower.Second = tron{c.Second}
	}
	s.holdings = &holdings{node: c.Node, of: c.Key.Address(), log: c.Log}
	s.earnings = &earnings{of: c.Key.Address(), sums: map[assetDay]channel.Amount{}}
	s.comparer = &chain.Comparer{Node: tron{c.Node}, Words: words{c.Node, c.Contract}, Book: s.ledger, Log: c.Log}
	leader := newLeader(s.store, c.Takeover, time.Now, c.Log)
	s.settler = &Settler{
		market: tron{c.Node}, ledger: s.ledger, store: s.store, leader: leader, contract: c.Contract, policy: c.Policy, assets: c.Assets, period: c.Period, tendEvery: defaultTend,
		sender: &chain.Sender{Node: tron{c.Node}, Store: s.store, Key: c.Key, Now: time.Now, Log: c.Log, Lease: leader.current}, now: time.Now, log: c.Log,
	}
	serving := api.Config{
		Ledger: s.ledger, Settler: s.settler, Store: s.store, Policy: api.Policy{Settle: c.Policy, Assets: c.Assets}, Token: c.Token, TLS: s.tls, Limits: c.Limits, Log: c.Log,
		Chain: &desk{
			node: c.Node, key: c.Key, domain: s.domain, policy: c.Policy, assets: c.Assets, shortest: c.MinChallenge, margin: c.Margin, takesNew: s.takesNew,
		},
		Reasons: s.reasons,
	}
	if s.hub != nil {
		serving.Hub, s.settler.sender.Outcome = s.hub, s.hub.Burnt
		s.treasury = &treasurer{
			config: *c.Hub, hub: s.hub, node: c.Node, store: s.store, sender: s.settler.sender, leader: leader, contract: c.Contract, cap: c.Policy.WithDefaults().FeeCap, plan: s.settler.Last, random: rand.Reader, log: c.Log,
		}
	}
	s.api = api.New(serving)
}

// Run serves the API on the listener, follows the chain and settles, until ctx ends or one of them fails.
func (s *Server) Run(ctx context.Context, listener net.Listener, options ...grpc.ServerOption) error {
	if err := api.CheckListener(listener.Addr(), s.tls); err != nil {
		return err
	}
	server := s.api.GRPC(options...)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.follower.Run(ctx) })
	group.Go(func() error { return s.comparer.Run(ctx) })
	group.Go(func() error { return s.settler.Run(ctx) })
	if s.treasury != nil {
		group.Go(func() error { return s.treasury.Run(ctx) })
	}
	group.Go(func() error { return s.api.Run(ctx) })
	if s.config.HTTP != nil {
		group.Go(func() error { return s.serveHTTP(ctx) })
	}
	group.Go(func() error { return server.Serve(listener) })
	group.Go(func() error {
		s.reportHealth(ctx)
		stop(server)
		return nil
	})
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// stop lets calls end for a while, then ends them.
func stop(server *grpc.Server) {
	ended := make(chan struct{})
	go func() {
		server.GracefulStop()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(drainFor):
		server.Stop()
	}
}

// Close commits what was accepted and closes the store. Call it after Run.
func (s *Server) Close() error { return errors.Join(s.ledger.Close(), s.store.Close()) }

// Ledger is where payments go in.
func (s *Server) Ledger() *ledger.Ledger { return s.ledger }

// Settler plans and settles.
func (s *Server) Settler() *Settler { return s.settler }

// Hub is the hub, nil when the server is none.
func (s *Server) Hub() *hub.Hub { return s.hub }

// Domain is what vouchers for this server are signed for.
func (s *Server) Domain() channel.Domain { return s.domain }

// Token opens the operator's calls.
func (s *Server) Token() string { return s.config.Token }

// keeps says whether an opened channel is one of ours, on terms that we take.
func (s *Server) keeps(terms channel.Terms, _ channel.Amount) bool {
	if s.hub != nil && s.hub.Keeps(terms) {
		return true
	}
	if terms.Payee != s.config.Key.Address() || terms.Challenge < s.config.MinChallenge {
		return false
	}
	_, listed := s.config.Assets[terms.Asset]
	return listed || terms.Asset == channel.TRX
}

// takesNew says why no first payment on a channel is taken now.
func (s *Server) takesNew() error {
	if s.settler == nil {
		return nil // the ledger opens before the settler is there
	}
	return s.settler.TakesNew()
}

// reasons is what needs the operator though payments are taken.
func (s *Server) reasons(ctx context.Context) (list []string) {
	if err := s.takesNew(); err != nil {
		list = append(list, err.Error())
	}
	recovery, err := s.recovery(ctx)
	if err != nil {
		recovery = err.Error()
	}
	if recovery != "" {
		list = append(list, recovery)
	}
	return list
}

// recovery says that the hub recovers; empty when it does not, or there is none.
func (s *Server) recovery(ctx context.Context) (string, error) {
	if s.hub == nil {
		return "", nil
	}
	recovering, err := s.hub.Recovering(ctx)
	if err != nil || !recovering {
		return "", err
	}
	return "the hub is recovering: it signs nothing for seeders that have not shown the voucher that they hold", nil
}

// API is the gRPC service, and its JSON gateway.
func (s *Server) API() *api.Server { return s.api }

// reportHealth tells health checks whether payments can be accepted, until ctx ends.
func (s *Server) reportHealth(ctx context.Context) {
	tick := time.NewTicker(s.config.Poll)
	defer tick.Stop()
	for {
		s.api.SetServing(s.ledger.Fresh() == nil)
		select {
		case <-ctx.Done():
			s.api.SetServing(false)
			return
		case <-tick.C:
		}
	}
}

func (c Config) withDefaults() Config {
	if c.Period == 0 {
		c.Period = DefaultPeriod
	}
	if c.Poll == 0 {
		c.Poll = DefaultPoll
	}
	if c.Takeover == 0 {
		c.Takeover = DefaultTakeover
	}
	if c.MinChallenge == 0 {
		c.MinChallenge = channel.MinChallenge
	}
	if c.Margin == 0 {
		c.Margin = channel.DefaultMargin
	}
	if c.Token == "" {
		c.Token = NewToken()
	}
	if c.Hub != nil {
		c.Assets = c.Hub.takes(c.Assets)
	}
	return c
}

// NewToken draws a token for the operator's calls: 128 bits, in hex.
func NewToken() string {
	var secret [16]byte
	_, _ = rand.Read(secret[:]) // never fails
	return hex.EncodeToString(secret[:])
}

func checkContract(ctx context.Context, n *node.Node, address wallet.Address) error {
	found, err := n.Contract(ctx, address)
	if err != nil {
		return fmt.Errorf("reading the contract at %s: %w", address, err)
	}
	if err := contract.Verify(found.Code); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrWrongContract, address, err)
	}
	return nil
}

func startBlock(ctx context.Context, n *node.Node) (int64, error) {
	solid, err := n.Latest(ctx, node.Solid)
	if err != nil {
		return 0, fmt.Errorf("reading the newest solid block: %w", err)
	}
	return max(0, solid.Number-lookBack), nil
}
