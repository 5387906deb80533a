package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/wallet"
)

// spending is what a download has cost, over all of its runs: what was paid out of the channels since it was begun first. A run that was killed counts, because
// the purse knew every payment before it was sent.
type spending struct {
	path   string
	Before map[string]channel.Amount `json:"paid_before"` // by channel: what was paid when the download was begun
}

// openSpending begins to count what a torrent costs in an asset, or goes on.
func openSpending(dir string, hash [20]byte, asset channel.Asset, paid map[string]channel.Amount) (*spending, error) {
	dir = filepath.Join(dir, "downloads")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making %s: %w", dir, err)
	}
	word := asset.Word()
	s := &spending{path: filepath.Join(dir, fmt.Sprintf("%x-%x.json", hash, word[11:]))}
	text, err := os.ReadFile(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.Before = paid
		if text, err = json.Marshal(s); err != nil {
			return nil, err
		}
		return s, wallet.WriteFile(s.path, text)
	case err != nil:
		return nil, fmt.Errorf("reading what the download has cost: %w", err)
	}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, withHint(fmt.Errorf("reading what the download has cost from %s: %w", s.path, err), "Remove that file to begin with a full budget.")
	}
	return s, nil
}

// spent is what was paid since the download was begun.
func (s *spending) spent(paid map[string]channel.Amount) (total channel.Amount) {
	for id, now := range paid {
		if more, ok := now.SubOK(s.Before[id]); ok {
			total = total.Add(more)
		}
	}
	return total
}

// done forgets: the download is complete.
func (s *spending) done() {
	if s != nil {
		_ = os.Remove(s.path)
	}
}

// paidOut is what was paid so far out of every channel in an asset.
func paidOut(ctx context.Context, p *client.Purses, asset channel.Asset) (map[string]channel.Amount, error) {
	list, err := p.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the channels: %w", err)
	}
	paid := map[string]channel.Amount{}
	for _, r := range list {
		if r.Terms.Asset == asset {
			paid[r.ID.String()] = r.Paid()
		}
	}
	return paid, nil
}
