package rpc

import (
	"encoding/hex"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet"
)

// ethLog is a log in JSON-RPC; fields by the alphabet, as java-tron sorts them.
type ethLog struct {
	Address          string   `json:"address"`
	BlockHash        string   `json:"blockHash"`
	BlockNumber      string   `json:"blockNumber"`
	Data             string   `json:"data"`
	LogIndex         string   `json:"logIndex"`
	Removed          bool     `json:"removed"`
	Topics           []string `json:"topics"`
	TransactionHash  string   `json:"transactionHash"`
	TransactionIndex string   `json:"transactionIndex"`
}

// ethTransaction is a transaction in JSON-RPC.
type ethTransaction struct {
	BlockHash        string  `json:"blockHash"`
	BlockNumber      string  `json:"blockNumber"`
	From             *string `json:"from"`
	Gas              string  `json:"gas"`
	GasPrice         string  `json:"gasPrice"`
	Hash             string  `json:"hash"`
	Input            string  `json:"input"`
	Nonce            string  `json:"nonce"`
	R                string  `json:"r"`
	S                string  `json:"s"`
	To               *string `json:"to"`
	TransactionIndex string  `json:"transactionIndex"`
	Type             string  `json:"type"`
	V                string  `json:"v"`
	Value            string  `json:"value"`
	ChainID          string  `json:"chainId,omitempty"` // only in clean blocks
}

// ethReceipt is a receipt in JSON-RPC.
type ethReceipt struct {
	BlockHash         string   `json:"blockHash"`
	BlockNumber       string   `json:"blockNumber"`
	ContractAddress   *string  `json:"contractAddress"`
	CumulativeGasUsed string   `json:"cumulativeGasUsed"`
	EffectiveGasPrice string   `json:"effectiveGasPrice"`
	From              *string  `json:"from"`
	GasUsed           string   `json:"gasUsed"`
	Logs              []ethLog `json:"logs"`
	LogsBloom         string   `json:"logsBloom"`
	Status            string   `json:"status"`
	To                *string  `json:"to"`
	TransactionHash   string   `json:"transactionHash"`
	TransactionIndex  string   `json:"transactionIndex"`
	Type              string   `json:"type"`
}

// ethBlock is a block in JSON-RPC.
type ethBlock struct {
	BaseFeePerGas    string   `json:"baseFeePerGas"`
	Difficulty       string   `json:"difficulty"`
	ExtraData        string   `json:"extraData"`
	GasLimit         string   `json:"gasLimit"`
	GasUsed          string   `json:"gasUsed"`
	Hash             string   `json:"hash"`
	LogsBloom        string   `json:"logsBloom"`
	Miner            string   `json:"miner"`
	MixHash          string   `json:"mixHash"`
	Nonce            string   `json:"nonce"`
	Number           string   `json:"number"`
	ParentHash       string   `json:"parentHash"`
	ReceiptsRoot     string   `json:"receiptsRoot"`
	SHA3Uncles       string   `json:"sha3Uncles"`
	Size             string   `json:"size"`
	StateRoot        string   `json:"stateRoot"`
	Timestamp        string   `json:"timestamp"`
	TotalDifficulty  string   `json:"totalDifficulty"`
	Transactions     []any    `json:"transactions"`
	TransactionsRoot string   `json:"transactionsRoot"`
	Uncles           []string `json:"uncles"`
}

func ethBytes(b []byte) string { return "0x" + hex.EncodeToString(b) }

// ethNumber is "0x" and Long.toHexString: negative numbers show as 64 bits.
func ethNumber[N ~int | ~int64](n N) string { return "0x" + strconv.FormatUint(uint64(int64(n)), 16) }

// ethAddress is ByteArray.toJsonHexAddress: without the 41, null for nothing.
func ethAddress(b []byte) *string {
	if len(b) == 0 {
		return nil
	}
	text := "0x" + strings.TrimPrefix(hex.EncodeToString(b), "41")
	return &text
}

// fromHex is ByteArray.fromHex: without 0x, and with an even number of digits. What is no hex can begin with 0x after it.
func fromHex(text string) string {
	text = strings.TrimPrefix(text, "0x")
	if len(text)%2 != 0 {
		text = "0" + text
	}
	return text
}

func zeros(n int) string { return "0x" + strings.Repeat("00", n) }

// zeroBloom is the bloom filter that java-tron never fills.
var zeroBloom = zeros(256)

// addressArg is addressCompatibleToByteArray: 20 or 21 bytes of hex.
func addressArg(text string, ok bool) ([]byte, error) {
	raw, err := javajson.HexBytes(text, ok)
	if err != nil {
		_, message, _ := strings.Cut(err.Error(), " : ")
		return nil, invalidParams(message)
	}
	switch {
	case len(raw) == 20:
		return append([]byte{wallet.AddressPrefix}, raw...), nil
	case len(raw) == 21 && raw[0] == wallet.AddressPrefix:
		return raw, nil
	}
	return nil, invalidParams("invalid address hash value")
}

// hashText is HASH_REGEX: 64 letters or digits, with or without 0x before them; the x may also be one of the 64.
var hashText = regexp.MustCompile(`^(0x)?[a-zA-Z0-9]{64}$`)

// hashArg is hashToByteArray.
func hashArg(text string) ([]byte, error) {
	if !hashText.MatchString(text) {
		return nil, invalidParams("invalid hash value")
	}
	raw, err := javajson.HexBytes(text, true)
	if err != nil {
		_, message, _ := strings.Cut(err.Error(), " : ")
		return nil, invalidParams(message)
	}
	return raw, nil
}

// bigArg is ByteArray.hexToBigInteger(…).longValue(): 0x is hex, anything else decimal.
func bigArg(text string) (int64, bool) {
	digits, base := text, 10
	if strings.HasPrefix(text, "0x") {
		digits, base = text[2:], 16
	}
	n, ok := new(big.Int).SetString(digits, base)
	if !ok || strings.Contains(digits, "_") {
		return 0, false
	}
	low := new(big.Int).And(n, new(big.Int).SetUint64(1<<64-1))
	return int64(low.Uint64()), true
}

// longArg is ByteArray.jsonHexToLong.
func longArg(text string) (int64, error) {
	digits, ok := strings.CutPrefix(text, "0x")
	if !ok {
		return 0, invalidParams("Incorrect hex syntax")
	}
	n, err := strconv.ParseInt(digits, 16, 64)
	if err != nil {
		return 0, unexpected(javajson.NumberFormat, `For input string: "`+digits+`" under radix 16`)
	}
	return n, nil
}
