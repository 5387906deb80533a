package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/events"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// happened is an event as it is printed.
type happened struct {
	ID      string     `json:"id"`
	Block   int64      `json:"block"`
	BlockID tx.BlockID `json:"block_id"`
	Time    time.Time  `json:"time"`
	TxID    tx.ID      `json:"txid"`
	Index   int        `json:"index"`
	Kind    string     `json:"kind"`

	Asset  string `json:"asset,omitempty"`
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	Amount string `json:"amount,omitempty"` // left out when the token does not tell its decimals
	Units  string `json:"units,omitempty"`

	Contract string          `json:"contract,omitempty"`
	Event    string          `json:"event,omitempty"`
	Args     json.RawMessage `json:"args,omitempty"`
	Topics   []string        `json:"topics,omitempty"`
	Data     string          `json:"data,omitempty"`

	Cursor events.Cursor `json:"cursor"`

	text string
}

func (e happened) schema() string { return "piecework.event.v1" }

func (e happened) table() table {
	return table{rows: [][]string{{e.Time.Format("2006-01-02 15:04:05"), strconv.FormatInt(e.Block, 10), fmt.Sprintf("%-8s", e.Kind), e.text, e.TxID.String()}}}
}

// undone says that blocks are no more.
type undone struct {
	After   int64         `json:"undone_after"` // every block with a higher number
	BlockID tx.BlockID    `json:"block_id"`     // of the one that still holds
	Cursor  events.Cursor `json:"cursor"`
}

func (u undone) schema() string { return "piecework.event.undo.v1" }

func (u undone) table() table {
	return table{rows: [][]string{{fmt.Sprintf("UNDONE by a fork: every block after %d, and what was printed of it", u.After)}}}
}

// eventReader makes what is printed of events. It is for one goroutine.
type eventReader struct {
	node   *node.Node
	filter events.Filter
	token  *trc20.Token // nil, or the one that all is about
	names  events.Names
	coins  map[string]int // asset → decimals, noDecimals
}

const (
	noDecimals = -1
	maxCoins   = 4096 // that are remembered
)

func newEventReader(s *session, what chosen) *eventReader {
	return &eventReader{
		node: s.node, filter: what.filter, token: what.token, names: events.Names{Known: what.known, Chain: s.node}, coins: map[string]int{events.AssetTRX: wallet.TRXDecimals},
	}
}

// step is what is shown of a step. An error is the node's: nothing is shown by halves.
func (r *eventReader) step(ctx context.Context, step events.Step) (results []result, batch events.Batch, err error) {
	var cursors []events.Cursor
	if step.Undone {
		results, cursors = []result{undone{step.Block.Number, step.Block.ID, step.Cursor}}, []events.Cursor{step.Cursor}
	}
	for i, e := range step.Events {
		if !r.filter.Match(e) {
			continue
		}
		shown := happened{
			ID: e.ID, Block: step.Block.Number, BlockID: step.Block.ID, Time: step.Block.Time, TxID: e.TxID, Index: e.Index, Kind: string(e.Kind),
			Cursor: step.At(i + 1),
		}
		if err := r.fill(ctx, &shown, e); err != nil {
			return nil, batch, err
		}
		results, cursors = append(results, shown), append(cursors, shown.Cursor)
	}
	batch, err = batchOf(step, results, cursors)
	return results, batch, err
}

func (r *eventReader) fill(ctx context.Context, shown *happened, e events.Event) error {
	if e.Log != nil {
		shown.Contract = e.Log.Contract.String()
	}
	switch e.Kind {
	case events.Log:
		return r.fillLog(ctx, shown, e.Log)
	case events.Unreadable:
		shown.text = "! this transaction was executed and cannot be read: it may have moved anything. Look at it elsewhere, and for a newer piecework"
		return nil
	}
	shown.Asset, shown.From, shown.To, shown.Units = e.Asset, party(e.From), party(e.To), e.Amount.String()
	decimals, err := r.decimals(ctx, e.Asset)
	if err != nil {
		return err
	}
	amount := shown.Units + " units of"
	if decimals != noDecimals {
		shown.Amount = wallet.FormatUnits(e.Amount, decimals)
		amount = shown.Amount
	}
	shown.text = fmt.Sprintf("%s %s  %s → %s", amount, wallet.Printable(e.Asset), orDefault(shown.From, theChain), orDefault(shown.To, theChain))
	if r.token != nil {
		shown.text = fmt.Sprintf("%s  %s → %s", r.token.Format(e.Amount), shown.From, shown.To)
	}
	return nil
}

// theChain stands where money comes from or goes to no account: rewards, stakes, the exchange.
const theChain = "(the chain)"

// party is an account of an event, nothing where it is the chain itself.
func party(a wallet.Address) string {
	if a.IsZero() {
		return ""
	}
	return a.String()
}

func (r *eventReader) fillLog(ctx context.Context, shown *happened, l *node.Log) error {
	named, ok, err := r.names.Name(ctx, l)
	if err != nil {
		return err
	}
	if ok {
		shown.Event, shown.Args, shown.text = named.Event, named.Args, shown.Contract+" "+wallet.Printable(named.Text)
		if a, is := trc20.ParseApproval(trc20.Log(*l)); is && r.token != nil {
			shown.text = fmt.Sprintf("%s lets %s take up to %s", a.Owner, a.Spender, formatAllowance(r.token, a.Amount))
		}
		return nil
	}
	shown.Data = fmt.Sprintf("0x%x", l.Data)
	for _, topic := range l.Topics {
		shown.Topics = append(shown.Topics, fmt.Sprintf("0x%x", topic))
	}
	shown.text = fmt.Sprintf("%s %s %s", shown.Contract, strings.Join(shown.Topics, " "), shown.Data)
	return nil
}

// decimals of an asset. Only a node that does not answer is an error: a contract that does not tell has its units shown.
func (r *eventReader) decimals(ctx context.Context, asset string) (int, error) {
	if decimals, ok := r.coins[asset]; ok {
		return decimals, nil
	}
	decimals, err := r.readDecimals(ctx, asset)
	if err != nil && (errors.Is(err, node.ErrUnreachable) || ctx.Err() != nil) {
		return 0, err
	}
	if err != nil {
		decimals = noDecimals
	}
	if len(r.coins) >= maxCoins {
		r.coins = map[string]int{events.AssetTRX: wallet.TRXDecimals}
	}
	r.coins[asset] = decimals
	return decimals, nil
}

func (r *eventReader) readDecimals(ctx context.Context, asset string) (int, error) {
	if id, is := strings.CutPrefix(asset, "trc10:"); is {
		a, err := r.node.Asset(ctx, id)
		if err != nil {
			return 0, err
		}
		return a.Precision, nil
	}
	contract, err := wallet.ParseAddress(strings.TrimPrefix(asset, "trc20:"))
	if err != nil {
		return 0, err
	}
	token, err := trc20.Open(ctx, r.node, contract)
	if err != nil {
		return 0, err
	}
	return token.Decimals(), nil
}
