package rpc

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet"
)

// Limits of the cheats of TronBox's runtime environment, as its own documentation has them.
const (
	MaxTREBlocks    = 100 // of one tre_mine
	MaxTREBlockTime = 60  // seconds between blocks
)

// treVersion tells OpenZeppelin's plugin, which looks for its last part, that time and snapshots can be set.
const treVersion = "v1.0.4-oz-tron"

// treMethods are the methods of /tre: the names that TronBox and the Hardhat plugins call, Ethereum's for the same, and ours.
func treMethods() map[string]ethMethod {
	all := map[string]ethMethod{
		"tre_version":                  {params: 0, run: fixed(treVersion)},
		"tre_instanceId":               {params: 0, run: instanceID},
		"tre_snapshot":                 {params: 0, run: treSnapshot},
		"tre_revert":                   {params: 1, run: treRevert},
		"tre_dropSnapshot":             {params: 1, run: treDropSnapshot},
		"tre_mine":                     {params: -1, run: treMine},
		"tre_increaseTime":             {params: 1, run: treIncreaseTime},
		"tre_blockTime":                {params: 1, run: treBlockTime},
		"tre_setNextBlockTimestamp":    {params: 1, run: treSetNextBlockTimestamp},
		"tre_setAccountBalance":        {params: 2, run: treSetAccountBalance},
		"tre_setAccountCode":           {params: 2, run: treSetAccountCode},
		"tre_setAccountStorageAt":      {params: 3, run: treSetAccountStorageAt},
		"tre_impersonateAccount":       {params: 1, run: treImpersonate},
		"tre_stopImpersonatingAccount": {params: 1, run: treStopImpersonating},
		"tre_unlockedAccounts":         {params: 1, run: treUnlockedAccounts},
		"miner_start":                  {params: -1, run: fixed(true)},
		"miner_stop":                   {params: -1, run: fixed(true)},
		"debug_traceTransaction":       {params: -1, run: traceTransaction},
		"debug_storageRangeAt":         {params: 5, run: storageRangeAt},
		"evm_setNextBlockTimestamp":    {params: 1, run: evmSetNextBlockTimestamp},
		"evm_setAutomine":              {params: 1, run: evmSetAutomine},
	}
	for ethereum, tre := range map[string]string{
		"evm_snapshot": "tre_snapshot", "evm_revert": "tre_revert", "evm_mine": "tre_mine", "evm_increaseTime": "tre_increaseTime",
		"hardhat_setBalance": "tre_setAccountBalance", "hardhat_setCode": "tre_setAccountCode", "hardhat_setStorageAt": "tre_setAccountStorageAt",
		"hardhat_impersonateAccount": "tre_impersonateAccount", "hardhat_stopImpersonatingAccount": "tre_stopImpersonatingAccount",
	} {
		all[ethereum] = all[tre]
	}
	for name, method := range cheatMethods() {
		all[name] = method
	}
	return all
}

// instanceID tells this process from any other: tools keep what they know of deployed contracts by it.
func instanceID(c *ethCall) (any, error) { return ethBytes(c.instance[:]), nil }

// treAddress reads an address in any form: base58, 41-hex, 20-byte hex, 0x or not.
func (c *ethCall) treAddress(i int) (wallet.Address, error) {
	text, err := c.needText(i)
	if err != nil {
		return wallet.Address{}, err
	}
	a, err := wallet.ParseAddress(text)
	if err != nil {
		return a, invalidParams(err.Error())
	}
	return a, nil
}

// treNumber reads a number: a JSON number, decimal digits or 0x-hex as text. It must fit into 63 bits.
func (c *ethCall) treNumber(i int) (int64, error) {
	text, err := c.needText(i)
	if err != nil {
		return 0, err
	}
	return parseTRENumber(text)
}

func parseTRENumber(text string) (int64, error) {
	digits, base := text, 10
	if rest, ok := strings.CutPrefix(text, "0x"); ok {
		digits, base = rest, 16
	}
	n, ok := new(big.Int).SetString(digits, base)
	if !ok || strings.Contains(digits, "_") || !n.IsInt64() || n.Sign() < 0 {
		return 0, invalidParams(strconv.Quote(wallet.Clip(text)) + " is no number from 0 to 2^63-1")
	}
	return n.Int64(), nil
}

