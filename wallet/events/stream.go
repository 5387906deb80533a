package events

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Defaults of a StreamConfig.
const (
	DefaultRing        = 1024 // blocks, an hour of Tron
	DefaultSubscribers = 100
	DefaultCatchUps    = 4
	DefaultHeartbeat   = 15 * time.Second
	writeTime          = 30 * time.Second // for one write to a reader who does not read
)

// Message is one server-sent event.
type Message struct {
	Cursor Cursor // becomes its id: with it as Last-Event-ID the stream goes on behind the message
	Name   string // the event's type
	Data   []byte // one line
}

// Batch is the messages of a Step, and the cursor behind it.
type Batch struct {
	Cursor   Cursor
	Messages []Message
}

// StreamConfig says what a Stream keeps and how much it lets readers ask for. Zero fields have defaults.
type StreamConfig struct {
	// Replay tells the steps after a cursor, for a reader that comes back later than the ring reaches. It ends with handle's error. Without it such a reader is refused.
	Replay      func(ctx context.Context, from Cursor, handle func(Batch) error) error
	Ring        int           // steps that are kept
	Subscribers int           // at once; more are refused with 503
	CatchUps    int           // readers that are older than the ring, at once; more are refused with 503
	Heartbeat   time.Duration // the longest silence
	Origin      string        // which web pages may read it (Access-Control-Allow-Origin): an origin, or *; empty: those of this machine
}

// Stream serves steps as server-sent events. Readers pull from a ring, so that a slow one holds up nobody: who falls behind it is cut off, and goes on by its
// Last-Event-ID. It is safe for many goroutines.
type Stream struct {
	config   StreamConfig
	readers  chan struct{} // a place for each
	catchUps chan struct{}
	closed   chan struct{}
	close    sync.Once

	mu     sync.Mutex // covers what follows
	ring   []Batch
	first  int           // the number of ring[0] in the order of Publish
	change chan struct{} // closed and made anew by Publish
}

// NewStream makes a stream that nobody has published to.
func NewStream(c StreamConfig) *Stream {
	c.Ring, c.Subscribers = or(c.Ring, DefaultRing), or(c.Subscribers, DefaultSubscribers)
	c.CatchUps, c.Heartbeat = or(c.CatchUps, DefaultCatchUps), or(c.Heartbeat, DefaultHeartbeat)
	return &Stream{
		config: c, readers: make(chan struct{}, c.Subscribers), catchUps: make(chan struct{}, c.CatchUps),
		closed: make(chan struct{}), change: make(chan struct{}),
	}
}

func or[T int | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

// Publish gives a step to all readers. It never waits for them.
func (s *Stream) Publish(b Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring = append(s.ring, b)
	if drop := len(s.ring) - s.config.Ring; drop > 0 {
		s.ring = append([]Batch(nil), s.ring[drop:]...)
		s.first += drop
	}
	close(s.change)
	s.change = make(chan struct{})
}

// Close ends all answers. An http.Server's Shutdown waits for them, so call it first.
func (s *Stream) Close() { s.close.Do(func() { close(s.closed) }) }

// next is the batch of a number, or what to wait for until it is there; false when the ring is past it.
func (s *Stream) next(number int) (b *Batch, wait <-chan struct{}, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch i := number - s.first; {
	case i < 0:
		return nil, nil, false
	case i < len(s.ring):
		return &s.ring[i], nil, true
	}
	return nil, s.change, true
}

// end is the number that the next batch will have.
func (s *Stream) end() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first + len(s.ring)
}

// find is the number of the batch that a cursor points into or behind, and what else to do about the cursor where there is none.
func (s *Stream) find(c Cursor) (number int, found, ahead bool, change <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.ring) - 1; i >= 0; i-- {
		if at := s.ring[i].Cursor; at.Block == c.Block && at.ID == c.ID {
			return s.first + i, true, false, nil
		}
	}
	ahead = len(s.ring) == 0 || s.ring[len(s.ring)-1].Cursor.Block < c.Block
	return 0, false, ahead, s.change
}

