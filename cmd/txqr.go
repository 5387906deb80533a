package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/qr"
	"github.com/piecework/piecework/wallet/tx"
)

// showQR draws the transaction where --qr and --qr-file want it.
func showQR(c *cli.Context, t *tx.Transaction) error {
	file := c.String("qr-file")
	if !c.Bool("qr") && file == "" {
		return nil
	}
	code, err := qr.Encode(t)
	if errors.Is(err, qr.ErrTooLong) {
		return withHint(usagef("%s", err), "Carry it over as a file: --out FILE.")
	}
	if err != nil {
		return err
	}
	if c.Bool("qr") {
		if err := code.Draw(c.App.ErrWriter); err != nil {
			return err
		}
	}
	if file == "" {
		return nil
	}
	picture, err := code.PNG()
	if err != nil {
		return err
	}
	return wallet.WriteFile(file, picture)
}

// readQR reads a transaction from a picture of its QR code.
func readQR(file string) (*tx.Transaction, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading the QR code: %w", err)
	}
	defer func() { _ = f.Close() }()
	picture, err := io.ReadAll(io.LimitReader(f, qr.MaxPicture+1))
	if err != nil {
		return nil, fmt.Errorf("reading the QR code: %w", err)
	}
	t, err := qr.Decode(picture)
	if err != nil {
		return nil, withHint(usagef("reading the QR code in %s: %s", file, err),
			"Take the picture again, straight and sharp, as PNG; or carry the transaction over as a file.")
	}
	return t, nil
}
