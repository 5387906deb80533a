package cmd

import (
	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/contract"
)

func channelStartClose(c *cli.Context) error {
	return payerClose(c, contract.StartClose, "starts to close the channel; the payee has the challenge time to settle")
}

func channelFinishClose(c *cli.Context) error {
	return payerClose(c, contract.FinishClose, "ends the channel and refunds the rest")
}

func payerClose(c *cli.Context, how func(channel.Terms) contract.Call, effect string) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	at, id, err := contractAndID(c, s)
	if err != nil {
		return err
	}
	record, err := ownRecord(c, s, at, id)
	if err != nil {
		return withHint(err, "Only the payer's own file knows the terms of a channel; use the --data-dir that it was opened with.")
	}
	result, err := send(c, s, sending{call: how(record.Terms).Trigger(s.from, at), effects: []string{effect}})
	if err != nil {
		return err
	}
	return printResult(c, closed{sent: *result, ID: id.String()})
}

// closed is a channel that is closing or closed.
type closed struct {
	sent
	ID string `json:"id"`
}

func (x closed) schema() string { return "piecework.channel.close.v1" }

func (x closed) table() table {
	return table{rows: append([][]string{{"channel", x.ID}}, x.rows()...)}
}
