package cmd

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
)

// shown is a channel as the contract and the payer's own file have it.
type shown struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	Asset    string `json:"asset,omitempty"`
	Payer    string `json:"payer,omitempty"`
	Payee    string `json:"payee,omitempty"`
	Deposit  string `json:"deposit_units"`
	Settled  string `json:"settled_units"`
	Paid     string `json:"paid_units,omitempty"`
	CloseAt  int64  `json:"close_at,omitempty"`
	Promised string `json:"promised_units,omitempty"`

	Challenge string `json:"challenge,omitempty"`

	coin money // for people
}

func (s shown) schema() string { return "piecework.channel.v1" }

func (s shown) table() table {
	rows := [][]string{{"channel", s.ID}, {"state", s.State}}
	for _, row := range [][]string{
		{"asset", s.Asset},
		{"payer", s.Payer},
		{"payee", s.Payee},
		{"deposit", s.coin.show(s.Deposit)},
		{"settled", s.coin.show(s.Settled)},
		{"paid", s.coin.show(s.Paid)},
		{"promised", s.coin.show(s.Promised)},
	} {
		if row[1] != "" {
			rows = append(rows, row)
		}
	}
	if s.CloseAt != 0 {
		rows = append(rows, []string{"challenge ends", time.Unix(s.CloseAt, 0).UTC().Format(time.RFC3339)})
	}
	return table{rows: rows}
}

type shownList struct {
	Channels []shown `json:"channels"`
}

func (l shownList) schema() string { return "piecework.channels.v1" }

func (l shownList) table() table {
	t := table{heading: []string{"CHANNEL", "STATE", "ASSET", "PAYEE", "DEPOSIT", "PAID"}}
	for _, s := range l.Channels {
		t.rows = append(t.rows, []string{s.ID, s.State, s.Asset, s.Payee, s.coin.show(s.Deposit), s.coin.show(s.Paid)})
	}
	if len(l.Channels) == 0 {
		t = table{notes: []string{"No channels yet. `piecework channel open` makes one."}}
	}
	return t
}

func channelList(c *cli.Context) error {
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	at, err := resolve(c, s.network, c.String("contract"))
	if err != nil {
		return err
	}
	if s.from, err = resolve(c, s.network, c.String("from")); err != nil {
		return err
	}
	purses, closePurses, err := openPurses(c, s, at)
	if err != nil {
		return err
	}
	defer closePurses()
	records, err := purses.List(c.Context)
	if err != nil {
		return err
	}
	list, coins := shownList{Channels: []shown{}}, map[channel.Asset]money{}
	for _, r := range records {
		if r.Terms.Payer != s.from {
			continue
		}
		if _, known := coins[r.Terms.Asset]; !known {
			coins[r.Terms.Asset] = shownMoney(c.Context, s.node, r.Terms.Asset)
		}
		list.Channels = append(list.Channels, showRecord(r, coins[r.Terms.Asset]))
	}
	return printResult(c, list)
}

func channelShow(c *cli.Context) error {
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	at, id, err := contractAndID(c, s)
	if err != nil {
		return err
	}
	figures, err := figuresOf(c, s, at, id)
	if err != nil {
		return err
	}
	out := shown{ID: id.String()}
	if record, err := ownRecord(c, s, at, id); err == nil {
		out = showRecord(record, shownMoney(c.Context, s.node, record.Terms.Asset))
	}
	if !figures.Exists() {
		return withHint(fmt.Errorf("the contract holds no channel %s: %w", id, channel.ErrUnknownChannel), "`piecework channel list` shows yours; is it the right --contract and --network?")
	}
	out.State, out.Deposit, out.Settled, out.CloseAt = figures.State().String(), figures.Deposit.String(), figures.Settled.String(), figures.CloseAt
	return printResult(c, out)
}

func showRecord(r channel.Record, coin money) shown {
	return shown{
		ID: r.ID.String(), State: r.State.String(), Asset: r.Terms.Asset.String(), Payer: r.Terms.Payer.String(), Payee: r.Terms.Payee.String(),
		Deposit: r.Deposit.String(), Settled: r.Settled.String(), Paid: r.Paid().String(), Promised: r.Promised().String(), coin: coin,
	}
}
