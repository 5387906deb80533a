package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sync/semaphore"
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
	return ticket, struck(ctx, err)
}

// struck counts an error that only somebody without the key, or without the chain, can have caused.
func struck(ctx context.Context, err error) error {
	if errors.Is(err, channel.ErrBadSignature) || errors.Is(err, channel.ErrBadPreimage) {
		strike(ctx)
	}
	return err
}

type payStream = grpc.BidiStreamingServer[channelpb.PayRequest, channelpb.PayResponse]

// Pay takes frames of payments of one channel. The stream ends at the first payment that the rule refuses, after everything before it is
// acknowledged.
func (s *payments) Pay(stream payStream) error {
	if s.draining.Load() {
		return message.ErrDraining
	}
	offered := &offers{frames: make(chan *offer, MaxUnacknowledged), room: semaphore.NewWeighted(MaxUnacknowledged), refused: make(chan error, 1)}
	ctx, end := context.WithCancelCause(stream.Context())
	defer end(nil)
	go func() {
		offered.refused <- s.receive(ctx, stream, offered)
		close(offered.frames)
	}()
	return s.acknowledge(stream, offered, end)
}

// offers are what one stream has offered to the ledger and not acknowledged, frame by frame.
type offers struct {
	frames  chan *offer
	room    *semaphore.Weighted // for so many more payments
	refused chan error          // what ended the receiving
}

// offer is a frame's payments on their way to the disk. At most MaxFrame.
type offer struct{ tickets []ledger.Ticket }

// spareOffers are used again: a frame of 64 takes some 10 kB.
var spareOffers = sync.Pool{New: func() any { return &offer{} }}

func (o *offer) free() {
	clear(o.tickets)
	o.tickets = o.tickets[:0]
	spareOffers.Put(o)
}

// receive offers what comes up the stream, until it ends or something is refused.
func (s *payments) receive(ctx context.Context, stream payStream, offered *offers) error {
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
		if err := s.takeFrame(ctx, lane, id, frame.GetPayments(), offered); err != nil {
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

// takeFrame offers a frame's payments in their order. What comes before one that is refused stands.
func (s *payments) takeFrame(ctx context.Context, lane *lane, id channel.ID, list []*channelpb.Payment, offered *offers) error {
	if len(list) == 0 || len(list) > MaxFrame {
		return fmt.Errorf("%w: a frame of %d payments, want 1 to %d", channel.ErrMalformed, len(list), MaxFrame)
	}
	if err := lane.slow(ctx, vouchersIn(list)); err != nil {
		return err
	}
	if err := offered.room.Acquire(ctx, int64(len(list))); err != nil {
		return err
	}
	frame := spareOffers.Get().(*offer)
	refusal := s.offerAll(ctx, id, list, frame)
	offered.room.Release(int64(len(list) - len(frame.tickets)))
	if len(frame.tickets) == 0 {
		frame.free()
		return refusal
	}
	offered.frames <- frame // never waits: there was room for its payments, so there is for the frame
	return refusal
}

func (s *payments) offerAll(ctx context.Context, id channel.ID, list []*channelpb.Payment, frame *offer) error {
	for _, m := range list {
		payment, err := message.ToPayment(id, m)
		if err != nil {
			return err
		}
		ticket, err := s.offer(ctx, payment)
		if err != nil {
			return err
		}
		frame.tickets = append(frame.tickets, ticket)
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

// acknowledge waits until what was offered is durable, and says so: one ack covers all before it, sent whenever nothing more is ready and
// every MaxFrame payments. It returns what ended the stream.
func (s *payments) acknowledge(stream payStream, offered *offers, end context.CancelCauseFunc) error {
	var durable, told uint64
	drain := s.drainBegun()
	for {
		var frame *offer
		more := true
		select {
		case frame, more = <-offered.frames:
		case <-drain:
			drain = nil // what was offered is acknowledged, nothing more is read
			end(message.ErrDraining)
			if len(offered.frames) == 0 {
				return message.ErrDraining
			}
			continue
		}
		if !more {
			return <-offered.refused
		}
		receipt, err := frame.wait(stream.Context())
		if err != nil {
			return err
		}
		durable += uint64(len(frame.tickets))
		offered.room.Release(int64(len(frame.tickets)))
		frame.free()
		if len(offered.frames) > 0 && durable-told < MaxFrame {
			continue
		}
		told = durable
		if err := stream.Send(&channelpb.PayResponse{Acknowledged: durable, Paid: receipt.Paid.String()}); err != nil {
			return err
		}
		if drain == nil && len(offered.frames) == 0 {
			return message.ErrDraining
		}
	}
}

// wait returns when all are durable, with the last one's receipt.
func (o *offer) wait(ctx context.Context) (last channel.Receipt, err error) {
	for i := range o.tickets {
		if last, err = o.tickets[i].Wait(ctx); err != nil {
			return last, err
		}
	}
	return last, nil
}
