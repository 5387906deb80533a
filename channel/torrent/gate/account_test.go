package gate_test

import (
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
)

const (
	mib   = 1 << 20
	block = 16 << 10
)

var price = channel.NewAmount(1000)

func window() gate.Window { return gate.Window{Start: mib, Max: 4 * mib} }

// take reserves and sends blocks until the account says no, and gives the bytes.
func take(a *gate.Account) (n int64) {
	for a.Reserve(block) {
		a.Send(block)
		n += block
	}
	return n
}

func TestUnpaidIsNeverMoreThanTheWindow(t *testing.T) {
	a := gate.NewAccount(price, window())
	if got := take(a); got != mib {
		t.Fatalf("without payment %d bytes left, want exactly the window", got)
	}
	for paid := uint64(250); paid <= 64000; paid += 250 {
		a.Pay(channel.NewAmount(paid))
		take(a)
		s := a.Statement()
		if unpaid := a.Unpaid(); unpaid > s.Window || s.Window > 4*mib || s.Window > mib+int64(paid)*mib/1000/8 {
			t.Fatalf("after %d paid, %d bytes are unpaid in a window of %d", paid, unpaid, s.Window)
		}
	}
	if s := a.Statement(); s.Window != 4*mib {
		t.Errorf("the window ends at %d, want its maximum", s.Window)
	}
}

func TestReservationsCount(t *testing.T) {
	a := gate.NewAccount(price, window())
	for range mib / block {
		if !a.Reserve(block) {
			t.Fatal("the window does not hold")
		}
	}
	if a.Reserve(block) {
		t.Fatal("reserved over the window")
	}
	if due := a.Due(block); due != block {
		t.Errorf("due is %d", due)
	}
	a.Return(block)
	if !a.Reserve(block) {
		t.Error("what was given back cannot be reserved")
	}
}

func TestPaidNeverFalls(t *testing.T) {
	a := gate.NewAccount(price, window())
	if !a.Pay(channel.NewAmount(500)) || a.Pay(channel.NewAmount(400)) || a.Pay(channel.NewAmount(500)) {
		t.Error("an older payment was news")
	}
	if a.Statement().Paid != channel.NewAmount(500) {
		t.Error("paid fell")
	}
}

func TestRepriceKeepsWhatWasOwed(t *testing.T) {
	a := gate.NewAccount(price, window())
	a.Charge(2 * mib)
	a.Reprice(channel.NewAmount(3000))
	if owed := a.Statement().Owed; owed != channel.NewAmount(2000) {
		t.Errorf("owed %s after the price changed", owed)
	}
	a.Charge(mib)
	if owed := a.Statement().Owed; owed != channel.NewAmount(5000) {
		t.Errorf("owed %s", owed)
	}
	a.Pay(channel.NewAmount(5000))
	if a.Unpaid() != 0 {
		t.Errorf("%d unpaid", a.Unpaid())
	}
}

func TestWriteOffIsBoundedForGood(t *testing.T) {
	a := gate.NewAccount(price, window())
	lost := int64(0)
	for range 100 {
		take(a)
		before := a.Statement().Sent
		a.Resume(0) // a payer that says it never got anything
		lost += before - a.Statement().Sent
	}
	if lost > mib {
		t.Errorf("lying about received bytes gained %d", lost)
	}
}

func TestRestoredAccountIsTheSame(t *testing.T) {
	a := gate.NewAccount(price, window())
	a.Charge(mib)
	a.Reprice(channel.NewAmount(2000))
	a.Charge(mib)
	a.Pay(channel.NewAmount(1500))
	b := gate.RestoreAccount(a.Statement(), window())
	if a.Statement() != b.Statement() {
		t.Errorf("got %+v, want %+v", b.Statement(), a.Statement())
	}
}

func TestAccountOfAnUnknownPayer(t *testing.T) {
	for _, c := range []struct {
		name           string
		paid           uint64
		received, owed int64 // owed: bytes that must be paid for before anything passes beyond the window
	}{
		{"new", 0, 0, 0},
		{"goes on", 64_000, 64*mib + 3*block, 3 * block},
		{"paid ahead", 64_250, 64 * mib, 0},
		{"paid at twice the price", 128_000, 64 * mib, 0},
		{"says it got nothing", 64_000, 0, 0},
		{"says it got far more", 1_000, 64 * mib, 0},
	} {
		a := gate.OpenAccount(price, channel.NewAmount(c.paid), c.received, 256<<10, window())
		if got := a.Unpaid(); got != c.owed {
			t.Errorf("%s: %d bytes unpaid, want %d", c.name, got, c.owed)
		}
		if free := take(a); free > 2*mib+512<<10+int64(c.paid)*mib/8000 {
			t.Errorf("%s: gets %d bytes", c.name, free)
		}
	}
}
