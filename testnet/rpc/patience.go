package rpc

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// How long a client may take, unless Config says otherwise.
const (
	DefaultBodyTime   = 30 * time.Second // to send the body of a request
	DefaultAnswerTime = 30 * time.Second // to take the next 64 KiB of an answer
)

// maxBodies is how many bytes of bodies are held at once, of all requests together. A single one is bounded by MaxBody.
const maxBodies = 256 << 20

// errBodies is what reading a body says when there are too many of them.
var errBodies = errors.New("too many requests at once")

// answerPiece is what AnswerTime is for.
const answerPiece = 64 << 10

// slowBody is the body of a request that may not take for ever. The time runs from the first byte that is asked for: waiting before is ours.
type slowBody struct {
	io.ReadCloser
	flow  *http.ResponseController
	limit time.Duration
	all   *atomic.Int64 // bytes that all bodies hold
	held  int64         // of those this one
	begun bool
	ended bool
}

// Read reads on. When all is there net/http lets go of the deadline.
func (b *slowBody) Read(p []byte) (int, error) {
	if !b.begun {
		b.begun = true
		_ = b.flow.SetReadDeadline(time.Now().Add(b.limit)) // in tests without a connection there is none
	}
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || errors.Is(err, io.EOF)
	b.held += int64(n)
	if b.all.Add(int64(n)) > maxBodies {
		return 0, errBodies
	}
	return n, err
}

// leave bounds what the server itself does with a body that nobody has read to its end: it looks for the next request behind it.
func (b *slowBody) leave() {
	b.all.Add(-b.held)
	if !b.ended {
		_ = b.flow.SetReadDeadline(time.Now().Add(b.limit))
	}
}

// patientWriter gives up on a client that does not take its answer.
type patientWriter struct {
	http.ResponseWriter
	flow  *http.ResponseController
	limit time.Duration
}

// Write writes in pieces, each with its time.
func (w *patientWriter) Write(p []byte) (n int, err error) {
	for {
		w.extend()
		piece := p[n:min(len(p), n+answerPiece)]
		m, err := w.ResponseWriter.Write(piece)
		if n += m; err != nil || n == len(p) {
			return n, err
		}
	}
}

// Unwrap lets http.ResponseController find what is below.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// extend gives the client its time from now on. The last of an answer is written after its handler has returned.
func (w *patientWriter) extend() { _ = w.flow.SetWriteDeadline(time.Now().Add(w.limit)) }
