package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// The rhythm of asking a board.
const (
	pollTime  = holdFor + 10*time.Second
	pollLeast = 100 * time.Millisecond // between two answers, whatever the board does
	retryMost = 5 * time.Second        // between two tries at a board that does not answer
)

// errNotBegun says that nothing was published yet.
var errNotBegun = errors.New("the stream has not begun")

// news is what a board says.
type news struct {
	list  *List
	peers []string
}

// poll asks the board of a link again and again until ctx ends, and gives every newer list, and the same one with its peers now and then.
func poll(ctx context.Context, l Link, port int, told func(news), failed func(error)) {
	client := &http.Client{
		Timeout: pollTime,
		// An address out of a link may be anybody's; it does not get to send us elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, Proxy: http.ProxyFromEnvironment},
	}
	defer client.CloseIdleConnections()
	after, wait := int64(-1), pollLeast
	for ctx.Err() == nil {
		it, n, err := ask(ctx, client, l, after, port)
		switch {
		case err != nil:
			failed(err)
			wait = min(retryMost, 2*wait)
		case it.seq < after:
			failed(fmt.Errorf("%w: older than the last one", ErrList))
			wait = min(retryMost, 2*wait)
		default:
			after, wait = it.seq, pollLeast
			told(n)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait + rand.N(wait/2)):
		}
	}
}

func ask(ctx context.Context, client *http.Client, l Link, after int64, port int) (*item, news, error) {
	q := url.Values{"after": {strconv.FormatInt(after, 10)}, "port": {strconv.Itoa(port)}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.Board+boardPath+"?"+q.Encode(), nil)
	if err != nil {
		return nil, news{}, fmt.Errorf("asking for the list: %w", err)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, news{}, fmt.Errorf("asking for the list: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, news{}, fmt.Errorf("asking for the list: %w", err)
	case response.StatusCode == http.StatusServiceUnavailable:
		return nil, news{}, errNotBegun
	case response.StatusCode != http.StatusOK:
		return nil, news{}, fmt.Errorf("asking for the list: %s", response.Status)
	case len(body) > maxAnswer:
		return nil, news{}, fmt.Errorf("%w: over %d bytes", ErrList, maxAnswer)
	}
	it, list, peers, err := l.parseAnswer(body)
	return it, news{list, peers}, err
}
