package rpc

import (
	"errors"
	"strings"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
)

// Texts of java-tron's JSON-RPC.
const (
	tagText      = "TAG [earliest | pending | finalized] not supported"
	quantityText = "QUANTITY not supported, just support TAG as latest"
	numberText   = "invalid block number"
	pendingText  = "TAG pending not supported"
	requestText  = "invalid json request"
)

// ethMethods are java-tron's, and those that indexers and Foundry ask for on top.
func ethMethods() map[string]ethMethod {
	all := map[string]ethMethod{
		"web3_clientVersion":   {params: 0, run: clientVersion},
		"web3_sha3":            {params: 1, run: sha3},
		"net_version":          {params: 0, run: chainID},
		"net_listening":        {params: 0, run: fixed(false)},
		"net_peerCount":        {params: 0, run: fixed("0x0")},
		"eth_chainId":          {params: 0, run: chainID},
		"eth_protocolVersion":  {params: 0, run: protocolVersion},
		"eth_blockNumber":      {params: 0, run: blockNumber},
		"eth_syncing":          {params: 0, run: fixed(false)},
		"eth_mining":           {params: 0, run: fixed(true)},
		"eth_hashrate":         {params: 0, run: fixed("0x0")},
		"eth_accounts":         {params: 0, run: fixed([]string{})},
		"eth_coinbase":         {params: 0, run: coinbase},
		"eth_gasPrice":         {params: 0, run: gasPrice},
		"eth_getWork":          {params: 0, run: getWork},
		"eth_getBalance":       {params: 2, run: getBalance},
		"eth_getStorageAt":     {params: 3, run: getStorageAt},
		"eth_getCode":          {params: 2, run: getCode},
		"eth_call":             {params: 2, run: ethCallContract},
		"eth_estimateGas":      {params: 1, run: estimateGas},
		"buildTransaction":     {params: 1, run: buildTransaction},
		"eth_getBlockByHash":   {params: 2, run: getBlockByHash},
		"eth_getBlockByNumber": {params: 2, run: getBlockByNumber},

		"eth_getBlockTransactionCountByHash":      {params: 1, run: countByHash},
		"eth_getBlockTransactionCountByNumber":    {params: 1, run: countByNumber},
		"eth_getTransactionByHash":                {params: 1, run: transactionByHash},
		"eth_getTransactionByBlockHashAndIndex":   {params: 2, run: transactionByBlockHash},
		"eth_getTransactionByBlockNumberAndIndex": {params: 2, run: transactionByBlockNumber},
		"eth_getTransactionReceipt":               {params: 1, run: transactionReceipt},
		"eth_getUncleByBlockHashAndIndex":         {params: 2, run: fixed(nil)},
		"eth_getUncleByBlockNumberAndIndex":       {params: 2, run: fixed(nil)},
		"eth_getUncleCountByBlockHash":            {params: 1, run: fixed("0x0")},
		"eth_getUncleCountByBlockNumber":          {params: 1, run: fixed("0x0")},

		"eth_newFilter":        {params: 1, run: newFilter},
		"eth_newBlockFilter":   {params: 0, run: newBlockFilter},
		"eth_uninstallFilter":  {params: 1, run: uninstallFilter},
		"eth_getFilterChanges": {params: 1, run: filterChanges},
		"eth_getFilterLogs":    {params: 1, run: filterLogs},
		"eth_getLogs":          {params: 1, run: getLogs},

		"eth_getBlockReceipts": {params: 1, run: blockReceipts, later: true}, // since java-tron 4.8.1
	}
	for name, params := range map[string]int{
		"eth_submitWork": 3, "eth_sendRawTransaction": 1, "eth_sendTransaction": 1, "eth_sign": 2, "eth_signTransaction": 1, "parity_nextNonce": 1,
		"eth_getTransactionCount": 2, "eth_getCompilers": 0, "eth_compileSolidity": 1, "eth_compileLLL": 1, "eth_compileSerpent": 1, "eth_submitHashrate": 2,
	} {
		all[name] = ethMethod{params: params, run: func(c *ethCall) (any, error) {
			if takesObjects[name] {
				if _, err := c.readArgs(0, false); errors.Is(err, errParse) {
					return nil, err
				}
			}
			return nil, noMethod("the method " + name + " does not exist/is not available")
		}}
	}
	for name, m := range all {
		m.texts = !takesObjects[name]
		all[name] = m
	}
	return all
}

