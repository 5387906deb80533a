package rpc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Limits of logs and filters: java-tron's defaults where it has one.
const (
	MaxLogBlocks   = 5000            // between fromBlock and the earlier of toBlock and head (node.jsonrpc.maxBlockRange)
	MaxSubTopics   = 1000            // in one position (node.jsonrpc.maxSubTopics)
	MaxLogs        = 10_000          // in one answer (LogBlockQuery.MAX_RESULT)
	MaxFilters     = 1000            // at once; the longest unasked makes room
	FilterLifetime = 5 * time.Minute // without being asked (TronJsonRpcImpl.EXPIRE_SECONDS)
	maxTopics      = 4
	maxUndo        = 256 // blocks that a filter can take back after a reorganisation
)

// latestBlock stands for "up to whatever comes".
const latestBlock = math.MaxInt64

// logFilter is what logs are asked for by.
type logFilter struct {
	addresses [][]byte
	topics    [][][]byte // any of each position; an empty one is anything
	from, to  int64
}

func (f *logFilter) matches(log *tronpb.TransactionInfo_Log) bool {
	same := func(b []byte) func([]byte) bool { return func(a []byte) bool { return bytes.Equal(a, b) } }
	if len(f.addresses) > 0 && !slices.ContainsFunc(f.addresses, same(log.GetAddress())) {
		return false
	}
	for i, any := range f.topics {
		if i >= len(log.GetTopics()) {
			return false
		}
		if len(any) > 0 && !slices.ContainsFunc(any, same(log.GetTopics()[i])) {
			return false
		}
	}
	return true
}

// logsOf is the matching logs of a block.
func (f *logFilter) logsOf(b *chain.Block) []ethLog {
	var logs []ethLog
	index := 0
	for i, info := range b.Infos {
		for _, log := range info.GetLog() {
			if f.matches(log) {
				logs = append(logs, ethLogOf(b, i, index, log))
			}
			index++
		}
	}
	return logs
}

// readFilter reads a FilterRequest. ranged says that the number of blocks is limited.
func (c *ethCall) readFilter(i int, ranged bool) (*logFilter, error) {
	var q struct {
		FromBlock, ToBlock, BlockHash json.RawMessage
		Address, Topics               json.RawMessage
	}
	switch kindOf(c.args[i]) {
	case 'n':
		return nil, javajson.Null()
	case '{':
		if err := readFields(c.args[i], map[string]*json.RawMessage{
			"fromBlock": &q.FromBlock, "toBlock": &q.ToBlock, "blockHash": &q.BlockHash, "address": &q.Address, "topics": &q.Topics,
		}); err != nil {
			return nil, err
		}
	default:
		return nil, errParse
	}
	for _, field := range []json.RawMessage{q.FromBlock, q.ToBlock, q.BlockHash} {
		if _, _, err := textArg(field); err != nil {
			return nil, err
		}
	}
	for _, tag := range []json.RawMessage{q.FromBlock, q.ToBlock} {
		if text, _, _ := textArg(tag); !ranged && isTag(text, "finalized") {
			return nil, invalidParams("invalid block range params")
		}
	}
	f := &logFilter{}
	if err := f.readAddresses(q.Address); err != nil {
		return nil, err
	}
	if err := f.readTopics(q.Topics); err != nil {
		return nil, err
	}
	return f, c.readRange(f, q.FromBlock, q.ToBlock, q.BlockHash, ranged)
}

// readFields reads an object that has no other fields than those given, in just that spelling.
func readFields(raw json.RawMessage, into map[string]*json.RawMessage) error {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return errParse
	}
	for name, value := range fields {
		if into[name] == nil {
			return errParse
		}
		*into[name] = value
	}
	return nil
}

func (f *logFilter) readAddresses(raw json.RawMessage) error {
	switch kindOf(raw) {
	case 0, 'n':
		return nil
	case '"':
		text, _, _ := textArg(raw)
		address, err := logAddress(text)
		f.addresses = [][]byte{address}
		return err
	case '[':
		for i, one := range listOf(raw) {
			text, err := castText(one)
			if err != nil {
				return err
			}
			address, err := logAddress(text)
			if _, known := err.(*ethError); known || isNull(one) { //nolint:errorlint // made here, never wrapped
				return invalidParams(fmt.Sprintf("invalid address at index %d: %s", i, text))
			}
			if err != nil {
				return err
			}
			f.addresses = append(f.addresses, address)
		}
		return nil
	}
	return invalidParams("invalid addresses in query")
}

// logAddress is addressToByteArray: 20 bytes only.
func logAddress(text string) ([]byte, error) {
	raw, err := javajson.HexBytes(text, true)
	if err != nil {
		return nil, err
	}
	if len(raw) != 20 {
		return nil, invalidParams("invalid address: " + text)
	}
	return raw, nil
}

