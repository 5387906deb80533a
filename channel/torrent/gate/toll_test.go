package gate_test

import (
	"errors"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
)

func yes(int64, bool) bool          { return true }
func no(int64, bool) bool           { return false }
func onlyPaid(_ int64, p bool) bool { return p }

func req(i uint32) gate.Request {
	return gate.Request{Index: i / 16, Begin: i % 16 * block, Length: block}
}

// openToll is a gate whose client has unchoked the peer, on an account with a window of 1 MiB.
func openToll(fast bool) (*gate.Toll, *gate.Account) {
	t, a := gate.NewToll(), gate.NewAccount(price, window())
	t.SetFast(fast)
	t.Unchoke()
	t.Attach(a)
	return t, a
}

// drain passes on what passes.
func drain(t *gate.Toll, admit func(int64, bool) bool) (passed []gate.Request) {
	for {
		r, ok := t.Next(admit)
		if !ok {
			return passed
		}
		passed = append(passed, r)
	}
}

func TestTollHoldsUntilPaid(t *testing.T) {
	toll, account := openToll(true)
	for i := range uint32(100) {
		if err := toll.Request(req(i)); err != nil {
			t.Fatal(err)
		}
	}
	passed := drain(toll, yes)
	if len(passed) != mib/block {
		t.Fatalf("%d requests passed, want the window", len(passed))
	}
	if _, stalled := toll.Stalled(); stalled {
		t.Error("stalled although requests are under way")
	}
	for _, r := range passed {
		if !toll.Piece(r) {
			t.Error("a paid block was not counted")
		}
	}
	if due, stalled := toll.Stalled(); !stalled || due != block {
		t.Errorf("due %d, %v; want one block", due, stalled)
	}
	if len(drain(toll, yes)) != 0 {
		t.Error("something passed without payment")
	}
	account.Pay(channel.NewAmount(250)) // 256 KiB, and the window grows by 32 KiB
	if got := len(drain(toll, yes)); got != (256+32)/16 {
		t.Errorf("%d requests passed after a payment of 256 KiB", got)
	}
}

func TestTollCancel(t *testing.T) {
	toll, account := openToll(true)
	_ = toll.Request(req(0))
	if r, _ := toll.Next(yes); r != req(0) || toll.Cancel(req(0)) {
		t.Error("a request that was passed on can be cancelled")
	}
	_ = toll.Request(req(1))
	if !toll.Cancel(req(1)) || toll.Held() != 0 || toll.Cancel(req(1)) {
		t.Error("a waiting request cannot be cancelled once")
	}
	toll.Piece(req(0))
	if s := account.Statement(); s.Sent != block {
		t.Errorf("sent %d: what was cancelled too late is owed", s.Sent)
	}
}

// A free rider who asks and cancels without end must not get more than the window.
func TestTollCancelGames(t *testing.T) {
	for _, fast := range []bool{true, false} {
		toll, account := openToll(fast)
		got := int64(0)
		for i := range uint32(10_000) {
			_ = toll.Request(req(i))
			_ = toll.Request(req(i)) // twice
			for _, r := range drain(toll, yes) {
				toll.Cancel(r)
				toll.Cancel(r)
				toll.Piece(r)
				got += int64(r.Length)
			}
			toll.Cancel(req(i))
		}
		if got != mib || account.Statement().Sent != mib {
			t.Errorf("fast=%v: the games were worth %d bytes, %d on record", fast, got, account.Statement().Sent)
		}
	}
}

func TestTollBounds(t *testing.T) {
	toll, _ := openToll(true)
	for _, r := range []gate.Request{{Length: 0}, {Length: gate.MaxRequest + 1}, {Length: 1 << 31}} {
		if err := toll.Request(r); !errors.Is(err, gate.ErrStream) {
			t.Errorf("a request of %d bytes: %v", r.Length, err)
		}
	}
	var err error
	for i := uint32(0); err == nil && i < 10_000; i++ {
		err = toll.Request(req(i))
	}
	if !errors.Is(err, gate.ErrStream) || toll.Held() != gate.MaxHeld {
		t.Errorf("a flood of requests: %d held, %v", toll.Held(), err)
	}
}

func TestTollChoke(t *testing.T) {
	toll, account := openToll(false)
	_ = toll.Request(req(0))
	_ = toll.Request(req(1))
	toll.Next(yes)
	toll.Choke()
	if toll.Held() != 0 || account.Due(mib) != 0 {
		t.Error("a choke without BEP 6 does not forget requests and reservations")
	}
	_ = toll.Request(req(2))
	if toll.Held() != 0 {
		t.Error("a choked peer's request was kept")
	}
	toll, _ = openToll(true)
	_ = toll.Request(req(0))
	toll.Choke()
	if toll.Held() != 1 || len(drain(toll, yes)) != 0 {
		t.Error("with BEP 6 a waiting request must stay, and stay back, through a choke")
	}
	toll.Unchoke()
	if len(drain(toll, yes)) != 1 {
		t.Error("it must pass after the unchoke")
	}
}

func TestTollWithoutAccount(t *testing.T) {
	toll := gate.NewToll()
	toll.SetFast(true)
	toll.Unchoke()
	_ = toll.Request(req(0))
	if len(drain(toll, onlyPaid)) != 0 {
		t.Error("passed although free riders are not admitted")
	}
	if len(drain(toll, yes)) != 1 || toll.Piece(req(0)) {
		t.Error("a free block must pass when admitted, and not count as paid")
	}
	if _, stalled := toll.Stalled(); stalled {
		t.Error("nobody owes for free blocks")
	}
}

func TestTollRejectedIsNotOwed(t *testing.T) {
	toll, account := openToll(true)
	_ = toll.Request(req(0))
	r, _ := toll.Next(yes)
	toll.Reject(r)
	toll.Reject(r)
	if s := account.Statement(); s.Sent != 0 || account.Due(mib) != 0 {
		t.Errorf("a rejected request is on the account: %+v", s)
	}
}

func TestTollAdmissionGivesTheReservationBack(t *testing.T) {
	toll, account := openToll(true)
	_ = toll.Request(req(0))
	if _, ok := toll.Next(no); ok || account.Due(mib) != 0 {
		t.Error("the uplink refused, and still something is reserved")
	}
}

func TestMeter(t *testing.T) {
	m := gate.NewMeter()
	m.Ask(req(0))
	m.Ask(req(1))
	m.Ask(req(16))
	if m.Piece(req(0), false) != block || m.Piece(req(0), false) != 0 || m.Piece(req(5), false) != 0 {
		t.Error("counts what was not asked for, or twice")
	}
	m.Piece(req(1), false)
	m.Piece(req(16), true)
	if m.Good(0) != 2*block || m.Good(0) != 0 || m.Verified != 3*block || m.Received != 3*block {
		t.Errorf("%+v", m)
	}
	m.Ask(req(32))
	m.Piece(req(32), false)
	if m.Wrong(2) != block || m.Bad != block || m.Pending() != 0 {
		t.Errorf("%+v", m)
	}
}

// TestUnansweredRequestsAreBounded: a client drops requests of a peer without BEP 6 when it has too many, and says nothing. What was passed on and not answered takes no more memory for that.
func TestUnansweredRequestsAreBounded(t *testing.T) {
	toll := gate.NewToll()
	toll.Unchoke()
	passed := 0
	for i := range uint32(3 * gate.MaxHeld) {
		if err := toll.Request(gate.Request{Index: i, Length: 1}); err != nil {
			break
		}
		passed += len(drain(toll, yes))
	}
	if passed > gate.MaxHeld {
		t.Errorf("%d requests were passed on and not answered", passed)
	}
}
