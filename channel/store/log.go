package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/piecework/piecework/channel"
)

// Bounds of the evidence log.
const (
	// foldAbove is how many bytes of log begin a round of folding it into the rows of channels.
	foldAbove = 64 << 20
	// foldStep is how many rows one commit folds during a round, so that no commit waits for all of them.
	foldStep = 512
)

// errLog is wrapped by errors about a damaged log.
var errLog = errors.New("damaged evidence log")

// evidenceLog is SQLite's hot path. A batch of evidence is one row of evidence_log, because random updates of the rows of channels dirty a page each. What is
// logged lies over the rows (overlay) until it is folded into them, in the order of ids and so with few pages for many rows, and the log behind is cut off.
type evidenceLog struct {
	mu      sync.RWMutex // covers all but the committer's own
	overlay map[channel.ID]*logged
	guards  map[channel.ID]guard // what SaveEvidence checks, read once from the row; PutChannel removes it
	unsure  bool                 // a commit had an unknown outcome: read the log before going on
	views   epochs
	limit   int // foldAbove
	step    int // foldStep

	// The rest belongs to whoever holds the writer's turn.
	seq   int64 // of the newest row
	size  int   // bytes in the log
	round *round
	buf   []byte
}

// logged is evidence that is durable in the log.
type logged struct {
	version  uint64
	accepted uint64
	since    int64
	paid     [16]byte
	promised [16]byte
	evidence []byte
}

// guard is what must hold for evidence to be written.
type guard struct {
	version uint64
	deposit channel.Amount
	takes   bool // open and not frozen
}

// round is one pass of folding: everything that was logged up to seq.
type round struct {
	seq  int64
	size int // bytes of log that go with it
	ids  []channel.ID
}

// entryHead is id, version, accepted, since, paid, promised, length of the evidence.
const entryHead = 32 + 8 + 8 + 8 + 16 + 16 + 4

func (e *logged) append(b []byte, id channel.ID) []byte {
	b = append(b, id[:]...)
	b = binary.BigEndian.AppendUint64(b, e.version)
	b = binary.BigEndian.AppendUint64(b, e.accepted)
	b = binary.BigEndian.AppendUint64(b, uint64(e.since))
	b = append(b, e.paid[:]...)
	b = append(b, e.promised[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(e.evidence)))
	return append(b, e.evidence...)
}

// decodeLog calls fn for each entry of a row of the log.
func decodeLog(b []byte, fn func(channel.ID, *logged)) error {
	for len(b) > 0 {
		if len(b) < entryHead {
			return fmt.Errorf("%w: %d bytes at its end", errLog, len(b))
		}
		e := &logged{
			version: binary.BigEndian.Uint64(b[32:]), accepted: binary.BigEndian.Uint64(b[40:]), since: int64(binary.BigEndian.Uint64(b[48:])),
			paid: [16]byte(b[56:]), promised: [16]byte(b[72:]),
		}
		length := binary.BigEndian.Uint32(b[88:])
		if uint64(len(b)-entryHead) < uint64(length) {
			return fmt.Errorf("%w: evidence of %d bytes in %d", errLog, length, len(b)-entryHead)
		}
		e.evidence = slices.Clone(b[entryHead : entryHead+int(length)])
		fn(channel.ID(b[:32]), e)
		b = b[entryHead+int(length):]
	}
	return nil
}

// over puts newer logged evidence over a record that was read from its row.
func (l *evidenceLog) over(r *channel.Record) error {
	l.mu.RLock()
	e := l.overlay[r.ID]
	l.mu.RUnlock()
	if e == nil || e.version <= r.Version {
		return nil
	}
	r.Version, r.Accepted, r.DueSince = e.version, e.accepted, e.since
	return r.SetEvidence(e.evidence)
}

