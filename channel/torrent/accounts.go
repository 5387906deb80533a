package torrent

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/wallet"
)

// The rhythm of keeping accounts.
const (
	keepEvery = 5 * time.Second     // a crash loses so much of them; what was paid is never lost, it is the ledger's
	keepFor   = 30 * 24 * time.Hour // accounts that were not used for so long are forgotten
)

// keptAccount is an account in the file.
type keptAccount struct {
	Channel channel.ID     `json:"channel"`
	Tail    channel.ID     `json:"tail"` // zero for a channel of the payer's own
	Asset   channel.Asset  `json:"asset"`
	Hub     bool           `json:"hub,omitempty"`
	Carried channel.Amount `json:"carried"`
	Unit    channel.Amount `json:"unit"`
	Base    uint32         `json:"base,omitempty"` // steps of the tail that do not count in the session
	Used    int64          `json:"used"`           // unix seconds
	gate.Statement
}

// keptFile is the file.
type keptFile struct {
	Version  int           `json:"version"`
	Accounts []keptAccount `json:"accounts"`
}

// maxKeptFile bounds the file that is read: maxAccounts of less than a kilobyte each.
const maxKeptFile = maxAccounts << 10

// restore reads the accounts of an earlier run. A file that is broken is put aside: the ledger has what was paid, and payers say what they received.
func (h *Tollhouse) restore() error {
	if h.config.Accounts == "" {
		return nil
	}
	text, err := readBounded(h.config.Accounts, maxKeptFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the accounts: %w", err)
	}
	var file keptFile
	if err := json.Unmarshal(text, &file); err != nil || file.Version != 1 {
		h.config.Log.Warn("the accounts of the last run cannot be read; they are put aside", "file", h.config.Accounts, "error", err)
		return os.Rename(h.config.Accounts, h.config.Accounts+".broken")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, k := range file.Accounts {
		h.accounts[accountKey{k.Channel, channel.Anchor(k.Tail)}] = &account{
			Account: gate.RestoreAccount(k.Statement, gate.Window{}), asset: k.Asset, hub: k.Hub, carried: k.Carried, unit: k.Unit, tail: channel.Anchor(k.Tail), base: k.Base,
			used: time.Unix(k.Used, 0), restored: true,
		}
	}
	return nil
}

// keep writes the accounts from time to time, until the tollhouse closes.
func (h *Tollhouse) keep() {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	defer close(h.kept)
	for {
		select {
		case <-h.closing:
			h.writeAccounts()
			return
		case <-tick.C:
			h.writeAccounts()
		}
	}
}

// writeAccounts replaces the file when there is something new to say.
func (h *Tollhouse) writeAccounts() {
	if h.config.Diary != "" {
		if err := h.diary.write(h.config.Diary); err != nil {
			h.config.Log.Warn("what was sold cannot be written down", "error", err)
		}
	}
	if h.config.Accounts == "" {
		return
	}
	text, err := json.Marshal(keptFile{Version: 1, Accounts: h.accountsToKeep()})
	if err == nil && string(text) != h.written {
		if err = wallet.WriteFile(h.config.Accounts, text); err == nil {
			h.written = string(text)
		}
	}
	if err != nil {
		h.config.Log.Warn("the accounts cannot be written", "error", err)
	}
}

func (h *Tollhouse) accountsToKeep() (list []keptAccount) {
	since := h.config.Now().Add(-keepFor)
	h.mu.Lock()
	defer h.mu.Unlock()
	for k, a := range h.accounts {
		if a.links > 0 {
			a.used = h.config.Now()
		} else if a.used.Before(since) {
			continue
		}
		a.mu.Lock()
		list = append(list, keptAccount{k.channel, channel.ID(k.tail), a.asset, a.hub, a.carried, a.unit, a.base, a.used.Unix(), a.Statement()})
		a.mu.Unlock()
	}
	slices.SortFunc(list, func(a, b keptAccount) int {
		return cmp.Or(bytes.Compare(a.Channel[:], b.Channel[:]), bytes.Compare(a.Tail[:], b.Tail[:]))
	})
	return list
}

// readBounded reads a file that must not be longer than most bytes.
func readBounded(path string, most int64) ([]byte, error) {
	stat, err := os.Stat(path)
	if err == nil && stat.Size() > most {
		return nil, fmt.Errorf("%s has %d bytes, at most %d are read", path, stat.Size(), most)
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
