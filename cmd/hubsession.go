package cmd

import (
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/torrent/gate"
)

// hubSessionShown is a session, or what one would cost.
type hubSessionShown struct {
	Hub        string `json:"hub"`
	Payee      string `json:"payee"`
	Anchor     string `json:"anchor,omitempty"`
	Channel    string `json:"channel,omitempty"` // the hub's to the seeder
	Steps      uint32 `json:"steps,omitempty"`
	Expiry     string `json:"expiry,omitempty"`
	Step       string `json:"step_units"`
	StepCost   string `json:"step_cost_units"`
	SessionFee string `json:"session_fee_units"`
	Available  string `json:"available_units"`

	coin money
}

func (h hubSessionShown) schema() string { return "piecework.hub.session.v1" }

func (h hubSessionShown) table() table {
	rows := [][]string{
		{"hub", h.Hub},
		{"seeder", h.Payee},
		{"a step", h.coin.show(h.Step) + " to the seeder"},
		{"costs you", h.coin.show(h.StepCost)},
		{"session fee", h.coin.show(h.SessionFee)},
		{"available", h.coin.show(h.Available)},
	}
	if h.Anchor != "" {
		rows = append(rows, []string{"session", h.Anchor}, []string{"channel", h.Channel}, []string{"steps", fmt.Sprint(h.Steps)}, []string{"until", h.Expiry})
	}
	return table{rows: rows}
}

func hubSession(c *cli.Context) error {
	kib := c.Int64("step-kib")
	if kib < 1 || kib > 16<<10 {
		return usagef("--step-kib %d: want 1 to %d", kib, 16<<10)
	}
	l, err := dialHub(c)
	if err != nil {
		return err
	}
	defer l.close()
	payee, err := resolve(c, l.network, c.String("payee"))
	if err != nil {
		return err
	}
	price, err := parsePrice(c.Context, l.node, "price", c.String("price"))
	if err != nil {
		return usagef("--price: %s", err)
	}
	unit := gate.Unit(price.perMiB, kib<<10)
	q, err := l.hub.Quote(c.Context, payee, price.asset, unit)
	if err != nil {
		return err
	}
	out := hubSessionShown{coin: price.money, Hub: q.Hub.String(), Payee: payee.String(), Step: unit.String(), StepCost: q.UnitIn.String(), SessionFee: q.SessionFee.String(), Available: q.Available.String()}
	if c.Bool("quote") {
		return printResult(c, out)
	}
	purses, closePurses, err := openPurses(c, l.session, l.at)
	if err != nil {
		return err
	}
	defer closePurses()
	purse, err := (&client.HubPurses{Purses: purses, Hub: l.hub}).For(c.Context, price.asset, payee)
	if err != nil {
		return withHint(err, "`piecework channel open --payee %s` opens a channel to the hub.", q.Hub)
	}
	promise, err := openWhenKnown(c, purse, unit)
	if err != nil {
		return err
	}
	out.Anchor, out.Channel, out.Steps = fmt.Sprintf("%x", promise.Tail.Anchor), promise.Voucher.Channel.String(), promise.Tail.Length
	out.Expiry = time.Unix(promise.Tail.Expiry, 0).UTC().Format(time.RFC3339)
	return printResult(c, out)
}

// openWhenKnown opens a session. A channel that was opened just now is solid after a minute, and known to the hub a moment later.
func openWhenKnown(c *cli.Context, purse *client.HubPurse, unit channel.Amount) (client.Promise, error) {
	deadline := time.Now().Add(90 * time.Second)
	for told := false; ; told = true {
		promise, err := purse.Open(c.Context, unit)
		if !errors.Is(err, channel.ErrUnknownChannel) || time.Now().After(deadline) {
			return promise, err
		}
		if !told {
			say(c, "The hub does not know the channel yet; waiting until its block is solid …\n")
		}
		select {
		case <-c.Context.Done():
			return promise, c.Context.Err()
		case <-time.After(time.Second):
		}
	}
}

// redeemedShown is a redemption.
type redeemedShown struct {
	Channel    string `json:"channel"`
	Booked     string `json:"booked_units"`
	Cumulative string `json:"cumulative_units"`

	coin money
}

func (r redeemedShown) schema() string { return "piecework.hub.redeem.v1" }

func (r redeemedShown) table() table {
	return table{rows: [][]string{{"channel", r.Channel}, {"redeemed now", r.coin.show(r.Booked)}, {"plain voucher", r.coin.show(r.Cumulative)}}}
}

func hubRedeem(c *cli.Context) error {
	id, err := channel.ParseID(c.String("id"))
	if err != nil {
		return usagef("--id: %s", err)
	}
	l, err := dialHub(c)
	if err != nil {
		return err
	}
	defer l.close()
	own, err := dialTo(c, "server", "")
	if err != nil {
		return err
	}
	defer func() { _ = own.Close() }()
	redeemer := &client.Redeemer{Hub: l.hub, Ledger: own}
	booked, err := redeemer.Redeem(c.Context, id)
	if err != nil {
		return withHint(err, "What you hold stays good: `piecework channel settle --id %s` takes it on chain, whatever the hub says.", id)
	}
	record, err := own.Record(c.Context, id)
	if err != nil {
		return err
	}
	return printResult(c, redeemedShown{Channel: id.String(), Booked: booked.String(), Cumulative: record.Held.Cumulative.String(), coin: shownMoney(c.Context, l.node, record.Terms.Asset)})
}
