package gate

import "fmt"

// MaxHeld is how many requests of one peer may wait; one more ends the connection. Clients keep a few hundred, and say so ("reqq"). No more of them are under way at once, either: clients
// drop what is too much without a word where BEP 6 is not spoken.
const MaxHeld = 2048

// Toll is the payee's half of the gate on one connection: requests wait in it until they are covered. Not safe for concurrent use; Account is.
//
// A request that was passed on is owed until the client answers it with the piece or a reject: cancelling it then changes nothing. A request that is
// cancelled while it waits is free.
type Toll struct {
	account *Account
	fast    bool // both sides speak BEP 6
	choked  bool // the client chokes the peer
	held    []Request
	state   map[Request]stage
	flying  int // requests that were passed on and are not answered
}

// stage is where a request stands.
type stage uint8

const (
	waiting  stage = iota + 1
	onCredit       // passed on, reserved on the account
	forFree        // passed on before there was an account, or by policy
)

// NewToll is a toll gate without an account: nothing passes unless Next is told that it goes for free.
func NewToll() *Toll { return &Toll{choked: true, state: map[Request]stage{}} }

// SetFast tells whether both handshakes spoke BEP 6.
func (t *Toll) SetFast(fast bool) { t.fast = fast }

// Attach lets requests go on an account; nil takes it away again. Requests that are under way stay as they are.
func (t *Toll) Attach(a *Account) {
	if t.account != nil && t.account != a {
		t.settleFlying()
	}
	t.account = a
}

// settleFlying moves what is reserved on the account that goes away into what was sent on it: it is owed, and its answers can no longer be told apart.
func (t *Toll) settleFlying() {
	for r, s := range t.state {
		if s == onCredit {
			t.account.Send(int64(r.Length))
			t.state[r] = forFree
		}
	}
}

// Account is what requests go on, or nil.
func (t *Toll) Account() *Account { return t.account }

// Request takes a request of the peer. Duplicates are dropped: clients that speak BEP 6 end the connection over them.
func (t *Toll) Request(r Request) error {
	switch {
	case r.Length == 0 || r.Length > MaxRequest:
		return fmt.Errorf("%w: a request for %d bytes", ErrStream, r.Length)
	case t.state[r] != 0:
		return nil
	case t.choked && !t.fast:
		return nil // BEP 3: requests of a choked peer mean nothing
	case len(t.held) >= MaxHeld:
		return fmt.Errorf("%w: more than %d requests at once", ErrStream, MaxHeld)
	}
	t.held = append(t.held, r)
	t.state[r] = waiting
	return nil
}

// Cancel takes a cancel of the peer; it is never passed on. It says whether the request was waiting and is gone now: then a BEP 6 peer awaits a reject.
func (t *Toll) Cancel(r Request) bool {
	if t.state[r] != waiting {
		return false
	}
	delete(t.state, r)
	for i, h := range t.held {
		if h == r {
			t.held = append(t.held[:i], t.held[i+1:]...)
			break
		}
	}
	return true
}

// Next gives the request to pass on now, if any: the oldest, when the client would answer it, it is covered, and admit (the uplink) lets its bytes go.
// paying tells admit whether they go on the account.
func (t *Toll) Next(admit func(bytes int64, paying bool) bool) (Request, bool) {
	if len(t.held) == 0 || t.choked || t.flying >= MaxHeld {
		return Request{}, false
	}
	r := t.held[0]
	n := int64(r.Length)
	if t.account == nil {
		if !admit(n, false) {
			return Request{}, false
		}
		return t.pass(r, forFree), true
	}
	if !t.account.Reserve(n) {
		return Request{}, false
	}
	if !admit(n, true) {
		t.account.Return(n)
		return Request{}, false
	}
	return t.pass(r, onCredit), true
}

func (t *Toll) pass(r Request, s stage) Request {
	t.held = t.held[1:]
	if len(t.held) == 0 {
		t.held = nil
	}
	t.state[r] = s
	t.flying++
	return r
}

// Piece takes note of a piece message of the client. It says whether it was paid traffic. What was not asked for is charged too: it costs uplink.
func (t *Toll) Piece(r Request) (paid bool) {
	switch t.state[r] {
	case onCredit:
		t.account.Send(int64(r.Length))
		t.land(r)
		return true
	case forFree:
		t.land(r)
		return false
	}
	if t.account != nil {
		t.account.Charge(int64(r.Length))
	}
	return t.account != nil
}

// Reject takes note that the client refused a request.
func (t *Toll) Reject(r Request) {
	switch t.state[r] {
	case onCredit:
		t.account.Return(int64(r.Length))
		t.land(r)
	case forFree:
		t.land(r)
	}
}

func (t *Toll) land(r Request) {
	delete(t.state, r)
	t.flying--
}

// Choke takes note that the client chokes the peer. Without BEP 6 that forgets all requests.
func (t *Toll) Choke() {
	t.choked = true
	if t.fast {
		return
	}
	for r, s := range t.state {
		if s == onCredit {
			t.account.Return(int64(r.Length))
		}
	}
	clear(t.state)
	t.held, t.flying = nil, 0
}

// Unchoke takes note that the client lets the peer ask.
func (t *Toll) Unchoke() { t.choked = false }

// Drain empties the queue and gives what was in it, so that a BEP 6 peer can be told.
func (t *Toll) Drain() []Request {
	held := t.held
	for _, r := range held {
		delete(t.state, r)
	}
	t.held = nil
	return held
}

// Held is how many requests wait.
func (t *Toll) Held() int { return len(t.held) }

// Idle says whether no request waits or is under way.
func (t *Toll) Idle() bool { return len(t.held) == 0 && t.flying == 0 }

// Stalled says whether requests wait and nothing on this connection will move them: no request is under way. due is how many bytes must be paid for before the
// first can pass; 0 when another connection of the account has made room, or the uplink is what it waits for.
func (t *Toll) Stalled() (due int64, stalled bool) {
	if t.account == nil || len(t.held) == 0 || t.flying > 0 || t.choked {
		return 0, false
	}
	return t.account.Due(int64(t.held[0].Length)), true
}

// Close ends the connection: what was passed on and not answered is no longer reserved.
func (t *Toll) Close() {
	t.fast = false
	t.Choke()
}
