package cmd

import (
	"encoding/hex"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet/tx"
)

// decodedShown is a transaction as it reads.
type decodedShown struct {
	TxID    string     `json:"txid"`
	What    string     `json:"what"`
	Data    []string   `json:"data,omitempty"`
	Fields  []tx.Field `json:"fields"`
	Signers []string   `json:"signers"`
	Hidden  bool       `json:"holds_hidden_bytes"`
	Bytes   string     `json:"bytes"`
}

func (d decodedShown) schema() string { return "piecework.tx.v1" }

func (d decodedShown) table() table {
	t := table{rows: [][]string{{"what", d.What}}}
	for _, line := range d.Data {
		t.rows = append(t.rows, []string{"data", line})
	}
	for _, f := range d.Fields {
		t.rows = append(t.rows, []string{f.Name, f.Value})
	}
	return t
}

func txDecode(c *cli.Context) error {
	var transaction *tx.Transaction
	var err error
	if text := c.Args().First(); text != "" {
		if transaction, err = tx.Parse([]byte(text)); err != nil {
			return usagef("%s", err)
		}
	} else if transaction, err = takeTransaction(c); err != nil {
		return err
	}
	out := decodedShown{
		TxID: transaction.ID().String(), What: fmt.Sprint(transaction.Contract()), Data: calldata(transaction.Contract()), Fields: transaction.Show(),
		Signers: []string{}, Hidden: !transaction.Canonical(), Bytes: hex.EncodeToString(transaction.Bytes()),
	}
	if signers, err := transaction.Signers(); err == nil {
		for _, by := range signers {
			out.Signers = append(out.Signers, by.String())
		}
	}
	return printResult(c, out)
}
