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
	s, err := dialOwn(c)
	if err != nil {
		return err
	}
	defer s.close()
	result, err := send(c, s.session, sending{call: how(s.record.Terms).Trigger(s.from, s.at), effects: []string{effect}})
	if err != nil {
		return err
	}
	return printResult(c, closed{sent: *result, ID: s.record.ID.String()})
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
