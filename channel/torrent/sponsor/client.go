package sponsor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// Client speaks to a sponsor.
type Client struct {
	base string
	http *http.Client
}

// NewClient speaks to the sponsor at a URL. Nothing is sent yet.
func NewClient(address string) (*Client, error) {
	if err := CheckURL(address); err != nil {
		return nil, err
	}
	return &Client{base: usable(address), http: &http.Client{
		Timeout: 20 * time.Second,
		// An address out of a magnet link may be anybody's; it does not get to send us elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Offer asks what is paid for.
func (c *Client) Offer(ctx context.Context) (o Offer, err error) {
	if err = c.call(ctx, http.MethodGet, "/v1/offer", nil, &o); err == nil && o.Version != 1 {
		err = fmt.Errorf("%w: version %d of the API", ErrMessage, o.Version)
	}
	return o, err
}

// Session asks for a session.
func (c *Client) Session(ctx context.Context, a *Ask) (channel.SignedVoucher, error) {
	v, _, err := c.voucher(ctx, "/v1/session", a)
	return v, err
}

// Redeem brings reveals, and gives the channel's newest voucher, and the tails whose reveals came too late.
func (c *Client) Redeem(ctx context.Context, r *Redeem) (v channel.SignedVoucher, lapsed []Hash32, err error) {
	return c.voucher(ctx, "/v1/redeem", r)
}

// End ends a session.
func (c *Client) End(ctx context.Context, e *Close) error {
	return c.call(ctx, http.MethodPost, "/v1/close", e, nil)
}

// Statement asks for a seeder's history, and checks that it holds together. Whether its signer is the right one is for the caller to see.
func (c *Client) Statement(ctx context.Context, payee wallet.Address) (t Statement, err error) {
	if err = c.call(ctx, http.MethodGet, "/v1/statement?payee="+url.QueryEscape(payee.String()), nil, &t); err == nil {
		err = t.Check()
	}
	return t, err
}

func (c *Client) voucher(ctx context.Context, path string, ask any) (v channel.SignedVoucher, lapsed []Hash32, err error) {
	var s Session
	if err := c.call(ctx, http.MethodPost, path, ask, &s); err != nil {
		return v, nil, err
	}
	v, err = s.Voucher.Signed()
	return v, s.Lapsed, err
}

// Tries of a request that the sponsor cannot answer now.
const (
	maxTries  = 4
	firstWait = 300 * time.Millisecond
)

// call makes a request, and again when the sponsor is asked too often or cannot answer now. A refusal comes back as *RefusedError.
func (c *Client) call(ctx context.Context, method, path string, ask, into any) error {
	for try, wait := 1, firstWait; ; try, wait = try+1, 3*wait {
		err := c.once(ctx, method, path, ask, into)
		var refused *RefusedError
		final := err == nil || errors.As(err, &refused) && refused.Code != "rate"
		if final || try == maxTries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

func (c *Client) once(ctx context.Context, method, path string, ask, into any) error {
	body, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("asking the sponsor: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("asking the sponsor: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	switch {
	case response.StatusCode == http.StatusOK && into != nil:
		return limited(response, into)
	case response.StatusCode/100 == 2:
		return nil
	}
	var refusal Refusal
	if err := decode(response.Body, &refusal); err != nil || refusal.Code == "unavailable" || refusal.Code == "" {
		return errors.Join(fmt.Errorf("the sponsor answers with status %d", response.StatusCode), err)
	}
	refusal.Text = wallet.Printable(refusal.Text[:min(len(refusal.Text), maxText)])
	return &RefusedError{Refusal: refusal}
}

// maxText is how much of a sponsor's words an error repeats, in bytes.
const maxText = 400

// maxStatement bounds a statement: about 40,000 probes.
const maxStatement = 16 << 20

func limited(response *http.Response, into any) error {
	if _, long := into.(*Statement); !long {
		return decode(response.Body, into)
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, response.Body, maxStatement)).Decode(into); err != nil {
		return fmt.Errorf("%w: %w", ErrMessage, err)
	}
	return nil
}
