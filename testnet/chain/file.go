package chain

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/piecework/piecework/testnet/state"
)

// stateFile keeps the state on disk: all of it at the start, then what each block changed. A batch that was not written whole is lost,
// with it at most the last block.
type stateFile struct {
	path string
	lock *flock.Flock
	f    *os.File
	size int64
	// base is the size right after everything was written: at eight times that, it is written anew.
	base int64
}

// note is what a file holds of the node itself, beside the state.
type note struct {
	Shift, Step, Next, Lag int64
	Mining                 Mining
	Frozen                 bool
}

func (n *Node) note() string {
	text, err := json.Marshal(note{n.clock.shift, n.clock.step, n.clock.next, n.lag, n.mining, n.frozen})
	if err != nil {
		panic("chain: encoding the node's note: " + err.Error())
	}
	return string(text)
}

// Dump writes the whole state: blocks, accounts, clock and cheats. What waits for a block is left out. The same state gives the same bytes.
// The error is ErrForked for a fork.
func (n *Node) Dump(w io.Writer) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.s.Forked() {
		return fmt.Errorf("dumping the state: %w", ErrForked)
	}
	out := bufio.NewWriter(w)
	if err := state.WriteHeader(out); err != nil {
		return fmt.Errorf("dumping the state: %w", err)
	}
	if err := state.WriteBatch(out, n.whole()); err != nil {
		return fmt.Errorf("dumping the state: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("dumping the state: %w", err)
	}
	return nil
}

// whole is all of the state without what waits.
func (n *Node) whole() (all *state.Batch) {
	n.withoutPending(func() { all = n.s.All() })
	all.Note(n.note())
	return all
}

// withoutPending runs f on the state without the effects of what waits.
func (n *Node) withoutPending(f func()) {
	mark, ok := n.markOf(n.s.Param(state.HeadNumber))
	if len(n.pending) == 0 || !ok {
		f()
		return
	}
	n.s.At(mark, f)
}

// Load makes a node from a dump; the rules and funded accounts of cfg are not used, its keys, clock and limits are.
func Load(cfg Config, r io.Reader) (*Node, error) {
	n, err := New(cfg)
	if err != nil {
		return nil, err
	}
	if err := n.load(r); err != nil {
		return nil, fmt.Errorf("loading a state: %w", err)
	}
	return n, nil
}

// load replaces the state. Blocks of the dump cannot be undone any more.
func (n *Node) load(r io.Reader) error {
	fresh := state.New()
	var last string
	err := state.ReadBatches(r, func(b *state.Batch) error {
		notes, err := fresh.Apply(b)
		if len(notes) > 0 {
			last = notes[len(notes)-1]
		}
		return err
	})
	if err != nil {
		return err
	}
	if fresh.Head() == nil || fresh.Block(0) == nil || fresh.Block(fresh.Param(state.SolidNumber)) == nil {
		return fmt.Errorf("%w: it has no blocks", state.ErrDump)
	}
	n.s = fresh
	n.marks, n.firstMark = []state.Mark{n.s.Mark()}, n.s.Param(state.HeadNumber)
	n.snapshots, n.pending, n.waits = nil, nil, map[[32]byte]*waiting{}
	var kept note
	if json.Unmarshal([]byte(last), &kept) == nil {
		n.clock.shift, n.clock.step, n.clock.next = kept.Shift, kept.Step, kept.Next
		n.lag, n.frozen = kept.Lag, kept.Frozen
	}
	return nil
}

// ErrFileBusy says that another process keeps its state in the file.
var ErrFileBusy = errors.New("another testnet uses the state file")

// Keep begins to keep the state in a file. If the file is there, the node goes on from it; else it is made. An empty file beside it, with
// .lock at the end of its name, keeps other processes out. The error may be ErrFileBusy or state.ErrDump.
func (n *Node) Keep(path string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.s.Forked() {
		return fmt.Errorf("keeping a state file: %w", ErrForked)
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	switch got, err := lock.TryLock(); {
	case err != nil:
		return fmt.Errorf("opening the state file: %w", err)
	case !got:
		return fmt.Errorf("%w %s", ErrFileBusy, path)
	}
	if err := n.keepIn(path, lock); err != nil {
		n.file = nil
		return errors.Join(err, lock.Close())
	}
	return nil
}

func (n *Node) keepIn(path string, lock *flock.Flock) error {
	old, err := os.Open(path)
	switch {
	case err == nil:
		err = n.load(old)
		_ = old.Close()
		if err != nil {
			return fmt.Errorf("reading the state file %s: %w", path, err)
		}
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("opening the state file: %w", err)
	}
	n.file = &stateFile{path: path, lock: lock}
	n.s.Track()
	if err := n.rewrite(); err != nil {
		return fmt.Errorf("writing the state file: %w", err)
	}
	return nil
}

// rewrite writes everything into a new file beside the old one, which it then replaces in one step.
func (n *Node) rewrite() error {
	n.s.Changed()
	out, err := os.CreateTemp(filepath.Dir(n.file.path), filepath.Base(n.file.path)+".*")
	if err != nil {
		return err
	}
	if err := n.fill(out); err != nil {
		_ = out.Close()
		_ = os.Remove(out.Name())
		return err
	}
	if n.file.f != nil {
		_ = n.file.f.Close()
	}
	n.file.f = out
	info, err := out.Stat()
	if err != nil {
		return err
	}
	n.file.size, n.file.base = info.Size(), info.Size()
	return nil
}

func (n *Node) fill(out *os.File) error {
	buffered := bufio.NewWriter(out)
	if err := state.WriteHeader(buffered); err != nil {
		return err
	}
	if err := state.WriteBatch(buffered, n.whole()); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := out.Sync(); err != nil {
		return err
	}
	return os.Rename(out.Name(), n.file.path)
}

// keep appends what has changed to the state file, if there is one. A file that cannot be written any more is given up, loudly. The caller holds the lock.
func (n *Node) keep() {
	if n.file == nil {
		return
	}
	if err := n.append(); err != nil {
		n.log.Error("the state file is given up", "path", n.file.path, "error", err)
		_ = n.file.f.Close()
		_ = n.file.lock.Close()
		n.file = nil
	}
}

func (n *Node) append() error {
	const grown, least = 8, 1 << 20
	if n.file.size > grown*max(n.file.base, least) {
		return n.rewrite()
	}
	var changed *state.Batch
	n.withoutPending(func() { changed = n.s.Changed() })
	changed.Note(n.note())
	counted := &counter{w: n.file.f}
	err := state.WriteBatch(counted, changed)
	n.file.size += counted.n
	return err
}

// counter counts bytes written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// Close writes the state file anew, without history, and lets go of it. A node without a file has nothing to close.
func (n *Node) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.file == nil {
		return nil
	}
	err := errors.Join(n.rewrite(), n.file.f.Close(), n.file.lock.Close())
	n.file = nil
	if err != nil {
		return fmt.Errorf("closing the state file: %w", err)
	}
	return nil
}
