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
	"github.com/piecework/piecework/channel/settle"
)

// watchEvery is how often a watched settlement is looked at.
const watchEvery = 250 * time.Millisecond

// Settler is what the API needs of the settlements.
type Settler interface {
	// Plan is what would be settled now, without sending anything.
	Plan(ctx context.Context, requested []channel.ID) (settle.Plan, error)
	// Settle sends what is planned now; the intents are durable.
	Settle(ctx context.Context, requested []channel.ID) ([]channel.Intent, error)
	// Close settles a channel for the last time.
	Close(ctx context.Context, id channel.ID) (channel.Intent, error)
	Intent(ctx context.Context, id [32]byte) (channel.Intent, error)
	Intents(ctx context.Context, limit int) ([]channel.Intent, error)
}

// PlanSettlements is a dry run.
func (s *Server) PlanSettlements(ctx context.Context, _ *channelpb.PlanSettlementsRequest) (*channelpb.PlanSettlementsResponse, error) {
	plan, err := s.config.Settler.Plan(ctx, nil)
	if err != nil {
		return nil, err
	}
	answer := &channelpb.PlanSettlementsResponse{}
	for _, b := range plan.Batches {
		batch := &channelpb.PlannedBatch{
			Payee: b.Payee.String(), Asset: message.FromAsset(b.Asset), Value: b.Due.String(), Energy: b.Work.Energy, CostSun: int64(b.Cost),
		}
		for _, item := range b.Items {
			batch.Channels = append(batch.Channels, &channelpb.PlannedChannel{Id: item.Record.ID[:], Value: item.Due.String(), Reason: string(item.Reason)})
		}
		answer.Batches = append(answer.Batches, batch)
	}
	for _, item := range plan.Left {
		answer.Left = append(answer.Left, &channelpb.LeftChannel{Id: item.Record.ID[:], Value: item.Due.String(), Reason: string(item.Reason)})
	}
	return answer, nil
}

// Settle settles now.
func (s *Server) Settle(ctx context.Context, request *channelpb.SettleRequest) (*channelpb.SettleResponse, error) {
	if len(request.GetChannels()) > MaxPage {
		return nil, fmt.Errorf("%w: %d channels, at most %d", channel.ErrMalformed, len(request.GetChannels()), MaxPage)
	}
	var requested []channel.ID
	for _, raw := range request.GetChannels() {
		id, err := message.ToID(raw)
		if err != nil {
			return nil, err
		}
		if _, err := s.config.Ledger.Record(ctx, id); err != nil {
			return nil, fmt.Errorf("channel %s: %w", id.Short(), err)
		}
		requested = append(requested, id)
	}
	intents, err := s.config.Settler.Settle(ctx, requested)
	if err != nil && len(intents) == 0 {
		return nil, err
	}
	if err != nil {
		s.config.Log.Warn("settling only a part of what was asked for; the rest is planned again", "err", err)
	}
	answer := &channelpb.SettleResponse{}
	for _, intent := range intents {
		answer.Settlements = append(answer.Settlements, fromIntent(intent))
	}
	return answer, nil
}

// CloseChannel settles a channel for the last time.
func (s *Server) CloseChannel(ctx context.Context, request *channelpb.CloseChannelRequest) (*channelpb.CloseChannelResponse, error) {
	id, err := message.ToID(request.GetChannel())
	if err != nil {
		return nil, err
	}
	intent, err := s.config.Settler.Close(ctx, id)
	if err != nil {
		return nil, err
	}
	return &channelpb.CloseChannelResponse{Settlement: fromIntent(intent)}, nil
}

// GetSettlement answers how far a transaction has come.
func (s *Server) GetSettlement(ctx context.Context, request *channelpb.GetSettlementRequest) (*channelpb.GetSettlementResponse, error) {
	intent, err := s.intent(ctx, request.GetId())
	if err != nil {
		return nil, err
	}
	return &channelpb.GetSettlementResponse{Settlement: fromIntent(intent)}, nil
}

// ListSettlements lists transactions, the newest first.
func (s *Server) ListSettlements(ctx context.Context, request *channelpb.ListSettlementsRequest) (*channelpb.ListSettlementsResponse, error) {
	size, err := pageSize(request.GetPageSize())
	if err != nil {
		return nil, err
	}
	intents, err := s.config.Settler.Intents(ctx, size)
	if err != nil {
		return nil, err
	}
	answer := &channelpb.ListSettlementsResponse{}
	for _, intent := range intents {
		answer.Settlements = append(answer.Settlements, fromIntent(intent))
	}
	return answer, nil
}

// WatchSettlement streams every change of a settlement's state until it is final.
func (s *Server) WatchSettlement(request *channelpb.WatchSettlementRequest, stream grpc.ServerStreamingServer[channelpb.WatchSettlementResponse]) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var told *channelpb.Settlement
	for {
		intent, err := s.intent(stream.Context(), request.GetId())
		if err != nil {
			return err
		}
		if now := fromIntent(intent); !proto.Equal(now, told) {
			if err := stream.Send(&channelpb.WatchSettlementResponse{Settlement: now}); err != nil {
				return err
			}
			told = now
		}
		if intent.State.Final() {
			return nil
		}
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case <-tick.C:
		}
	}
}

func (s *Server) intent(ctx context.Context, id []byte) (channel.Intent, error) {
	if len(id) != 32 {
		return channel.Intent{}, fmt.Errorf("%w: a settlement's id has 32 bytes, not %d", channel.ErrMalformed, len(id))
	}
	return s.config.Settler.Intent(ctx, [32]byte(id))
}

func fromIntent(i channel.Intent) *channelpb.Settlement {
	m := &channelpb.Settlement{
		Id: i.TxID[:], State: states[i.State], Block: i.Block, Energy: i.Energy, FeeSun: i.Fee, CreateTime: timestamppb.New(time.UnixMilli(i.Created)), Failure: i.Note,
	}
	for _, c := range i.Settles {
		m.Channels = append(m.Channels, c.Channel[:])
		m.Values = append(m.Values, c.Worth.String())
	}
	return m
}

var states = map[channel.IntentState]channelpb.SettlementState{
	channel.IntentSigned:  channelpb.SettlementState_SETTLEMENT_STATE_SUBMITTED,
	channel.IntentInBlock: channelpb.SettlementState_SETTLEMENT_STATE_IN_BLOCK,
	channel.IntentSolid:   channelpb.SettlementState_SETTLEMENT_STATE_SOLID,
	channel.IntentFailed:  channelpb.SettlementState_SETTLEMENT_STATE_FAILED,
	channel.IntentExpired: channelpb.SettlementState_SETTLEMENT_STATE_FAILED,
}
