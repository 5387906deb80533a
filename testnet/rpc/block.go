package rpc

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Limits of the calls that list blocks (java-tron's GetBlockByLimitNextServlet and GetBlockByLatestNumServlet).
const (
	MaxBlocksByLimit  = 100
	MaxBlocksByLatest = 99
)

// blockObject is Util.printBlockToJSON.
func blockObject(b *chain.Block, detail, visible bool) *javajson.Object {
	o := javajson.NewObject()
	transactions := b.Block.GetTransactions()
	if len(transactions) > 0 && detail {
		list := javajson.Array{}
		for _, t := range transactions {
			list = append(list, txObject(t, visible))
		}
		o.Put("transactions", list)
	}
	o.Put("block_header", javajson.ObjectOf(b.Block.GetBlockHeader(), visible))
	return o.Put("blockID", hex.EncodeToString(b.ID[:]))
}

func blockText(b *chain.Block, visible bool) string {
	if b == nil {
		return missing
	}
	return blockObject(b, true, visible).String()
}

func blocksText(blocks []*chain.Block, visible bool) string {
	list := javajson.Array{}
	for _, b := range blocks {
		list = append(list, blockObject(b, true, visible))
	}
	return javajson.NewObject().Put("block", list).String()
}

func getNowBlock(r *request) (string, error) {
	return blockText(r.node.chain.NowBlock(r.view), r.visibleParam()), nil
}

// byNumber is a servlet that is asked with num.
func byNumber(reply func(r *request, number int64, visible bool) (string, error)) servlet {
	return servlet{
		get: func(r *request) (string, error) {
			visible := r.visibleParam()
			number, err := r.number("num")
			if err != nil {
				return "", err
			}
			return reply(r, number, visible)
		},
		post: asked(func(r *request, q *tronpb.NumberMessage, visible bool) (string, error) {
			return reply(r, q.GetNum(), visible)
		}),
	}
}

// getBlockByNumServlet takes a GET without num for block 0, unlike its neighbours.
var getBlockByNumServlet = servlet{
	get: func(r *request) (string, error) {
		if _, ok := r.param("num"); !ok {
			return getBlockByNum(r, 0, r.visibleParam())
		}
		return byNumber(getBlockByNum).get(r)
	},
	post: byNumber(getBlockByNum).post,
}

// byValue is a servlet that is asked with the hex of an id as value, whatever visible says.
func byValue(reply func(r *request, id []byte, visible bool) (string, error)) servlet {
	return servlet{
		get: func(r *request) (string, error) {
			visible := r.visibleParam()
			id, err := javajson.HexBytes(r.param("value"))
			if err != nil {
				return "", err
			}
			return reply(r, id, visible)
		},
		post: asked(func(r *request, q *tronpb.BytesMessage, visible bool) (string, error) {
			return reply(r, q.GetValue(), visible)
		}),
	}
}

func getBlockByNum(r *request, number int64, visible bool) (string, error) {
	return blockText(r.node.chain.BlockByNumber(r.view, number), visible), nil
}

func getBlockByID(r *request, id []byte, visible bool) (string, error) {
	return blockText(r.node.chain.BlockByID(r.view, id), visible), nil
}

func getBlockByLimitNext(r *request, start, end int64, visible bool) (string, error) {
	if !limitOK(start, end) {
		return missing, nil
	}
	if start < 0 {
		return blocksText(nil, visible), nil
	}
	return blocksText(r.node.chain.Blocks(r.view, start, end), visible), nil
}

func limitOK(start, end int64) bool { return end > 0 && end > start && end-start <= MaxBlocksByLimit }

var getBlockByLimitNextServlet = servlet{
	get: func(r *request) (string, error) {
		start, err := r.number("startNum")
		if err != nil {
			return "", err
		}
		end, err := r.number("endNum")
		if err != nil {
			return "", err
		}
		return getBlockByLimitNext(r, start, end, r.visibleParam())
	},
	post: asked(func(r *request, q *tronpb.BlockLimit, visible bool) (string, error) {
		return getBlockByLimitNext(r, q.GetStartNum(), q.GetEndNum(), visible)
	}),
}

func getBlockByLatestNum(r *request, count int64, visible bool) (string, error) {
	if count <= 0 || count > MaxBlocksByLatest {
		return missing, nil
	}
	return blocksText(r.node.latest(r.view, count), visible), nil
}

// latest is the newest blocks, oldest first.
func (s *Server) latest(v chain.View, count int64) []*chain.Block {
	head := s.chain.NowBlock(v).Number()
	return s.chain.Blocks(v, head-count+1, head+1)
}

// errBlockRequest is wrapped by what is wrong with the argument of getblock.
var errBlockRequest = errors.New("bad block request")

type blockRequestError struct{ text string }

func (e *blockRequestError) Error() string { return e.text }
func (e *blockRequestError) Unwrap() error { return errBlockRequest }

// findBlock is Wallet.getBlock: by number, by id, or the newest for the empty text.
func (s *Server) findBlock(v chain.View, idOrNumber string) (*chain.Block, error) {
	head := s.chain.NowBlock(v)
	if idOrNumber == "" {
		return head, nil
	}
	if n, err := strconv.ParseInt(idOrNumber, 10, 64); err == nil {
		if n < 0 {
			return nil, &blockRequestError{"num must be non-positive number."}
		}
		return s.chain.BlockByNumber(v, n), nil
	}
	id, err := hex.DecodeString(idOrNumber)
	if err != nil || len(id) != 32 {
		return nil, &blockRequestError{"id must be legal block hash."}
	}
	number, err := strconv.ParseInt(idOrNumber[:16], 16, 64)
	if err != nil || number > head.Number() {
		return nil, &blockRequestError{"id must be legal block hash."}
	}
	return s.chain.BlockByID(v, id), nil
}

func getBlock(r *request, q *tronpb.BlockReq, visible bool) (string, error) {
	b, err := r.node.findBlock(r.view, q.GetIdOrNum())
	if err != nil {
		return `{"Error":"` + err.Error() + `"}`, nil
	}
	if b == nil {
		return missing, nil
	}
	return blockObject(b, q.GetDetail(), visible).String(), nil
}

var getBlockServlet = servlet{
	get: func(r *request) (string, error) {
		id, _ := r.param("id_or_num")
		detail, _ := r.param("detail")
		return getBlock(r, &tronpb.BlockReq{IdOrNum: id, Detail: strings.EqualFold(detail, "true")}, r.visibleParam())
	},
	post: func(r *request) (string, error) {
		text, visible, err := r.posted()
		if err != nil {
			return "", err
		}
		q := &tronpb.BlockReq{}
		if text != "" {
			if err := javajson.Merge(text, q, visible); err != nil {
				return "", err
			}
		}
		return getBlock(r, q, visible)
	},
}
