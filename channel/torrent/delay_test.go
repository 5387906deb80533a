package torrent_test

import (
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// way is a long way to a peer.
type way struct {
	delay time.Duration // each direction
	rate  int64         // bytes per second, each direction
	bytes *atomic.Int64 // that have passed; nil: they are not counted
}

// line listens and passes everything on to an address, by a long way.
func (w way) line(t testing.TB, to string) string {
	t.Helper()
	return listening(t, w.listen, to)
}

func (w way) listen(to string) (net.Listener, error) {
	return between(to, func(near, far net.Conn) {
		go w.carry(near, far)
		w.carry(far, near)
	})
}

// between listens, and gives both ends of each connection, to itself and to an address, to carry.
func between(to string, carry func(near, far net.Conn)) (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				far, err := net.Dial("tcp", to)
				if err != nil {
					near.Close()
					return
				}
				carry(near, far)
			}()
		}
	}()
	return l, nil
}

// listening is where something listens until the test ends.
func listening(t testing.TB, listen func(to string) (net.Listener, error), to string) string {
	t.Helper()
	l, err := listen(to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// parcel is bytes under way.
type parcel struct {
	due   time.Time
	bytes []byte
}

// carry copies from one end to the other until either ends, and then ends both.
func (w way) carry(from, to net.Conn) {
	under := make(chan parcel, 1<<14)
	go func() {
		for p := range under {
			time.Sleep(time.Until(p.due))
			if _, err := to.Write(p.bytes); err != nil {
				break
			}
		}
		from.Close()
		to.Close()
		for range under { // until the other half has seen that it is over
		}
	}()
	defer close(under)
	for free := time.Now(); ; { // when the line can take the next byte
		buf := make([]byte, 64<<10)
		n, err := from.Read(buf)
		if n > 0 {
			if w.bytes != nil {
				w.bytes.Add(int64(n))
			}
			if now := time.Now(); free.Before(now) {
				free = now
			}
			free = free.Add(time.Duration(n) * time.Second / time.Duration(w.rate))
			under <- parcel{free.Add(w.delay), buf[:n]}
		}
		if err != nil {
			return
		}
	}
}