// base is the range of versions that a row may have for a record to be written upon it: exactly the record's, or less when newer evidence of the record's version lies over it.
func (l *evidenceLog) base(r *channel.Record) (lowest, highest uint64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.guards, r.ID)
	e := l.overlay[r.ID]
	switch {
	case e == nil || e.version < r.Version:
		return r.Version, r.Version, nil
	case e.version > r.Version:
		return 0, 0, ErrConflict
	}
	return 0, r.Version, nil
}

// save writes a batch as one row of the log. The caller has the writer's turn.
func (l *evidenceLog) save(t *Tx, records []channel.Record) (entries map[channel.ID]*logged, lost []channel.ID, err error) {
	entries, l.buf = make(map[channel.ID]*logged, len(records)), l.buf[:0]
	for i := range records {
		r := &records[i]
		paid, promised := r.Paid(), r.Promised()
		g, err := l.guard(t, r.ID)
		if err != nil {
			return nil, nil, err
		}
		if g.version != r.Version || !g.takes || g.deposit.Less(promised) {
			lost = append(lost, r.ID)
			continue
		}
		e := &logged{
			version: r.Version + 1, accepted: r.Accepted, since: r.DueSince, paid: [16]byte(paid.Bytes()), promised: [16]byte(promised.Bytes()),
			evidence: r.AppendEvidence(make([]byte, 0, 96+len(r.Held.Tails)*96)),
		}
		entries[r.ID] = e
		l.buf = e.append(l.buf, r.ID)
	}
	if len(entries) > 0 {
		_, err = t.exec(`INSERT INTO evidence_log (seq, body) VALUES ($1, $2)`, l.seq+1, l.buf)
	}
	return entries, lost, err
}

// guard is a channel's guard, read when it is not known. An unknown channel takes nothing.
func (l *evidenceLog) guard(t *Tx, id channel.ID) (guard, error) {
	l.mu.RLock()
	g, ok := l.guards[id]
	l.mu.RUnlock()
	if ok {
		return g, nil
	}
	r, err := t.Channel(id)
	if errors.Is(err, channel.ErrUnknownChannel) {
		return guard{}, nil
	}
	if err != nil {
		return guard{}, err
	}
	g = guard{version: r.Version, deposit: r.Deposit, takes: r.State == channel.Open && !r.Frozen}
	l.mu.Lock()
	l.guards[id] = g
	l.mu.Unlock()
	return g, nil
}

// saved takes a batch that is durable into the overlay.
func (l *evidenceLog) saved(entries map[channel.ID]*logged) {
	if len(entries) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, e := range entries {
		l.overlay[id] = e
		g := l.guards[id]
		g.version = e.version
		l.guards[id] = g
	}
	l.seq++
	l.size += len(l.buf)
}

// fold moves some of the log into the rows of channels, when the log is long or a round is under way. It returns what was folded, to be forgotten once that is durable.
func (l *evidenceLog) fold(t *Tx) (map[channel.ID]*logged, error) {
	if l.round == nil {
		if l.size < l.limit {
			return nil, nil
		}
		l.begin()
	}
	ids := l.round.ids[:min(l.step, len(l.round.ids))]
	folded, err := l.foldRows(t, ids)
	if err == nil && len(ids) == len(l.round.ids) {
		_, err = t.exec(`DELETE FROM evidence_log WHERE seq <= $1`, l.round.seq)
	}
	return folded, err
}

// begin starts a round over everything that is logged now.
func (l *evidenceLog) begin() {
	l.mu.RLock()
	defer l.mu.RUnlock()
	l.round = &round{seq: l.seq, size: l.size, ids: make([]channel.ID, 0, len(l.overlay))}
	for id := range l.overlay {
		l.round.ids = append(l.round.ids, id)
	}
	slices.SortFunc(l.round.ids, func(a, b channel.ID) int { return bytes.Compare(a[:], b[:]) })
}

