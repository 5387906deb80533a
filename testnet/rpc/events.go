package rpc

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// gridEvent is an event as TronGrid shows it.
type gridEvent struct {
	BlockNumber           int64             `json:"block_number"`
	BlockTimestamp        int64             `json:"block_timestamp"`
	CallerContractAddress string            `json:"caller_contract_address"`
	ContractAddress       string            `json:"contract_address"`
	EventIndex            int               `json:"event_index"`
	EventName             string            `json:"event_name"`
	Result                map[string]any    `json:"result"`
	ResultType            map[string]string `json:"result_type"`
	Event                 string            `json:"event"`
	TransactionID         string            `json:"transaction_id"`
	Unconfirmed           bool              `json:"_unconfirmed,omitempty"`
}

// eventsOf lists the events of a block: of one contract or (nil) of all, of one name or (empty) of any. Contracts without an ABI have none.
func (s *Server) eventsOf(b *chain.Block, solid bool, contract *wallet.Address, name string) []found {
	var all []found
	for i := range b.Infos {
		for _, e := range s.eventsIn(b, i, solid, contract, name) {
			all = append(all, found{position{int(b.Number()), i, e.EventIndex}, e})
		}
	}
	return all
}

// eventsIn lists the events of a transaction.
func (s *Server) eventsIn(b *chain.Block, i int, solid bool, contract *wallet.Address, name string) []gridEvent {
	var all []gridEvent
	info := b.Infos[i]
	for index, log := range info.GetLog() {
		address, ok := logAddressOf(log)
		if !ok || contract != nil && address != *contract {
			continue
		}
		e, ok := s.decodeEvent(address, log)
		if !ok || name != "" && e.EventName != name {
			continue
		}
		caller := address
		if a, err := wallet.AddressFromBytes(info.GetContractAddress()); err == nil {
			caller = a
		}
		e.BlockNumber, e.BlockTimestamp, e.EventIndex = b.Number(), b.Time(), index
		e.CallerContractAddress, e.ContractAddress = caller.String(), address.String()
		e.TransactionID, e.Unconfirmed = hexText(b.IDs[i][:]), !solid
		all = append(all, e)
	}
	return all
}

func logAddressOf(log *tronpb.TransactionInfo_Log) (a wallet.Address, ok bool) {
	if raw := log.GetAddress(); len(raw) == 20 {
		return wallet.AddressFromEVM([20]byte(raw)), true
	}
	a, err := wallet.AddressFromBytes(log.GetAddress())
	return a, err == nil
}

// decodeEvent reads a log by the contract's stored ABI; false when that does not tell the event.
func (s *Server) decodeEvent(a wallet.Address, log *tronpb.TransactionInfo_Log) (e gridEvent, ok bool) {
	stored := s.interfaceOf(a)
	topics := make([][32]byte, len(log.GetTopics()))
	for i, t := range log.GetTopics() {
		copy(topics[i][:], t)
	}
	if stored == nil {
		return e, false
	}
	event, ok := stored.EventOf(topics)
	if !ok {
		return e, false
	}
	values, err := event.Decode(topics, log.GetData())
	if err != nil {
		return e, false
	}
	e = gridEvent{EventName: event.Name, Event: event.String(), Result: map[string]any{}, ResultType: map[string]string{}}
	e.Event = strings.TrimPrefix(e.Event, "event ")
	for i, p := range event.Inputs {
		shown := gridValue(values[i])
		e.Result[strconv.Itoa(i)] = shown
		if p.Name != "" {
			e.Result[p.Name] = shown
			e.ResultType[p.Name] = p.Type.String()
		} else {
			e.ResultType[strconv.Itoa(i)] = p.Type.String()
		}
	}
	return e, true
}

// interfaceOf is a contract's stored ABI, nil when it has none that can be read.
func (s *Server) interfaceOf(a wallet.Address) *abi.Interface {
	record := s.chain.Contract(chain.Head, a[:])
	if len(record.GetAbi().GetEntrys()) == 0 {
		return nil
	}
	if known, ok := s.abis.Load(a); ok && known.(*knownABI).record == record {
		return known.(*knownABI).parsed
	}
	parsed, err := abi.ParseJSON([]byte(javajson.Print(record.GetAbi(), false)))
	if err != nil {
		parsed = nil
	}
	s.abis.Store(a, &knownABI{record, parsed})
	return parsed
}

// knownABI is an ABI that was read, and the record it was read from: another record is read again.
type knownABI struct {
	record *tronpb.SmartContract
	parsed *abi.Interface
}

// gridValue shows a value as TronGrid does: numbers as decimal text, addresses as 0x and 20 bytes, bytes as hex without 0x.
func gridValue(v any) any {
	switch v := v.(type) {
	case *big.Int:
		return v.String()
	case wallet.Address:
		return ethBytes(v[1:])
	case bool:
		return strconv.FormatBool(v)
	case string:
		return v
	case []byte:
		return hexText(v)
	case abi.TopicHash:
		return hexText(v[:])
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = gridValue(v[i])
		}
		return list
	}
	return strings.TrimPrefix(fmt.Sprintf("%x", v), "0x")
}

