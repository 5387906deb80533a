package api

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/wallet"
)

const (
	defaultChallenge = 24 * time.Hour
	// maxRaw bounds a transaction that is broadcast for somebody: none of ours is as long.
	maxRaw = 4096
)

// Quote tells what a payer has to know.
func (s *channels) Quote(ctx context.Context, _ *channelpb.ChannelsQuoteRequest) (*channelpb.ChannelsQuoteResponse, error) {
	if s.config.Chain == nil {
		return nil, message.ErrDisabled
	}
	q, err := s.config.Chain.Quote(ctx)
	if err != nil {
		return nil, err
	}
	answer := &channelpb.ChannelsQuoteResponse{
		ChainId: q.Domain.ChainID, Contract: q.Domain.Contract.String(), CodeHash: q.CodeHash[:], Payee: q.Payee.String(),
		MinChallengeSeconds: int64(q.MinChallenge / time.Second), MaxChallengeSeconds: int64(channel.MaxChallenge / time.Second),
		TailMarginSeconds: int64(q.Margin / time.Second), MaxTails: channel.MaxTails, MaxTailLength: channel.MaxTailLength, MaxFrame: MaxFrame,
		EnergyPriceSun: int64(q.EnergyPrice), OpenEnergy: q.OpenEnergy, DepositEnergy: q.DepositEnergy, CloseEnergy: q.CloseEnergy,
		MinimumSettlementSun: int64(q.MinSettlement),
	}
	for _, a := range q.Assets {
		answer.Assets = append(answer.Assets, &channelpb.AcceptedAsset{Asset: message.FromAsset(a.Asset), MinimumDeposit: a.MinDeposit.String()})
	}
	return answer, nil
}

// PrepareOpen makes the transactions that open a channel.
func (s *channels) PrepareOpen(ctx context.Context, request *channelpb.PrepareOpenRequest) (*channelpb.PrepareOpenResponse, error) {
	if s.config.Chain == nil {
		return nil, message.ErrDisabled
	}
	want, err := toOpening(request)
	if err != nil {
		return nil, err
	}
	list, again, err := s.config.Chain.PrepareOpen(ctx, want)
	return &channelpb.PrepareOpenResponse{Transactions: fromUnsigned(list...), Again: again}, err
}

func toOpening(request *channelpb.PrepareOpenRequest) (want Opening, err error) {
	if want.Payer, err = address("payer", request.GetPayer()); err != nil {
		return want, err
	}
	if want.Signer, err = optionalAddress("signer", request.GetSigner()); err != nil {
		return want, err
	}
	if want.Asset, err = message.ToAsset(request.GetAsset()); err != nil {
		return want, err
	}
	if want.Deposit, err = positive("deposit", request.GetDeposit()); err != nil {
		return want, err
	}
	want.Challenge = defaultChallenge
	if seconds := request.GetChallengeSeconds(); seconds != 0 {
		want.Challenge, err = challenge(seconds)
	}
	return want, err
}

// challenge reads seconds without an overflow.
func challenge(seconds int64) (time.Duration, error) {
	if seconds < int64(channel.MinChallenge/time.Second) || seconds > int64(channel.MaxChallenge/time.Second) {
		return 0, fmt.Errorf("%w: a challenge of %d s, want %.0f to %.0f", channel.ErrMalformed, seconds, channel.MinChallenge.Seconds(), channel.MaxChallenge.Seconds())
	}
	return time.Duration(seconds) * time.Second, nil
}

// PrepareDeposit makes the transactions that top a channel up.
func (s *channels) PrepareDeposit(ctx context.Context, request *channelpb.PrepareDepositRequest) (*channelpb.PrepareDepositResponse, error) {
	if s.config.Chain == nil {
		return nil, message.ErrDisabled
	}
	id, err := message.ToID(request.GetChannel())
	if err != nil {
		return nil, err
	}
	owner, err := address("owner", request.GetOwner())
	if err != nil {
		return nil, err
	}
	amount, err := positive("amount", request.GetAmount())
	if err != nil {
		return nil, err
	}
	record, err := s.config.Ledger.Record(ctx, id)
	if err != nil {
		return nil, err
	}
	switch {
	case record.State == channel.Closed:
		return nil, channel.ErrClosed
	case record.State == channel.Closing || record.Frozen:
		return nil, channel.ErrClosing
	}
	list, again, err := s.config.Chain.PrepareDeposit(ctx, record.Terms, owner, amount)
	return &channelpb.PrepareDepositResponse{Transactions: fromUnsigned(list...), Again: again}, err
}

// PrepareClose makes the payer's transaction that ends a channel.
func (s *channels) PrepareClose(ctx context.Context, request *channelpb.PrepareCloseRequest) (*channelpb.PrepareCloseResponse, error) {
	return once(ctx, s.Server, channelpb.Channels_PrepareClose_FullMethodName, request, func(ctx context.Context) (*channelpb.PrepareCloseResponse, error) {
		unsigned, err := s.prepareClose(ctx, request)
		if err != nil {
			return nil, err
		}
		return &channelpb.PrepareCloseResponse{Transaction: fromUnsigned(unsigned)[0]}, nil
	})
}

