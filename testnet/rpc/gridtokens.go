package rpc

import (
	"context"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// MaxGridCalls is the time that the contracts which one answer asks may take together. What they have not told by then is left out.
const MaxGridCalls = 3 * time.Second

// The events of TRC-20 tokens.
var (
	transferTopic = wallet.Keccak256([]byte("Transfer(address,address,uint256)"))
	approvalTopic = wallet.Keccak256([]byte("Approval(address,address,uint256)"))
)

// tokenLog is a TRC-20 event: a transfer, or an approval from an owner to a spender.
type tokenLog struct {
	kind            string
	token, from, to wallet.Address
	value           *big.Int
}

func tokenLogOf(log *tronpb.TransactionInfo_Log) (t tokenLog, ok bool) {
	topics := log.GetTopics()
	if len(topics) != 3 || len(log.GetData()) != 32 || len(topics[1]) != 32 || len(topics[2]) != 32 {
		return t, false
	}
	switch string(topics[0]) {
	case string(transferTopic[:]):
		t.kind = "Transfer"
	case string(approvalTopic[:]):
		t.kind = "Approval"
	default:
		return t, false
	}
	t.token, ok = logAddressOf(log)
	t.from, t.to = wallet.AddressFromEVM([20]byte(topics[1][12:])), wallet.AddressFromEVM([20]byte(topics[2][12:]))
	t.value = new(big.Int).SetBytes(log.GetData())
	return t, ok
}

// tokenLogsOf lists the TRC-20 events of a block that name an address.
func tokenLogsOf(b *chain.Block, a wallet.Address, q gridQuery, ask *tokenAsker) []found {
	var all []found
	for i, info := range b.Infos {
		for j, log := range info.GetLog() {
			t, ok := tokenLogOf(log)
			if !ok || !q.wants(a[:], t.from[:], t.to[:]) || q.contract != nil && *q.contract != t.token {
				continue
			}
			entry := map[string]any{
				"transaction_id": hexText(b.IDs[i][:]), "token_info": ask.info(t.token), "block_timestamp": b.Time(),
				"from": t.from.String(), "to": t.to.String(), "type": t.kind, "value": t.value.String(),
			}
			if q.detailed {
				entry["detail"] = json.RawMessage(gridTransaction(b, i).String())
			}
			all = append(all, found{position{int(b.Number()), i, j}, entry})
		}
	}
	return all
}

// tokenAsker asks token contracts on behalf of one answer: each for its name once, and none any more when their time is over.
type tokenAsker struct {
	server *Server
	ctx    context.Context
	view   chain.View
	until  time.Time
	infos  map[wallet.Address]map[string]any
}

func (s *Server) newTokenAsker(ctx context.Context, v chain.View) *tokenAsker {
	return &tokenAsker{server: s, ctx: ctx, view: v, until: time.Now().Add(MaxGridCalls), infos: map[wallet.Address]map[string]any{}}
}

// info is a token's symbol, name and decimals; what it does not tell is left empty.
func (a *tokenAsker) info(token wallet.Address) map[string]any {
	if known := a.infos[token]; known != nil {
		return known
	}
	info := map[string]any{"symbol": "", "address": token.String(), "decimals": 0, "name": ""}
	for method, key := range map[string]string{"symbol()": "symbol", "name()": "name"} {
		if output := a.call(token, method); len(output) > 0 {
			said, _ := stringAt(output)
			info[key] = strings.ToValidUTF8(said, "")
		}
	}
	if output := a.call(token, "decimals()"); len(output) == 32 {
		if n := new(big.Int).SetBytes(output); n.BitLen() <= 8 {
			info["decimals"] = n.Int64()
		}
	}
	a.infos[token] = info
	return info
}

// balance is what a holder has of a token; 0 too when the token does not tell.
func (a *tokenAsker) balance(token, holder wallet.Address) *big.Int {
	output := a.call(token, "balanceOf(address)", append(make([]byte, 12), holder[1:]...)...)
	return new(big.Int).SetBytes(output[:min(32, len(output))])
}

// call asks for a method's output; nil when there is none.
func (a *tokenAsker) call(token wallet.Address, signature string, args ...byte) []byte {
	if !a.canAsk() {
		return nil
	}
	selector := wallet.Keccak256([]byte(signature))
	call := &tronpb.TriggerSmartContract{OwnerAddress: token[:], ContractAddress: token[:], Data: append(selector[:4:4], args...)}
	c, err := a.server.chain.Constant(a.view, call, nil)
	if err != nil || c.Failure != "" {
		return nil
	}
	return c.Return
}

func (a *tokenAsker) canAsk() bool { return a.ctx.Err() == nil && time.Now().Before(a.until) }

// held is how much of a token somebody has: the address is the token's or the holder's.
type held struct {
	address wallet.Address
	units   *big.Int
}

// balancesOf lists what an account has of the TRC-20 tokens whose events name it, those that did so last first.
func (s *Server) balancesOf(ctx context.Context, a wallet.Address, q gridQuery) (list []held, err error) {
	ask, seen := s.newTokenAsker(ctx, q.view()), map[wallet.Address]bool{}
	err = s.eachTransfer(ctx, q, func(t tokenLog) bool {
		if t.from != a && t.to != a || seen[t.token] || q.contract != nil && *q.contract != t.token {
			return true
		}
		seen[t.token] = true
		if units := ask.balance(t.token, a); units.Sign() > 0 {
			list = append(list, held{t.token, units})
		}
		return len(list) < MaxGridTokens && ask.canAsk()
	})
	return list, err
}

// gridBalances is balancesOf as a list of its own.
func (s *Server) gridBalances(ctx context.Context, a wallet.Address, q gridQuery) (page []any, more string, err error) {
	list, err := s.balancesOf(ctx, a, q)
	if err != nil {
		return nil, "", err
	}
	return q.pageOf(heldEntries(list))
}

// gridHolders lists who holds a TRC-20 token, by the transfers that were seen, the richest first unless asked otherwise.
func (s *Server) gridHolders(ctx context.Context, token wallet.Address, q gridQuery) (page []any, more string, err error) {
	if err := q.order.by(holderOrders); err != nil {
		return nil, "", err
	}
	ask, seen := s.newTokenAsker(ctx, q.view()), map[wallet.Address]bool{}
	var list []held
	err = s.eachTransfer(ctx, q, func(t tokenLog) bool {
		if t.token != token {
			return true
		}
		for _, a := range []wallet.Address{t.from, t.to} {
			if seen[a] || len(seen) == MaxGridHolders {
				continue
			}
			seen[a] = true
			if units := ask.balance(token, a); units.Sign() > 0 {
				list = append(list, held{a, units})
			}
		}
		return len(seen) < MaxGridHolders && ask.canAsk()
	})
	if err != nil {
		return nil, "", err
	}
	slices.SortStableFunc(list, func(a, b held) int {
		if q.order.ascending {
			return a.units.Cmp(b.units)
		}
		return b.units.Cmp(a.units)
	})
	return q.pageOf(heldEntries(list))
}

func heldEntries(list []held) []any {
	entries := make([]any, len(list))
	for i, h := range list {
		entries[i] = map[string]string{h.address.String(): h.units.String()}
	}
	return entries
}

// eachTransfer visits the TRC-20 transfers of the chain, newest first, as far as one page may look.
func (s *Server) eachTransfer(ctx context.Context, q gridQuery, visit func(tokenLog) bool) error {
	last, cost := s.chain.HeadNumber(), 0
	if q.confirmed {
		last = s.chain.SolidNumber()
	}
	return s.eachBlock(ctx, s.chain.FirstNumber(), last, false, func(b *chain.Block) bool {
		for _, info := range b.Infos {
			for _, log := range info.GetLog() {
				if t, ok := tokenLogOf(log); ok && t.kind == "Transfer" && !visit(t) {
					return false
				}
			}
		}
		cost += 1 + len(b.Infos)
		return cost < q.scan
	})
}
