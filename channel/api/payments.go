package api

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/ledger"
)

// payments implements channelpb.PaymentsServer.
type payments struct {
	channelpb.UnimplementedPaymentsServer
	*Server
}

// Submit takes one payment and answers when it is durable.
func (s *payments) Submit(ctx context.Context, request *channelpb.SubmitRequest) (*channelpb.SubmitResponse, error) {
	id, err := message.ToID(request.GetChannel())
	if err != nil {
		return nil, err
	}
	payment, err := message.ToPayment(id, request.GetPayment())
	if err != nil {
		return nil, err
	}
	ticket, err := s.config.Ledger.Offer(ctx, payment)
	if err != nil {
		return nil, err
	}
	receipt, err := ticket.Wait(ctx)
	if err != nil {
		return nil, err
	}
	return &channelpb.SubmitResponse{Paid: receipt.Paid.String(), Replayed: receipt.Replayed}, nil
}

// Sync tells a payer where the channel stands, with its own signature as the proof.
func (s *payments) Sync(ctx context.Context, request *channelpb.SyncRequest) (*channelpb.SyncResponse, error) {
	id, err := message.ToID(request.GetChannel())
	if err != nil {
		return nil, err
	}
	record, err := s.config.Ledger.Record(ctx, id)
	if err != nil {
		return nil, err
	}
	shown := message.FromRecord(record)
	return &channelpb.SyncResponse{Paid: shown.GetPaid(), Voucher: shown.GetVoucher(), Reveals: shown.GetReveals()}, nil
}

// Pay takes frames of payments of one channel. The stream ends at the first payment that the rule refuses, after everything before it is acknowledged.
func (s *payments) Pay(stream grpc.BidiStreamingServer[channelpb.PayRequest, channelpb.PayResponse]) error {
	tickets := make(chan ledger.Ticket, MaxUnacknowledged)
	refused := make(chan error, 1)
	go func() {
		refused <- s.receive(stream, tickets)
		close(tickets)
	}()
	if err := acknowledge(stream, tickets); err != nil {
		return err // the stream's context ends with this, and the receiver with it
	}
	return <-refused
}

// receive offers what comes up the stream, until it ends or something is refused.
func (s *payments) receive(stream grpc.BidiStreamingServer[channelpb.PayRequest, channelpb.PayResponse], tickets chan<- ledger.Ticket) error {
	var id channel.ID
	for named := false; ; {
		frame, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(frame.GetChannel()) > 0 && named {
			return fmt.Errorf("%w: a stream is for one channel, named in its first frame", channel.ErrMalformed)
		}
		if !named {
			if id, err = message.ToID(frame.GetChannel()); err != nil {
				return err
			}
			named = true
		}
		if err := s.offer(stream.Context(), id, frame.GetPayments(), tickets); err != nil {
			return err
		}
	}
}

func (s *payments) offer(ctx context.Context, id channel.ID, payments []*channelpb.Payment, tickets chan<- ledger.Ticket) error {
	if len(payments) == 0 || len(payments) > MaxFrame {
		return fmt.Errorf("%w: a frame of %d payments, want 1 to %d", channel.ErrMalformed, len(payments), MaxFrame)
	}
	for _, m := range payments {
		payment, err := message.ToPayment(id, m)
		if err != nil {
			return err
		}
		ticket, err := s.config.Ledger.Offer(ctx, payment)
		if err != nil {
			return err
		}
		select {
		case tickets <- ticket:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// acknowledge waits until what was offered is durable, and says so: one ack covers all before it, sent whenever nothing more is ready and every MaxFrame payments.
func acknowledge(stream grpc.BidiStreamingServer[channelpb.PayRequest, channelpb.PayResponse], tickets <-chan ledger.Ticket) error {
	var durable, told uint64
	for ticket := range tickets {
		receipt, err := ticket.Wait(stream.Context())
		if err != nil {
			return err
		}
		durable++
		if len(tickets) > 0 && durable-told < MaxFrame {
			continue
		}
		told = durable
		if err := stream.Send(&channelpb.PayResponse{Acknowledged: durable, Paid: receipt.Paid.String()}); err != nil {
			return err
		}
	}
	return nil
}
