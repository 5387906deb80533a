package client

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/wallet"
)

// Hub is a hub somewhere else, spoken to over gRPC by one account: a downloader's or a seeder's.
type Hub struct {
	server *Server
	calls  channelpb.HubClient
	domain channel.Domain
	key    *wallet.Key

	mu      sync.Mutex
	address wallet.Address // the hub's, once it has said so
}

// Hub speaks to the server's hub as the account of a key.
func (s *Server) Hub(domain channel.Domain, key *wallet.Key) *Hub {
	return &Hub{server: s, calls: channelpb.NewHubClient(s.conn), domain: domain, key: key}
}

// Registration is how a seeder stands with a hub.
type Registration struct {
	Hub         wallet.Address
	Channels    []channel.Record // the hub's to the seeder; empty until one is open
	Deposit     channel.Amount   // what a channel begins with
	Fee         uint32           // thousandths of a step that downloaders pay on top
	OpeningCost channel.Amount   // what is still owed for the opening of the channel …
	Withheld    uint32           // … and how many thousandths of a step go there until it is paid
	Recovering  bool
}

// Register registers the account as a seeder that is paid in an asset, and tells how it stands.
func (h *Hub) Register(ctx context.Context, asset channel.Asset) (Registration, error) {
	proof, err := h.prove(ctx, "Register")
	if err != nil {
		return Registration{}, err
	}
	m, err := h.calls.Register(ctx, &channelpb.RegisterRequest{Proof: proof, Asset: message.FromAsset(asset)})
	if err != nil {
		return Registration{}, h.failure(channel.ID{}, err)
	}
	r := Registration{Fee: m.GetFeeThousandths(), Withheld: m.GetWithheldThousandths(), Recovering: m.GetRecovering()}
	if r.Hub, err = message.ToAddress(m.GetHub()); err != nil {
		return r, err
	}
	if err := message.ToAmount("deposit", m.GetDeposit(), &r.Deposit); err != nil {
		return r, err
	}
	if err := message.ToAmount("opening cost", m.GetOpeningCost(), &r.OpeningCost); err != nil {
		return r, err
	}
	for _, one := range m.GetChannels() {
		record, err := message.ToRecord(one)
		if err != nil {
			return r, err
		}
		r.Channels = append(r.Channels, record)
	}
	return r, nil
}

// HubQuote is what a session with a seeder costs.
type HubQuote struct {
	Hub              wallet.Address
	UnitIn, UnitOut  channel.Amount
	SessionFee       channel.Amount
	Available        channel.Amount
	Life, Margin     time.Duration
	LeastOfChallenge time.Duration
}

// Quote asks what a session with a seeder costs.
func (h *Hub) Quote(ctx context.Context, payee wallet.Address, asset channel.Asset, unit channel.Amount) (HubQuote, error) {
	m, err := h.calls.Quote(ctx, &channelpb.HubQuoteRequest{Payee: payee.String(), Asset: message.FromAsset(asset), Unit: unit.String()})
	if err != nil {
		return HubQuote{}, h.failure(channel.ID{}, err)
	}
	q := HubQuote{
		Life: seconds(m.GetLifeSeconds()), Margin: seconds(m.GetMarginSeconds()), LeastOfChallenge: seconds(m.GetChallengeSeconds()),
	}
	if q.Hub, err = message.ToAddress(m.GetHub()); err != nil {
		return q, err
	}
	for _, f := range []struct {
		what, text string
		to         *channel.Amount
	}{{"unit", m.GetUnitIn(), &q.UnitIn}, {"unit", m.GetUnitOut(), &q.UnitOut}, {"fee", m.GetSessionFee(), &q.SessionFee}, {"available amount", m.GetAvailable(), &q.Available}} {
		if err := message.ToAmount(f.what, f.text, f.to); err != nil {
			return q, err
		}
	}
	return q, nil
}

// fair refuses a quote by which the hub would get more than its fee: whatever a voucher adds for a session is the hub's, whether or not it then opens one.
func (q *HubQuote) fair(unit channel.Amount) error {
	if q.UnitIn.Less(q.SessionFee) || unit.Mul(2).Less(q.UnitIn) {
		return fmt.Errorf("%w: %s for a session and %s for a step of %s; at most the price of a step for a session, and as much again for a step", ErrDearHub, q.SessionFee, q.UnitIn, unit)
	}
	return nil
}

// maxSeconds bounds what is believed of a duration: a week.
const maxSeconds = 7 * 24 * 3600

func seconds(n int64) time.Duration { return time.Duration(min(max(n, 0), maxSeconds)) * time.Second }

// HubSession is a session that a hub has opened.
type HubSession struct {
	Session channel.Session
	Terms   channel.Terms // of the hub's channel to the seeder
	Voucher channel.SignedVoucher
}

// open asks for a session. While the hub is unavailable it is asked again until ctx ends: the key makes it one session.
func (h *Hub) open(ctx context.Context, payee wallet.Address, unit channel.Amount, anchor channel.Anchor, v channel.SignedVoucher) (HubSession, error) {
	request := &channelpb.OpenSessionRequest{Channel: v.Channel[:], Payee: payee.String(), Unit: unit.String(), Anchor: anchor[:], Voucher: message.FromVoucher(v)}
	m, err := persist(ctx, h.server, func() (*channelpb.OpenSessionResponse, error) { return h.calls.OpenSession(ctx, request) })
	if err != nil {
		return HubSession{}, h.failure(v.Channel, err)
	}
	var out HubSession
	if out.Session, err = message.ToSession(m.GetSession()); err != nil {
		return out, err
	}
	if out.Terms, err = message.ToTerms(m.GetTerms()); err != nil {
		return out, err
	}
	out.Voucher, err = message.ToVoucher(out.Terms.ID(), m.GetVoucher())
	return out, err
}

