package events

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// Kind is what sort of thing happened.
type Kind string

// The kinds. A transfer that a contract made is Internal whatever its asset; a log that is no TRC-20 transfer is a Log. Where one side of a movement is the
// chain itself (Reward, Stake, Exchange, Issue), From or To is the zero Address.
const (
	TRX      Kind = "trx"
	TRC10    Kind = "trc10"
	TRC20    Kind = "trc20"
	Internal Kind = "internal"
	Log      Kind = "log"

	Reward   Kind = "reward"   // of blocks and votes, when an account takes it
	Stake    Kind = "stake"    // TRX that becomes a stake, or is TRX again
	Exchange Kind = "exchange" // what goes into a pair of the chain's exchange, or comes out
	Issue    Kind = "issue"    // the supply of a new TRC-10 token that is not frozen

	// Unreadable is a transaction that was executed and that this program cannot read: it may have moved anything. Every Filter takes it, so that it is
	// missed by nobody; it does not stop what comes after, so that nobody can stop a reader by sending one.
	Unreadable Kind = "unreadable"
)

// AssetTRX is the Asset of TRX; others are trc10:1000001 and trc20:T….
const AssetTRX = "TRX"

// Event is one thing that happened in a block: money that moved, or what a contract said. Transactions that failed have none.
type Event struct {
	ID     string         // names it for ever: block number, the first bytes of the block's hash, transaction and index, joined by -
	TxID   tx.ID          // of the transaction that did it
	Index  int            // within the transaction, over all of its events
	Kind   Kind           // what happened
	Asset  string         // what moved; empty for a Log
	From   wallet.Address // zero where it comes from the chain, zero in the EVM's form (41 and zeros) where a TRC-20 token is made
	To     wallet.Address
	Amount wallet.Units // smallest units of Asset
	Log    *node.Log    // of TRC20 and Log
}

// Assets tells what never changes of a TRC-10 token and of a pair of the exchange; *node.Node is one.
type Assets interface {
	Asset(ctx context.Context, id string) (*node.Asset, error)
	Exchange(ctx context.Context, id int64) (*node.Exchange, error)
}

// Of reads the events of a block, in the order of its transactions: what a transaction itself moves, then the logs of contracts, then what contracts moved.
// Only who buys from the issuer of a TRC-10 token, or trades on the exchange, makes it ask assets.
func Of(ctx context.Context, b *node.Block, assets Assets) ([]Event, error) {
	var all []Event
	for _, t := range b.Transactions {
		if t.Receipt == nil || t.Receipt.Failed {
			continue
		}
		found, err := ofTransaction(ctx, t, assets)
		if err != nil {
			return nil, fmt.Errorf("block %d, transaction %s: %w", b.Number, t.ID, err)
		}
		for i, e := range found {
			e.Index, e.TxID = i, t.ID
			e.ID = fmt.Sprintf("%d-%s-%s-%d", b.Number, hex.EncodeToString(b.ID[8:16]), t.ID, i)
			all = append(all, e)
		}
	}
	return all, nil
}

func ofTransaction(ctx context.Context, t node.Transaction, assets Assets) ([]Event, error) {
	var found []Event
	switch transaction, err := tx.DecodeRaw(t.Raw); {
	case err == nil:
		if found, err = direct(ctx, transaction.Contract(), t.Receipt, assets); err != nil {
			return nil, err
		}
	default:
		found = []Event{{Kind: Unreadable}}
	}
	for i := range t.Receipt.Logs {
		found = append(found, logged(&t.Receipt.Logs[i]))
	}
	for _, i := range t.Receipt.Internal {
		found = append(found, internal(i)...)
	}
	return found, nil
}

