// Package qr carries transactions between machines that share no network, as QR codes: on a terminal, as a picture, and back from a picture.
//
// A code holds the bytes of a transaction in capital hex, which it stores best (alphanumeric mode of ISO/IEC 18004): package tx and every hex reader take it.
package qr

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"image/png"
	"io"
	"strings"

	qrcode "github.com/piglig/go-qr"

	"github.com/piecework/piecework/wallet/tx"
)

// Limits on a stranger's picture.
const (
	MaxPicture = 8 << 20 // bytes
	maxPixels  = 1 << 26
)

const (
	scale  = 6 // pixels of a picture for a module
	border = 4 // light modules around the code, as the standard wants
)

// Errors to branch on.
var (
	ErrTooLong = errors.New("the transaction is too long for a QR code") // beyond some 2,100 bytes; carry a file
	ErrPicture = errors.New("not a picture of a QR code")
)

// Code is a transaction drawn as a QR code.
type Code struct{ code *qrcode.QrCode }

// Encode draws a transaction with its signatures. It fails with ErrTooLong for one of more bytes than the largest code holds (version 40, level L).
func Encode(t *tx.Transaction) (*Code, error) {
	code, err := qrcode.EncodeText(strings.ToUpper(hex.EncodeToString(t.Bytes())), qrcode.Low)
	if errors.Is(err, qrcode.ErrDataTooLong) {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLong, len(t.Bytes()))
	}
	if err != nil {
		return nil, fmt.Errorf("drawing a QR code: %w", err)
	}
	return &Code{code}, nil
}

// PNG is the code as a picture, six pixels for a module.
func (c *Code) PNG() ([]byte, error) {
	picture, err := c.code.ToPNGBytes(qrcode.NewQrCodeImgConfig(scale, border))
	if err != nil {
		return nil, fmt.Errorf("drawing a QR code: %w", err)
	}
	return picture, nil
}

// Draw writes the code for a terminal, two rows of modules in a line of half blocks. Light is drawn, so it reads on a dark terminal, as most are.
func (c *Code) Draw(w io.Writer) error {
	var out strings.Builder
	for y := -border; y < c.code.Size()+border; y += 2 {
		for x := -border; x < c.code.Size()+border; x++ {
			out.WriteRune(halves[[2]bool{c.light(x, y), c.light(x, y+1)}])
		}
		out.WriteByte('\n')
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// halves are the characters for two modules, the upper and the lower one light or not.
var halves = map[[2]bool]rune{{true, true}: '█', {true, false}: '▀', {false, true}: '▄', {false, false}: ' '}

func (c *Code) light(x, y int) bool {
	inside := x >= 0 && y >= 0 && x < c.code.Size() && y < c.code.Size()
	return !inside || !c.code.Module(x, y)
}

// Decode reads a transaction from a picture (PNG) of its code, in any form that tx.Parse reads. Errors wrap ErrPicture where no code can be read,
// and are those of tx.Parse where the code holds something else.
func Decode(picture []byte) (*tx.Transaction, error) {
	if len(picture) > MaxPicture {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrPicture, MaxPicture)
	}
	size, err := png.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPicture, err)
	}
	if size.Width <= 0 || size.Height <= 0 || size.Width > maxPixels/size.Height {
		return nil, fmt.Errorf("%w: %d × %d pixels are too many", ErrPicture, size.Width, size.Height)
	}
	image, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPicture, err)
	}
	text, err := qrcode.Decode(image)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPicture, err)
	}
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		text = strings.ToLower(text) // 0X, which tx.Parse does not know
	}
	return tx.Parse([]byte(text))
}