// ServeHTTP answers with the stream: from Last-Event-ID (or ?cursor=) on, or from now on.
func (s *Stream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.allow(w, r)
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET, OPTIONS")
		http.Error(w, "GET only", http.StatusMethodNotAllowed)
		return
	}
	from, err := lastEvent(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if !take(s.readers) {
		busy(w, "too many readers")
		return
	}
	defer func() { <-s.readers }()
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	go func() { // ends with the answer
		select {
		case <-s.closed:
			stop()
		case <-ctx.Done():
		}
	}()
	s.serve(ctx, w, from)
}

// serve writes until the reader or the stream is gone, or the reader too slow: it may come back.
func (s *Stream) serve(ctx context.Context, w http.ResponseWriter, from *Cursor) {
	out := &sseWriter{w: w, control: http.NewResponseController(w), heartbeat: s.config.Heartbeat}
	number := s.end()
	if from != nil {
		at, found, _, _ := s.find(*from)
		switch {
		case found:
			out.seen, number = from, at
		case s.config.Replay == nil:
			http.Error(w, "the stream does not reach back to that id", http.StatusGone)
			return
		case !take(s.catchUps):
			busy(w, "too many readers are catching up")
			return
		default:
			var err error
			out.begin()
			number, err = s.catchUp(ctx, out, *from)
			<-s.catchUps
			if err != nil {
				return
			}
		}
	}
	out.begin()
	for {
		b, wait, ok := s.next(number)
		switch {
		case !ok:
			return
		case b != nil:
			if out.batch(*b) != nil {
				return
			}
			number++
		case out.wait(ctx, wait) != nil:
			return
		}
	}
}

// errCaughtUp ends a replay that has reached the ring.
var errCaughtUp = errors.New("caught up")

// catchUp replays from the node until the ring goes on from there. It is the number of the batch to go on with.
func (s *Stream) catchUp(ctx context.Context, out *sseWriter, from Cursor) (number int, err error) {
	err = s.config.Replay(ctx, from, func(b Batch) error {
		if err := out.batch(b); err != nil {
			return err
		}
		for {
			at, found, ahead, change := s.find(b.Cursor)
			if found {
				number = at + 1
				return errCaughtUp
			}
			if !ahead {
				return nil
			}
			if err := out.wait(ctx, change); err != nil {
				return err
			}
		}
	})
	if errors.Is(err, errCaughtUp) {
		return number, nil
	}
	return 0, err
}

// allow says which web pages may read the answer. The events are public, which of them somebody watches is not.
func (s *Stream) allow(w http.ResponseWriter, r *http.Request) {
	allowed, origin := s.config.Origin, r.Header.Get("Origin")
	if allowed == "" && isLocal(origin) {
		allowed = origin
	}
	w.Header().Set("Vary", "Origin")
	if allowed != "" {
		w.Header().Set("Access-Control-Allow-Origin", allowed)
		w.Header().Set("Access-Control-Allow-Headers", "Last-Event-ID, Cache-Control")
	}
}

func isLocal(origin string) bool {
	_, host, ok := strings.Cut(origin, "://")
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return ok && (host == "localhost" || host == "127.0.0.1" || host == "[::1]")
}

func lastEvent(r *http.Request) (*Cursor, error) {
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		text = r.URL.Query().Get("cursor")
	}
	if text == "" {
		return nil, nil //nolint:nilnil // from now on
	}
	c, err := ParseCursor(text)
	if err != nil {
		return nil, fmt.Errorf("Last-Event-ID: %w", err)
	}
	return &c, nil
}

func take(places chan struct{}) bool {
	select {
	case places <- struct{}{}:
		return true
	default:
		return false
	}
}

func busy(w http.ResponseWriter, why string) {
	w.Header().Set("Retry-After", "5")
	http.Error(w, why, http.StatusServiceUnavailable)
}