// treBytes reads hex of at most so many bytes.
func (c *ethCall) treBytes(i, most int) ([]byte, error) {
	text, err := c.needText(i)
	if err != nil {
		return nil, err
	}
	raw, err := javajson.HexBytes(text, true)
	if err != nil || len(raw) > most {
		return nil, invalidParams(strconv.Quote(wallet.Clip(text)) + " is no hex of at most " + strconv.Itoa(most) + " bytes")
	}
	return raw, nil
}

func (c *ethCall) treWord(i int) (word [32]byte, err error) {
	raw, err := c.treBytes(i, len(word))
	copy(word[len(word)-len(raw):], raw)
	return word, err
}

func treSnapshot(c *ethCall) (any, error) {
	return "0x" + strconv.FormatInt(int64(c.chain.Snapshot()), 16), nil
}

func (c *ethCall) snapshotID() (int, error) {
	n, err := c.treNumber(0)
	return int(n), err
}

func treRevert(c *ethCall) (any, error) {
	id, err := c.snapshotID()
	if err != nil {
		return nil, err
	}
	if err := c.chain.Revert(id); errors.Is(err, chain.ErrSnapshot) {
		return nil, invalidParams(fmt.Sprintf("unknown snapshot id: 0x%x", id))
	} else if err != nil {
		return nil, internalError(err.Error())
	}
	return true, nil
}

func treDropSnapshot(c *ethCall) (any, error) {
	id, err := c.snapshotID()
	if err != nil {
		return nil, err
	}
	return c.chain.DropSnapshot(id), nil
}

// treMine takes nothing, a number, or {"blocks": n}.
func treMine(c *ethCall) (any, error) {
	blocks := int64(1)
	if len(c.args) > 0 && kindOf(c.args[0]) != 'n' {
		raw := c.args[0]
		var named struct{ Blocks json.RawMessage }
		if kindOf(raw) == '{' && json.Unmarshal(raw, &named) == nil && len(named.Blocks) > 0 {
			raw = named.Blocks
		}
		text, ok, err := textArg(raw)
		if err != nil || !ok {
			return nil, invalidParams("how many blocks?")
		}
		if blocks, err = parseTRENumber(text); err != nil {
			return nil, err
		}
	}
	if blocks < 1 || blocks > MaxTREBlocks {
		return nil, invalidParams(fmt.Sprintf("blocks should be between [1, %d]", MaxTREBlocks))
	}
	c.chain.Mine(int(blocks))
	return "0x0", nil
}

// treIncreaseTime moves the clock; the next block shows it. It answers the seconds.
func treIncreaseTime(c *ethCall) (any, error) {
	seconds, err := c.seconds(0)
	if err != nil {
		return nil, err
	}
	c.chain.Advance(seconds)
	return int64(seconds / time.Second), nil
}

// maxSeconds keeps times far from the end of 64 bits of milliseconds.
const maxSeconds = 1 << 40

func (c *ethCall) seconds(i int) (time.Duration, error) {
	n, err := c.treNumber(i)
	if err == nil && n > int64(maxDuration/time.Second) {
		err = invalidParams("too many seconds")
	}
	return time.Duration(n) * time.Second, err
}

const maxDuration = time.Duration(1<<63 - 1)

func treBlockTime(c *ethCall) (any, error) {
	n, err := c.treNumber(0)
	if err != nil {
		return nil, err
	}
	if n > MaxTREBlockTime {
		return nil, invalidParams("block time should between [0, 60] in second")
	}
	if n == 0 {
		c.chain.SetMining(chain.Instant)
	} else {
		c.chain.SetBlockTime(time.Duration(n) * time.Second)
		c.chain.SetMining(chain.Interval)
	}
	return true, nil
}

// treSetNextBlockTimestamp takes milliseconds since 1970.
func treSetNextBlockTimestamp(c *ethCall) (any, error) {
	n, err := c.treNumber(0)
	if err != nil {
		return nil, err
	}
	return c.nextTime(n)
}

