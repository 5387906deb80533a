package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

const (
	// holdingsFor is how long an answer of the node is shown before it is asked again; holdingsWait is how long the page waits for one.
	holdingsFor  = 10 * time.Second
	holdingsWait = 3 * time.Second
)

// holding is what an account has of an asset.
type holding struct {
	asset channel.Asset
	units wallet.Units
}

// holdings are what the payee's account has at the head, for people to look at.
type holdings struct {
	node *node.Node
	of   wallet.Address
	log  *slog.Logger

	mu    sync.Mutex // covers what was read last
	asked time.Time
	last  []holding
	err   error
}

// read gives what the account has of each asset, in their order. When the node does not answer it gives what was read last, with the error.
func (h *holdings) read(ctx context.Context, assets []channel.Asset, now time.Time) ([]holding, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if age := now.Sub(h.asked); age >= 0 && age < holdingsFor && len(h.last) == len(assets) {
		return h.last, h.err
	}
	ctx, cancel := context.WithTimeout(ctx, holdingsWait)
	defer cancel()
	h.asked, h.err = now, nil
	list := make([]holding, 0, len(assets))
	for _, a := range assets {
		units, err := h.units(ctx, a)
		if err != nil {
			h.err = fmt.Errorf("reading the balance of %s: %w", a, err)
			h.log.Debug("reading what the account has", "err", h.err)
			return h.last, h.err
		}
		list = append(list, holding{a, units})
	}
	h.last = list
	return list, nil
}

func (h *holdings) units(ctx context.Context, a channel.Asset) (wallet.Units, error) {
	switch a.Kind() {
	case channel.KindTRX:
		balance, _, err := h.node.Balance(ctx, h.of)
		return wallet.UnitsFromUint64(uint64(max(balance, 0))), err
	case channel.KindTRC10:
		return h.node.AssetBalance(ctx, h.of, a.TokenID())
	}
	word, err := readWord(ctx, h.node, a.Contract(), callOf("balanceOf(address)", addressWord(h.of)))
	return wallet.UnitsFromBytes(word), err
}

// readWord asks a contract for one word.
func readWord(ctx context.Context, n *node.Node, contract wallet.Address, data []byte) (word [32]byte, err error) {
	answer, err := n.Simulate(ctx, node.Head, node.Call{Contract: contract, Data: data})
	if err != nil {
		return word, err
	}
	if len(answer.Output) != len(word) {
		return word, fmt.Errorf("%w: %d bytes, want %d", errAnswer, len(answer.Output), len(word))
	}
	return [32]byte(answer.Output), nil
}

// errAnswer: a token's contract answers something that is no number.
var errAnswer = errors.New("not a token's answer")

// shownAssets are TRX, which pays for everything, and what channels may be in or are in.
func (s *Server) shownAssets(assets []channel.Asset) []channel.Asset {
	var list []channel.Asset
	add := func(a channel.Asset) {
		if a != channel.TRX && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	for a := range s.config.Assets {
		add(a)
	}
	for _, a := range assets {
		add(a)
	}
	slices.SortFunc(list, func(a, b channel.Asset) int { return strings.Compare(a.String(), b.String()) })
	return append([]channel.Asset{channel.TRX}, list...)
}
