package rpc

import (
	"context"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/testnet/chain"
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
	return s.abis.read(a, record)
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
	if q.confirmed && !solid || q.unconfirmed && solid || b.Time() < q.from || b.Time() > q.to {
		return list, nil
	}
	for _, e := range s.eventsIn(b, i, solid, nil, q.event) {
		list = append(list, e)
	}
	return list, nil
}

// eventsOfBlock lists the events of a block: the latest, one by its number or one by its id.
func (s *Server) eventsOfBlock(ctx context.Context, id string, q gridQuery) ([]any, string, error) {
	number, notNumber := strconv.ParseInt(id, 10, 64)
	raw, notID := hashArg(id)
	switch {
	case id == "latest":
		q.block = s.chain.HeadNumber()
	case notNumber == nil && number >= 0:
		q.block = number
	case notID == nil:
		b := s.chain.BlockByID(chain.Head, raw)
		if b == nil {
			return []any{}, "", nil
		}
		q.block = b.Number()
	default:
		return nil, "", fmt.Errorf("%q is neither latest, a block's number nor its id", wallet.Clip(id))
	}
	return s.walk(ctx, q, func(b *chain.Block, solid bool) []found { return s.eventsOf(b, solid, nil, q.event) })
}
