package torrent

import (
	"sync"

	"github.com/piecework/piecework/channel/torrent/wire"
)

// maxMail is how many messages of a peer may wait to be handled. Payments that the same tail overtakes are merged and do not count.
const maxMail = 64

// mailbox keeps the pw_pay messages of a peer until they are handled.
type mailbox struct {
	mu    sync.Mutex
	queue []wire.Message
	ready chan struct{} // holds one token while there may be mail
}

func newMailbox() *mailbox { return &mailbox{ready: make(chan struct{}, 1)} }

// put adds a message. It says no when the peer sends faster than its messages are handled: a flood.
func (b *mailbox) put(m wire.Message) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if overtakes(m, b.queue) {
		b.queue[len(b.queue)-1] = m
		return true
	}
	if len(b.queue) >= maxMail {
		return false
	}
	b.queue = append(b.queue, m)
	select {
	case b.ready <- struct{}{}:
	default:
	}
	return true
}

// take removes the oldest message, nil when there is none.
func (b *mailbox) take() wire.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) == 0 {
		return nil
	}
	m := b.queue[0]
	b.queue = b.queue[1:]
	return m
}

// back puts a message to the front again: it could not be handled yet.
func (b *mailbox) back(m wire.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) > 0 && overtakes(b.queue[0], []wire.Message{m}) {
		return
	}
	b.queue = append([]wire.Message{m}, b.queue...)
}

// overtakes says whether m is a reveal that stands for all that the last message in the queue stood for.
func overtakes(m wire.Message, queue []wire.Message) bool {
	if len(queue) == 0 {
		return false
	}
	now, ok := m.(*wire.Pay)
	last, was := queue[len(queue)-1].(*wire.Pay)
	return ok && was && now.Voucher == nil && last.Voucher == nil && now.Reveal.Tail == last.Reveal.Tail && now.Reveal.Count > last.Reveal.Count
}
