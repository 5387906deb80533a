package explorer

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
)

// row is a block in a list.
type row struct {
	Number       int64  `json:"number"`
	ID           string `json:"id"`
	Time         int64  `json:"time"` // milliseconds since 1970
	Witness      string `json:"witness"`
	Transactions int    `json:"transactions"`
	Solid        bool   `json:"solid"`
}

func (e *Explorer) rowOf(b *chain.Block, solid int64) row {
	return row{
		b.Number(), hex.EncodeToString(b.ID[:]), b.Time(), addressText(b.Block.GetBlockHeader().GetRawData().GetWitnessAddress()),
		len(b.IDs), b.Number() <= solid,
	}
}

// home is the first page: how far the chain is, its newest blocks and transactions.
func (e *Explorer) home(*http.Request) (any, error) {
	blocks, _ := e.rows(e.chain.HeadNumber(), 10)
	genesis := e.chain.GenesisID()
	return map[string]any{
		"head": e.chain.HeadNumber(), "solid": e.chain.SolidNumber(), "pending": len(e.chain.Pending()), "time": e.chain.Now().UnixMilli(),
		"genesis": hex.EncodeToString(genesis[:]), "burnt": e.chain.Burnt(chain.Head).String(), "blocks": blocks, "transactions": e.newest(10),
	}, nil
}

// rows lists blocks from one downwards, and says the number of the next, -1 behind the last.
func (e *Explorer) rows(from int64, limit int) (list []row, next int64) {
	solid := e.chain.SolidNumber()
	list = []row{}
	for next = from; next >= 0 && len(list) < limit; next-- {
		if b := e.chain.BlockByNumber(chain.Head, next); b != nil {
			list = append(list, e.rowOf(b, solid))
		}
	}
	return list, next
}

// newest lists the newest transactions.
func (e *Explorer) newest(limit int) []summary {
	list := []summary{}
	head := e.chain.HeadNumber()
	for n := head; n > 0 && n > head-MaxScan && len(list) < limit; n-- {
		b := e.chain.BlockByNumber(chain.Head, n)
		if b == nil { // older than what a fork went on from
			break
		}
		for i := len(b.IDs) - 1; i >= 0 && len(list) < limit; i-- {
			list = append(list, e.summaryOf(b, i))
		}
	}
	return list
}

// blocks is the list of blocks below ?from=.
func (e *Explorer) blocks(r *http.Request) (any, error) {
	from, err := number(r, "from", e.chain.HeadNumber())
	if err != nil {
		return nil, err
	}
	limit, err := pageSize(r)
	if err != nil {
		return nil, err
	}
	list, next := e.rows(min(from, e.chain.HeadNumber()), limit)
	return map[string]any{"blocks": list, "next": next, "head": e.chain.HeadNumber()}, nil
}

// block is one block, by number or id, with its transactions.
func (e *Explorer) block(r *http.Request) (any, error) {
	id := r.PathValue("id")
	var b *chain.Block
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && len(id) < 20 {
		b = e.chain.BlockByNumber(chain.Head, n)
	} else if raw, err := hex.DecodeString(id); err == nil {
		b = e.chain.BlockByID(chain.Head, raw)
	}
	if b == nil {
		return nil, fmt.Errorf(noSuchThing+": %w", "block "+wallet.Clip(id), errMissing)
	}
	header := b.Block.GetBlockHeader().GetRawData()
	list := make([]summary, len(b.IDs))
	for i := range list {
		list[i] = e.summaryOf(b, i)
	}
	return map[string]any{
		"block": e.rowOf(b, e.chain.SolidNumber()), "parent": hex.EncodeToString(header.GetParentHash()), "version": header.GetVersion(),
		"root": hex.EncodeToString(header.GetTxTrieRoot()), "signature": hex.EncodeToString(b.Block.GetBlockHeader().GetWitnessSignature()),
		"list": list,
	}, nil
}

// named is an address with the name that it has on a testnet, if any.
type named struct {
	Address string `json:"address"`
	Name    string `json:"name,omitempty"`
}

func (e *Explorer) named(a wallet.Address) named { return named{a.String(), e.names[a]} }
