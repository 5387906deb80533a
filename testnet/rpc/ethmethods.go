package rpc

import (
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
		"web3_clientVersion":   {0, clientVersion, false},
		"web3_sha3":            {1, sha3, false},
		"net_version":          {0, chainID, false},
		"net_listening":        {0, fixed(false), false},
		"net_peerCount":        {0, fixed("0x0"), false},
		"eth_chainId":          {0, chainID, false},
		"eth_protocolVersion":  {0, protocolVersion, false},
		"eth_blockNumber":      {0, blockNumber, false},
		"eth_syncing":          {0, fixed(false), false},
		"eth_mining":           {0, fixed(true), false},
		"eth_hashrate":         {0, fixed("0x0"), false},
		"eth_accounts":         {0, fixed([]string{}), false},
		"eth_coinbase":         {0, coinbase, false},
		"eth_gasPrice":         {0, gasPrice, false},
		"eth_getWork":          {0, getWork, false},
		"eth_getBalance":       {2, getBalance, false},
		"eth_getStorageAt":     {3, getStorageAt, false},
		"eth_getCode":          {2, getCode, false},
		"eth_call":             {2, ethCallContract, false},
		"eth_estimateGas":      {1, estimateGas, false},
		"buildTransaction":     {1, buildTransaction, false},
		"eth_getBlockByHash":   {2, getBlockByHash, false},
		"eth_getBlockByNumber": {2, getBlockByNumber, false},

		"eth_getBlockTransactionCountByHash":      {1, countByHash, false},
		"eth_getBlockTransactionCountByNumber":    {1, countByNumber, false},
		"eth_getTransactionByHash":                {1, transactionByHash, false},
		"eth_getTransactionByBlockHashAndIndex":   {2, transactionByBlockHash, false},
		"eth_getTransactionByBlockNumberAndIndex": {2, transactionByBlockNumber, false},
		"eth_getTransactionReceipt":               {1, transactionReceipt, false},
		"eth_getUncleByBlockHashAndIndex":         {2, fixed(nil), false},
		"eth_getUncleByBlockNumberAndIndex":       {2, fixed(nil), false},
		"eth_getUncleCountByBlockHash":            {1, fixed("0x0"), false},
		"eth_getUncleCountByBlockNumber":          {1, fixed("0x0"), false},

		"eth_newFilter":        {1, newFilter, false},
		"eth_newBlockFilter":   {0, newBlockFilter, false},
		"eth_uninstallFilter":  {1, uninstallFilter, false},
		"eth_getFilterChanges": {1, filterChanges, false},
		"eth_getFilterLogs":    {1, filterLogs, false},
		"eth_getLogs":          {1, getLogs, false},

		"eth_getBlockReceipts": {1, blockReceipts, true}, // since java-tron 4.8.1
	}
	for name, params := range map[string]int{
		"eth_submitWork": 3, "eth_sendRawTransaction": 1, "eth_sendTransaction": 1, "eth_sign": 2, "eth_signTransaction": 1, "parity_nextNonce": 1,
		"eth_getTransactionCount": 2, "eth_getCompilers": 0, "eth_compileSolidity": 1, "eth_compileLLL": 1, "eth_compileSerpent": 1, "eth_submitHashrate": 2,
	} {
		all[name] = ethMethod{params, func(*ethCall) (any, error) {
			return nil, noMethod("the method " + name + " does not exist/is not available")
		}, false}
	}
	return all
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
	return ethBytes(witnesses[0][1:]), nil
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
