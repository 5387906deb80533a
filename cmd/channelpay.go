package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// payTimeout is how long a payment is offered to a server that does not answer.
const payTimeout = 15 * time.Second

func channelDeposit(c *cli.Context) error {
	s, err := dialOwn(c)
	if err != nil {
		return err
	}
	defer s.close()
	coin, err := openMoney(c.Context, s.node, s.record.Terms.Asset)
	if err != nil {
		return err
	}
	amount, err := coin.parse(c.String("amount"))
	if err != nil || amount.IsZero() {
		return usagef("--amount %s: %s", c.String("amount"), orDefault(errorText(err), "nothing to add"))
	}
	if err := affords(c, s.session, coin, amount); err != nil {
		return err
	}
	if err := allow(c, s.session, coin, s.at, amount); err != nil {
		return err
	}
	call, err := contract.Deposit(s.record.Terms, amount)
	if err != nil {
		return usagef("%s", err)
	}
	result, err := send(c, s.session, sending{call: call.Trigger(s.from, s.at), effects: []string{
		fmt.Sprintf("adds %s to channel %s; what is not promised comes back when it closes", coin.format(amount), s.record.ID.Short()),
	}})
	if err != nil {
		return err
	}
	out := deposited{sent: *result, ID: s.record.ID.String(), Added: coin.format(amount), Units: amount.String(), coin: coin}
	if result.receipt == nil {
		return printResult(c, out)
	}
	event, err := eventIn(result.receipt, s.at, channel.EventDeposited)
	if err != nil {
		return fmt.Errorf("transaction %s: %w", result.TxID, err)
	}
	out.Deposit = event.Deposit.String()
	purses, closePurses, err := openPurses(c, s.session, s.at)
	if err != nil {
		return err
	}
	defer closePurses()
	if err := purses.Deposited(c.Context, s.record.ID, event.Deposit); err != nil {
		return err
	}
	return printResult(c, out)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// affords says that the account does not have what it is to lock.
func affords(c *cli.Context, s *session, coin money, amount channel.Amount) error {
	has, err := coin.balance(c.Context, s.node, s.from)
	if err != nil {
		return err
	}
	if has.Cmp(amount.Units()) < 0 {
		return fmt.Errorf("%w: it is to lock %s, %s has %s", errShort, coin.format(amount), s.from, wallet.FormatUnits(has, coin.decimals))
	}
	return nil
}

// deposited is a channel that got more.
type deposited struct {
	sent
	ID      string `json:"id"`
	Added   string `json:"added"`
	Units   string `json:"added_units"`
	Deposit string `json:"deposit_units,omitempty"`

	coin money
}

func (d deposited) schema() string { return "piecework.channel.deposit.v1" }

func (d deposited) table() table {
	rows := [][]string{{"channel", d.ID}, {"added", d.Added}}
	if d.Deposit != "" {
		rows = append(rows, []string{"deposit", d.coin.show(d.Deposit)})
	}
	return table{rows: append(rows, d.rows()...)}
}

// channelPay signs a voucher and hands it to the payee's server. Nothing goes to the chain.
func channelPay(c *cli.Context) error {
	s, err := dialOwn(c)
	if err != nil {
		return err
	}
	defer s.close()
	coin, err := openMoney(c.Context, s.node, s.record.Terms.Asset)
	if err != nil {
		return err
	}
	out := paid{coin: coin, ID: s.record.ID.String(), Payee: s.record.Terms.Payee.String(), Before: s.record.Paid().String(), Deposit: s.record.Deposit.String()}
	amount, err := payAmount(c, coin)
	if err != nil {
		return err
	}
	if c.Bool("dry-run") {
		out.State, out.Amount, out.Units, out.Paid = "planned, nothing signed", coin.format(amount), amount.String(), s.record.Paid().Add(amount).String()
		if s.record.Deposit.Less(s.record.Paid().Add(amount)) {
			return withHint(fmt.Errorf("%w: %w", errShort, client.ErrPurseEmpty), "`piecework channel deposit` adds to it.")
		}
		return printResult(c, out)
	}
	if err := confirm(c, s.session); err != nil {
		return err
	}
	purses, closePurses, err := openPurses(c, s.session, s.at)
	if err != nil {
		return err
	}
	defer closePurses()
	server, err := dialTo(c, "server", "")
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	receipt, err := payBy(c.Context, purses.Purse(s.record.ID), server, amount)
	if err != nil {
		return err
	}
	out.State, out.Amount, out.Units, out.Paid = "acknowledged", coin.format(amount), amount.String(), receipt.Paid.String()
	return printResult(c, out)
}

// payAmount is what is paid; nothing with --resend.
func payAmount(c *cli.Context, coin money) (channel.Amount, error) {
	if c.Bool("resend") == (c.String("amount") != "") {
		return channel.Amount{}, usagef("give --amount, or --resend to send the last voucher again")
	}
	if c.Bool("resend") {
		return channel.Amount{}, nil
	}
	amount, err := coin.parse(c.String("amount"))
	if err == nil && amount.IsZero() {
		err = errors.New("nothing to pay")
	}
	if err != nil {
		return amount, usagef("--amount %s: %s", c.String("amount"), err)
	}
	return amount, nil
}

// payBy signs, or takes the voucher that is held, and offers it. A payee that knows of more goes first: its state carries our own signature.
func payBy(ctx context.Context, purse *client.Purse, server *client.Server, amount channel.Amount) (channel.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, payTimeout)
	defer cancel()
	for again := false; ; again = true {
		held, err := purse.Held(ctx)
		if err != nil {
			return channel.Receipt{}, err
		}
		voucher := held.Held
		if !amount.IsZero() {
			voucher, err = purse.Pay(ctx, amount)
		}
		switch {
		case errors.Is(err, client.ErrPurseEmpty):
			return channel.Receipt{}, withHint(fmt.Errorf("%w: %w", errShort, err), "`piecework channel deposit` adds to it.")
		case err != nil:
			return channel.Receipt{}, err
		case voucher.Channel == (channel.ID{}):
			return channel.Receipt{}, fmt.Errorf("nothing was ever paid on channel %s: %w", purse.ID().Short(), channel.ErrUnknownChannel)
		}
		receipt, err := server.Accept(ctx, channel.Payment{Channel: purse.ID(), Voucher: &voucher})
		var stale *channel.StaleError
		if errors.As(err, &stale) && !again {
			if err := purse.Adopt(ctx, stale.Voucher, stale.Reveals); err != nil {
				return channel.Receipt{}, err
			}
			continue
		}
		if err != nil {
			return receipt, withHint(server.Error(purse.ID(), err), "The voucher is kept: `piecework channel pay --id %s --resend` sends it again and pays nothing more.", purse.ID())
		}
		return receipt, nil
	}
}

