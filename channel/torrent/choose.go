package torrent

import (
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
)

// The rhythm of choosing.
const (
	chooseEvery = time.Second
	trialTime   = 3 * time.Second  // how long a dearer seeder may show that it makes the download faster
	trialAfter  = 2 * time.Second  // how long the seeders in use show how fast they are, before a dearer one is tried
	trialAgain  = 30 * time.Second // until a dearer seeder that made no difference is tried again
	worthwhile  = 115              // percent of the rate before, which a dearer seeder must bring
)

// chooser chooses the seeders of one torrent by price and speed: the cheapest are asked, and dearer ones only as long as they make the download faster. Those that
// are not asked are parked: the client believes that they choke it.
type chooser struct {
	limit   channel.Amount // the highest price per MiB that is paid now
	before  channel.Amount // the limit before the trial
	chosen  bool           // there is a limit
	trial   bool
	until   time.Time // the trial ends, or the next may begin
	rate    int64     // bytes per second, of the last seconds
	rateOld int64     // before the trial
	still   int       // looks at which nothing had come
}

// bid is one seeder as a chooser sees it.
type bid struct {
	payer *payer
	price channel.Amount
	bytes int64 // that came since the last look
}

// look takes the measure of the last second, and moves the limit.
func (c *chooser) look(bids []bid, now time.Time) {
	total := int64(0)
	for _, b := range bids {
		total += b.bytes
	}
	c.rate = (2*c.rate + total) / 3
	if c.still++; total > 0 {
		c.still = 0
	}
	dearer, some := c.next(bids)
	switch {
	case !c.chosen || len(bids) == 0:
	case c.trial && !now.Before(c.until):
		c.judge(now)
	case c.trial || !some:
	case c.still >= 2:
		c.limit, c.until = dearer, now.Add(trialAfter) // the cheaper ones give nothing
	case !now.Before(c.until):
		c.before, c.rateOld = c.limit, c.rate
		c.limit, c.trial, c.until = dearer, true, now.Add(trialTime)
	}
}

// judge ends a trial: was it worth it?
func (c *chooser) judge(now time.Time) {
	c.trial = false
	if c.rate*100 >= c.rateOld*worthwhile {
		c.until = now
		return
	}
	c.limit, c.until = c.before, now.Add(trialAgain)
}

// next is the lowest price above the limit.
func (c *chooser) next(bids []bid) (price channel.Amount, some bool) {
	for _, b := range bids {
		if c.limit.Less(b.price) && (!some || b.price.Less(price)) {
			price, some = b.price, true
		}
	}
	return price, some
}

// place says whether a seeder that was just found is asked. A cheaper one than all so far sets the limit.
func (c *chooser) place(price channel.Amount, now time.Time) bool {
	if !c.chosen || price.Less(c.limit) && !c.trial {
		c.limit, c.chosen, c.until = price, true, now.Add(trialAfter)
	}
	return !c.limit.Less(price)
}

// place finds a seeder's place among those of its torrent, and parks one that is too dear for now.
func (s *Spender) place(p *payer, price channel.Amount) {
	if s.limits.Fast {
		return
	}
	p.park(!s.placed(p, price))
}

func (s *Spender) placed(p *payer, price channel.Amount) bool {
	hash := p.l.torrent()
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.choosers[hash]
	if c == nil {
		c = &chooser{}
		s.choosers[hash] = c
	}
	before, chosen := c.limit, c.chosen
	asked := c.place(price, time.Now())
	if chosen && c.limit.Less(before) {
		select {
		case s.cheaper <- struct{}{}: // those that were asked until now are dear
		default:
		}
	}
	return asked
}

// choose looks at all torrents of the links.
func (s *Spender) choose(links []*link, now time.Time) {
	bids := map[[20]byte][]bid{}
	for _, l := range links {
		if b, paid := l.payer.bid(); paid {
			bids[l.torrent()] = append(bids[l.torrent()], b)
		}
	}
	s.mu.Lock()
	for hash, c := range s.choosers {
		if c.look(bids[hash], now); len(bids[hash]) == 0 {
			delete(s.choosers, hash)
		}
	}
	s.mu.Unlock()
	s.park(links)
}

// park parks the seeders that are above the limits of their torrents.
func (s *Spender) park(links []*link) {
	s.mu.Lock()
	limits := map[[20]byte]channel.Amount{}
	for hash, c := range s.choosers {
		limits[hash] = c.limit
	}
	s.mu.Unlock()
	for _, l := range links {
		price, paid := l.payer.pays()
		if limit, chosen := limits[l.torrent()]; chosen && paid {
			l.payer.park(limit.Less(price))
		}
	}
}

// pays is the price of an open session, false where there is none.
func (p *payer) pays() (channel.Amount, bool) {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	return p.price, p.tab != nil && p.begun && p.over == nil
}

// bid is the payer's seeder for the chooser, when it is paid.
func (p *payer) bid() (bid, bool) {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	if p.tab == nil || !p.begun || p.over != nil {
		p.l.unpark()
		return bid{}, false
	}
	b := bid{payer: p, price: p.price, bytes: p.meter.Received - p.measured}
	p.measured = p.meter.Received
	return b, true
}

// park has the client ask this seeder no more, or again. What it has asked for comes still: so it takes a seeder that speaks BEP 6, or one that was not asked yet.
func (p *payer) park(on bool) {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	switch {
	case !on:
		p.l.unpark()
	case !p.parked && (p.l.fast() || !p.shown):
		p.parked = true
		if p.shown {
			p.shown = false
			p.l.tell(gate.ChokeFrame)
		}
	}
}

// unpark shows the client what the peer says. mu must be held.
func (l *link) unpark() {
	p := l.payer
	if !p.parked {
		return
	}
	p.parked = false
	if p.lets && !p.shown {
		p.shown = true
		l.tell(gate.UnchokeFrame)
	}
}

// chokes follows whether the peer lets the client ask, and keeps that back from the client while the peer is parked. link.mu must be held.
func (p *payer) chokes(raw []byte) []byte {
	p.lets = raw[4] == msgUnchoke
	if p.parked && !p.shown {
		return nil
	}
	p.shown = p.lets
	return raw
}