// evmSetNextBlockTimestamp takes seconds since 1970, as Ethereum's tools give them.
func evmSetNextBlockTimestamp(c *ethCall) (any, error) {
	n, err := c.treNumber(0)
	if err != nil {
		return nil, err
	}
	return c.nextTime(min(n, maxSeconds) * 1000)
}

func (c *ethCall) nextTime(ms int64) (any, error) {
	if ms > maxSeconds*1000 || !c.chain.SetNextTime(time.UnixMilli(ms)) {
		return nil, invalidParams(fmt.Sprintf("timestamp must be greater than current LBHT (%d ms)", c.chain.NowBlock(chain.Head).Time()))
	}
	return true, nil
}

func evmSetAutomine(c *ethCall) (any, error) {
	on, _, err := c.flag(0)
	if err != nil {
		return nil, err
	}
	if on {
		c.chain.SetMining(chain.Instant)
	} else {
		c.chain.SetMining(chain.Manual)
	}
	return true, nil
}

func treSetAccountBalance(c *ethCall) (any, error) {
	a, err := c.treAddress(0)
	if err != nil {
		return nil, err
	}
	sun, err := c.treNumber(1)
	if err != nil {
		return nil, err
	}
	c.chain.SetBalance(a, wallet.Sun(sun))
	return true, nil
}

// MaxCode is the most bytes of code that a cheat puts anywhere.
const MaxCode = 1 << 20

func treSetAccountCode(c *ethCall) (any, error) {
	a, err := c.treAddress(0)
	if err != nil {
		return nil, err
	}
	code, err := c.treBytes(1, MaxCode)
	if err != nil {
		return nil, err
	}
	c.chain.SetCode(a, code)
	return true, nil
}

func treSetAccountStorageAt(c *ethCall) (any, error) {
	a, err := c.treAddress(0)
	if err != nil {
		return nil, err
	}
	slot, err := c.treWord(1)
	if err != nil {
		return nil, err
	}
	value, err := c.treWord(2)
	if err != nil {
		return nil, err
	}
	c.chain.SetStorageAt(a, slot, value)
	return true, nil
}

func treImpersonate(c *ethCall) (any, error) {
	a, err := c.treAddress(0)
	if err != nil {
		return nil, err
	}
	c.chain.Impersonate(a)
	return true, nil
}

func treStopImpersonating(c *ethCall) (any, error) {
	a, err := c.treAddress(0)
	if err != nil {
		return nil, err
	}
	c.chain.StopImpersonating(a)
	return true, nil
}

// MaxUnlocked is the most accounts of one tre_unlockedAccounts.
const MaxUnlocked = 1000

func treUnlockedAccounts(c *ethCall) (any, error) {
	var texts []string
	if json.Unmarshal(c.args[0], &texts) != nil || len(texts) > MaxUnlocked {
		return nil, invalidParams("want a list of addresses")
	}
	var all []wallet.Address
	for _, text := range texts {
		a, err := wallet.ParseAddress(text)
		if err != nil {
			return nil, invalidParams(err.Error())
		}
		all = append(all, a)
	}
	for _, a := range all {
		c.chain.Impersonate(a)
	}
	return true, nil
}

// MaxStorageRange is the most rows of one debug_storageRangeAt.
const MaxStorageRange = 1024

// storageRangeAt lists rows of a contract at the head. Tron keeps no more of a slot's number than its last 16 bytes.
func storageRangeAt(c *ethCall) (any, error) {
	a, err := c.treAddress(2)
	if err != nil {
		return nil, err
	}
	start, err := c.treWord(3)
	if err != nil {
		return nil, err
	}
	limit, err := c.treNumber(4)
	if err != nil {
		return nil, err
	}
	type entry struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	rows, next := c.chain.StorageRange(a, [16]byte(start[16:]), int(min(limit, MaxStorageRange)))
	storage := map[string]entry{}
	for _, row := range rows {
		key := ethBytes(append(make([]byte, 16), row.Key[:]...))
		storage[key] = entry{key, ethBytes(row.Value[:])}
	}
	answer := map[string]any{"storage": storage, "nextKey": nil}
	if next != nil {
		answer["nextKey"] = ethBytes(append(make([]byte, 16), next[:]...))
	}
	return answer, nil
}