func (l *evidenceLog) foldRows(t *Tx, ids []channel.ID) (map[channel.ID]*logged, error) {
	folded := make(map[channel.ID]*logged, len(ids))
	update, err := t.prepare(`UPDATE channels SET paid = $1, promised = $2, evidence = $3, due_since = $4, accepted = $5, version = $6 WHERE id = $7 AND version < $6`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = update.Close() }()
	for _, id := range ids {
		l.mu.RLock()
		e := l.overlay[id]
		l.mu.RUnlock()
		if e == nil {
			continue
		}
		if _, err := update.ExecContext(t.ctx, e.paid[:], e.promised[:], e.evidence, e.since, int64(e.accepted), int64(e.version), id[:]); err != nil {
			return nil, t.s.kind.explain(err)
		}
		folded[id] = e
	}
	return folded, nil
}

// folded notes that a step of folding is durable.
func (l *evidenceLog) folded(done map[channel.ID]*logged) {
	if l.round == nil {
		return
	}
	l.round.ids = l.round.ids[min(l.step, len(l.round.ids)):]
	if len(l.round.ids) == 0 {
		l.size -= l.round.size
		l.round = nil
	}
	l.views.after(func() { l.forget(done) })
}

// forget takes folded evidence off the overlay, unless something newer lies there.
func (l *evidenceLog) forget(done map[channel.ID]*logged) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, e := range done {
		if l.overlay[id] == e {
			delete(l.overlay, id)
		}
	}
}

// read rebuilds the overlay from the log: at the start, and after a commit whose outcome was unknown.
func (l *evidenceLog) read(t *Tx) error {
	overlay := map[channel.ID]*logged{}
	var seq int64
	size := 0
	err := t.each(`SELECT seq, body FROM evidence_log ORDER BY seq`, nil, func(scan func(...any) error) error {
		var body []byte
		if err := scan(&seq, &body); err != nil {
			return err
		}
		size += len(body)
		return decodeLog(body, func(id channel.ID, e *logged) { overlay[id] = e })
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.overlay, l.guards, l.seq, l.size, l.round, l.unsure = overlay, map[channel.ID]guard{}, seq, size, nil, false
	return nil
}

// foldAll folds the whole log: at the start, so that the rows of channels are complete whenever no server runs.
func (l *evidenceLog) foldAll(ctx context.Context, s *Store) error {
	var done map[channel.ID]*logged
	err := s.Update(ctx, func(t *Tx) error {
		if err := l.read(t); err != nil {
			return err
		}
		l.begin()
		var err error
		if done, err = l.foldRows(t, l.round.ids); err != nil {
			return err
		}
		_, err = t.exec(`DELETE FROM evidence_log`)
		return err
	})
	l.round = nil
	if err != nil {
		return err
	}
	l.size = 0
	l.forget(done)
	return nil
}

// epochs counts the views that are open, so that what an old snapshot may still need is kept until it ends.
type epochs struct {
	mu   sync.Mutex
	now  int64
	open map[int64]int
	due  []afterEpoch
}

type afterEpoch struct {
	epoch int64
	do    func()
}

func (e *epochs) begin() (epoch int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open == nil {
		e.open = map[int64]int{}
	}
	e.open[e.now]++
	return e.now
}

func (e *epochs) end(epoch int64) {
	e.mu.Lock()
	if e.open[epoch]--; e.open[epoch] == 0 {
		delete(e.open, epoch)
	}
	ready := e.ready()
	e.mu.Unlock()
	for _, do := range ready {
		do()
	}
}

// after runs do when every view that is open now has ended.
func (e *epochs) after(do func()) {
	e.mu.Lock()
	e.due = append(e.due, afterEpoch{e.now, do})
	e.now++
	ready := e.ready()
	e.mu.Unlock()
	for _, do := range ready {
		do()
	}
}

func (e *epochs) ready() (list []func()) {
	for len(e.due) > 0 {
		for epoch := range e.open {
			if epoch <= e.due[0].epoch {
				return list
			}
		}
		list = append(list, e.due[0].do)
		e.due = e.due[1:]
	}
	return list
}
