package explorer

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"time"
)

// heartbeat keeps proxies from closing a quiet stream.
const heartbeat = 15 * time.Second

// hash reads the hex of 32 bytes.
func hash(text string) ([]byte, bool) {
	raw, err := hex.DecodeString(text)
	return raw, err == nil && len(raw) == 32
}

// live tells the page of every new head, as server-sent events.
func (e *Explorer) live(w http.ResponseWriter, r *http.Request) {
	select {
	case e.readers <- struct{}{}:
		defer func() { <-e.readers }()
	default:
		http.Error(w, "too many pages follow this chain", http.StatusServiceUnavailable)
		return
	}
	heads, stop := e.chain.Watch()
	defer stop()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flow := http.NewResponseController(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	fmt.Fprintf(w, "retry: 1000\ndata: %d\n\n", e.chain.HeadNumber())
	for flow.Flush() == nil {
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			fmt.Fprint(w, ": here\n\n")
		case head, open := <-heads:
			if !open {
				return
			}
			fmt.Fprintf(w, "data: %d\n\n", head.Block.Number())
		}
	}
}
