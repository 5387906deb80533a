// Command go opens a channel, pays on it, loses the connection, goes on, lets the payee settle, and reads the statement: the channel's events, and the hub's book.
//
// usage: go run . SERVER, with TOKEN (scopes prepare, settle, read) and PAYER_KEY (hex) in the environment. The server is a hub.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/wallet"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := walk(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// payer is who walks.
type payer struct {
	key    *wallet.Key
	conn   *grpc.ClientConn
	token  context.Context //nolint:containedctx // a walk is one call
	domain channel.Domain
	hub    wallet.Address
	id     channel.ID
}

func walk(ctx context.Context, server string) error {
	key, err := wallet.ParseKey(os.Getenv("PAYER_KEY"))
	if err != nil {
		return err
	}
	p := &payer{key: key, token: metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+os.Getenv("TOKEN"))}
	if err := p.connect(server); err != nil {
		return err
	}
	if err := p.open(); err != nil {
		return err
	}
	if err := p.pay(10_000_000, 20_000_000); err != nil {
		return err
	}
	if err := errors.Join(p.conn.Close(), p.connect(server)); err != nil { // the connection is lost, and made again
		return err
	}
	defer func() { _ = p.conn.Close() }()
	paid, err := p.resume()
	if err != nil {
		return err
	}
	if err := p.settle(); err != nil {
		return err
	}
	settled, err := p.statement()
	if err != nil {
		return err
	}
	booked, err := p.book()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]string{"channel": p.id.String(), "paid": paid, "settled": settled, "booked": booked})
}

func (p *payer) connect(server string) (err error) {
	p.conn, err = grpc.NewClient(server, grpc.WithTransportCredentials(insecure.NewCredentials())) // on the loopback only
	return err
}