// takesObjects are the methods with a parameter that is no text.
var takesObjects = map[string]bool{
	"eth_call": true, "eth_estimateGas": true, "buildTransaction": true, "eth_newFilter": true, "eth_getLogs": true,
	"eth_sendTransaction": true, "eth_signTransaction": true,
}

func fixed(v any) func(*ethCall) (any, error) { return func(*ethCall) (any, error) { return v, nil } }

func clientVersion(c *ethCall) (any, error) {
	return "TRON/v" + c.config.version() + "/Linux/Java1.8/piecework", nil
}

func sha3(c *ethCall) (any, error) {
	text, ok, err := c.text(0)
	if err != nil {
		return nil, err
	}
	raw, err := javajson.HexBytes(text, ok)
	if err != nil {
		return nil, invalidParams("invalid input value")
	}
	sum := wallet.Keccak256(raw)
	return ethBytes(sum[:]), nil
}

func chainID(c *ethCall) (any, error) {
	id := c.chain.GenesisID()
	return ethBytes(id[28:]), nil
}

func protocolVersion(c *ethCall) (any, error) {
	return ethNumber(int64(c.chain.NowBlock(chain.Head).Block.GetBlockHeader().GetRawData().GetVersion())), nil
}

func blockNumber(c *ethCall) (any, error) { return ethNumber(c.chain.HeadNumber()), nil }

func coinbase(c *ethCall) (any, error) {
	witnesses := c.chain.ActiveWitnesses()
	if len(witnesses) == 0 {
		return nil, internalError("etherbase must be explicitly specified")
	}
	return ethBytes(witnesses[0][:]), nil // with its prefix, unlike all other addresses of JSON-RPC
}

func gasPrice(c *ethCall) (any, error) { return ethNumber(c.chain.Param(state.EnergyFee)), nil }

func getWork(c *ethCall) (any, error) {
	id := c.chain.NowBlock(chain.Head).ID
	return []any{ethBytes(id[:]), nil, nil}, nil
}

// latestOnly is the check of a state method's block parameter: nothing but "latest".
func (c *ethCall) latestOnly(i int) error {
	tag, ok, err := c.text(i)
	if err != nil {
		return err
	}
	return checkLatest(tag, ok)
}

func checkLatest(tag string, ok bool) error {
	switch {
	case isTag(tag, "earliest"), isTag(tag, "pending"), isTag(tag, "finalized"):
		return invalidParams(tagText)
	case isTag(tag, "latest"):
		return nil
	}
	if _, isNumber := bigArg(tag); !ok || !isNumber {
		return invalidParams(numberText)
	}
	return invalidParams(quantityText)
}

func isTag(text, tag string) bool { return strings.EqualFold(text, tag) }

// addressAt is an address parameter of a state method, after its block parameter.
func (c *ethCall) addressAt(i, block int) ([]byte, error) {
	if err := c.latestOnly(block); err != nil {
		return nil, err
	}
	text, ok, err := c.text(i)
	if err != nil {
		return nil, err
	}
	return addressArg(text, ok)
}

func getBalance(c *ethCall) (any, error) {
	address, err := c.addressAt(0, 1)
	if err != nil {
		return nil, err
	}
	return ethNumber(int64(c.chain.Balance(chain.Head, wallet.Address(address)))), nil
}

func getStorageAt(c *ethCall) (any, error) {
	address, err := c.addressAt(0, 2)
	if err != nil {
		return nil, err
	}
	if c.chain.Contract(chain.Head, address) == nil {
		return zeros(32), nil
	}
	text, ok, err := c.text(1)
	if err != nil {
		return nil, err
	}
	raw, err := javajson.HexBytes(text, ok)
	if err != nil {
		return nil, err
	}
	if len(raw) > 32 {
		return nil, javajson.Throw("java.lang.RuntimeException", "Data word can't exceed 32 bytes: "+hexText(raw))
	}
	var key [32]byte
	copy(key[32-len(raw):], raw)
	value := c.chain.StorageAt(chain.Head, wallet.Address(address), key)
	return ethBytes(value[:]), nil
}

func getCode(c *ethCall) (any, error) {
	address, err := c.addressAt(0, 1)
	if err != nil {
		return nil, err
	}
	return ethBytes(c.chain.Code(chain.Head, wallet.Address(address))), nil
}
