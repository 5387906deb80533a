package testnet

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// fields whose values are times or depend on the chain so far, by their JSON names.
var (
	timeFields = words(`timestamp blockTimeStamp block_timestamp expiration create_time latest_opration_time latest_consume_time
		latest_consume_free_time latest_consume_time_for_energy expire_time unfreeze_expire_time expire_time_for_bandwidth
		expire_time_for_energy latest_withdraw_time start_time end_time latest_asset_operation_time public_latest_free_net_time update_cycle now`)
	numberFields = words(`blockNumber number ref_block_bytes ref_block_hash blockID blockid parentHash txTrieRoot witness_signature TotalNetWeight
		TotalEnergyWeight TotalTronPowerWeight NetLimit EnergyLimit freeNetUsed NetUsed EnergyUsed energy_window_size net_window_size
		public_free_asset_net_usage free_net_usage balance exchange_id proposal_id totalProduced totalMissed latestBlockNum latestSlotNum
		voteCount blockHash logsBloom transactionsRoot stateRoot`)
	accountFields = words("net_usage energy_usage")
	rpcFields     = words("blockNumber number hash timestamp cumulativeGasUsed transactionIndex logIndex r s v size blockTimestamp")
	fadingFields  = words("assetV2 free_asset_net_usageV2")
)

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// javaTexts are texts that depend on the version of Java or on a parser's inner workings.
var javaTexts = []struct {
	pattern *regexp.Regexp
	plain   string
}{
	{regexp.MustCompile(`NullPointerException : (?:Cannot [a-z]+|because) .*`), "NullPointerException : null"},
	{regexp.MustCompile(`NumberFormatException : Cannot parse null string.*`), "NumberFormatException : null"},
	{regexp.MustCompile(`\bCannot [a-z]+ ["'].*["'] because .* is null`), "null"},
	{regexp.MustCompile(`(?s)fastjson\.JSONException : .*`), "fastjson.JSONException : <fastjson>"},
	{regexp.MustCompile(`Illegal character (.) at \d+`), "Illegal character $1 at <i>"},
	{regexp.MustCompile(`ByteString@[0-9a-f]+`), "ByteString@<hash>"},
	{regexp.MustCompile(`is signed by T[1-9A-HJ-NP-Za-km-z]{33}`), "is signed by <someone>"},
	{regexp.MustCompile(`\b1[6-9]\d{11}\b`), "<t>"},
	// the recordings do not keep the order of a request's keys, on which places in its text depend
	{regexp.MustCompile(`ParseException : \d+:\d+:`), "ParseException : L:C:"},
}

var evenHex = regexp.MustCompile(`^(?:[0-9a-f]{2})+$`)

// names replaces the addresses, ids, codes and signatures of one case by stable names, and the names in requests by the values.
type names struct {
	known   map[string]string // value → name
	ordered []string
	numbers map[string]string // token id → name
	exact   map[string]string
	values  map[string]string // name → value
}

func newNames() *names {
	return &names{known: map[string]string{}, numbers: map[string]string{}, exact: map[string]string{}, values: map[string]string{}}
}

func (n *names) add(value, name string) {
	n.known[value], n.ordered = name, nil
	n.values[name] = value
}

func (n *names) account(a wallet.Address, name string) {
	n.add(a.Hex(), "<"+name+">")
	n.add(strings.ToUpper(a.Hex()), "<"+name+":upper>")
	n.add(a.Hex()[2:], "<"+name+":20>")
	n.add(a.String(), "<"+name+":b58>")
}

func (n *names) token(id, name string) {
	number := []byte(id)
	n.numbers[id] = name
	n.values["<"+name+">"] = id
	n.add(hex.EncodeToString(number), "<"+name+":hex>")
	var value uint64
	_, _ = fmt.Sscan(id, &value)
	n.add(fmt.Sprintf("%064x", value), "<"+name+":word>")
	varint := hex.EncodeToString(binary.AppendUvarint(nil, value))
	n.values["<"+name+":varint>"] = varint
	for _, tag := range []string{"20", "30"} {
		n.known[tag+varint] = tag + "<" + name + ":varint>"
	}
	n.ordered = nil
}

func (n *names) text(s string) string {
	if n.ordered == nil {
		for value := range n.known {
			n.ordered = append(n.ordered, value)
		}
		slices.SortFunc(n.ordered, func(a, b string) int {
			if len(a) != len(b) {
				return len(b) - len(a)
			}
			return strings.Compare(a, b)
		})
	}
	for _, value := range n.ordered {
		if strings.Contains(s, value) {
			s = strings.ReplaceAll(s, value, n.known[value])
		}
	}
	for id, name := range n.numbers {
		s = regexp.MustCompile(`\b`+id+`\b`).ReplaceAllString(s, "<"+name+">")
	}
	for _, t := range javaTexts {
		s = t.pattern.ReplaceAllString(s, t.plain)
	}
	return s
}