func (s *channels) prepareClose(ctx context.Context, request *channelpb.PrepareCloseRequest) (Unsigned, error) {
	if s.config.Chain == nil {
		return Unsigned{}, message.ErrDisabled
	}
	id, err := message.ToID(request.GetChannel())
	if err != nil {
		return Unsigned{}, err
	}
	agreed := request.GetMode() == channelpb.CloseMode_CLOSE_MODE_AGREED
	if !agreed && (request.GetCumulative() != "" || len(request.GetSignature()) > 0) {
		return Unsigned{}, fmt.Errorf("%w: an amount and a signature are for the mode AGREED only", channel.ErrMalformed)
	}
	record, err := s.config.Ledger.Record(ctx, id)
	if err != nil {
		return Unsigned{}, err
	}
	if record.State == channel.Closed {
		return Unsigned{}, channel.ErrClosed
	}
	switch request.GetMode() {
	case channelpb.CloseMode_CLOSE_MODE_START:
		return s.config.Chain.PrepareStartClose(ctx, record.Terms)
	case channelpb.CloseMode_CLOSE_MODE_FINISH:
		return s.config.Chain.PrepareFinishClose(ctx, record.Terms)
	case channelpb.CloseMode_CLOSE_MODE_AGREED:
		return s.agree(ctx, record, request)
	}
	return Unsigned{}, fmt.Errorf("%w: the mode of a close is START, FINISH or AGREED", channel.ErrMalformed)
}

// agree ends a channel by agreement. The signer's signature proves that the payer's side asks; the channel is frozen before the payee's signature exists.
func (s *channels) agree(ctx context.Context, record channel.Record, request *channelpb.PrepareCloseRequest) (Unsigned, error) {
	cumulative, err := amount("cumulative", request.GetCumulative())
	if err != nil {
		return Unsigned{}, err
	}
	signature, err := wallet.SignatureFromBytes(request.GetSignature())
	if err != nil {
		return Unsigned{}, fmt.Errorf("%w: signature: %w", channel.ErrMalformed, err)
	}
	err = channel.VerifyClose(s.config.Ledger.Rule().Separator(), record.ID, cumulative, signature, record.Terms.Signer)
	if err != nil {
		strike(ctx)
		return Unsigned{}, err
	}
	for _, freeze := range []bool{false, true} { // asked before, so that a mistake freezes nothing, and after, when nothing can change any more
		if freeze {
			if record, err = s.config.Ledger.Freeze(ctx, record.ID); err != nil {
				return Unsigned{}, err
			}
		}
		if paid := record.Paid(); paid != cumulative {
			return Unsigned{}, fmt.Errorf("%w: %s, not %s", message.ErrOtherAmount, paid, cumulative)
		}
	}
	return s.config.Chain.PrepareCloseAgreed(ctx, record.Terms, cumulative)
}

// Broadcast gives a signed transaction to the network.
func (s *channels) Broadcast(ctx context.Context, request *channelpb.BroadcastRequest) (*channelpb.BroadcastResponse, error) {
	return once(ctx, s.Server, channelpb.Channels_Broadcast_FullMethodName, request, func(ctx context.Context) (*channelpb.BroadcastResponse, error) {
		if s.config.Chain == nil {
			return nil, message.ErrDisabled
		}
		if n := len(request.GetRawData()); n == 0 || n > maxRaw {
			return nil, fmt.Errorf("%w: a transaction of %d bytes, want 1 to %d", channel.ErrMalformed, n, maxRaw)
		}
		signature, err := wallet.SignatureFromBytes(request.GetSignature())
		if err != nil {
			return nil, fmt.Errorf("%w: signature: %w", channel.ErrMalformed, err)
		}
		sent, err := s.config.Chain.Broadcast(ctx, request.GetRawData(), signature)
		if err != nil {
			return nil, err
		}
		return &channelpb.BroadcastResponse{Operation: fromIntent(sent)}, nil
	})
}

// WatchOperation streams every change of a transaction's state until it is final.
func (s *channels) WatchOperation(request *channelpb.WatchOperationRequest, stream grpc.ServerStreamingServer[channelpb.WatchOperationResponse]) error {
	if s.config.Chain == nil {
		return message.ErrDisabled
	}
	id, err := operationID(request.GetId())
	if err != nil {
		return err
	}
	expires, err := optionalTime("expire_time", request.GetExpireTime())
	if err != nil {
		return err
	}
	return s.watch(stream.Context(), func(ctx context.Context) (channel.Intent, error) { return s.config.Chain.Operation(ctx, id, expires) },
		func(m *channelpb.Operation) error {
			return stream.Send(&channelpb.WatchOperationResponse{Operation: m})
		})
}

// watch sends an operation whenever it has come further, until it is final.
func (s *Server) watch(ctx context.Context, look func(context.Context) (channel.Intent, error), send func(*channelpb.Operation) error) error {
	leave, err := s.enterWatch()
	if err != nil {
		return err
	}
	defer leave()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var told *channelpb.Operation
	for {
		intent, err := look(ctx)
		if err != nil {
			return err
		}
		if now := fromIntent(intent); !proto.Equal(now, told) {
			if err := send(now); err != nil {
				return err
			}
			told = now
		}
		if intent.State.Final() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// enterWatch takes one of the places for watchers; leave gives it back.
func (s *Server) enterWatch() (leave func(), err error) {
	if n := s.watchers.Add(1); n > int64(s.config.Limits.Watchers) {
		s.watchers.Add(-1)
		return nil, fmt.Errorf("%w: the server has %d watchers", message.ErrStreams, n-1)
	}
	return func() { s.watchers.Add(-1) }, nil
}

func fromUnsigned(list ...Unsigned) []*channelpb.UnsignedTransaction {
	var answer []*channelpb.UnsignedTransaction
	for _, u := range list {
		answer = append(answer, &channelpb.UnsignedTransaction{
			Kind: u.Kind, RawData: u.Raw, Id: u.ID[:], Owner: u.Owner.String(), FeeLimitSun: int64(u.FeeLimit), Energy: u.Energy,
			ExpireTime: timestamppb.New(u.Expires), Description: u.Description,
		})
	}
	return answer
}
