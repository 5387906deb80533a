package channel

// SessionState is where a hub's session stands.
type SessionState string

// The states of a session. Done and expired are final.
const (
	SessionOpen    SessionState = "open"
	SessionDone    SessionState = "done"
	SessionExpired SessionState = "expired"
)

// Session is a downloader paying a seeder through a hub: one tail on two channels, opened by the same preimages.
type Session struct {
	Anchor    Anchor
	Inbound   ID     // channel downloader → hub
	Outbound  ID     // channel hub → seeder
	UnitIn    Amount // what a step pays the hub
	UnitOut   Amount // what it pays the seeder
	Length    uint32
	ExpiryIn  int64 // unix seconds
	ExpiryOut int64 // unix seconds
	Redeemed  uint32
	Preimage  [32]byte // of the last step that was redeemed
	State     SessionState
	Created   int64 // unix milliseconds
}

// Reserved is what the hub still has to keep of its deposit for the session.
func (s *Session) Reserved() Amount {
	if s.State != SessionOpen {
		return Amount{}
	}
	return s.UnitOut.Mul(uint64(s.Length - min(s.Redeemed, s.Length)))
}

// News is something that watchers are told, in the order of Seq, which has no gaps.
type News struct {
	Seq     int64
	At      int64 // unix milliseconds
	Kind    string
	Channel ID
	Body    []byte
}

// Answer is what a request with an idempotency key was answered, so that the same request is answered the same again and another one with its key is refused.
type Answer struct {
	Scope   string // who asked, and which call
	Key     string
	Request [32]byte // hash of the request
	Body    []byte
	Created int64 // unix milliseconds
}
