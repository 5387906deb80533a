package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// growEvery is how often a file is asked whether it has grown.
const growEvery = 50 * time.Millisecond

// Open opens an input: a pipe or device is read to its end; a file is followed as it grows, until ctx ends, from its end or its begin.
func Open(ctx context.Context, path string, fromStart bool) (io.ReadCloser, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	stat, err := file.Stat()
	if err != nil || !stat.Mode().IsRegular() {
		return file, err
	}
	if !fromStart {
		if _, err := file.Seek(0, io.SeekEnd); err != nil {
			return nil, errors.Join(fmt.Errorf("finding the end of %s: %w", path, err), file.Close())
		}
	}
	return &growing{File: file, ctx: ctx}, nil
}

// growing is a file that somebody still writes.
type growing struct {
	*os.File
	ctx context.Context //nolint:containedctx // it ends waiting for more, which io.Reader has no other place for
}

// Read waits at the end for more. A file that was cut short is read from its begin.
func (g *growing) Read(b []byte) (int, error) {
	for {
		n, err := g.File.Read(b)
		if n > 0 || !errors.Is(err, io.EOF) {
			return n, err
		}
		select {
		case <-g.ctx.Done():
			return 0, io.EOF
		case <-time.After(growEvery):
		}
		if err := g.restart(); err != nil {
			return 0, err
		}
	}
}

func (g *growing) restart() error {
	stat, err := g.Stat()
	if err != nil {
		return err
	}
	if at, err := g.Seek(0, io.SeekCurrent); err != nil || at <= stat.Size() {
		return err
	}
	_, err = g.Seek(0, io.SeekStart)
	return err
}

// WriteTo is not the file's: that would stop at its end.
func (g *growing) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, struct{ io.Reader }{g}) }
