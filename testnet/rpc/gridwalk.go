package rpc

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/piecework/piecework/testnet/chain"
)

// gridBatch is how many blocks are read at once: between two batches others have their turn, and a client that has left is noticed.
const gridBatch = 256

// position is where a page ended: block, transaction, log.
type position struct{ block, transaction, log int }

func (p position) String() string { return fmt.Sprintf("%d-%d-%d", p.block, p.transaction, p.log) }

func (p position) cmp(o position) int {
	return slices.Compare([]int{p.block, p.transaction, p.log}, []int{o.block, o.transaction, o.log})
}

func parsePosition(text string) (p position, err error) {
	parts := strings.Split(text, "-")
	if len(parts) != 3 {
		return p, badFingerprint(text)
	}
	for i, into := range []*int{&p.block, &p.transaction, &p.log} {
		if *into, err = strconv.Atoi(parts[i]); err != nil || *into < 0 {
			return p, badFingerprint(text)
		}
	}
	return p, nil
}

// found is one entry of a list and where it is.
type found struct {
	at    position
	entry any
}

// walk visits blocks in the order that is asked for and lets visit add what it finds, until a page is full or the query's scan is used up. It says
// where the page ended, if there is more to look at.
func (s *Server) walk(ctx context.Context, q gridQuery, visit func(b *chain.Block, solid bool) []found) (page []any, more string, err error) {
	if err := q.order.by(blockOrders); err != nil {
		return nil, "", err
	}
	w := gridPageWalk{gridQuery: q, page: []any{}}
	if q.fingerprint != "" {
		after, err := parsePosition(q.fingerprint)
		if err != nil {
			return nil, "", err
		}
		w.after = &after
	}
	first, last := s.gridRange(w)
	err = s.eachBlock(ctx, first, last, q.order.ascending, func(b *chain.Block) bool {
		return w.take(b, visit(b, b.Number() <= s.chain.SolidNumber()))
	})
	return w.page, w.more, err
}

// gridPageWalk is a page while it is filled.
type gridPageWalk struct {
	gridQuery
	after *position // where the page before ended
	page  []any
	last  string // where the newest entry of the page is
	more  string // where the next page goes on; empty: nowhere
	cost  int
}

// take adds what was found in a block. It says whether to go on.
func (w *gridPageWalk) take(b *chain.Block, entries []found) bool {
	end, step := position{int(b.Number()), 0, 0}, -1
	if w.order.ascending {
		end, step = position{int(b.Number()), math.MaxInt32, 0}, 1
	} else {
		slices.Reverse(entries)
	}
	for _, e := range entries {
		if w.after != nil && e.at.cmp(*w.after)*step <= 0 {
			continue
		}
		if len(w.page) == w.limit {
			w.more = w.last
			return false
		}
		w.page, w.last = append(w.page, e.entry), e.at.String()
	}
	if w.after == nil || int64(w.after.block) != b.Number() { // the page before has paid for that one
		w.cost += 1 + len(b.Infos)
	}
	if w.cost >= w.scan {
		w.more = end.String()
		return false
	}
	return true
}

// gridRange is the blocks that a query can be about.
func (s *Server) gridRange(w gridPageWalk) (first, last int64) {
	first, last = s.chain.FirstNumber(), s.chain.HeadNumber()
	if w.confirmed {
		last = min(last, s.chain.SolidNumber())
	}
	if w.unconfirmed {
		first = max(first, s.chain.SolidNumber()+1)
	}
	if w.block >= 0 {
		first, last = max(first, w.block), min(last, w.block)
	}
	if w.after != nil && w.order.ascending {
		first = max(first, int64(w.after.block))
	}
	if w.after != nil && !w.order.ascending {
		last = min(last, int64(w.after.block))
	}
	// Blocks are ordered by time as well.
	later := func(than int64) int64 {
		return first + int64(sort.Search(int(max(0, last-first+1)), func(i int) bool {
			b := s.chain.BlockByNumber(chain.Head, first+int64(i))
			return b == nil || b.Time() > than
		}))
	}
	if w.to < latestBlock {
		last = min(last, later(w.to)-1)
	}
	if w.from > 0 {
		first = max(first, later(w.from-1))
	}
	return first, last
}

// eachBlock visits the blocks from first to last, or the other way, until visit has enough. The error is that the client has left.
func (s *Server) eachBlock(ctx context.Context, first, last int64, ascending bool, visit func(*chain.Block) bool) error {
	for first <= last {
		if err := ctx.Err(); err != nil {
			return err
		}
		from, to := first, min(last, first+gridBatch-1)
		if !ascending {
			from, to = max(first, last-gridBatch+1), last
		}
		blocks := s.chain.Blocks(chain.Head, from, to+1)
		if ascending {
			first = to + 1
		} else {
			last = from - 1
			slices.Reverse(blocks)
		}
		for _, b := range blocks {
			if !visit(b) {
				return nil
			}
		}
	}
	return nil
}
