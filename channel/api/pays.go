package api

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
)

// pays are the channels that something is being paid on, with what each may take of the server.
type pays struct {
	limits Limits
	mu     sync.Mutex
	on     map[channel.ID]*lane
	swept  time.Time
}

// lane is one channel's.
type lane struct {
	streams  int
	vouchers *rate.Limiter // a voucher costs a signature check and its channel a place in a commit
	used     time.Time
}

// idleLane is how long a lane without streams is remembered, so that one payment at a time has the same limit.
const idleLane = time.Minute

// enter takes one of the channel's places for a stream; leave gives it back.
func (p *pays) enter(id channel.ID) (l *lane, leave func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l = p.lane(id)
	if l.streams >= p.limits.ChannelPays {
		return nil, nil, fmt.Errorf("%w: channel %s has %d", message.ErrStreams, id.Short(), l.streams)
	}
	l.streams++
	return l, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		l.streams--
	}, nil
}

// single is the lane for one payment without a stream.
func (p *pays) single(id channel.ID) *lane {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lane(id)
}

// streams is how many are open.
func (p *pays) streams() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.on {
		n += l.streams
	}
	return n
}

// lane finds or makes one. The caller holds p.mu.
func (p *pays) lane(id channel.ID) *lane {
	now := time.Now()
	if p.on == nil {
		p.on = map[channel.ID]*lane{}
	}
	if now.Sub(p.swept) > idleLane {
		p.swept = now
		for other, l := range p.on {
			if l.streams == 0 && now.Sub(l.used) > idleLane {
				delete(p.on, other)
			}
		}
	}
	l := p.on[id]
	if l == nil {
		l = &lane{vouchers: rate.NewLimiter(p.limits.Vouchers, 2*int(p.limits.Vouchers))}
		p.on[id] = l
	}
	l.used = now
	return l
}

// slow waits until the channel may send so many vouchers: a stream that is too fast is slowed down by its own flow control.
func (l *lane) slow(ctx context.Context, vouchers int) error {
	if vouchers == 0 || l.vouchers.AllowN(time.Now(), vouchers) {
		return nil
	}
	return l.vouchers.WaitN(ctx, vouchers)
}

// refuse is slow for a call that does not wait.
func (l *lane) refuse() error {
	if l.vouchers.Allow() {
		return nil
	}
	return &message.RetryError{Err: fmt.Errorf("%w: %.0f vouchers a second on one channel", message.ErrRate, float64(l.vouchers.Limit())), After: time.Second}
}