// Redeem shows the hub reveals and gets the voucher that follows the held one, and what was added. The rule decides whether that voucher is what it should be.
func (h *Hub) Redeem(ctx context.Context, id channel.ID, reveals []channel.Reveal, held *channel.SignedVoucher) (channel.SignedVoucher, channel.Amount, error) {
	request := &channelpb.RedeemRequest{Channel: id[:], Reveals: message.FromReveals(reveals)}
	if held != nil {
		request.Held = message.FromVoucher(*held)
	}
	m, err := h.calls.Redeem(ctx, request)
	if err != nil {
		return channel.SignedVoucher{}, channel.Amount{}, h.failure(id, err)
	}
	if m.GetVoucher() == nil { // nothing was ever promised
		return channel.SignedVoucher{}, channel.Amount{}, nil
	}
	v, err := message.ToVoucher(id, m.GetVoucher())
	if err != nil {
		return v, channel.Amount{}, err
	}
	var booked channel.Amount
	return v, booked, message.ToAmount("booked amount", m.GetBooked(), &booked)
}

// Sessions lists at most 1,000 sessions of a channel of the account's, the open ones first, then newest first.
func (h *Hub) Sessions(ctx context.Context, id channel.ID) ([]channel.Session, error) {
	proof, err := h.prove(ctx, "Sessions")
	if err != nil {
		return nil, err
	}
	m, err := h.calls.Sessions(h.server.Authorized(ctx), &channelpb.SessionsRequest{Proof: proof, Channel: id[:], PageSize: 1000})
	if err != nil {
		return nil, h.failure(id, err)
	}
	var list []channel.Session
	for _, one := range m.GetSessions() {
		s, err := message.ToSession(one)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// Statement reads an account of the hub's book after an entry: the account's own; with the operator's token any, or the balance sheet when account is empty.
func (h *Hub) Statement(ctx context.Context, asset channel.Asset, account string, after int64) (*channelpb.StatementResponse, error) {
	proof, err := h.prove(ctx, "Statement")
	if err != nil {
		return nil, err
	}
	m, err := h.calls.Statement(h.server.Authorized(ctx), &channelpb.StatementRequest{Proof: proof, Asset: message.FromAsset(asset), Account: account, After: after, PageSize: 1000})
	if err != nil {
		return nil, h.failure(channel.ID{}, err)
	}
	return m, nil
}

// failure is the rule's or the hub's error; for a server that does not answer at all ErrServerAway, and for one whose certificate is not believed ErrCertificate.
func (h *Hub) failure(id channel.ID, err error) error {
	if known := message.Error(id, err); known != err { //nolint:errorlint // the same error means that it is not on the list
		return known
	}
	if status.Code(err) == codes.Unavailable {
		return h.server.away(err)
	}
	return err
}

// prove signs that the account itself calls this hub; nil without a key, for the operator.
func (h *Hub) prove(ctx context.Context, call string) (*channelpb.Proof, error) {
	if h.key == nil {
		return nil, nil //nolint:nilnil // no proof is the operator's
	}
	hub, err := h.whose(ctx)
	if err != nil {
		return nil, err
	}
	return message.NewProof(h.key, h.domain.Separator(), hub, call, time.Now()), nil
}

// whose is the hub's account by its own word, which is asked for once. A hub that names another one's has proofs for that other one, and no key for the vouchers that follow.
func (h *Hub) whose(ctx context.Context) (wallet.Address, error) {
	h.mu.Lock()
	known := h.address
	h.mu.Unlock()
	if !known.IsZero() {
		return known, nil
	}
	m, err := h.server.channels.Quote(ctx, &channelpb.ChannelsQuoteRequest{})
	if err != nil {
		return known, h.failure(channel.ID{}, err)
	}
	if known, err = message.ToAddress(m.GetPayee()); err != nil {
		return known, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.address = known
	return known, nil
}

// check says whether a session is what was asked for: the hub's own channel to that seeder, and its signature on a voucher with our anchor at the quoted unit.
func (s *HubSession) check(d channel.Domain, q HubQuote, payee wallet.Address, asset channel.Asset, anchor channel.Anchor, length uint32) error {
	var tail *channel.Tail
	for i := range s.Voucher.Tails {
		if s.Voucher.Tails[i].Anchor == anchor {
			tail = &s.Voucher.Tails[i]
		}
	}
	switch {
	case tail == nil || tail.Length != length || tail.Unit.Less(q.UnitOut):
		return fmt.Errorf("%w: the hub's voucher does not promise the session", channel.ErrQuote)
	case s.Terms.Payer != q.Hub || s.Terms.Payee != payee || s.Terms.Asset != asset:
		return fmt.Errorf("%w: the hub's voucher is on another channel", channel.ErrQuote)
	}
	return s.Voucher.Verify(d.Separator(), s.Terms.Signer)
}
