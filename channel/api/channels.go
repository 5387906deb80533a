package api

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"google.golang.org/grpc"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
)

// channels implements channelpb.ChannelsServer.
type channels struct {
	channelpb.UnimplementedChannelsServer
	*Server
}

// Get answers what the server knows of a channel.
func (s *channels) Get(ctx context.Context, request *channelpb.ChannelsGetRequest) (*channelpb.ChannelsGetResponse, error) {
	id, err := message.ToID(request.GetId())
	if err != nil {
		return nil, err
	}
	record, err := s.config.Ledger.Record(ctx, id)
	if err != nil {
		return nil, err
	}
	return &channelpb.ChannelsGetResponse{Channel: message.FromRecord(record)}, nil
}

// List lists channels in the order of their ids, a page at a time.
func (s *channels) List(ctx context.Context, request *channelpb.ChannelsListRequest) (*channelpb.ChannelsListResponse, error) {
	query, err := toQuery(request)
	if err != nil {
		return nil, err
	}
	size := query.Limit
	query.Limit++ // one more tells whether there is another page
	records, err := s.config.Ledger.List(ctx, query)
	if err != nil {
		return nil, err
	}
	answer := &channelpb.ChannelsListResponse{}
	if len(records) > size {
		records = records[:size]
		answer.NextPageToken = records[size-1].ID.String()
	}
	for _, record := range records {
		answer.Channels = append(answer.Channels, message.FromRecord(record))
	}
	return answer, nil
}

func toQuery(request *channelpb.ChannelsListRequest) (channel.Query, error) {
	size, err := pageSize(request.GetPageSize())
	if err != nil {
		return channel.Query{}, err
	}
	query := channel.Query{Limit: size, Live: request.GetLive()}
	if query.Payer, err = optionalAddress("payer", request.GetPayer()); err != nil {
		return channel.Query{}, err
	}
	if query.Payee, err = optionalAddress("payee", request.GetPayee()); err != nil {
		return channel.Query{}, err
	}
	if request.GetAsset() != nil {
		asset, err := message.ToAsset(request.GetAsset())
		if err != nil {
			return channel.Query{}, err
		}
		query.Asset = &asset
	}
	if token := request.GetPageToken(); token != "" {
		raw, err := hex.DecodeString(token)
		if err != nil || len(raw) != len(channel.ID{}) {
			return channel.Query{}, fmt.Errorf("%w: not a page token of this server", channel.ErrMalformed)
		}
		query.After = channel.ID(raw)
	}
	return query, nil
}

func pageSize(asked int32) (int, error) {
	if asked < 0 || asked > MaxPage {
		return 0, fmt.Errorf("%w: a page of %d, want 1 to %d", channel.ErrMalformed, asked, MaxPage)
	}
	if asked == 0 {
		return DefaultPage, nil
	}
	return int(asked), nil
}

// Watch streams a channel as it is now, and whenever its figures change, until it is closed.
func (s *channels) Watch(request *channelpb.ChannelsWatchRequest, stream grpc.ServerStreamingServer[channelpb.ChannelsWatchResponse]) error {
	id, err := message.ToID(request.GetId())
	if err != nil {
		return err
	}
	leave, err := s.enterWatch()
	if err != nil {
		return err
	}
	defer leave()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for told := uint64(0); ; {
		record, err := s.config.Ledger.Record(stream.Context(), id)
		if err != nil {
			return err
		}
		if record.Version != told {
			if err := stream.Send(&channelpb.ChannelsWatchResponse{Channel: message.FromRecord(record)}); err != nil {
				return err
			}
			told = record.Version
		}
		if record.State == channel.Closed {
			return nil
		}
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case <-tick.C:
		}
	}
}
