package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/wallet"
)

// Hub is what the API needs of the hub.
type Hub interface {
	Register(ctx context.Context, payee wallet.Address, asset channel.Asset) (hub.Registration, error)
	Quote(ctx context.Context, payee wallet.Address, asset channel.Asset, unit channel.Amount) (hub.Quote, error)
	// Open and Redeem are durable when they return nil.
	Open(ctx context.Context, q hub.OpenRequest) (hub.Opened, error)
	Redeem(ctx context.Context, q hub.RedeemRequest) (hub.Redeemed, error)
	Sessions(ctx context.Context, id channel.ID, limit int) ([]channel.Session, error)
	Statement(ctx context.Context, account string, asset channel.Asset, after int64, limit int) (hub.Statement, error)
	Balances(ctx context.Context, asset channel.Asset) ([]channel.Balance, error)
	Recovering(ctx context.Context) (bool, error)
	Separator() [32]byte
	Address() wallet.Address
	Policy() hub.Policy
}

// hubService implements channelpb.HubServer.
type hubService struct {
	channelpb.UnimplementedHubServer
	*Server
}

func (s *hubService) hub() (Hub, error) {
	if s.config.Hub == nil {
		return nil, channel.ErrNoHub
	}
	return s.config.Hub, nil
}

// prove says whose call it is.
func (s *hubService) prove(h Hub, proof *channelpb.Proof, call string) (wallet.Address, error) {
	return message.CheckProof(proof, h.Separator(), h.Address(), call, time.Now())
}

// Register takes a seeder in.
func (s *hubService) Register(ctx context.Context, request *channelpb.RegisterRequest) (*channelpb.RegisterResponse, error) {
	h, err := s.hub()
	if err != nil {
		return nil, err
	}
	payee, err := s.prove(h, request.GetProof(), "Register")
	if err != nil {
		return nil, err
	}
	asset, err := message.ToAsset(request.GetAsset())
	if err != nil {
		return nil, err
	}
	reg, err := h.Register(ctx, payee, asset)
	if err != nil {
		return nil, err
	}
	answer := &channelpb.RegisterResponse{Hub: reg.Hub.String(), Deposit: reg.Terms.Deposit.String(), FeeThousandths: reg.Terms.Fee, OpeningCost: reg.Debt.String()}
	if !reg.Debt.IsZero() {
		answer.WithheldThousandths = h.Policy().Withhold
	}
	for _, r := range reg.Channels {
		answer.Channels = append(answer.Channels, message.FromRecord(r))
	}
	answer.Recovering, err = h.Recovering(ctx)
	return answer, err
}

// Quote tells what a session costs.
func (s *hubService) Quote(ctx context.Context, request *channelpb.HubQuoteRequest) (*channelpb.HubQuoteResponse, error) {
	h, err := s.hub()
	if err != nil {
		return nil, err
	}
	payee, err := message.ToAddress(request.GetPayee())
	if err != nil {
		return nil, err
	}
	asset, err := message.ToAsset(request.GetAsset())
	if err != nil {
		return nil, err
	}
	var unit channel.Amount
	if err := message.ToAmount("unit", request.GetUnit(), &unit); err != nil {
		return nil, err
	}
	q, err := h.Quote(ctx, payee, asset, unit)
	if err != nil {
		return nil, err
	}
	return &channelpb.HubQuoteResponse{
		Hub: q.Hub.String(), UnitIn: q.UnitIn.String(), UnitOut: q.UnitOut.String(), SessionFee: q.SessionFee.String(), Available: q.Available.String(),
		LifeSeconds: int64(q.Life.Seconds()), MinLifeSeconds: int64(q.MinLife.Seconds()), MarginSeconds: int64(q.Margin.Seconds()), ChallengeSeconds: int64(q.Challenge.Seconds()),
	}, nil
}

// OpenSession reserves a session.
func (s *hubService) OpenSession(ctx context.Context, request *channelpb.OpenSessionRequest) (*channelpb.OpenSessionResponse, error) {
	h, err := s.hub()
	if err != nil {
		return nil, err
	}
	q, err := toOpenRequest(request)
	if err != nil {
		return nil, err
	}
	opened, err := h.Open(ctx, q)
	if err != nil {
		return nil, struck(ctx, err)
	}
	return &channelpb.OpenSessionResponse{
		Session: message.FromSession(opened.Session), Terms: message.FromTerms(opened.Terms), Deposit: opened.Deposit.String(), Voucher: message.FromVoucher(opened.Voucher),
	}, nil
}

func toOpenRequest(m *channelpb.OpenSessionRequest) (q hub.OpenRequest, err error) {
	if q.Key = m.GetIdempotencyKey(); len(q.Key) > maxKey {
		return q, fmt.Errorf("%w: an idempotency key of %d bytes, at most %d", channel.ErrMalformed, len(q.Key), maxKey)
	}
	id, err := message.ToID(m.GetChannel())
	if err != nil {
		return q, err
	}
	if q.Payee, err = message.ToAddress(m.GetPayee()); err != nil {
		return q, err
	}
	if err := message.ToAmount("unit", m.GetUnit(), &q.Unit); err != nil {
		return q, err
	}
	anchor, err := message.ToID(m.GetAnchor())
	if err != nil {
		return q, err
	}
	q.Anchor = channel.Anchor(anchor)
	q.Voucher, err = message.ToVoucher(id, m.GetVoucher())
	return q, err
}

