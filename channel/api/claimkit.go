package api

import (
	"context"

	"google.golang.org/grpc"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/wallet"
)

// claimsAtOnce is how many claims one part of a kit holds: below the message limit of any client, with the longest evidence.
const claimsAtOnce = 100

// ExportClaimKit streams the best evidence of the channels asked for, or of every live channel that pays this server and has some.
func (s *settlements) ExportClaimKit(request *channelpb.ExportClaimKitRequest, stream grpc.ServerStreamingServer[channelpb.ExportClaimKitResponse]) error {
	ctx := stream.Context()
	ids, err := s.known(ctx, request.GetChannels())
	if err != nil {
		return err
	}
	if s.config.Chain == nil {
		return message.ErrDisabled
	}
	quote, err := s.config.Chain.Quote(ctx)
	if err != nil {
		return err
	}
	send := func(records []channel.Record) error {
		separator := quote.Domain.Separator()
		kit := &channelpb.ClaimKit{ChainId: quote.Domain.ChainID, Contract: quote.Domain.Contract.String()}
		for i := range records {
			if records[i].HasVoucher() {
				records[i].Held = records[i].Held.Recovering(separator, records[i].Terms.Signer)
				kit.Claims = append(kit.Claims, message.FromClaim(&records[i]))
			}
		}
		return stream.Send(&channelpb.ExportClaimKitResponse{Kit: kit})
	}
	if len(ids) > 0 {
		return s.exportThese(ctx, ids, send)
	}
	return s.exportAll(ctx, quote.Payee, send)
}

func (s *settlements) exportThese(ctx context.Context, ids []channel.ID, send func([]channel.Record) error) error {
	for len(ids) > 0 {
		n := min(len(ids), claimsAtOnce)
		var part []channel.Record
		for _, id := range ids[:n] {
			record, err := s.config.Ledger.Record(ctx, id)
			if err != nil {
				return err
			}
			part = append(part, record)
		}
		if err := send(part); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

func (s *settlements) exportAll(ctx context.Context, payee wallet.Address, send func([]channel.Record) error) error {
	query := channel.Query{Live: true, Payee: payee, Limit: claimsAtOnce}
	for first := true; ; first = false {
		part, err := s.config.Ledger.List(ctx, query)
		if err != nil {
			return err
		}
		if len(part) == 0 && !first {
			return nil
		}
		if err := send(part); err != nil {
			return err
		}
		if len(part) < claimsAtOnce {
			return nil
		}
		query.After = part[len(part)-1].ID
	}
}