// paid is a payment off the chain.
type paid struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Payee   string `json:"payee"`
	Amount  string `json:"amount"`
	Units   string `json:"amount_units"`
	Before  string `json:"paid_before_units"`
	Paid    string `json:"paid_units"`
	Deposit string `json:"deposit_units"`

	coin money
}

func (p paid) schema() string { return "piecework.channel.pay.v1" }

func (p paid) table() table {
	return table{rows: [][]string{
		{"channel", p.ID}, {"state", p.State}, {"payee", p.Payee}, {"amount", p.Amount}, {"paid in all", p.coin.show(p.Paid)}, {"deposit", p.coin.show(p.Deposit)},
	}}
}

// channelRecover finds a channel again by the transaction that opened it, for a payer that lost its file.
func channelRecover(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	at, err := resolve(c, s.network, c.String("contract"))
	if err != nil {
		return err
	}
	if err := verifyContract(c, s, at); err != nil {
		return err
	}
	txid, err := tx.ParseID(c.String("txid"))
	if err != nil {
		return usagef("--txid: %s", err)
	}
	receipt, err := s.node.Receipt(c.Context, node.Head, txid)
	if err != nil {
		return err
	}
	event, err := eventIn(receipt, at, channel.EventOpened)
	if err != nil {
		return fmt.Errorf("transaction %s: %w", txid, err)
	}
	if event.Terms.Payer != s.from && event.Terms.Signer != s.from {
		return &refusedErr{fmt.Errorf("channel %s belongs to %s, not to %s", event.Channel.Short(), event.Terms.Payer, s.from)}
	}
	figures, err := figuresOf(c, s, at, event.Channel)
	if err != nil {
		return err
	}
	purses, closePurses, err := openPurses(c, s, at)
	if err != nil {
		return err
	}
	defer closePurses()
	if _, err := purses.Purse(event.Channel).Held(c.Context); err != nil { // one that is known keeps what was promised on it
		if err := purses.Add(c.Context, event.Terms, figures.Deposit); err != nil {
			return err
		}
	}
	if err := adoptFrom(c, purses.Purse(event.Channel)); err != nil {
		return err
	}
	record, err := purses.Purse(event.Channel).Held(c.Context)
	if err != nil {
		return err
	}
	out := showRecord(record, shownMoney(c.Context, s.node, record.Terms.Asset))
	out.State, out.Deposit, out.Settled, out.CloseAt = figures.State().String(), figures.Deposit.String(), figures.Settled.String(), figures.CloseAt
	return printResult(c, out)
}

// adoptFrom asks the payee's server, if one is named, what was paid so far. Its answer counts only with our own signature.
func adoptFrom(c *cli.Context, purse *client.Purse) error {
	if !c.IsSet("server") {
		return nil
	}
	server, err := dialTo(c, "server", "")
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	ctx, cancel := context.WithTimeout(c.Context, payTimeout)
	defer cancel()
	record, err := server.Record(ctx, purse.ID())
	if err != nil {
		return server.Error(purse.ID(), err)
	}
	if !record.HasVoucher() {
		return nil
	}
	return purse.Adopt(ctx, record.Held, record.Furthest(time.Time{}))
}
