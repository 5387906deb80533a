package gate

import (
	"sync"
	"time"
)

// Shares of the uplink, in thousandths and bytes.
const (
	DefaultFreeShare = 40        // thousandths of the uplink that free riders share: 4 %, so that payers have more than 95
	burstTime        = 50        // milliseconds of rate that may go out at once
	maxRate          = 1 << 50   // bytes per second: more is as much, and would not fit a second's tokens in 64 bits
	minBurst         = 128 << 10 // bytes: a block of the largest size always fits
	quantum          = 64 << 10  // bytes granted to one lane before the next gets its turn
	weightOne        = 1024      // the weight of a payer who bids nothing
	maxWeight        = 64 * weightOne
)

// UplinkConfig is how a seeder's upload is shared. The zero value: as fast as it goes for payers, 4 % of what they get for free riders.
type UplinkConfig struct {
	Rate      int64 // bytes per second in all; 0: unlimited
	FreeShare int   // thousandths of Rate for all free riders together, in one bucket; 0: DefaultFreeShare, negative: nothing
	FreeFloor int64 // bytes per second that free riders share at least, so that none starves; 0: 16 KiB/s
}

// Uplink shares upload between lanes. Payers share by weight (stride scheduling, so nobody waits for ever); free riders share one bucket. It is safe for
// concurrent use, has no clock (callers bring the time), and calls no lane while it holds its lock.
type Uplink struct {
	mu     sync.Mutex
	config UplinkConfig
	last   time.Time
	all    bucket // what may leave in all, when the rate is limited
	free   bucket // what may leave for free
	pass   uint64 // virtual time: the pass of the payer that was served last
	payers []*Lane
	riders []*Lane
}

// bucket is a token bucket in bytes. It may go below zero by one grant.
type bucket struct{ tokens, burst int64 }

func (b *bucket) add(n int64) { b.tokens = min(b.burst, b.tokens+n) }

// NewUplink is an uplink that starts full.
func NewUplink(c UplinkConfig, now time.Time) *Uplink {
	if c.FreeShare == 0 {
		c.FreeShare = DefaultFreeShare
	}
	if c.FreeFloor == 0 {
		c.FreeFloor = 16 << 10
	}
	c.Rate, c.FreeFloor = min(c.Rate, maxRate), min(c.FreeFloor, maxRate)
	u := &Uplink{config: c, last: now}
	u.all.burst = max(minBurst, c.Rate*burstTime/1000)
	u.free.burst = max(minBurst, u.freeRate()*burstTime/1000)
	u.all.tokens = u.all.burst
	if c.FreeShare > 0 {
		u.free.tokens = u.free.burst
	}
	return u
}

// freeRate is what free riders get by the clock; with an unlimited uplink they also get their share of what payers get, when they get it.
func (u *Uplink) freeRate() int64 {
	if u.config.FreeShare < 0 {
		return 0
	}
	return max(u.config.FreeFloor, u.config.Rate*int64(u.config.FreeShare)/1000)
}

// Lane is one connection's place at the uplink. Its fields belong to the Uplink.
type Lane struct {
	uplink  *Uplink
	wake    func() // the lane may ask again; must not block
	paying  bool
	weight  uint64
	pass    uint64
	credit  int64 // granted and not yet used
	wanted  int64 // bytes it waits for; 0: it does not wait
	waiting bool
}

// Lane makes a place for a connection that does not pay yet. wake is called, without locks, when the lane should ask again.
func (u *Uplink) Lane(wake func()) *Lane { return &Lane{uplink: u, wake: wake, weight: weightOne} }

// Pays makes the lane a payer's or a free rider's. bid and price are per MiB: who bids as much as the price itself gets twice the share.
func (l *Lane) Pays(paying bool, bidThousandths uint64) {
	l.uplink.mu.Lock()
	defer l.uplink.mu.Unlock()
	l.uplink.remove(l)
	l.paying, l.credit = paying, 0
	l.weight = min(maxWeight, weightOne+bidThousandths*weightOne/1000)
	l.pass = l.uplink.pass
}

