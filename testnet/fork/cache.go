package fork

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Limits on what the other node may make this one do.
const (
	// maxAnswer is the most bytes of one answer.
	maxAnswer = 16 << 20
	// answerTime bounds one answer, attempts is how often a question is asked.
	answerTime = 20 * time.Second
	attempts   = 3
)

// client asks a node, and remembers every answer: in memory, and in files where it has a folder.
type client struct {
	url  string
	dir  string // empty: memory only
	http *http.Client

	mu    sync.Mutex // covers known
	known map[[32]byte][]byte
}

func newClient(url string) *client {
	return &client{url: url, http: &http.Client{Timeout: answerTime}, known: map[[32]byte][]byte{}}
}

// ask posts a body to a path. The same question is asked once.
func (c *client) ask(path, body string) ([]byte, error) {
	key := sha256.Sum256([]byte(path + "\n" + body))
	c.mu.Lock()
	defer c.mu.Unlock()
	if answer, ok := c.known[key]; ok {
		return answer, nil
	}
	if c.dir != "" {
		if answer, err := os.ReadFile(c.file(key)); err == nil {
			c.known[key] = answer
			return answer, nil
		}
	}
	answer, err := c.fresh(path, body)
	if err != nil {
		return nil, err
	}
	c.known[key] = answer
	return answer, c.keep(key, answer)
}

// fresh asks the node itself, a few times.
func (c *client) fresh(path, body string) (answer []byte, err error) {
	for i := range attempts {
		if answer, err = c.once(path, body); err == nil {
			return answer, nil
		}
		if i+1 < attempts {
			time.Sleep(time.Duration(i+1) * 200 * time.Millisecond)
		}
	}
	return nil, fmt.Errorf("asking the forked node for %s: %w", path, err)
}

func (c *client) once(path, body string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // read to its end or not at all
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP status %s", response.Status)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && len(answer) > maxAnswer {
		err = errors.New("the answer is too long")
	}
	return answer, err
}

func (c *client) file(key [32]byte) string { return filepath.Join(c.dir, hex.EncodeToString(key[:])) }

// keep writes an answer in one step, so that a process that is killed leaves no half of one.
func (c *client) keep(key [32]byte, answer []byte) error {
	if c.dir == "" {
		return nil
	}
	out, err := os.CreateTemp(c.dir, ".new-*")
	if err != nil {
		return fmt.Errorf("keeping what the forked node said: %w", err)
	}
	_, err = out.Write(answer)
	if err = errors.Join(err, out.Close()); err == nil {
		err = os.Rename(out.Name(), c.file(key))
	}
	if err != nil {
		_ = os.Remove(out.Name())
		return fmt.Errorf("keeping what the forked node said: %w", err)
	}
	return nil
}