// open lets the server prepare a transaction, checks and signs it.
func (p *payer) open() error {
	channels := channelpb.NewChannelsClient(p.conn)
	quote, err := channels.Quote(p.token, &channelpb.ChannelsQuoteRequest{})
	if err != nil {
		return err
	}
	contract, err := wallet.ParseAddress(quote.GetContract())
	if err != nil {
		return err
	}
	p.domain = channel.Domain{ChainID: quote.GetChainId(), Contract: contract}
	if p.hub, err = wallet.ParseAddress(quote.GetPayee()); err != nil {
		return err
	}
	prepared, err := channels.PrepareOpen(p.token, &channelpb.PrepareOpenRequest{
		Payer: p.key.Address().String(), Asset: &channelpb.Asset{Kind: channelpb.Asset_KIND_TRX}, Deposit: "50000000",
	})
	if err != nil {
		return err
	}
	transaction := prepared.GetTransactions()[0]
	id := sha256.Sum256(transaction.GetRawData())
	if [32]byte(transaction.GetId()) != id {
		return errors.New("the id is not the hash of the bytes")
	}
	signature := p.key.Sign(id)
	if _, err := channels.Broadcast(p.token, &channelpb.BroadcastRequest{RawData: transaction.GetRawData(), Signature: signature[:], IdempotencyKey: uuid.NewString()}); err != nil {
		return err
	}
	stream, err := channels.WatchOperation(p.token, &channelpb.WatchOperationRequest{Id: id[:], ExpireTime: transaction.GetExpireTime()})
	if err != nil {
		return err
	}
	opened, err := solid(func() (*channelpb.Operation, error) { answer, err := stream.Recv(); return answer.GetOperation(), err })
	if err != nil {
		return err
	}
	p.id = channel.ID(opened.GetChannels()[0].GetId())
	for { // the payee counts it when it has read the solid block itself
		if _, err := channels.Get(p.token, &channelpb.ChannelsGetRequest{Id: p.id[:]}); err == nil || p.token.Err() != nil {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// solid follows an operation until it is final.
func solid(next func() (*channelpb.Operation, error)) (last *channelpb.Operation, err error) {
	for {
		operation, err := next()
		switch {
		case errors.Is(err, io.EOF) && last.GetState() == channelpb.OperationState_OPERATION_STATE_SOLID:
			return last, nil
		case errors.Is(err, io.EOF):
			return nil, fmt.Errorf("%s: %s", last.GetState(), last.GetFailure())
		case err != nil:
			return nil, err
		}
		last = operation
	}
}

func (p *payer) voucher(cumulative uint64) *channelpb.Voucher {
	v := channel.Voucher{Channel: p.id, Cumulative: channel.NewAmount(cumulative)}
	return message.FromVoucher(v.Sign(p.key, p.domain))
}

// pay sends vouchers up and reads acks; an ack covers all before it.
func (p *payer) pay(amounts ...uint64) error {
	stream, err := channelpb.NewPaymentsClient(p.conn).Pay(p.token)
	if err != nil {
		return err
	}
	id := p.id[:]
	for _, amount := range amounts {
		payment := &channelpb.Payment{Kind: &channelpb.Payment_Voucher{Voucher: p.voucher(amount)}}
		if err := stream.Send(&channelpb.PayRequest{Channel: id, Payments: []*channelpb.Payment{payment}}); err != nil {
			return err
		}
		id = nil // named once
	}
	for acknowledged := uint64(0); acknowledged < uint64(len(amounts)); {
		ack, err := stream.Recv()
		if err != nil {
			return message.Error(p.id, err)
		}
		acknowledged = ack.GetAcknowledged()
	}
	return stream.CloseSend()
}

// resume asks where the channel stands, believes it only by our own signature, and pays on.
func (p *payer) resume() (paid string, err error) {
	payments := channelpb.NewPaymentsClient(p.conn)
	held, err := payments.Sync(p.token, &channelpb.SyncRequest{Channel: p.id[:]})
	if err != nil {
		return "", err
	}
	cumulative, err := channel.ParseAmount(held.GetVoucher().GetCumulative())
	if err != nil {
		return "", err
	}
	units, fits := cumulative.Uint64()
	if !fits || string(p.voucher(units).GetSignature()) != string(held.GetVoucher().GetSignature()) {
		return "", errors.New("the payee shows a voucher that we did not sign")
	}
	more := &channelpb.Payment{Kind: &channelpb.Payment_Voucher{Voucher: p.voucher(units + 10_000_000)}}
	answer, err := payments.Submit(p.token, &channelpb.SubmitRequest{Channel: p.id[:], Payment: more})
	return answer.GetPaid(), err
}

// settle asks for a settlement and follows it until nothing can undo it.
func (p *payer) settle() error {
	settlements := channelpb.NewSettlementsClient(p.conn)
	settling, err := settlements.Settle(p.token, &channelpb.SettleRequest{Channels: [][]byte{p.id[:]}, IdempotencyKey: uuid.NewString()})
	if err != nil {
		return err
	}
	stream, err := settlements.Watch(p.token, &channelpb.SettlementsWatchRequest{Id: settling.GetOperations()[0].GetId()})
	if err != nil {
		return err
	}
	_, err = solid(func() (*channelpb.Operation, error) { answer, err := stream.Recv(); return answer.GetOperation(), err })
	return err
}

// statement reads everything that happened on the channel, from the first event on.
func (p *payer) statement() (settled string, err error) {
	stream, err := channelpb.NewEventsClient(p.conn).Subscribe(p.token, &channelpb.SubscribeRequest{FromSequence: 1})
	if err != nil {
		return "", err
	}
	for {
		answer, err := stream.Recv()
		if err != nil {
			return "", err
		}
		event := answer.GetEvent()
		if string(event.GetChannel()) != string(p.id[:]) {
			continue
		}
		fmt.Fprintln(os.Stderr, event.GetSequence(), event.GetKind(), "deposit", event.GetDeposit(), "paid", event.GetPaid(), "settled", event.GetSettled())
		if event.GetKind() == channel.NewsSettled {
			return event.GetSettled(), nil
		}
	}
}

// book reads the channel's account of the hub's book, page by page, and adds it up: what we paid are its debits, what the contract paid the hub its credits. Our signature shows
// that it is we who ask; no token is needed.
func (p *payer) book() (booked string, err error) {
	asked := &channelpb.StatementRequest{Asset: &channelpb.Asset{Kind: channelpb.Asset_KIND_TRX}, Account: "inbound:" + p.id.String()}
	var debits, credits, balance channel.Amount
	for more := true; more; {
		asked.Proof = message.NewProof(p.key, p.domain.Separator(), p.hub, "Statement", time.Now())
		page, err := channelpb.NewHubClient(p.conn).Statement(p.token, asked)
		if err != nil {
			return "", err
		}
		for _, line := range page.GetLines() {
			debit, err := channel.ParseAmount(line.GetDebit())
			if err != nil {
				return "", err
			}
			credit, err := channel.ParseAmount(line.GetCredit())
			if err != nil {
				return "", err
			}
			debits, credits = debits.Add(debit), credits.Add(credit)
			fmt.Fprintln(os.Stderr, line.GetEntry(), line.GetKind(), "debit", debit, "credit", credit, "balance", line.GetBalance())
			asked.After = line.GetEntry()
		}
		if balance, err = channel.ParseAmount(page.GetClosing()); err != nil {
			return "", err
		}
		more = page.GetMore()
	}
	if debits != credits.Add(balance) {
		return "", fmt.Errorf("the hub's book does not add up: %s is not %s and %s", debits, credits, balance)
	}
	return debits.String(), nil
}
