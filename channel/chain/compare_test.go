package chain_test

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/contract"
)

// shelf is a book of many records beside a node that notes when it is asked for which.
type shelf struct {
	mu        sync.Mutex       // covers all but the records
	records   []channel.Record // in the order of their ids
	asked     []channel.ID
	at        []time.Time
	lies      channel.ID // of which the contract seems to hold less
	suspended error
}

func newShelf(n, owing int) *shelf {
	s := &shelf{records: make([]channel.Record, n)}
	for i := range s.records {
		r := &s.records[i]
		binary.BigEndian.PutUint64(r.ID[:], uint64(i)+1)
		if r.Deposit = channel.NewAmount(5); i >= n-owing {
			r.DueSince = 1
		}
	}
	return s
}

func (s *shelf) Heads(context.Context) (head, solid channel.Block, err error) {
	return channel.Block{Number: 2}, channel.Block{Number: 1}, nil
}

func (s *shelf) Cursor() channel.Cursor { return channel.Cursor{Solid: channel.Block{Number: 1}} }

func (s *shelf) Stored(context.Context) (channel.Cursor, error) { return s.Cursor(), nil }

func (s *shelf) List(_ context.Context, q channel.Query) (list []channel.Record, err error) {
	for i := range s.records {
		if q.Selects(&s.records[i]) && len(list) < q.Limit {
			list = append(list, s.records[i])
		}
	}
	return list, nil
}

func (s *shelf) Record(_ context.Context, id channel.ID) (channel.Record, error) {
	return s.records[binary.BigEndian.Uint64(id[:])-1], nil
}

func (s *shelf) Correct(context.Context, []channel.Event) (int, error) {
	return 0, errors.New("nothing is to correct")
}

func (s *shelf) Suspend(_ string, reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.suspended = reason
}

func (s *shelf) set(lies channel.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lies = lies
}

// state is how many calls there were, and whether the book is suspended.
func (s *shelf) state() (calls int, suspended error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked), s.suspended
}

func (s *shelf) Figures(_ context.Context, id channel.ID) (contract.Figures, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked, s.at = append(s.asked, id), append(s.at, time.Now())
	if id == s.lies {
		return contract.Figures{Deposit: channel.NewAmount(4)}, nil
	}
	return contract.Figures{Deposit: channel.NewAmount(5)}, nil
}

// reader gives the shelf the calls of a node that a comparison does not make.
type reader struct {
	chain.Reader
	*shelf
}

func (r reader) Heads(ctx context.Context) (head, solid channel.Block, err error) {
	return r.shelf.Heads(ctx)
}

// However many channels there are, a node is asked for no more than so many a second; where something is due is asked first and in every round, and all others in the rounds that follow.
func TestComparingIsSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const channels, owing, perSecond, every = 20_000, 500, 20, 10 * time.Minute
		s := newShelf(channels, owing)
		c := &chain.Comparer{Node: reader{shelf: s}, Words: s, Book: s, PerSecond: perSecond, Every: every, Log: wallettest.Log(t)}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { _ = c.Run(ctx); close(done) }()
		time.Sleep(3*every - time.Second)
		cancel()
		<-done
		times := map[channel.ID]int{}
		for i, id := range s.asked {
			if r, _ := s.Record(ctx, id); i < owing && r.DueSince == 0 {
				t.Fatalf("the call number %d is for a channel on which nothing is due", i)
			}
			times[id]++
		}
		if most := int((3*every).Seconds())*perSecond + 256; len(s.asked) > most || len(s.asked) < most*9/10 {
			t.Errorf("%d calls, want at most %d", len(s.asked), most)
		}
		const window = 256 + 10*perSecond // what may come in ten seconds
		for i := window; i < len(s.at); i++ {
			if took := s.at[i].Sub(s.at[i-window]); took < 10*time.Second {
				t.Fatalf("%d calls in %s", window, took)
			}
		}
		for i := range s.records {
			if n := times[s.records[i].ID]; n == 0 || s.records[i].DueSince > 0 && n != 3 {
				t.Fatalf("channel %d was compared %d times in three rounds", i, n)
			}
		}
	})
}

// A doubt stays until the channel that gave rise to it was looked at again, in whichever round its turn would come.
func TestDoubtStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(3_000, 0)
		s.lies = s.records[1_000].ID
		c := &chain.Comparer{Node: reader{shelf: s}, Words: s, Book: s, Every: time.Minute, Log: wallettest.Log(t)}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { _ = c.Run(ctx); close(done) }()
		sleep := func(d time.Duration) { // between two rounds
			time.Sleep(d)
			synctest.Wait()
		}
		sleep(5*time.Minute + 30*time.Second)
		before, suspended := s.state()
		if !errors.Is(suspended, chain.ErrDisagree) {
			t.Errorf("suspended: %v", suspended)
		}
		sleep(time.Minute)
		if calls, _ := s.state(); calls != before+2 { // it is asked for, and then once more; no other is
			t.Errorf("%d calls in a round with a doubt", calls-before)
		}
		s.set(channel.ID{})
		sleep(2 * time.Minute)
		if _, suspended := s.state(); suspended != nil {
			t.Errorf("suspended: %v", suspended)
		}
		cancel()
		<-done
	})
}
