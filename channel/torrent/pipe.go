package torrent

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// pipeRoom is how many bytes may wait for the client before nothing more is read from the peer.
const pipeRoom = 256 << 10

// errPipeClosed is what a closed pipe says.
var errPipeClosed = errors.New("pipe closed")

// pipe is the way from the gate to the client: what was written is read, in order. Writing never blocks; who writes waits for room first.
type pipe struct {
	mu       sync.Mutex
	cond     sync.Cond
	buf      []byte
	from     int // buf[from:] is not read yet
	err      error
	deadline time.Time
	timer    *time.Timer
}

func newPipe() *pipe {
	p := &pipe{}
	p.cond.L = &p.mu
	return p
}

// write appends b.
func (p *pipe) write(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return
	}
	if p.from > 0 && len(p.buf)+len(b) > cap(p.buf) {
		p.buf = p.buf[:copy(p.buf, p.buf[p.from:])]
		p.from = 0
	}
	p.buf = append(p.buf, b...)
	p.cond.Broadcast()
}

// room waits until the reader has caught up. It says no when the pipe is closed.
func (p *pipe) room() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.buf)-p.from >= pipeRoom && p.err == nil {
		p.cond.Wait()
	}
	return p.err == nil
}

// Read gives what was written. After fail it gives what is left, then the error.
func (p *pipe) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.from < len(p.buf):
			n := copy(b, p.buf[p.from:])
			if p.from += n; p.from == len(p.buf) {
				p.buf, p.from = p.buf[:0], 0
			}
			p.cond.Broadcast()
			return n, nil
		case p.err != nil:
			return 0, p.err
		case !p.deadline.IsZero() && !time.Now().Before(p.deadline):
			return 0, os.ErrDeadlineExceeded
		}
		p.cond.Wait()
	}
}

// fail ends the pipe; io.EOF is a clean end.
func (p *pipe) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		if err == nil {
			err = io.EOF
		}
		p.err = err
	}
	p.cond.Broadcast()
}

// drop ends the pipe and throws away what was not read: the reader has gone.
func (p *pipe) drop() {
	p.fail(errPipeClosed)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.buf, p.from = nil, 0
}

// setDeadline makes reads that wait fail at that time.
func (p *pipe) setDeadline(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deadline = at
	switch {
	case at.IsZero():
	case p.timer == nil:
		p.timer = time.AfterFunc(time.Until(at), p.wake)
	default:
		p.timer.Reset(time.Until(at))
	}
	p.cond.Broadcast()
}

func (p *pipe) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cond.Broadcast()
}
