package chain

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/contract"
)

// How the records of live channels are compared with what the contract holds.
const (
	// CompareEvery is how long a round lasts at most. Another begins then: first with channels on which something is due, then with the others, from where the last has come to.
	CompareEvery = 10 * time.Minute
	// ComparePerSecond is how many channels are asked for in a second, one call each, when more than compareAtOnce are to be: 12,000 in a round.
	ComparePerSecond = 20
)

// Words reads what the contract holds of a channel, in the newest solid block.
type Words interface {
	Figures(ctx context.Context, id channel.ID) (contract.Figures, error)
}

// Book is the records that are compared.
type Book interface {
	Cursor() channel.Cursor
	// Stored is how far the chain was followed by whichever server has come furthest: no record is of a later block.
	Stored(ctx context.Context) (channel.Cursor, error)
	List(ctx context.Context, query channel.Query) ([]channel.Record, error)
	Record(ctx context.Context, id channel.ID) (channel.Record, error)
	// Correct takes figures that events did not bring; it says of how many channels they were news.
	Correct(ctx context.Context, facts []channel.Event) (news int, err error)
	Suspend(source string, reason error)
}

// Comparer reads the contract's own word on every live channel from time to time. Events are how news comes quickly; the word is what is true: an event that was
// missed, or kept back by a node, is made good here, and a record that the contract contradicts stops everything.
type Comparer struct {
	Node  Reader
	Words Words
	Book  Book
	Every time.Duration // 0 is CompareEvery
	// PerSecond bounds the calls of the node; 0 is ComparePerSecond.
	PerSecond int
	Log       *slog.Logger

	limit       *rate.Limiter
	owing, rest channel.ID // the last of the channels that were compared, of those on which something is due and of the others
	doubted     channel.ID // the one that the contract contradicted last: nothing goes on before it is looked at again
}

// comparerName is the Comparer as a source of doubt.
const comparerName = "comparer"

// compareAtOnce is how many records are read at once, and how many calls may be made at once.
const compareAtOnce = 256

