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

// settlements implements channelpb.SettlementsServer.
type settlements struct {
	channelpb.UnimplementedSettlementsServer
	*Server
}

// Plan is a dry run.
func (s *settlements) Plan(ctx context.Context, _ *channelpb.PlanRequest) (*channelpb.PlanResponse, error) {
	plan, err := s.config.Settler.Plan(ctx, nil)
	if err != nil {
		return nil, err
	}
	answer := &channelpb.PlanResponse{}
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
func (s *settlements) Settle(ctx context.Context, request *channelpb.SettleRequest) (*channelpb.SettleResponse, error) {
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
		answer.Operations = append(answer.Operations, fromIntent(intent))
	}
	return answer, nil
}

// Close settles a channel for the last time.
func (s *settlements) Close(ctx context.Context, request *channelpb.CloseRequest) (*channelpb.CloseResponse, error) {
	id, err := message.ToID(request.GetChannel())
	if err != nil {
		return nil, err
	}
	intent, err := s.config.Settler.Close(ctx, id)
	if err != nil {
		return nil, err
	}
	return &channelpb.CloseResponse{Operation: fromIntent(intent)}, nil
}

// Get answers how far a transaction has come.
func (s *settlements) Get(ctx context.Context, request *channelpb.SettlementsGetRequest) (*channelpb.SettlementsGetResponse, error) {
	intent, err := s.intent(ctx, request.GetId())
	if err != nil {
		return nil, err
	}
	return &channelpb.SettlementsGetResponse{Operation: fromIntent(intent)}, nil
}

// List lists transactions, the newest first.
func (s *settlements) List(ctx context.Context, request *channelpb.SettlementsListRequest) (*channelpb.SettlementsListResponse, error) {
	size, err := pageSize(request.GetPageSize())
	if err != nil {
		return nil, err
	}
	intents, err := s.config.Settler.Intents(ctx, size)
	if err != nil {
		return nil, err
	}
	answer := &channelpb.SettlementsListResponse{}
	for _, intent := range intents {
		answer.Operations = append(answer.Operations, fromIntent(intent))
	}
	return answer, nil
}

// Watch streams every change of an operation's state until it is final.
func (s *settlements) Watch(request *channelpb.SettlementsWatchRequest, stream grpc.ServerStreamingServer[channelpb.SettlementsWatchResponse]) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var told *channelpb.Operation
	for {
		intent, err := s.intent(stream.Context(), request.GetId())
		if err != nil {
			return err
		}
		if now := fromIntent(intent); !proto.Equal(now, told) {
			if err := stream.Send(&channelpb.SettlementsWatchResponse{Operation: now}); err != nil {
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

func (s *settlements) intent(ctx context.Context, id []byte) (channel.Intent, error) {
	if len(id) != 32 {
		return channel.Intent{}, fmt.Errorf("%w: a settlement's id has 32 bytes, not %d", channel.ErrMalformed, len(id))
	}
	return s.config.Settler.Intent(ctx, [32]byte(id))
}

func fromIntent(i channel.Intent) *channelpb.Operation {
	m := &channelpb.Operation{
		Id: i.TxID[:], Kind: i.Kind, State: states[i.State], Block: i.Block, Energy: i.Energy, FeeSun: i.Fee, Failure: i.Note,
		CreateTime: timestamppb.New(time.UnixMilli(i.Created)), ExpireTime: timestamppb.New(time.UnixMilli(i.Expires)),
	}
	for _, c := range i.Settles {
		m.Channels = append(m.Channels, &channelpb.OperationChannel{Id: c.Channel[:], Worth: c.Worth.String()})
	}
	return m
}

var states = map[channel.IntentState]channelpb.OperationState{
	channel.IntentSigned:  channelpb.OperationState_OPERATION_STATE_SUBMITTED,
	channel.IntentInBlock: channelpb.OperationState_OPERATION_STATE_IN_BLOCK,
	channel.IntentSolid:   channelpb.OperationState_OPERATION_STATE_SOLID,
	channel.IntentFailed:  channelpb.OperationState_OPERATION_STATE_FAILED,
	channel.IntentExpired: channelpb.OperationState_OPERATION_STATE_EXPIRED,
}
