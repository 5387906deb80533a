package api

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/store"
)

const (
	// keepNews is how far back Subscribe can begin.
	keepNews = 90 * 24 * time.Hour
	// newsEvery is how often the feed is looked at; servers that share a store tell each other nothing else.
	newsEvery = 250 * time.Millisecond
	// newsAtOnce is how many events are read at once.
	newsAtOnce = 256

	defaultHeartbeat = 15 * time.Second
	maxHeartbeat     = 300 * time.Second
)

// events implements channelpb.EventsServer.
type events struct {
	channelpb.UnimplementedEventsServer
	*Server
}

type subscription = grpc.ServerStreamingServer[channelpb.SubscribeResponse]

// Subscribe streams events from a sequence on.
func (s *events) Subscribe(request *channelpb.SubscribeRequest, stream subscription) error {
	heartbeat, err := toHeartbeat(request)
	if err != nil {
		return err
	}
	if s.config.Store == nil {
		return message.ErrDisabled
	}
	leave, err := s.enterSubscription()
	if err != nil {
		return err
	}
	defer leave()
	next, err := s.first(stream.Context(), request.GetFromSequence())
	if err != nil {
		return err
	}
	return s.tell(stream, next, heartbeat)
}

func toHeartbeat(request *channelpb.SubscribeRequest) (time.Duration, error) {
	if request.GetFromSequence() < 0 {
		return 0, fmt.Errorf("%w: from_sequence is below 0", channel.ErrMalformed)
	}
	seconds := request.GetHeartbeatSeconds()
	if seconds < 0 || seconds > int32(maxHeartbeat/time.Second) {
		return 0, fmt.Errorf("%w: a heartbeat of %d s, want 1 to %.0f", channel.ErrMalformed, seconds, maxHeartbeat.Seconds())
	}
	if seconds == 0 {
		return defaultHeartbeat, nil
	}
	return time.Duration(seconds) * time.Second, nil
}

func (s *Server) enterSubscription() (leave func(), err error) {
	if n := s.streams.Add(1); n > int64(s.config.Limits.Subscriptions) {
		s.streams.Add(-1)
		return nil, fmt.Errorf("%w: the server has %d subscriptions", message.ErrStreams, n-1)
	}
	return func() { s.streams.Add(-1) }, nil
}

// first is the sequence to begin with. One that is too old or in the future is refused: going on from it silently would leave a gap.
func (s *events) first(ctx context.Context, from int64) (next int64, err error) {
	err = s.config.Store.View(ctx, func(t *store.Tx) error {
		oldest, newest, err := t.NewsBounds()
		switch {
		case err != nil:
			return err
		case from > newest+1:
			return fmt.Errorf("%w: from_sequence %d, the next event is %d", channel.ErrMalformed, from, newest+1)
		case from > 1 && from < oldest:
			return fmt.Errorf("%w: the oldest is %d", message.ErrEventsGone, oldest)
		}
		next = max(from, oldest, 1)
		return nil
	})
	return next, err
}

// tell sends what there is and what comes, in order, until the stream ends.
func (s *events) tell(stream subscription, next int64, heartbeat time.Duration) error {
	tick := time.NewTicker(newsEvery)
	defer tick.Stop()
	spoke := s.now()
	for {
		list, err := s.news(stream.Context(), next)
		if err != nil {
			return err
		}
		for i := range list {
			if list[i].Seq != next {
				return fmt.Errorf("%w: the oldest is %d", message.ErrEventsGone, list[i].Seq) // forgotten while a slow reader was behind
			}
			event, err := fromNews(&list[i])
			if err != nil {
				return err
			}
			if err := stream.Send(&channelpb.SubscribeResponse{Kind: &channelpb.SubscribeResponse_Event{Event: event}}); err != nil {
				return err
			}
			next, spoke = next+1, s.now()
		}
		if len(list) == newsAtOnce {
			continue
		}
		if now := s.now(); now.Sub(spoke) >= heartbeat {
			beat := &channelpb.Heartbeat{NextSequence: next, Time: timestamppb.New(now)}
			if err := stream.Send(&channelpb.SubscribeResponse{Kind: &channelpb.SubscribeResponse_Heartbeat{Heartbeat: beat}}); err != nil {
				return err
			}
			spoke = now
		}
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case <-tick.C:
		}
	}
}

func (s *events) news(ctx context.Context, from int64) (list []channel.News, err error) {
	err = s.config.Store.View(ctx, func(t *store.Tx) error {
		list, err = t.News(from-1, newsAtOnce)
		return err
	})
	return list, err
}

func fromNews(n *channel.News) (*channelpb.Event, error) {
	body, err := n.Read()
	if err != nil {
		return nil, err
	}
	m := &channelpb.Event{
		Sequence: n.Seq, Time: timeOf(n.At), Kind: n.Kind, Deposit: text(body.Deposit), Settled: text(body.Settled), Paid: text(body.Paid), Refund: text(body.Refund),
		Block: body.Block,
	}
	if n.Channel != (channel.ID{}) {
		m.Channel, m.State = n.Channel[:], message.FromState(body.State)
	}
	if body.CloseAt != 0 {
		m.CloseTime = timestamppb.New(time.Unix(body.CloseAt, 0))
	}
	if m.Transaction, err = hex.DecodeString(body.TxID); err != nil {
		return nil, fmt.Errorf("reading event %d: %w", n.Seq, err)
	}
	if body.Intent != nil {
		m.Operation = fromToldIntent(m.GetTransaction(), body)
	}
	return m, nil
}

func fromToldIntent(txid []byte, body channel.NewsBody) *channelpb.Operation {
	i := body.Intent
	intent := channel.Intent{Kind: i.Kind, State: i.State, Created: i.Created, Expires: i.Expires, Block: body.Block, Fee: i.Fee, Energy: i.Energy, Note: i.Note}
	copy(intent.TxID[:], txid)
	for _, c := range i.Settles {
		intent.Settles = append(intent.Settles, channel.IntentChannel(c))
	}
	return fromIntent(intent)
}

func text(a *channel.Amount) string {
	if a == nil {
		return ""
	}
	return a.String()
}