func (s *Server) eventsOfTransaction(id string, q gridQuery) ([]any, error) {
	b, i, err := s.locateText(id)
	if err != nil || b == nil || b.Number() == 0 {
		return []any{}, err
	}
	solid := b.Number() <= s.chain.SolidNumber()
	list := []any{}
	if q.skips(b, solid) {
		return list, nil
	}
	for _, e := range s.eventsIn(b, i, solid, nil, q.event) {
		list = append(list, e)
	}
	return list, nil
}

func (s *Server) eventsOfBlock(id string, q gridQuery) (any, string, error) {
	q.block = s.chain.HeadNumber()
	if id != "latest" {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || n < 0 {
			return nil, "", fmt.Errorf("%q is no block number", clip(id))
		}
		q.block = n
	}
	page, more := s.walk(q, func(b *chain.Block, solid bool) []found { return s.eventsOf(b, solid, nil, q.event) })
	return page, more, nil
}

// transferTopic is that of Transfer(address,address,uint256).
var transferTopic = wallet.Keccak256([]byte("Transfer(address,address,uint256)"))

// transfer is a TRC-20 transfer that a log tells of.
type transfer struct {
	token, from, to wallet.Address
	value           *big.Int
}

func transferOf(log *tronpb.TransactionInfo_Log) (t transfer, ok bool) {
	topics := log.GetTopics()
	if len(topics) != 3 || len(log.GetData()) != 32 || string(topics[0]) != string(transferTopic[:]) || len(topics[1]) != 32 || len(topics[2]) != 32 {
		return t, false
	}
	t.token, ok = logAddressOf(log)
	t.from, t.to = wallet.AddressFromEVM([20]byte(topics[1][12:])), wallet.AddressFromEVM([20]byte(topics[2][12:]))
	t.value = new(big.Int).SetBytes(log.GetData())
	return t, ok
}

// tokenTransfersOf lists the TRC-20 transfers of a block that an address made or received.
func (s *Server) tokenTransfersOf(b *chain.Block, _ bool, a wallet.Address, q gridQuery) []found {
	var all []found
	for i, info := range b.Infos {
		for j, log := range info.GetLog() {
			t, ok := transferOf(log)
			if !ok || t.from != a && t.to != a || q.onlyFrom && t.from != a || q.onlyTo && t.to != a {
				continue
			}
			if q.contract != "" && q.contract != t.token.String() {
				continue
			}
			all = append(all, found{position{int(b.Number()), i, j}, map[string]any{
				"transaction_id": hexText(b.IDs[i][:]), "token_info": s.tokenInfo(t.token), "block_timestamp": b.Time(),
				"from": t.from.String(), "to": t.to.String(), "type": "Transfer", "value": t.value.String(),
			}})
		}
	}
	return all
}

// tokenInfo asks a contract for its symbol, name and decimals; what it does not tell is left empty.
func (s *Server) tokenInfo(token wallet.Address) map[string]any {
	info := map[string]any{"symbol": "", "address": token.String(), "decimals": 0, "name": ""}
	for method, key := range map[string]string{"symbol()": "symbol", "name()": "name"} {
		if output := s.view(token, method); len(output) > 0 {
			info[key] = strings.ToValidUTF8(stringAt(output), "")
		}
	}
	if output := s.view(token, "decimals()"); len(output) == 32 {
		info["decimals"] = int(output[31])
	}
	return info
}

// view calls a method without arguments.
func (s *Server) view(token wallet.Address, signature string, args ...byte) []byte {
	selector := wallet.Keccak256([]byte(signature))
	call := &tronpb.TriggerSmartContract{OwnerAddress: token[:], ContractAddress: token[:], Data: append(selector[:4:4], args...)}
	c, err := s.chain.Constant(chain.Head, call, nil)
	if err != nil || c.Failure != "" {
		return nil
	}
	return c.Return
}

func (s *Server) balanceWord(token, holder wallet.Address) *big.Int {
	var word [32]byte
	copy(word[12:], holder[1:])
	balance := s.balanceOf(token, word)
	return new(big.Int).SetBytes(balance[:])
}

// tokensSeenWith lists the TRC-20 contracts whose transfers name an address, oldest first.
func (s *Server) tokensSeenWith(a wallet.Address) (tokens []wallet.Address) {
	s.eachTransfer(func(t transfer) {
		if (t.from == a || t.to == a) && !slices.Contains(tokens, t.token) {
			tokens = append(tokens, t.token)
		}
	})
	return tokens
}

// holdersOf lists who holds a TRC-20 token, by the transfers that were seen.
func (s *Server) holdersOf(token wallet.Address) []any {
	seen := map[wallet.Address]bool{}
	list := []any{}
	s.eachTransfer(func(t transfer) {
		for _, a := range []wallet.Address{t.from, t.to} {
			if t.token != token || seen[a] || len(list) == MaxGridPage {
				continue
			}
			seen[a] = true
			if balance := s.balanceWord(token, a); balance.Sign() > 0 {
				list = append(list, json.RawMessage(`{"`+a.String()+`":"`+balance.String()+`"}`))
			}
		}
	})
	return list
}

func (s *Server) eachTransfer(visit func(transfer)) {
	head := s.chain.HeadNumber()
	for n := s.chain.FirstNumber(); n <= head; n++ {
		b := s.chain.BlockByNumber(chain.Head, n)
		if b == nil {
			return
		}
		for _, info := range b.Infos {
			for _, log := range info.GetLog() {
				if t, ok := transferOf(log); ok {
					visit(t)
				}
			}
		}
	}
}