func (f *logFilter) readTopics(raw json.RawMessage) error {
	var list []json.RawMessage
	switch kindOf(raw) {
	case 0, 'n':
		return nil
	case '[':
		if json.Unmarshal(raw, &list) != nil {
			return errParse
		}
	default:
		list = []json.RawMessage{raw} // a single value is taken for a list of one
	}
	if len(list) > maxTopics {
		return invalidParams(fmt.Sprintf("topics size should be <= %d", maxTopics))
	}
	for _, position := range list {
		any, err := topicsOf(position)
		if err != nil {
			return err
		}
		f.topics = append(f.topics, any)
	}
	return nil
}

func listOf(raw json.RawMessage) (list []json.RawMessage) {
	_ = json.Unmarshal(raw, &list) // was read before
	return list
}

// castText is (String) of an element of a list: null is "null", what is no text a ClassCastException.
func castText(raw json.RawMessage) (string, error) {
	switch kindOf(raw) {
	case 'n':
		return "null", nil
	case '"':
		text, _, err := textArg(raw)
		return text, err
	}
	return "", javajson.NoString(raw)
}

func topicsOf(raw json.RawMessage) ([][]byte, error) {
	texts := []json.RawMessage{raw}
	switch kindOf(raw) {
	case 'n':
		return nil, nil
	case '"':
	case '[':
		if texts = listOf(raw); len(texts) > MaxSubTopics {
			return nil, invalidParams(fmt.Sprintf("exceed max topics: %d", MaxSubTopics))
		}
	default:
		return nil, invalidParams("invalid topic(s)")
	}
	var topics [][]byte
	for _, one := range texts {
		text, err := castText(one)
		if err != nil {
			return nil, err
		}
		if isNull(one) {
			return nil, invalidParams("invalid topic(s): null")
		}
		topic, err := javajson.HexBytes(text, true)
		if err != nil {
			return nil, err
		}
		if len(topic) != 32 {
			return nil, invalidParams("invalid topic(s): " + text)
		}
		topics = append(topics, topic)
	}
	return topics, nil
}

// readRange is LogFilterWrapper: which blocks a filter is about.
func (c *ethCall) readRange(f *logFilter, from, to, hash json.RawMessage, ranged bool) error {
	head := c.chain.HeadNumber()
	fromText, fromSet, _ := textArg(from) // readFilter has looked for errors
	toText, toSet, _ := textArg(to)
	if hash, hashSet, _ := textArg(hash); hashSet {
		return c.hashRange(f, hash, fromSet || toSet)
	}
	// -1 stands for latest, and for nothing.
	f.from, f.to = -1, -1
	var err error
	if fromText != "" {
		if f.from, err = c.logBlock(fromText); err != nil {
			return err
		}
	}
	if toText != "" {
		if f.to, err = c.logBlock(toText); err != nil {
			return err
		}
	}
	f.settle(head, fromText == "" && toText != "")
	if fromText != "" && toText != "" && f.from > f.to {
		return invalidParams("please verify: fromBlock <= toBlock")
	}
	if ranged && min(f.to, head)-f.from > MaxLogBlocks {
		return invalidParams(fmt.Sprintf("exceed max block range: %d", MaxLogBlocks))
	}
	return nil
}

// settle puts numbers in place of latest. Only an end given means only that block, or the head.
func (f *logFilter) settle(head int64, endOnly bool) {
	if f.to == -1 {
		f.to = latestBlock
	}
	switch {
	case endOnly:
		f.from = min(f.to, head)
	case f.from == -1:
		f.from = head
	}
}

func (c *ethCall) hashRange(f *logFilter, hash string, both bool) error {
	if both {
		return invalidParams("cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other")
	}
	id, err := javajson.HexBytes(fromHex(hash), true)
	if err != nil {
		return err
	}
	b := c.chain.BlockByID(chain.Head, id)
	if b == nil {
		return invalidParams("invalid blockHash")
	}
	f.from, f.to = b.Number(), b.Number()
	return nil
}

// logBlock is JsonRpcApiUtil.getByJsonBlockId.
func (c *ethCall) logBlock(text string) (int64, error) {
	switch {
	case isTag(text, "pending"):
		return 0, invalidParams(pendingText)
	case isTag(text, "latest"):
		return -1, nil
	case isTag(text, "earliest"):
		return 0, nil
	case isTag(text, "finalized"):
		return c.chain.SolidNumber(), nil
	}
	return longArg(text)
}

func getLogs(c *ethCall) (any, error) {
	f, err := c.readFilter(0, true)
	if err != nil {
		return nil, err
	}
	return c.logs(f)
}

// logs is all logs of a filter in the chain of now.
func (c *ethCall) logs(f *logFilter) (any, error) {
	logs := []ethLog{}
	last := min(f.to, c.chain.HeadNumber())
	for n := max(0, f.from); n <= last; n++ {
		b := c.chain.BlockByNumber(chain.Head, n)
		if b == nil {
			break
		}
		logs = append(logs, f.logsOf(b)...)
		if len(logs) > MaxLogs {
			return nil, tooManyResults(fmt.Sprintf("query returned more than %d results", MaxLogs))
		}
	}
	return logs, nil
}