// Redeem books what a seeder shows.
func (s *hubService) Redeem(ctx context.Context, request *channelpb.RedeemRequest) (*channelpb.RedeemResponse, error) {
	h, err := s.hub()
	if err != nil {
		return nil, err
	}
	id, err := message.ToID(request.GetChannel())
	if err != nil {
		return nil, err
	}
	q := hub.RedeemRequest{Channel: id}
	if q.Reveals, err = message.ToReveals(request.GetReveals()); err != nil {
		return nil, err
	}
	if request.GetHeld() != nil {
		held, err := message.ToVoucher(id, request.GetHeld())
		if err != nil {
			return nil, err
		}
		q.Held = &held
	}
	redeemed, err := h.Redeem(ctx, q)
	if err != nil {
		return nil, struck(ctx, err)
	}
	return &channelpb.RedeemResponse{Voucher: message.FromVoucher(redeemed.Voucher), Booked: redeemed.Booked.String()}, nil
}

// Sessions lists sessions of a channel.
func (s *hubService) Sessions(ctx context.Context, request *channelpb.SessionsRequest) (*channelpb.SessionsResponse, error) {
	h, err := s.hub()
	if err != nil {
		return nil, err
	}
	id, err := message.ToID(request.GetChannel())
	if err != nil {
		return nil, err
	}
	size, err := pageSize(request.GetPageSize())
	if err != nil {
		return nil, err
	}
	if !s.isOperator(ctx) {
		who, err := s.prove(h, request.GetProof(), "Sessions")
		if err != nil {
			return nil, err
		}
		r, err := s.config.Ledger.Record(ctx, id)
		if err != nil {
			return nil, err
		}
		if who != r.Terms.Payer && who != r.Terms.Signer && who != r.Terms.Payee {
			return nil, channel.ErrNotYours
		}
	}
	list, err := h.Sessions(ctx, id, size)
	answer := &channelpb.SessionsResponse{}
	for _, one := range list {
		answer.Sessions = append(answer.Sessions, message.FromSession(one))
	}
	return answer, err
}

// Statement shows an account, or the balance sheet.
func (s *hubService) Statement(ctx context.Context, request *channelpb.StatementRequest) (*channelpb.StatementResponse, error) {
	h, err := s.hub()
	if err != nil {
		return nil, err
	}
	asset, err := message.ToAsset(request.GetAsset())
	if err != nil {
		return nil, err
	}
	size, err := pageSize(request.GetPageSize())
	if err != nil {
		return nil, err
	}
	if request.GetAfter() < 0 {
		return nil, fmt.Errorf("%w: after is below 0", channel.ErrMalformed)
	}
	recovering, err := h.Recovering(ctx)
	if err != nil {
		return nil, err
	}
	account := request.GetAccount()
	switch {
	case s.isOperator(ctx) && account == "":
		return s.sheet(ctx, h, asset, recovering)
	case !s.isOperator(ctx):
		if account, err = s.ownAccount(ctx, h, request); err != nil {
			return nil, err
		}
	}
	statement, err := h.Statement(ctx, account, asset, request.GetAfter(), size)
	if err != nil {
		return nil, err
	}
	answer := &channelpb.StatementResponse{Account: account, Opening: statement.Opening.String(), Closing: statement.Closing.String(), More: statement.More, Recovering: recovering}
	for _, l := range statement.Lines {
		answer.Lines = append(answer.Lines, &channelpb.StatementLine{
			Entry: l.Entry, Time: l.Time, Kind: l.Kind, Reference: l.Reference, Account: account, Debit: l.Debit.String(), Credit: l.Credit.String(), Balance: l.Balance.String(),
		})
	}
	return answer, nil
}

// ownAccount is the account that a caller may see: what it is owed, what it owes for its channel's opening, or what it has paid on its channel.
func (s *hubService) ownAccount(ctx context.Context, h Hub, request *channelpb.StatementRequest) (string, error) {
	who, err := s.prove(h, request.GetProof(), "Statement")
	if err != nil {
		return "", err
	}
	account := request.GetAccount()
	switch account {
	case "":
		return hub.Owed(who), nil
	case hub.Owed(who), hub.Opening(who):
		return account, nil
	}
	text, inbound := strings.CutPrefix(account, "inbound:")
	id, err := channel.ParseID(text)
	if !inbound || err != nil {
		return "", channel.ErrNotYours
	}
	r, err := s.config.Ledger.Record(ctx, id)
	if err != nil {
		return "", err
	}
	if who != r.Terms.Payer && who != r.Terms.Signer {
		return "", channel.ErrNotYours
	}
	return account, nil
}

func (s *hubService) sheet(ctx context.Context, h Hub, asset channel.Asset, recovering bool) (*channelpb.StatementResponse, error) {
	balances, err := h.Balances(ctx, asset)
	answer := &channelpb.StatementResponse{Opening: "0", Closing: "0", Recovering: recovering}
	for _, b := range balances {
		answer.Sheet = append(answer.Sheet, &channelpb.AccountBalance{Account: b.Account, Debit: b.Debit.String(), Credit: b.Credit.String()})
	}
	return answer, err
}