// Run compares at once and then on its period, until ctx ends. What fails is logged and tried again.
func (c *Comparer) Run(ctx context.Context) error {
	every := c.Every
	if every == 0 {
		every = CompareEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if _, err := c.round(ctx, every); err != nil && ctx.Err() == nil {
			c.Log.Error("comparing the channels with the contract", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Compare compares every live channel once and says how many records it corrected. ErrDisagree: the contract holds less than is recorded as solid.
func (c *Comparer) Compare(ctx context.Context) (corrected int, err error) {
	c.owing, c.rest = channel.ID{}, channel.ID{}
	return c.round(ctx, math.MaxInt64)
}

// round is Compare for what can be asked for in that time: at least one page of either kind, and of the time no more than three quarters for channels on which something is due.
func (c *Comparer) round(ctx context.Context, within time.Duration) (corrected int, err error) {
	_, solid, err := c.Node.Heads(ctx)
	if err != nil {
		return 0, fmt.Errorf("asking for the newest block: %w", err)
	}
	cursor := c.Book.Cursor()
	if cursor.Solid == (channel.Block{}) || solid.Number < cursor.Solid.Number {
		return 0, nil // nothing is recorded yet, or the node is behind and would seem to contradict
	}
	began, suspects := time.Now(), map[channel.ID]contract.Figures{}
	if err := c.settled(ctx, suspects); err != nil {
		return 0, err
	}
	if err := c.walk(ctx, channel.Query{Live: true, Due: true, After: c.owing}, &c.owing, began, within/4*3, suspects); err != nil {
		return 0, err
	}
	if err := c.walk(ctx, channel.Query{Live: true, After: c.rest}, &c.rest, began, within, suspects); err != nil {
		return 0, err
	}
	c.Book.Suspend(comparerName, nil)
	if len(suspects) == 0 {
		return 0, nil
	}
	return c.correct(ctx, suspects)
}

// settled looks again at the channel that the contract contradicted, if there is one.
func (c *Comparer) settled(ctx context.Context, suspects map[channel.ID]contract.Figures) error {
	if c.doubted == (channel.ID{}) {
		return nil
	}
	r, err := c.Book.Record(ctx, c.doubted)
	if err != nil {
		return err
	}
	if err := c.page(ctx, []channel.Record{r}, suspects); err != nil {
		return err
	}
	c.doubted = channel.ID{}
	return nil
}

// walk compares pages of channels until the time is up, and notes in at how far it has come: the zero ID when to the end. Where all are asked for, those on which something is due are
// left out: they have had their turn.
func (c *Comparer) walk(ctx context.Context, q channel.Query, at *channel.ID, began time.Time, within time.Duration, suspects map[channel.ID]contract.Figures) error {
	for q.Limit = compareAtOnce; ; q.After = *at {
		page, err := c.Book.List(ctx, q)
		if err != nil {
			return err
		}
		last, full := q.After, len(page) == q.Limit
		if len(page) > 0 {
			last = page[len(page)-1].ID
		}
		if !q.Due {
			page = slices.DeleteFunc(page, func(r channel.Record) bool { return r.DueSince > 0 })
		}
		if err := c.page(ctx, page, suspects); err != nil {
			return err
		}
		if *at = last; !full {
			*at = channel.ID{}
			return nil
		}
		if time.Since(began) >= within {
			return nil
		}
	}
}

// figures asks for the contract's word, when its turn comes.
func (c *Comparer) figures(ctx context.Context, id channel.ID) (contract.Figures, error) {
	if c.limit == nil {
		perSecond := c.PerSecond
		if perSecond == 0 {
			perSecond = ComparePerSecond
		}
		c.limit = rate.NewLimiter(rate.Limit(perSecond), compareAtOnce)
	}
	if err := c.limit.Wait(ctx); err != nil {
		return contract.Figures{}, err
	}
	return c.Words.Figures(ctx, id)
}

// page notes the channels of which the contract says more than is recorded: events that were missed, or that the follower has not come to yet.
func (c *Comparer) page(ctx context.Context, page []channel.Record, suspects map[channel.ID]contract.Figures) error {
	for i := range page {
		r := &page[i]
		word, err := c.figures(ctx, r.ID)
		if err != nil {
			return err
		}
		if contradicts(r, word) != nil {
			if word, err = c.again(ctx, r); err != nil {
				return err
			}
		}
		if err := contradicts(r, word); err != nil {
			c.doubted = r.ID
			c.Book.Suspend(comparerName, err)
			return err
		}
		if len(missed(r, word, channel.Block{})) > 0 {
			suspects[r.ID] = word
		}
	}
	return nil
}

// again reads a word that is behind its record once more, when the node has every block that a record may be of: another server's node may have been first.
func (c *Comparer) again(ctx context.Context, r *channel.Record) (contract.Figures, error) {
	stored, err := c.Book.Stored(ctx)
	if err != nil {
		return contract.Figures{}, err
	}
	for waited := time.Duration(0); ; waited += time.Second {
		_, solid, err := c.Node.Heads(ctx)
		if err != nil {
			return contract.Figures{}, fmt.Errorf("asking for the newest block: %w", err)
		}
		if solid.Number >= stored.Solid.Number {
			return c.figures(ctx, r.ID)
		}
		if waited >= time.Minute || !sleep(ctx, time.Second) {
			return contract.Figures{}, fmt.Errorf("the node is at block %d, behind block %d that is recorded", solid.Number, stored.Solid.Number) // the next round looks again
		}
	}
}

// correct waits until the follower is where the words were read, and takes from them what is still missing then.
func (c *Comparer) correct(ctx context.Context, suspects map[channel.ID]contract.Figures) (int, error) {
	_, solid, err := c.Node.Heads(ctx)
	if err != nil {
		return 0, fmt.Errorf("asking for the newest block: %w", err)
	}
	for waited := time.Duration(0); c.Book.Cursor().Solid.Number < solid.Number; waited += time.Second {
		if waited >= time.Minute || !sleep(ctx, time.Second) {
			return 0, ctx.Err() // the next round looks again
		}
	}
	var facts []channel.Event
	for id, word := range suspects {
		r, err := c.Book.Record(ctx, id)
		if err != nil {
			return 0, err
		}
		facts = append(facts, missed(&r, word, solid)...)
	}
	news, err := c.Book.Correct(ctx, facts)
	if news > 0 {
		c.Log.Warn("events were missed; the contract's own figures are taken", "channels", news)
	}
	return news, err
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// contradicts says that the contract holds less than was solid before, which no honest node can show.
func contradicts(r *channel.Record, word contract.Figures) error {
	switch {
	case !word.Exists():
		return fmt.Errorf("%w: the contract knows no channel %s", ErrDisagree, r.ID.Short())
	case word.Settled.Less(r.Settled), !word.Closed && word.Deposit.Less(r.Deposit):
		return fmt.Errorf("%w: channel %s has deposit %s and %s settled at the node, %s and %s recorded",
			ErrDisagree, r.ID.Short(), word.Deposit, word.Settled, r.Deposit, r.Settled)
	}
	return nil
}

// firstMissed is above the place of any event in a block, so that what is made good never takes an event's place among the settlements.
const firstMissed = 1 << 20

// missed are the events that would have brought the record to where the contract is.
func missed(r *channel.Record, word contract.Figures, at channel.Block) (facts []channel.Event) {
	add := func(e channel.Event) {
		e.Channel, e.Block, e.Time, e.Index = r.ID, at.Number, at.Time, firstMissed+int(r.ID[0])<<16+int(r.ID[1])<<8+int(r.ID[2])
		facts = append(facts, e)
	}
	switch {
	case word.Closed:
		add(channel.Event{Kind: channel.EventClosed, Settled: word.Settled})
		return facts
	case r.Deposit.Less(word.Deposit):
		add(channel.Event{Kind: channel.EventDeposited, Deposit: word.Deposit})
	}
	if r.Settled.Less(word.Settled) {
		add(channel.Event{Kind: channel.EventSettled, Settled: word.Settled})
	}
	if word.CloseAt != 0 && (r.State != channel.Closing || r.ClosingSeen != 0) {
		add(channel.Event{Kind: channel.EventClosing, CloseAt: word.CloseAt})
	}
	return facts
}
