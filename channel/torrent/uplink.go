package torrent

import (
	"sync"
	"time"

	"github.com/piecework/piecework/channel/torrent/gate"
)

// uplinkDriver gives a gate.Uplink its clock. It runs only while somebody waits.
type uplinkDriver struct {
	*gate.Uplink
	now  func() time.Time
	work chan struct{}
	done chan struct{}
	once sync.Once
}

func newUplinkDriver(c gate.UplinkConfig, now func() time.Time) *uplinkDriver {
	u := &uplinkDriver{Uplink: gate.NewUplink(c, now()), now: now, work: make(chan struct{}, 1), done: make(chan struct{})}
	go u.run()
	return u
}

// ask asks for a lane, and makes sure that somebody ticks when it must wait.
func (u *uplinkDriver) ask(l *gate.Lane, n int64) bool {
	if l.Ask(n, u.now()) {
		return true
	}
	select {
	case u.work <- struct{}{}:
	default:
	}
	return false
}

func (u *uplinkDriver) run() {
	for {
		select {
		case <-u.done:
			return
		case <-u.work:
		}
		for wait := u.Tick(u.now()); wait > 0; wait = u.Tick(u.now()) {
			select {
			case <-u.done:
				return
			case <-time.After(wait):
			}
		}
	}
}

func (u *uplinkDriver) close() { u.once.Do(func() { close(u.done) }) }