// direct is what the contract of a transaction moves by itself.
func direct(ctx context.Context, contract tx.Contract, receipt *node.Receipt, assets Assets) ([]Event, error) {
	switch c := contract.(type) {
	case *tx.Transfer:
		return moved(TRX, AssetTRX, c.Owner, c.To, sun(c.Amount)), nil
	case *tx.TransferAsset:
		return moved(TRC10, trc10Asset(c.Asset), c.Owner, c.To, c.Amount), nil
	case *tx.ParticipateAssetIssue:
		return bought(ctx, c, assets)
	case *tx.TriggerSmartContract:
		return sent(c.Owner, c.Contract, c.CallValue, c.TokenID, c.CallTokenValue), nil
	case *tx.CreateSmartContract:
		if c.New != nil {
			return sent(c.Owner, receipt.Contract, c.New.CallValue, c.TokenID, c.CallTokenValue), nil
		}
	}
	return system(ctx, contract, receipt, assets)
}

// sent is what goes along with a call.
func sent(from, to wallet.Address, value wallet.Sun, token int64, amount wallet.Units) []Event {
	all := moved(TRX, AssetTRX, from, to, sun(value))
	if token != 0 {
		all = append(all, moved(TRC10, trc10Asset(strconv.FormatInt(token, 10)), from, to, amount)...)
	}
	return all
}

// bought is the price of a TRC-10 token that went to its issuer, and what came for it: the price × SaleUnits / SaleTRX, rounded down
// (ParticipateAssetIssueActuator of java-tron). The terms of a sale never change.
func bought(ctx context.Context, c *tx.ParticipateAssetIssue, assets Assets) ([]Event, error) {
	asset, err := assets.Asset(ctx, c.Asset)
	if err != nil {
		return nil, err
	}
	if asset.SaleTRX <= 0 {
		return nil, fmt.Errorf("%w: token %s is sold for nothing", node.ErrAnswer, c.Asset)
	}
	units := new(big.Int).Mul(big.NewInt(int64(c.Amount)), big.NewInt(int64(asset.SaleUnits)))
	amount, err := wallet.UnitsFromBig(units.Quo(units, big.NewInt(int64(asset.SaleTRX))))
	if err != nil {
		return nil, err
	}
	return append(moved(TRX, AssetTRX, c.Owner, c.To, sun(c.Amount)), moved(TRC10, trc10Asset(c.Asset), c.To, c.Owner, amount)...), nil
}

// logged is a contract's event: a transfer when it is one by TRC-20's rules. Whether the contract is worth anything is for the reader to know.
func logged(l *node.Log) Event {
	if t, ok := trc20.ParseTransfer(trc20.Log(*l)); ok {
		return Event{Kind: TRC20, Asset: "trc20:" + l.Contract.String(), From: t.From, To: t.To, Amount: t.Amount, Log: l}
	}
	return Event{Kind: Log, Log: l}
}

// internalMoves are the notes of internal transactions that move money from one account to another.
var internalMoves = []string{"call", "create", "suicide"}

func internal(i node.InternalTransfer) []Event {
	if i.Rejected {
		return nil
	}
	if !slices.Contains(internalMoves, i.Note) {
		return byContract(i)
	}
	all := moved(Internal, AssetTRX, i.From, i.To, sun(i.Value))
	ids := make([]string, 0, len(i.Tokens))
	for id := range i.Tokens {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		all = append(all, moved(Internal, trc10Asset(id), i.From, i.To, sun(wallet.Sun(i.Tokens[id])))...)
	}
	return all
}

// moved is one transfer, none when nothing moves.
func moved(kind Kind, asset string, from, to wallet.Address, amount wallet.Units) []Event {
	if amount.IsZero() {
		return nil
	}
	return []Event{{Kind: kind, Asset: asset, From: from, To: to, Amount: amount}}
}

func trc10Asset(id string) string { return "trc10:" + id }

// sun is an amount that the chain counts in 64 bits; it is never negative in a transaction that was executed.
func sun(s wallet.Sun) wallet.Units { return wallet.UnitsFromUint64(uint64(max(s, 0))) }
