package api

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/settle"
)

// watchEvery is how often a watched operation or channel is looked at.
const watchEvery = 250 * time.Millisecond

// Settler is what the API needs of the settlements.
type Settler interface {
	// Plan is what would be settled now, without sending anything.
	Plan(ctx context.Context, requested []channel.ID) (settle.Plan, error)
	// Settle sends what is planned now; the intents are durable.
	Settle(ctx context.Context, requested []channel.ID) ([]channel.Intent, error)
	// Close settles a channel for the last time.
	Close(ctx context.Context, id channel.ID) (channel.Intent, error)
	// Intent is a transaction of ours, or channel.ErrUnknownSettlement.
	Intent(ctx context.Context, id [32]byte) (channel.Intent, error)
	// IntentsBefore are at most limit of those after the one of that time (unix milliseconds) and id, newest first.
	IntentsBefore(ctx context.Context, created int64, after [32]byte, limit int) ([]channel.Intent, error)
	// OpenIntents are those that are not final.
	OpenIntents(ctx context.Context) ([]channel.Intent, error)
}

// settlements implements channelpb.SettlementsServer.
type settlements struct {
	channelpb.UnimplementedSettlementsServer
	*Server
}

// Plan is a dry run.
func (s *settlements) Plan(ctx context.Context, _ *channelpb.PlanRequest) (*channelpb.PlanResponse, error) {
	if s.config.Settler == nil {
		return nil, message.ErrDisabled
	}
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

// Settle settles now. What is under way already for a channel that is asked for is answered too, so that asking twice gives the same.
func (s *settlements) Settle(ctx context.Context, request *channelpb.SettleRequest) (*channelpb.SettleResponse, error) {
	return once(ctx, s.Server, channelpb.Settlements_Settle_FullMethodName, request, func(ctx context.Context) (*channelpb.SettleResponse, error) {
		if s.config.Settler == nil {
			return nil, message.ErrDisabled
		}
		requested, err := s.known(ctx, request.GetChannels())
		if err != nil {
			return nil, err
		}
		open, err := s.config.Settler.OpenIntents(ctx)
		if err != nil {
			return nil, err
		}
		sent, err := s.config.Settler.Settle(ctx, requested)
		answer := &channelpb.SettleResponse{}
		told := map[[32]byte]bool{}
		for _, intent := range append(sent, about(open, requested)...) {
			if !told[intent.TxID] {
				told[intent.TxID] = true
				answer.Operations = append(answer.Operations, fromIntent(intent))
			}
		}
		if err != nil && len(answer.Operations) == 0 {
			return nil, err
		}
		if err != nil {
			s.config.Log.Warn("settling only a part of what was asked for; the rest is planned again", "err", err)
		}
		return answer, nil
	})
}

// about are the intents that settle one of the channels.
func about(open []channel.Intent, ids []channel.ID) (list []channel.Intent) {
	wanted := map[channel.ID]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	for _, intent := range open {
		for _, c := range intent.Settles {
			if wanted[c.Channel] {
				list = append(list, intent)
				break
			}
		}
	}
	return list
}

// known reads the ids of channels that there are.
func (s *Server) known(ctx context.Context, raw [][]byte) ([]channel.ID, error) {
	if len(raw) > MaxPage {
		return nil, fmt.Errorf("%w: %d channels, at most %d", channel.ErrMalformed, len(raw), MaxPage)
	}
	var ids []channel.ID
	for _, one := range raw {
		id, err := message.ToID(one)
		if err != nil {
			return nil, err
		}
		if _, err := s.config.Ledger.Record(ctx, id); err != nil {
			return nil, fmt.Errorf("channel %s: %w", id.Short(), err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// Close settles a channel for the last time.
func (s *settlements) Close(ctx context.Context, request *channelpb.CloseRequest) (*channelpb.CloseResponse, error) {
	return once(ctx, s.Server, channelpb.Settlements_Close_FullMethodName, request, func(ctx context.Context) (*channelpb.CloseResponse, error) {
		id, err := message.ToID(request.GetChannel())
		if err != nil {
			return nil, err
		}
		if s.config.Settler == nil {
			return nil, message.ErrDisabled
		}
		record, err := s.config.Ledger.Record(ctx, id)
		if err != nil {
			return nil, err
		}
		if record.State == channel.Closed {
			return nil, channel.ErrClosed
		}
		intent, err := s.close(ctx, id)
		if err != nil {
			return nil, err
		}
		return &channelpb.CloseResponse{Operation: fromIntent(intent)}, nil
	})
}

// close sends the close, or finds the one that is under way.
func (s *settlements) close(ctx context.Context, id channel.ID) (channel.Intent, error) {
	open, err := s.config.Settler.OpenIntents(ctx)
	if err != nil {
		return channel.Intent{}, err
	}
	for _, intent := range about(open, []channel.ID{id}) {
		if intent.Kind == "close" {
			return intent, nil
		}
	}
	return s.config.Settler.Close(ctx, id)
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
	created, after, err := toPlace(request.GetPageToken())
	if err != nil {
		return nil, err
	}
	if s.config.Settler == nil {
		return nil, message.ErrDisabled
	}
	intents, err := s.config.Settler.IntentsBefore(ctx, created, after, size+1)
	if err != nil {
		return nil, err
	}
	answer := &channelpb.SettlementsListResponse{}
	if len(intents) > size {
		intents = intents[:size]
		answer.NextPageToken = fromPlace(intents[size-1])
	}
	for _, intent := range intents {
		answer.Operations = append(answer.Operations, fromIntent(intent))
	}
	return answer, nil
}

// fromPlace is an intent's place in the list as a page token.
func fromPlace(i channel.Intent) string {
	return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(i.Created))) + hex.EncodeToString(i.TxID[:])
}

// toPlace reads a page token; without one the list begins.
func toPlace(token string) (created int64, after [32]byte, err error) {
	if token == "" {
		return math.MaxInt64, after, nil
	}
	raw, err := hex.DecodeString(token)
	if err != nil || len(raw) != 40 {
		return 0, after, fmt.Errorf("%w: not a page token of this server", channel.ErrMalformed)
	}
	return int64(binary.BigEndian.Uint64(raw)), [32]byte(raw[8:]), nil
}

// Watch streams every change of an operation's state until it is final.
func (s *settlements) Watch(request *channelpb.SettlementsWatchRequest, stream grpc.ServerStreamingServer[channelpb.SettlementsWatchResponse]) error {
	return s.watch(stream.Context(), func(ctx context.Context) (channel.Intent, error) { return s.intent(ctx, request.GetId()) },
		func(m *channelpb.Operation) error {
			return stream.Send(&channelpb.SettlementsWatchResponse{Operation: m})
		})
}

func (s *settlements) intent(ctx context.Context, raw []byte) (channel.Intent, error) {
	id, err := operationID(raw)
	if err != nil {
		return channel.Intent{}, err
	}
	if s.config.Settler == nil {
		return channel.Intent{}, message.ErrDisabled
	}
	return s.config.Settler.Intent(ctx, id)
}

func fromIntent(i channel.Intent) *channelpb.Operation {
	m := &channelpb.Operation{
		Id: i.TxID[:], Kind: i.Kind, State: states[i.State], Block: i.Block, Energy: i.Energy, FeeSun: i.Fee, Failure: i.Note,
		CreateTime: timeOf(i.Created), ExpireTime: timeOf(i.Expires),
	}
	for _, c := range i.Settles {
		one := &channelpb.OperationChannel{Id: c.Channel[:]}
		if !c.Worth.IsZero() {
			one.Worth = c.Worth.String()
		}
		m.Channels = append(m.Channels, one)
	}
	return m
}

// timeOf is unix milliseconds as the API shows them; 0 is not known.
func timeOf(milliseconds int64) *timestamppb.Timestamp {
	if milliseconds == 0 {
		return nil
	}
	return timestamppb.New(time.UnixMilli(milliseconds))
}

var states = map[channel.IntentState]channelpb.OperationState{
	channel.IntentSigned:  channelpb.OperationState_OPERATION_STATE_SUBMITTED,
	channel.IntentInBlock: channelpb.OperationState_OPERATION_STATE_IN_BLOCK,
	channel.IntentSolid:   channelpb.OperationState_OPERATION_STATE_SOLID,
	channel.IntentFailed:  channelpb.OperationState_OPERATION_STATE_FAILED,
	channel.IntentExpired: channelpb.OperationState_OPERATION_STATE_EXPIRED,
}
