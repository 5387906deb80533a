package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// DefaultEvery is how long a chunk is when nothing else is said.
const DefaultEvery = 4 * time.Second

// Cut is a chunk that was cut off: a file that belongs to whoever gets it.
type Cut struct {
	Path   string
	Length time.Duration
	Format Format
}

// Cutter cuts what comes in into files. MPEG-TS is cut before a picture that needs no other, anything else by time.
type Cutter struct {
	Dir   string        // where the files go
	Every time.Duration // how long a chunk should be; 0: DefaultEvery
	Log   *slog.Logger  // nil: silence
}

// Bounds of cutting.
const (
	readBytes   = 64 << 10
	sniffBytes  = 5 * packetBytes // enough to tell MPEG-TS by
	sniffTime   = 2 * time.Second
	longest     = 3 // times Every: there MPEG-TS without a picture to cut at is cut all the same
	minEvery    = 200 * time.Millisecond
	cuttingName = "cutting"
)

// CheckEvery says whether chunks can be that long.
func CheckEvery(every time.Duration) error {
	if every < minEvery || every > MaxChunkTime/longest {
		return fmt.Errorf("chunks of %s: want %s to %s", every, minEvery, MaxChunkTime/longest)
	}
	return nil
}

// Run cuts until the input or ctx ends, and hands every chunk to out. What is left at the end is a chunk too.
func (c Cutter) Run(ctx context.Context, in io.Reader, out func(Cut) error) error {
	if c.Every == 0 {
		c.Every = DefaultEvery
	}
	if err := CheckEvery(c.Every); err != nil {
		return err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	k := &knife{Cutter: c, out: out}
	defer k.drop()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	return k.run(ctx, read(ctx, in))
}

// arrival is bytes that were read, or the reader's last word.
type arrival struct {
	bytes []byte
	err   error
}

// read reads beside the cutting, so that a chunk's time can be over while nothing comes. It may outlive ctx by one Read that waits.
func read(ctx context.Context, in io.Reader) <-chan arrival {
	arrivals := make(chan arrival, 16)
	go func() {
		for {
			buf := make([]byte, readBytes)
			n, err := in.Read(buf)
			select {
			case arrivals <- arrival{buf[:n], err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return arrivals
}

// knife cuts one input.
type knife struct {
	Cutter
	out func(Cut) error

	sniffed []byte   // what came before the format was known
	packets *packets // nil: not MPEG-TS, or not known yet
	known   bool

	file    *os.File // the chunk that grows
	size    int64
	begun   time.Time
	clocked time.Duration // the stream's own clock when it began
}

func (k *knife) run(ctx context.Context, arrivals <-chan arrival) error {
	tick := time.NewTicker(min(k.Every/4, time.Second))
	defer tick.Stop()
	began := time.Now()
	for {
		select {
		case <-ctx.Done():
			return k.rest()
		case <-tick.C:
			if !k.known && len(k.sniffed) > 0 && time.Since(began) > sniffTime {
				if err := k.tell(); err != nil {
					return err
				}
			}
			if k.over() {
				if err := k.cut(); err != nil {
					return err
				}
			}
		case a := <-arrivals:
			if err := k.take(a.bytes); err != nil {
				return err
			}
			if errors.Is(a.err, io.EOF) {
				return k.rest()
			}
			if a.err != nil {
				return errors.Join(fmt.Errorf("reading the stream: %w", a.err), k.rest())
			}
		}
	}
}

// take takes bytes that came in.
func (k *knife) take(b []byte) error {
	switch {
	case len(b) == 0:
		return nil
	case !k.known:
		if k.sniffed = append(k.sniffed, b...); len(k.sniffed) < sniffBytes {
			return nil
		}
		return k.tell()
	case k.packets != nil:
		return k.packets.feed(b, k.packet)
	}
	return k.write(b)
}

// tell decides what the input is, and goes on with what had come.
func (k *knife) tell() error {
	k.known = true
	if isTransportStream(k.sniffed) {
		k.packets = &packets{}
	}
	b := k.sniffed
	k.sniffed = nil
	return k.take(b)
}

// over says whether a chunk without a picture to cut at has lasted long enough.
func (k *knife) over() bool {
	every := k.Every
	if k.packets != nil {
		every *= longest
	}
	return k.file != nil && time.Since(k.begun) >= every
}

// packet takes one packet of MPEG-TS. A chunk begins with the tables and at a picture that needs no other.
func (k *knife) packet(p []byte) error {
	if k.packets.key(p) {
		if k.file != nil && k.elapsed() >= k.Every*9/10 {
			if err := k.cut(); err != nil {
				return err
			}
		}
		if k.file == nil {
			if err := k.write(k.packets.tables()); err != nil {
				return err
			}
			k.clocked = k.packets.clock
		}
	}
	if k.file == nil && !k.packets.hopeless() {
		return nil // nothing can be shown from here on
	}
	return k.write(p)
}

// elapsed is how long the chunk plays so far: by the stream's own clock, where that makes sense.
func (k *knife) elapsed() time.Duration {
	if k.packets != nil {
		if by := k.packets.clock - k.clocked; by > 0 && by <= MaxChunkTime {
			return by
		}
	}
	return time.Since(k.begun)
}

func (k *knife) write(b []byte) error {
	for len(b) > 0 {
		if k.file == nil {
			file, err := os.Create(filepath.Join(k.Dir, cuttingName))
			if err != nil {
				return fmt.Errorf("keeping a chunk: %w", err)
			}
			k.file, k.size, k.begun = file, 0, time.Now()
		}
		n := min(int64(len(b)), MaxChunkBytes-k.size)
		if _, err := k.file.Write(b[:n]); err != nil {
			return fmt.Errorf("keeping a chunk: %w", err)
		}
		k.size += n
		if b = b[n:]; k.size == MaxChunkBytes {
			if err := k.cut(); err != nil {
				return err
			}
		}
	}
	return nil
}

// cut ends the chunk.
func (k *knife) cut() error {
	c := Cut{Path: k.file.Name(), Length: min(max(k.elapsed(), time.Millisecond), MaxChunkTime).Round(time.Millisecond)}
	if k.packets != nil {
		c.Format = MPEGTS
	}
	if err := errors.Join(k.file.Sync(), k.file.Close()); err != nil {
		return fmt.Errorf("keeping a chunk: %w", err)
	}
	k.file = nil
	return k.out(c)
}

// rest is what came last.
func (k *knife) rest() error {
	if !k.known && len(k.sniffed) > 0 {
		if err := k.tell(); err != nil {
			return err
		}
	}
	if k.file == nil || k.size == 0 {
		return nil
	}
	return k.cut()
}

func (k *knife) drop() {
	if k.file != nil {
		_ = k.file.Close()
		_ = os.Remove(k.file.Name())
	}
}
