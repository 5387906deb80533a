package cmd

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"strings"

	qrcode "github.com/piglig/go-qr"
	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// A transaction is a QR code of its bytes in capital hex, which a code holds best (alphanumeric mode): `piecework tx` and every hex reader take it.
const (
	qrScale    = 6       // pixels for a module
	qrBorder   = 4       // modules around it, as the standard wants
	maxPicture = 8 << 20 // bytes
	maxPixels  = 1 << 26
)

func encodeQR(t *tx.Transaction) (*qrcode.QrCode, error) {
	code, err := qrcode.EncodeText(strings.ToUpper(hex.EncodeToString(t.Bytes())), qrcode.Low)
	if errors.Is(err, qrcode.ErrDataTooLong) {
		return nil, withHint(usagef("the transaction has %d bytes, too many for a QR code", len(t.Bytes())), "Carry it over as a file: --out FILE.")
	}
	if err != nil {
		return nil, fmt.Errorf("drawing the QR code: %w", err)
	}
	return code, nil
}

// showQR draws the transaction where the flags want it.
func showQR(c *cli.Context, t *tx.Transaction) error {
	file := c.String("qr-file")
	if !c.Bool("qr") && file == "" {
		return nil
	}
	code, err := encodeQR(t)
	if err != nil {
		return err
	}
	if c.Bool("qr") {
		drawQR(c.App.ErrWriter, code)
	}
	if file == "" {
		return nil
	}
	picture, err := code.ToPNGBytes(qrcode.NewQrCodeImgConfig(qrScale, qrBorder))
	if err != nil {
		return fmt.Errorf("drawing the QR code: %w", err)
	}
	return wallet.WriteFile(file, picture)
}

// drawQR puts two rows of modules into a line of half blocks. Light is drawn, so that it reads on dark terminals, where most are.
func drawQR(w io.Writer, code *qrcode.QrCode) {
	light := func(x, y int) bool {
		inside := x >= 0 && y >= 0 && x < code.Size() && y < code.Size()
		return !inside || !code.Module(x, y)
	}
	var out strings.Builder
	for y := -qrBorder; y < code.Size()+qrBorder; y += 2 {
		for x := -qrBorder; x < code.Size()+qrBorder; x++ {
			switch upper, lower := light(x, y), light(x, y+1); {
			case upper && lower:
				out.WriteRune('█')
			case upper:
				out.WriteRune('▀')
			case lower:
				out.WriteRune('▄')
			default:
				out.WriteRune(' ')
			}
		}
		out.WriteByte('\n')
	}
	_, _ = io.WriteString(w, out.String())
}

// readQR reads a transaction from a picture of its QR code.
func readQR(file string) (*tx.Transaction, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading the QR code: %w", err)
	}
	defer func() { _ = f.Close() }()
	picture, err := io.ReadAll(io.LimitReader(f, maxPicture+1))
	if err != nil {
		return nil, fmt.Errorf("reading the QR code: %w", err)
	}
	t, err := decodeQR(picture)
	if err != nil {
		return nil, withHint(usagef("reading the QR code in %s: %s", file, err), "Take the picture again, straight and sharp, as PNG; or carry the transaction over as a file.")
	}
	return t, nil
}

// decodeQR reads what a stranger's picture shows.
func decodeQR(picture []byte) (*tx.Transaction, error) {
	size, err := png.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	if len(picture) > maxPicture || size.Width <= 0 || size.Height <= 0 || size.Width > maxPixels/size.Height {
		return nil, errors.New("the picture is too big")
	}
	image, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	text, err := qrcode.Decode(image)
	if err != nil {
		return nil, err
	}
	return tx.Parse([]byte(strings.ToLower(text)))
}
