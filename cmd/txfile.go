package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// writeTransaction writes a transaction as TronWeb has it (JSON) for another machine, to a file or, as "-", to stdout.
func writeTransaction(c *cli.Context, file string, t *tx.Transaction) error {
	text, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if file == "-" {
		c.App.Metadata[stdoutKey] = true
		_, err := c.App.Writer.Write(text)
		return err
	}
	return wallet.WriteFile(file, text)
}

// readTransaction reads a transaction from a file or stdin, in any form that people hand around.
func readTransaction(c *cli.Context, file string) (*tx.Transaction, error) {
	var in io.Reader = lines(c)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("reading the transaction: %w", err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, tx.MaxJSON+1))
	if err != nil {
		return nil, fmt.Errorf("reading the transaction: %w", err)
	}
	t, err := tx.Parse(text)
	if err != nil {
		return nil, usagef("%s: %s", file, err)
	}
	return t, nil
}
