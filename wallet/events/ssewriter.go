package events

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"
)

// sseWriter writes server-sent events to one reader.
type sseWriter struct {
	w         http.ResponseWriter
	control   *http.ResponseController
	heartbeat time.Duration
	begun     bool
	seen      *Cursor // the reader has had this much of the first batch
}

func (o *sseWriter) begin() {
	if o.begun {
		return
	}
	o.begun = true
	o.w.Header().Set("Content-Type", "text/event-stream")
	o.w.Header().Set("Cache-Control", "no-cache")
	o.w.Header().Set("X-Accel-Buffering", "no") // proxies hold answers back otherwise
	_ = o.write([]byte("retry: 1000\n\n"))
}

// batch writes the messages of a step, one write for all. A step without any moves the reader's id on with an id alone.
func (o *sseWriter) batch(b Batch) error {
	var text bytes.Buffer
	seen := 0
	if o.seen != nil {
		seen, o.seen = o.seen.Seen, nil
	}
	var last Cursor
	for _, m := range b.Messages {
		if seen == WholeBlock || m.Cursor.Seen != WholeBlock && m.Cursor.Seen <= seen {
			continue
		}
		fmt.Fprintf(&text, "id: %s\nevent: %s\ndata: %s\n\n", m.Cursor, m.Name, m.Data)
		last = m.Cursor
	}
	if last != b.Cursor && seen != WholeBlock {
		fmt.Fprintf(&text, "id: %s\n\n", b.Cursor)
	}
	if text.Len() == 0 {
		return nil
	}
	return o.write(text.Bytes())
}

// wait waits for a change; a comment now and then tells proxies and the reader that all is well.
func (o *sseWriter) wait(ctx context.Context, change <-chan struct{}) error {
	beat := time.NewTicker(o.heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-change:
			return nil
		case <-beat.C:
			if err := o.write([]byte(":\n\n")); err != nil {
				return err
			}
		}
	}
}

func (o *sseWriter) write(text []byte) error {
	_ = o.control.SetWriteDeadline(time.Now().Add(writeTime)) // a writer without deadlines has none
	if _, err := o.w.Write(text); err != nil {
		return err
	}
	return o.control.Flush()
}
