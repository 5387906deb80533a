package cmd

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet/events"
	"github.com/piecework/piecework/wallet/node"
)

// eventsPath is where server-sent events are.
const eventsPath = "/events"

// served is the stream of --sse; nil when nobody asked for it.
type served struct {
	stream *events.Stream
	http   *http.Server
}

// serveEvents listens. Readers who were away longer than the stream remembers get what they missed from the node.
func serveEvents(c *cli.Context, s *session, what chosen, view node.View) (*served, error) {
	address := c.String("sse")
	if address == "" {
		return nil, nil //nolint:nilnil // nobody asked
	}
	if strings.HasPrefix(address, ":") {
		address = "127.0.0.1" + address
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, withHint(fmt.Errorf("listening: %w", err), "Choose another --sse; port 0 takes any free one.")
	}
	url := "http://" + listener.Addr().String() + eventsPath
	if file := c.String("ready-file"); file != "" {
		if err := os.WriteFile(file, []byte(url+"\n"), 0o600); err != nil {
			_ = listener.Close()
			return nil, fmt.Errorf("writing the ready file: %w", err)
		}
	}
	stream := events.NewStream(events.StreamConfig{Origin: c.String("sse-origin"), Replay: replaying(s, what, view)})
	mux := http.NewServeMux()
	mux.Handle(eventsPath, stream)
	out := &served{stream: stream, http: &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}}
	go func() { _ = out.http.Serve(listener) }() // until close
	say(c, "Serving events on %s\n", url)
	return out, nil
}

func replaying(s *session, what chosen, view node.View) func(context.Context, events.Cursor, func(events.Batch) error) error {
	return func(ctx context.Context, from events.Cursor, handle func(events.Batch) error) error {
		shown := newEventReader(s, what)
		f := &events.Follower{Node: s.node, View: view, From: &from}
		return f.Run(ctx, func(ctx context.Context, step events.Step) error {
			_, batch, err := shown.step(ctx, step)
			if err != nil {
				return err
			}
			return handle(batch)
		})
	}
}

func (s *served) publish(b events.Batch) {
	if s != nil {
		s.stream.Publish(b)
	}
}

func (s *served) close() {
	if s == nil {
		return
	}
	s.stream.Close()
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
}
