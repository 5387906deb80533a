package live

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/piecework/piecework/channel/crowd"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// Bounds of a board.
const (
	boardPath    = "/v1/live"
	holdFor      = 20 * time.Second // how long a viewer may wait for the next list
	rememberFor  = 90 * time.Second // how long a viewer that does not ask again is named to others
	maxViewers   = 2000             // that are remembered
	perAddress   = 16               // of them at one IPv4 address or /64 of IPv6
	namedPeers   = 30               // in one answer
	maxHeld      = 4000             // viewers that wait at once
	requestRate  = 10               // requests a second of one such address …
	requestBurst = 60               // … and so many at once
	maxLimiters  = 10_000
)

// Board is where viewers take the list from, and learn of each other. It believes nobody: the list is signed, and a viewer's address is the one that it
// connects from.
type Board struct {
	stream Stream

	mu       sync.Mutex
	item     *item
	changed  chan struct{} // closed when there is a newer item
	viewers  map[netip.AddrPort]time.Time
	held     int
	limiters map[netip.Prefix]*rate.Limiter
}

// NewBoard is a board with nothing on it.
func NewBoard(s Stream) *Board {
	return &Board{stream: s, changed: make(chan struct{}), viewers: map[netip.AddrPort]time.Time{}, limiters: map[netip.Prefix]*rate.Limiter{}}
}

// pin puts up a newer list.
func (b *Board) pin(it *item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.item = it
	close(b.changed)
	b.changed = make(chan struct{})
}

// Viewers is how many viewers have asked lately.
func (b *Board) Viewers() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(time.Now())
	return len(b.viewers)
}

// ServeHTTP answers GET /v1/live?after=SEQ&port=PORT with the list, once there is one after that sequence number, or after a while in any case. port is where
// the viewer takes connections of other peers; without it, it is named to nobody.
func (b *Board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != boardPath || r.Method != http.MethodGet {
		http.NotFound(w, r)
		return
	}
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		http.Error(w, "no address", http.StatusBadRequest)
		return
	}
	from := remote.Addr().Unmap().WithZone("")
	after, err := strconv.ParseInt(orDefault(r.FormValue("after"), "-1"), 10, 64)
	port, errPort := strconv.ParseUint(orDefault(r.FormValue("port"), "0"), 10, 16)
	if err != nil || errPort != nil {
		http.Error(w, "after and port are numbers", http.StatusBadRequest)
		return
	}
	at := netip.AddrPortFrom(from, uint16(port))
	if !b.enter(at) {
		w.Header().Set("Retry-After", "2")
		http.Error(w, "too many requests", http.StatusTooManyRequests)
		return
	}
	it := b.await(r.Context(), after)
	b.leave()
	if it == nil {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the stream has not begun", http.StatusServiceUnavailable)
		return
	}
	d := it.dict(b.stream.Key[:], b.stream.Salt)
	d.SetBytes("peers", compact(b.others(at)))
	w.Header().Set("Content-Type", "application/x-bittorrent")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(d.Append(nil)) // the viewer may have gone
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// enter counts a request, and remembers who asks.
func (b *Board) enter(at netip.AddrPort) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	place := crowd.Household(at.Addr())
	l := b.limiters[place]
	if l == nil {
		if len(b.limiters) >= maxLimiters {
			clear(b.limiters)
		}
		l = rate.NewLimiter(requestRate, requestBurst)
		b.limiters[place] = l
	}
	if !l.Allow() || b.held >= maxHeld {
		return false
	}
	b.held++
	b.remember(at, time.Now())
	return true
}

func (b *Board) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held--
}

func (b *Board) remember(at netip.AddrPort, now time.Time) {
	if at.Port() == 0 {
		return
	}
	b.forget(now)
	same := 0
	for v := range b.viewers {
		if crowd.Household(v.Addr()) == crowd.Household(at.Addr()) {
			same++
		}
	}
	if _, known := b.viewers[at]; known || same < perAddress && len(b.viewers) < maxViewers {
		b.viewers[at] = now
	}
}

// forget drops viewers that have not asked for long. mu must be held.
func (b *Board) forget(now time.Time) {
	for v, seen := range b.viewers {
		if now.Sub(seen) > rememberFor {
			delete(b.viewers, v)
		}
	}
}

// await waits for a list after a sequence number; after a while it gives what there is, nil for nothing.
func (b *Board) await(ctx context.Context, after int64) *item {
	ctx, cancel := context.WithTimeout(ctx, holdFor)
	defer cancel()
	for {
		b.mu.Lock()
		it, changed := b.item, b.changed
		b.mu.Unlock()
		if it != nil && it.seq > after || ctx.Err() != nil {
			return it
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// others is some of the other viewers, by chance.
func (b *Board) others(than netip.AddrPort) []netip.AddrPort {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]netip.AddrPort, 0, len(b.viewers))
	for v := range b.viewers {
		if v != than {
			list = append(list, v)
		}
	}
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:min(len(list), namedPeers)]
}

// compactBytes is the length of a peer in an answer: an IPv6 address, or an IPv4 one in the form of IPv6, and a port.
const compactBytes = 18

func compact(peers []netip.AddrPort) (b []byte) {
	for _, p := range peers {
		address := p.Addr().As16()
		b = binary.BigEndian.AppendUint16(append(b, address[:]...), p.Port())
	}
	return b
}

// expand reads peers. What could be no peer is left out.
func expand(b []byte) (peers []string) {
	for ; len(b) >= compactBytes && len(peers) < namedPeers; b = b[compactBytes:] {
		address := netip.AddrFrom16([16]byte(b[:16])).Unmap()
		port := binary.BigEndian.Uint16(b[16:])
		if port != 0 && !address.IsUnspecified() && !address.IsMulticast() {
			peers = append(peers, netip.AddrPortFrom(address, port).String())
		}
	}
	return peers
}

// ServeBoard answers viewers on the listener until ctx ends.
func ServeBoard(ctx context.Context, l net.Listener, b *Board) error {
	server := &http.Server{
		Handler: b, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: holdFor + 10*time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 8 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(crowd.Listen(l)); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the list: %w", err)
	}
	return nil
}

// maxAnswer bounds what a viewer takes from a board.
const maxAnswer = 8 << 10

// parseAnswer reads what a board answers.
func (s Stream) parseAnswer(b []byte) (*item, *List, []string, error) {
	d, err := wire.ParseDict(b)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%w: %w", ErrList, err)
	}
	it, list, err := s.open(d)
	if err != nil {
		return nil, nil, nil, err
	}
	peers, _ := d.Bytes("peers")
	return it, list, expand(peers), nil
}
