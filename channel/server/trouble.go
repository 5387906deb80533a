package server

import (
	"maps"
	"sync"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/settle"
)

// How long a channel rests after a failure: doubled with each, but a deadline is never slept through: its channels rest the shortest time.
const (
	firstRest = 30 * time.Second
	longRest  = time.Hour
	// failuresFor is how long a failure is remembered.
	failuresFor = 24 * time.Hour
)

// troubles remembers what went wrong with channels before: failures in blocks, which the store keeps, and calls that were not sent because they would have failed.
type troubles struct {
	mu     sync.Mutex
	unsent map[channel.ID]failures
}

type failures struct {
	times int
	last  time.Time
	text  string
}

// fail notes a call that would have failed.
func (t *troubles) fail(ids []channel.ID, at time.Time, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.unsent == nil {
		t.unsent = make(map[channel.ID]failures)
	}
	maps.DeleteFunc(t.unsent, func(_ channel.ID, f failures) bool { return at.Sub(f.last) > failuresFor })
	for _, id := range ids {
		t.unsent[id] = failures{times: t.unsent[id].times + 1, last: at, text: text}
	}
}

// clear forgets what was noted of channels whose call went out.
func (t *troubles) clear(ids []channel.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range ids {
		delete(t.unsent, id)
	}
}

// of is what the failures of a channel ask for. failed are those in blocks, oldest first; what was settled since does not count.
func (t *troubles) of(r *channel.Record, failed []failures) settle.Trouble {
	t.mu.Lock()
	all, unsent := failed, t.unsent[r.ID]
	t.mu.Unlock()
	count, last, trouble := len(all)+unsent.times, unsent.last, settle.Trouble{}
	for _, f := range all {
		answer := chain.AnswerTo(f.text)
		trouble.Alone, trouble.Percent = trouble.Alone || answer.Alone, max(trouble.Percent, answer.Percent)
		if f.last.After(last) {
			last = f.last
		}
	}
	if unsent.times > 0 {
		trouble.Alone = true // of a batch that would revert, the others must not wait for the culprit
	}
	if count == 0 {
		return trouble
	}
	rest := min(firstRest<<min(count-1, 10), longRest)
	if r.State == channel.Closing {
		rest = min(firstRest, r.Terms.Challenge/64)
	}
	trouble.Until = last.Add(rest)
	return trouble
}

// inBlocks sorts the failed intents by channel, leaving out those that were made good since.
func inBlocks(intents []channel.Intent, settled map[channel.ID]channel.Amount) map[channel.ID][]failures {
	found := map[channel.ID][]failures{}
	for _, intent := range intents {
		for _, c := range intent.Settles {
			if has, live := settled[c.Channel]; live && has.Less(c.Worth) {
				found[c.Channel] = append(found[c.Channel], failures{last: time.UnixMilli(intent.Created), text: intent.Note})
			}
		}
	}
	return found
}