// Ask asks whether n bytes may leave now. When it says no, wake is called once they may.
func (l *Lane) Ask(n int64, now time.Time) bool {
	u := l.uplink
	u.mu.Lock()
	defer u.mu.Unlock()
	u.refill(now)
	if l.credit >= n {
		l.credit -= n
		return true
	}
	if l.paying && u.config.Rate == 0 {
		u.spent(n)
		return true
	}
	queue := u.queue(l)
	if len(*queue) == 0 && u.open(l) {
		u.charge(l, n)
		return true
	}
	l.wanted = n
	if !l.waiting {
		l.waiting = true
		l.pass = max(l.pass, u.pass)
		*queue = append(*queue, l)
	}
	return false
}

// Leave takes the lane off the uplink: the connection has ended.
func (l *Lane) Leave() {
	l.uplink.mu.Lock()
	defer l.uplink.mu.Unlock()
	l.uplink.remove(l)
}

// Tick grants what the time that has passed allows, and says when to call it again at the latest; zero when nobody waits.
func (u *Uplink) Tick(now time.Time) time.Duration {
	u.mu.Lock()
	u.refill(now)
	woken := u.grant()
	next := time.Duration(0)
	if len(u.payers)+len(u.riders) > 0 {
		next = 5 * time.Millisecond
	}
	u.mu.Unlock()
	for _, l := range woken {
		l.wake()
	}
	return next
}

// Waiting says whether any lane waits.
func (u *Uplink) Waiting() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.payers)+len(u.riders) > 0
}

// grant serves payers in the order of their pass and free riders in turn, while there are tokens.
func (u *Uplink) grant() (woken []*Lane) {
	for len(u.riders) > 0 && u.free.tokens > 0 && (u.config.Rate == 0 || u.all.tokens > 0) {
		woken = append(woken, u.serve(&u.riders, 0))
	}
	for len(u.payers) > 0 && u.all.tokens > 0 {
		first := 0
		for i, l := range u.payers {
			if l.pass < u.payers[first].pass {
				first = i
			}
		}
		woken = append(woken, u.serve(&u.payers, first))
	}
	return woken
}

// serve grants a waiting lane a quantum and takes it off its queue.
func (u *Uplink) serve(queue *[]*Lane, i int) *Lane {
	l := (*queue)[i]
	*queue = append((*queue)[:i], (*queue)[i+1:]...)
	l.waiting = false
	n := max(l.wanted, quantum)
	if !l.paying {
		n = l.wanted
	}
	u.charge(l, n)
	l.credit += n
	return l
}

// charge takes n bytes for l out of the buckets, and moves its pass on by them.
func (u *Uplink) charge(l *Lane, n int64) {
	if u.config.Rate > 0 {
		u.all.tokens -= n
	}
	if !l.paying {
		u.free.tokens -= n
		return
	}
	u.pass = max(u.pass, l.pass)
	l.pass += uint64(n) * weightOne / l.weight
}

// open says whether a lane need not wait at all.
func (u *Uplink) open(l *Lane) bool {
	if !l.paying && u.free.tokens <= 0 {
		return false
	}
	return u.config.Rate == 0 || u.all.tokens > 0
}

// spent gives free riders their share of what a payer got on an unlimited uplink.
func (u *Uplink) spent(n int64) {
	if u.config.FreeShare > 0 {
		u.free.add(n * int64(u.config.FreeShare) / 1000)
	}
}

func (u *Uplink) refill(now time.Time) {
	ms := now.Sub(u.last).Milliseconds()
	if ms <= 0 {
		return
	}
	u.last = u.last.Add(time.Duration(ms) * time.Millisecond) // what is left of a millisecond counts next time
	ms = min(ms, 1000)
	u.all.add(ms * u.config.Rate / 1000)
	u.free.add(ms * u.freeRate() / 1000)
}

func (u *Uplink) queue(l *Lane) *[]*Lane {
	if l.paying {
		return &u.payers
	}
	return &u.riders
}

func (u *Uplink) remove(l *Lane) {
	if l.waiting {
		queue := u.queue(l)
		for i, w := range *queue {
			if w == l {
				*queue = append((*queue)[:i], (*queue)[i+1:]...)
				break
			}
		}
	}
	l.waiting, l.wanted, l.credit = false, 0, 0
}
