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
	if s.draining.Load() {
		return nil, message.ErrDraining
	}
	id, err := message.ToID(request.GetChannel())
	if err != nil {
		return nil, err
	}
	payment, err := message.ToPayment(id, request.GetPayment())
	if err != nil {
		return nil, err
	}
	if payment.Voucher != nil {
		if err := s.pays.single(id).refuse(); err != nil {
			return nil, err
		}
	}
	ticket, err := s.offer(ctx, payment)
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

// offer gives a payment to the ledger. One that nobody with the key could have sent counts against its connection.
func (s *payments) offer(ctx context.Context, p channel.Payment) (ledger.Ticket, error) {
	ticket, err := s.config.Ledger.Offer(ctx, p)
	if err != nil && (errors.Is(err, channel.ErrBadSignature) || errors.Is(err, channel.ErrBadPreimage)) {
		strike(ctx)
	}
	return ticket, err
}

type payStream = grpc.BidiStreamingServer[channelpb.PayRequest, channelpb.PayResponse]

// Pay takes frames of payments of one channel. The stream ends at the first payment that the rule refuses, after everything before it is acknowledged.
func (s *payments) Pay(stream payStream) error {
	if s.draining.Load() {
		return message.ErrDraining
	}
	tickets := make(chan ledger.Ticket, MaxUnacknowledged)
	refused := make(chan error, 1)
	ctx, end := context.WithCancelCause(stream.Context())
	defer end(nil)
	go func() {
		refused <- s.receive(ctx, stream, tickets)
		close(tickets)
	}()
	return s.acknowledge(stream, tickets, refused, end)
}

// receive offers what comes up the stream, until it ends or something is refused.
func (s *payments) receive(ctx context.Context, stream payStream, tickets chan<- ledger.Ticket) error {
	frame, err := stream.Recv()
	if err != nil {
		return ended(err)
	}
	id, err := message.ToID(frame.GetChannel())
	if err != nil {
		return err
	}
	lane, leave, err := s.pays.enter(id)
	if err != nil {
		return err
	}
	defer leave()
	for {
		if err := s.takeFrame(ctx, lane, id, frame.GetPayments(), tickets); err != nil {
			return err
		}
		if frame, err = stream.Recv(); err != nil {
			return ended(err)
		}
		if len(frame.GetChannel()) > 0 {
			return fmt.Errorf("%w: a stream is for one channel, named in its first frame", channel.ErrMalformed)
		}
	}
}

// ended makes the client's end of the stream no error.
func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (s *payments) takeFrame(ctx context.Context, lane *lane, id channel.ID, list []*channelpb.Payment, tickets chan<- ledger.Ticket) error {
	if len(list) == 0 || len(list) > MaxFrame {
		return fmt.Errorf("%w: a frame of %d payments, want 1 to %d", channel.ErrMalformed, len(list), MaxFrame)
	}
	if err := lane.slow(ctx, vouchersIn(list)); err != nil {
		return err
	}
	for _, m := range list {
		payment, err := message.ToPayment(id, m)
		if err != nil {
			return err
		}
		ticket, err := s.offer(ctx, payment)
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

func vouchersIn(list []*channelpb.Payment) (n int) {
	for _, m := range list {
		if m.GetVoucher() != nil {
			n++
		}
	}
	return n
}

// acknowledge waits until what was offered is durable, and says so: one ack covers all before it, sent whenever nothing more is ready and every MaxFrame payments.
// It returns what ended the stream.
func (s *payments) acknowledge(stream payStream, tickets <-chan ledger.Ticket, refused <-chan error, end context.CancelCauseFunc) error {
	var durable, told uint64
	drain := s.drainBegun()
	for {
		var ticket ledger.Ticket
		more := true
		select {
		case ticket, more = <-tickets:
		case <-drain:
			drain = nil // what was offered is acknowledged, nothing more is read
			end(message.ErrDraining)
			if len(tickets) == 0 {
				return message.ErrDraining
			}
			continue
		}
		if !more {
			return <-refused
		}
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
		if drain == nil && len(tickets) == 0 {
			return message.ErrDraining
		}
	}
}
