package rpc

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"

	"github.com/piecework/piecework/testnet/chain"
)

// filters are what clients have installed. They look at the chain when they are asked, and remember enough of what they showed to take it back.
type filters struct {
	mu  sync.Mutex // covers all, and the filters in it
	all map[string]*filter
}

type filter struct {
	logs  *logFilter // nil: block hashes
	next  int64      // the first block not looked at
	shown []shownBlock
	asked time.Time
}

type shownBlock struct {
	number int64
	id     [32]byte
	logs   []ethLog
}

func (s *Server) install(f *filter) string {
	s.filters.mu.Lock()
	defer s.filters.mu.Unlock()
	now := time.Now()
	f.asked, f.next = now, s.chain.HeadNumber()+1
	oldest := ""
	for id, other := range s.filters.all {
		if now.Sub(other.asked) > FilterLifetime {
			delete(s.filters.all, id)
		} else if oldest == "" || other.asked.Before(s.filters.all[oldest].asked) {
			oldest = id
		}
	}
	if len(s.filters.all) >= MaxFilters {
		delete(s.filters.all, oldest)
	}
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	id := hex.EncodeToString(raw[:])
	s.filters.all[id] = f
	return "0x" + id
}

// newFilter does not know "finalized", unlike eth_getLogs.
func newFilter(c *ethCall) (any, error) {
	f, err := c.readFilter(0, false)
	if err != nil {
		return nil, err
	}
	return c.install(&filter{logs: f}), nil
}

func newBlockFilter(c *ethCall) (any, error) { return c.install(&filter{}), nil }

// filterID is a filter's id as it is kept.
func (c *ethCall) filterID() (string, error) {
	text, err := c.needText(0)
	return fromHex(text), err
}

// withFilter runs f on a filter that is there.
func (c *ethCall) withFilter(run func(id string, f *filter) (any, error)) (any, error) {
	id, err := c.filterID()
	if err != nil {
		return nil, err
	}
	c.filters.mu.Lock()
	defer c.filters.mu.Unlock()
	f, ok := c.filters.all[id]
	if !ok {
		return nil, internalError("filter not found")
	}
	f.asked = time.Now()
	return run(id, f)
}

func uninstallFilter(c *ethCall) (any, error) {
	return c.withFilter(func(id string, _ *filter) (any, error) {
		delete(c.filters.all, id)
		return true, nil
	})
}

func filterLogs(c *ethCall) (any, error) {
	return c.withFilter(func(_ string, f *filter) (any, error) {
		if f.logs == nil {
			return nil, internalError("filter not found")
		}
		return c.logs(f.logs)
	})
}

func filterChanges(c *ethCall) (any, error) {
	return c.withFilter(func(_ string, f *filter) (any, error) {
		if f.logs == nil {
			return c.blockChanges(f), nil
		}
		return c.logChanges(f), nil
	})
}

func (s *Server) blockChanges(f *filter) []string {
	hashes := []string{}
	s.undone(f)
	for b := s.chain.BlockByNumber(chain.Head, f.next); b != nil && len(hashes) < MaxLogs; b = s.chain.BlockByNumber(chain.Head, f.next) {
		hashes = append(hashes, ethBytes(b.ID[:]))
		f.show(b, nil)
	}
	return hashes
}

func (s *Server) logChanges(f *filter) []ethLog {
	logs := s.undone(f)
	for b := s.chain.BlockByNumber(chain.Head, f.next); b != nil && len(logs) < MaxLogs; b = s.chain.BlockByNumber(chain.Head, f.next) {
		var found []ethLog
		if b.Number() >= f.logs.from && b.Number() <= f.logs.to {
			found = f.logs.logsOf(b)
		}
		logs = append(logs, found...)
		f.show(b, found)
	}
	return logs
}

// undone takes back what was shown of blocks that are no more in the chain, newest first.
func (s *Server) undone(f *filter) []ethLog {
	logs := []ethLog{}
	for len(f.shown) > 0 {
		last := f.shown[len(f.shown)-1]
		if b := s.chain.BlockByNumber(chain.Head, last.number); b != nil && b.ID == last.id {
			break
		}
		for _, log := range last.logs {
			log.Removed = true
			logs = append(logs, log)
		}
		f.shown, f.next = f.shown[:len(f.shown)-1], last.number
	}
	f.next = min(f.next, s.chain.HeadNumber()+1)
	return logs
}

func (f *filter) show(b *chain.Block, logs []ethLog) {
	f.shown = append(f.shown, shownBlock{b.Number(), b.ID, logs})
	if len(f.shown) > maxUndo {
		f.shown = f.shown[1:]
	}
	f.next = b.Number() + 1
}