// normal is a JSON value with names in place of what differs from run to run.
func (n *names) normal(key string, value any, extra map[string]bool) any {
	switch v := value.(type) {
	case map[string]any:
		return n.normalObject(v, extra)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = n.normal(key, v[i], extra)
		}
		return list
	case nil, bool:
		return v
	}
	number, isNumber := value.(json.Number)
	if timeFields[key] || numberFields[key] || extra[key] {
		name := "<n"
		if timeFields[key] {
			name = "<t"
		}
		switch {
		case !isNumber:
			name += ":str"
		case strings.ContainsAny(number.String(), ".eE"):
			name += ":float"
		}
		return name + ">"
	}
	if isNumber {
		if name, ok := n.exact[number.String()]; ok {
			return name
		}
		if name, ok := n.numbers[number.String()]; ok {
			return "<" + name + ">"
		}
		return number
	}
	return n.normalText(key, value.(string))
}

func (n *names) normalObject(v map[string]any, extra map[string]bool) any {
	kept := map[string]any{}
	for k, item := range v {
		if k == "asset_optimized" {
			continue
		}
		if fadingFields[k] {
			list, _ := item.([]any)
			list = slices.DeleteFunc(slices.Clone(list), func(e any) bool {
				value, _ := e.(map[string]any)["value"].(json.Number)
				return value == "" || value == "0"
			})
			if len(list) == 0 {
				continue
			}
			item = list
		}
		kept[k] = n.normal(k, item, extra)
	}
	return kept
}

func (n *names) normalText(key, s string) string {
	if key == "raw_data_hex" {
		return n.rawData(s)
	}
	if (key == "message" || key == "resMessage") && evenHex.MatchString(s) {
		raw, _ := hex.DecodeString(s)
		s = "hex:" + strings.ToValidUTF8(string(raw), "\ufffd")
	}
	if name, ok := n.exact[s]; ok {
		return name
	}
	return n.text(s)
}

// rawData shows raw_data as its wire fields.
func (n *names) rawData(s string) string {
	raw, err := hex.DecodeString(s)
	if err != nil {
		return n.text(s)
	}
	var parts []string
	for _, f := range wireFields(raw) {
		shown, hidden := "", map[uint64]string{1: "<ref>", 4: "<ref>", 8: "<t>", 14: "<t>"}[f.number]
		switch {
		case hidden != "":
			shown = hidden
		case f.isBytes:
			shown = n.text(hex.EncodeToString(f.bytes))
		default:
			shown = n.text(fmt.Sprint(f.varint))
		}
		parts = append(parts, fmt.Sprintf("%d=%s", f.number, shown))
	}
	return strings.Join(parts, " ")
}

// wireField is a field of an encoded message: a number or bytes.
type wireField struct {
	number  uint64
	isBytes bool
	bytes   []byte
	varint  uint64
}

func wireFields(b []byte) []wireField {
	var list []wireField
	for len(b) > 0 {
		tag, size := binary.Uvarint(b)
		if size <= 0 {
			return list
		}
		b = b[size:]
		value, size := binary.Uvarint(b)
		if size <= 0 {
			return list
		}
		b = b[size:]
		f := wireField{number: tag >> 3, varint: value, isBytes: tag&7 == 2}
		if f.isBytes {
			value = min(value, uint64(len(b)))
			f.bytes, b = b[:value], b[value:]
		}
		list = append(list, f)
	}
	return list
}

func encodeWire(list []wireField) []byte {
	var b []byte
	for _, f := range list {
		if f.isBytes {
			b = binary.AppendUvarint(b, f.number<<3|2)
			b = binary.AppendUvarint(b, uint64(len(f.bytes)))
			b = append(b, f.bytes...)
			continue
		}
		b = binary.AppendUvarint(b, f.number<<3)
		b = binary.AppendUvarint(b, f.varint)
	}
	return b
}

// shape is keys and type names in place of values; a list is the union of its elements.
func shape(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, item := range v {
			out[k] = shape(item)
		}
		return out
	case []any:
		merged, kinds := map[string]any{}, map[string]bool{}
		for _, item := range v {
			if object, ok := item.(map[string]any); ok {
				for k, s := range shape(object).(map[string]any) {
					merged[k] = s
				}
				continue
			}
			text, _ := json.Marshal(shape(item))
			kinds[string(text)] = true
		}
		if len(merged) > 0 {
			return []any{merged}
		}
		list := []any{}
		for k := range kinds {
			list = append(list, k)
		}
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		return list
	case bool:
		return "bool"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "float"
		}
		return "int"
	case string:
		return "str"
	}
	return "NoneType"
}
