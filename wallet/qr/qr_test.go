package qr_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/qr"
	"github.com/piecework/piecework/wallet/tx"
)

// payment is a transfer with a memo of so many bytes, signed.
func payment(t testing.TB, memo int) *tx.Transaction {
	t.Helper()
	key := wallet.DevAccounts()[0].Key
	id, err := tx.ParseBlockID("00000000000012340123456789abcdef00000000000000000000000000000000")
	if err != nil {
		t.Fatal(err)
	}
	built, err := tx.Build(&tx.Transfer{Owner: key.Address(), To: wallet.DevAccounts()[1].Key.Address(), Amount: wallet.TRX},
		tx.Reference{Block: id, Time: time.UnixMilli(1700000000000)}, tx.Options{Memo: bytes.Repeat([]byte{'m'}, memo)})
	if err != nil {
		t.Fatal(err)
	}
	if err := built.Sign(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	return built
}

func picture(t testing.TB, transaction *tx.Transaction) []byte {
	t.Helper()
	code, err := qr.Encode(transaction)
	if err != nil {
		t.Fatal(err)
	}
	png, err := code.PNG()
	if err != nil {
		t.Fatal(err)
	}
	return png
}

func TestThereAndBack(t *testing.T) {
	for _, memo := range []int{0, 1, 200, 1000, 1850} {
		want := payment(t, memo)
		got, err := qr.Decode(picture(t, want))
		if err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("memo of %d bytes: %v", memo, err)
		}
	}
}

func TestTooLong(t *testing.T) {
	if _, err := qr.Encode(payment(t, 2000)); !errors.Is(err, qr.ErrTooLong) {
		t.Error(err)
	}
}

func TestNoPicture(t *testing.T) {
	whole := picture(t, payment(t, 0))
	for name, bad := range map[string][]byte{"nothing": nil, "text": []byte("hello"), "half": whole[:len(whole)/2], "long": make([]byte, qr.MaxPicture+1)} {
		if _, err := qr.Decode(bad); !errors.Is(err, qr.ErrPicture) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDraw(t *testing.T) {
	code, err := qr.Encode(payment(t, 0))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := code.Draw(&out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	width := len([]rune(lines[0]))
	if len(lines) != (width+1)/2 || !strings.Contains(lines[0], "████") {
		t.Errorf("%d lines of %d characters", len(lines), width)
	}
}

// ZBar, which phones and Linux desktops use, reads what we draw.
func TestZBarReadsIt(t *testing.T) {
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("ZBar is not installed (apt install zbar-tools)")
	}
	want := payment(t, 0)
	file := filepath.Join(t.TempDir(), "payment.png")
	if err := os.WriteFile(file, picture(t, want), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.CommandContext(t.Context(), zbar, "--raw", "--quiet", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	got, err := tx.Parse(bytes.ToLower(bytes.TrimSpace(text)))
	if err != nil || got.ID() != want.ID() {
		t.Errorf("%q: %v", text, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(picture(f, payment(f, 0)))
	f.Add(picture(f, payment(f, 300)))
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := qr.Decode(data)
		if err != nil {
			return
		}
		again, err := qr.Decode(picture(t, got))
		if err != nil || !bytes.Equal(again.Bytes(), got.Bytes()) {
			t.Errorf("%x: %v", got.Bytes(), err)
		}
	})
}
