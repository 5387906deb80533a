package testnet

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// errUnknown says that a request holds a value that the recording does not tell, such as a signature that a case computed.
var errUnknown = errors.New("the recording does not tell a value")

var placeholder = regexp.MustCompile(`<[^<>]+>`)

// fill puts the values of this run in place of names.
func (c *caseRun) fill(s string) (string, error) {
	var missing error
	filled := placeholder.ReplaceAllStringFunc(s, func(name string) string {
		value, ok := c.value(name)
		if !ok {
			missing = fmt.Errorf("%w: %s", errUnknown, name)
		}
		return value
	})
	return filled, missing
}

// value is what a name stands for; names of accounts and of texts that a case made up are made when they first appear.
func (c *caseRun) value(name string) (string, bool) {
	if v, ok := c.names.values[name]; ok {
		return v, true
	}
	bare := strings.Trim(name, "<>")
	base, form, _ := strings.Cut(bare, ":")
	head := c.n.Node().NowBlock(chain.Head)
	switch {
	case strings.HasSuffix(bare, ":varint"), strings.HasPrefix(bare, "sig:"), strings.HasPrefix(bare, "tx:"), strings.HasPrefix(bare, "itx:"), base == "n", base == "t":
		return "", false
	case strings.HasSuffix(bare, ":hex"), strings.HasSuffix(bare, "name"), bare == "id", bare == "other":
		c.unique(strings.TrimSuffix(bare, ":hex"))
	case strings.HasPrefix(bare, "head number + "):
		more, _ := strconv.ParseInt(strings.TrimPrefix(bare, "head number + "), 10, 64)
		c.names.add(fmt.Sprintf("%064x", head.Number()+more), name)
	case bare == "block" && c.recorded.Name == "transactions/get_block":
		c.names.add(hex.EncodeToString(head.ID[:]), name)
	case bare == "block":
		c.names.exact[fmt.Sprint(head.Number())], c.names.values[name] = name, fmt.Sprint(head.Number())
	case bare == "number":
		c.names.values[name] = fmt.Sprint(head.Number())
	case bare == "head number":
		c.names.add(fmt.Sprintf("%064x", head.Number()), name)
	case bare == "head seconds":
		c.names.add(fmt.Sprintf("%064x", head.Time()/1000), name)
	case bare == "bad checksum":
		text, last := c.keys["a"].Address().String(), "1"
		if strings.HasSuffix(text, "1") {
			last = "2"
		}
		c.names.add(text[:len(text)-1]+last, name)
	case bare == "child" || bare == "child 8":
		c.nameChild(bare)
	case c.recorded.Name == "vm_ops/validate_multi_sign" && strings.ContainsAny(bare, "0123456789") && !strings.Contains(bare, ":"):
		c.signDigest(bare, name)
	case strings.Contains(bare, " create "):
		label, number, _ := strings.Cut(bare, " create ")
		nonce, err := strconv.ParseUint(number, 10, 64)
		id, sent := c.sent[label]
		if err != nil || !sent {
			return "", false
		}
		sum := wallet.Keccak256(append(id[:], binary.BigEndian.AppendUint64(nil, nonce)...))
		c.names.account(wallet.AddressFromEVM([20]byte(sum[12:])), bare)
	case form == "" || form == "20" || form == "b58" || form == "upper":
		if strings.ContainsAny(base, " ,+") || strings.HasPrefix(bare, "contract:") || base == "far" || base == "filter" || base == "child" {
			return "", false
		}
		c.addAccount(base)
	}
	v, ok := c.names.values[name]
	return v, ok
}

// nameChild names what the factory makes by CREATE2 with the salts 7 and 8.
func (c *caseRun) nameChild(name string) {
	factory, _ := hex.DecodeString(c.names.values["<contract:factory>"])
	init, _ := hex.DecodeString(c.init + fmt.Sprintf("%064x", 5))
	salt := make([]byte, 32)
	salt[31] = 7
	if name == "child 8" {
		salt[31] = 8
	}
	code := wallet.Keccak256(init)
	sum := wallet.Keccak256(factory, salt, code[:])
	c.names.account(wallet.AddressFromEVM([20]byte(sum[12:])), name)
}

// signDigest makes a signature for the precompile that checks several: of account, permission and digest, which stand in the request before it.
func (c *caseRun) signDigest(label, name string) {
	found := regexp.MustCompile(`<(alice|ghost):20>([0-9a-f]{64})([0-9a-f]{64})`).FindStringSubmatch(c.request)
	if found == nil {
		return
	}
	owner := c.keys[found[1]].Address()
	permission, _ := hex.DecodeString(found[2])
	digest, _ := hex.DecodeString(found[3])
	message := sha256.Sum256(append(append(owner[:], permission[28:]...), digest...))
	signer := found[1]
	if strings.HasPrefix(label, "of a stranger") || strings.HasPrefix(label, "active one") || label == "own and a stranger 1" || label == "two of two 1" {
		signer = "bob"
	}
	if strings.HasPrefix(label, "plain digest") {
		message = [32]byte(digest)
	}
	s := c.keys[signer].Sign(message)
	if !strings.HasPrefix(label, "permission 0 ") && !strings.HasPrefix(label, "permission 2 ") {
		s[64] -= 27
	}
	c.names.add(hex.EncodeToString(s[:]), name)
}

// unique makes a text that only this case uses.
func (c *caseRun) unique(base string) {
	sum := sha256.Sum256([]byte(c.recorded.Name + base))
	text := hex.EncodeToString(sum[:6])
	c.names.add(hex.EncodeToString([]byte(text)), "<"+base+":hex>")
	c.names.add(text, "<"+base+">")
}

// addAccount makes a fresh key under a name.
func (c *caseRun) addAccount(name string) *wallet.Key {
	sum := sha256.Sum256([]byte(c.recorded.Name + "/" + name))
	k, err := wallet.KeyFromBytes(sum[:])
	if err != nil {
		c.t.Fatal(err)
	}
	c.keys[name] = k
	c.names.account(k.Address(), name)
	return k
}

// integers are fields whose value is a number where the recording shows a name.
var integers = words("token_id call_token_value num")

// filled is a request's body with the values of this run. Times that a recording hides are those that the cases use.
func (c *caseRun) filled(key string, value any) (any, error) {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, item := range v {
			f, err := c.filled(k, item)
			if err != nil {
				return nil, err
			}
			out[k] = f
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i := range v {
			f, err := c.filled(key, v[i])
			if err != nil {
				return nil, err
			}
			out[i] = f
		}
		return out, nil
	case string:
		switch {
		case key == "start_time" && v == "<t>":
			return json.Number(fmt.Sprint(c.start)), nil
		case key == "end_time" && v == "<t>":
			return json.Number(fmt.Sprint(c.end)), nil
		case key == "public_latest_free_net_time":
			return json.Number("9"), nil
		case key == "balance" && v == "<n>" && c.amount != "":
			return json.Number(c.amount), nil
		case key == "timestamp" && v == "<t>":
			return json.Number(fmt.Sprint(c.n.Node().NowBlock(chain.Head).Time() + 15*86_400_000)), nil
		case key == "proposal_id" || key == "exchange_id":
			return json.Number("999999"), nil
		}
		s, err := c.fill(v)
		if err == nil && integers[key] && s != v {
			return json.Number(s), nil
		}
		return s, err
	}
	return value, nil
}

// rebuilt is the transaction of a broadcast step: the one that the node built where nothing was changed, else one put together from its wire fields.
func (c *caseRun) rebuilt(label string, body map[string]any) (map[string]any, error) {
	built := c.built[label]
	if built == nil {
		built = c.lastBuilt
	}
	want, _ := body["raw_data_hex"].(string)
	raw, err := c.rawBytes(label, want, built)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for k, v := range body {
		if k != "signature" && k != "raw_data" && k != "raw_data_hex" && k != "txID" {
			if out[k], err = c.filled(k, v); err != nil {
				return nil, err
			}
		}
	}
	id := sha256.Sum256(raw)
	out["raw_data_hex"], out["txID"] = hex.EncodeToString(raw), hex.EncodeToString(id[:])
	if text, _ := body["txID"].(string); text != "" && !strings.HasPrefix(text, "<tx:") {
		out["txID"] = text
	}
	if out["raw_data"], err = c.rawJSON(body["raw_data"], raw); err != nil {
		return nil, err
	}
	c.sent[label] = id
	c.know(hex.EncodeToString(id[:]))
	return out, c.signed(label, out, body, id)
}

// rawBytes puts raw_data together from the recording's form of it; reference and times are those of the built transaction, or of the head.
func (c *caseRun) rawBytes(label, text string, built map[string]any) ([]byte, error) {
	base := map[uint64]wireField{}
	head := c.n.Node().NowBlock(chain.Head)
	base[1] = wireField{number: 1, isBytes: true, bytes: head.ID[6:8]}
	base[4] = wireField{number: 4, isBytes: true, bytes: head.ID[8:16]}
	base[8] = wireField{number: 8, varint: uint64(head.Time() + 60_000)}
	base[14] = wireField{number: 14, varint: uint64(head.Time())}
	if hexed, _ := built["raw_data_hex"].(string); hexed != "" {
		raw, _ := hex.DecodeString(hexed)
		for _, f := range wireFields(raw) {
			base[f.number] = f
		}
	}
	if change, ok := rawChanges[c.recorded.Name+" "+label]; ok {
		change(base)
	}
	var fields []wireField
	for _, part := range regexp.MustCompile(`(?:^| )(\d+)=`).FindAllStringSubmatchIndex(text, -1) {
		number, _ := strconv.ParseUint(text[part[2]:part[3]], 10, 64)
		rest := text[part[1]:]
		if next := regexp.MustCompile(` \d+=`).FindStringIndex(rest); next != nil {
			rest = rest[:next[0]]
		}
		f, err := c.rawField(number, rest, base)
		if err != nil {
			return nil, err
		}
		fields = append(fields, f)
	}
	return encodeWire(fields), nil
}

func (c *caseRun) rawField(number uint64, text string, base map[uint64]wireField) (wireField, error) {
	if text == "<ref>" || text == "<t>" {
		return base[number], nil
	}
	if number == 18 {
		v, err := strconv.ParseUint(text, 10, 64)
		return wireField{number: number, varint: v}, err
	}
	if strings.Contains(text, "48<t>") || strings.Contains(text, ":varint>") {
		if f, ok := base[number]; ok {
			return f, nil // times inside a contract: as the node built it
		}
	}
	s, err := c.fill(text)
	if err != nil {
		return wireField{}, err
	}
	b, err := hex.DecodeString(s)
	return wireField{number: number, isBytes: true, bytes: b}, err
}

// rawChanges are what cases change in a built transaction where the recording hides it.
var rawChanges = map[string]func(map[uint64]wireField){
	"transactions/tapos_wrong_hash pay":  func(f map[uint64]wireField) { f[4] = wireField{number: 4, isBytes: true, bytes: make([]byte, 8)} },
	"transactions/tapos_wrong_bytes pay": func(f map[uint64]wireField) { f[1] = wireField{number: 1, isBytes: true, bytes: []byte{0xff, 0xfe}} },
	"transactions/timestamp_is_free old": func(f map[uint64]wireField) { f[14] = wireField{number: 14, varint: 1_600_000_000_000} },
	"transactions/expiration_two_days_ahead pay": func(f map[uint64]wireField) {
		f[8] = wireField{number: 8, varint: f[8].varint + 2*86_400_000}
	},
	"transactions/expiration_23_hours_ahead pay": func(f map[uint64]wireField) {
		f[8] = wireField{number: 8, varint: f[8].varint + 23*3_600_000}
	},
}

// rawJSON is raw_data in JSON that agrees with its bytes.
func (c *caseRun) rawJSON(recorded any, raw []byte) (any, error) {
	object, _ := recorded.(map[string]any)
	out := map[string]any{}
	numbers := map[string]uint64{"ref_block_bytes": 1, "ref_block_hash": 4, "expiration": 8, "timestamp": 14, "fee_limit": 18}
	for k, v := range object {
		number, ok := numbers[k]
		if !ok {
			f, err := c.filled(k, v)
			if err != nil {
				return nil, err
			}
			out[k] = f
			continue
		}
		for _, f := range wireFields(raw) {
			if f.number == number && f.isBytes {
				out[k] = hex.EncodeToString(f.bytes)
			} else if f.number == number {
				out[k] = json.Number(fmt.Sprint(int64(f.varint)))
			}
		}
	}
	return out, nil
}

// signed adds the signatures that the recording names, in its order.
func (c *caseRun) signed(label string, out, body map[string]any, id [32]byte) error {
	list, ok := body["signature"].([]any)
	if !ok {
		return nil
	}
	signatures := []any{}
	for _, item := range list {
		name, _ := item.(string)
		parts := strings.Split(strings.Trim(name, "<>"), ":")
		if len(parts) < 3 || parts[0] != "sig" {
			signatures = append(signatures, item)
			continue
		}
		k := c.keys[parts[2]]
		if k == nil {
			k = c.addAccount(parts[2])
		}
		s := k.Sign(id)
		s[64] -= 27
		text := hex.EncodeToString(s[:])
		for _, e := range signatures {
			if e == text { // the same signer again: with the other header byte where the name tells them apart
				s[64] += 27
			}
		}
		if c.recorded.Name != "permissions/signed_twice" || name != "<sig:2:a>" {
			text = hex.EncodeToString(s[:])
		}
		if len(parts) > 3 {
			c.names.add(text, "<"+strings.Join(parts[:3], ":")+">")
			text = changedSignature(strings.TrimPrefix(c.recorded.Name, "permissions/signature "), label, text)
		}
		c.names.add(text, name)
		signatures = append(signatures, text)
	}
	out["signature"] = signatures
	return nil
}

// changedSignature is what the cases about signatures do to them.
func changedSignature(name, label, s string) string {
	order, _ := new(big.Int).SetString("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141", 16)
	v, _ := strconv.ParseUint(s[128:], 16, 8)
	switch label {
	case "v 26":
		return s[:128] + "1a"
	case "v 35":
		return s[:128] + "23"
	case "v 255":
		return s[:128] + "ff"
	case "short":
		return s[:128]
	case "very short":
		return "01"
	case "zeros":
		return strings.Repeat("00", 65)
	case "not hex":
		return strings.Repeat("zz", 65)
	}
	switch name {
	case "v 27 or 28":
		return s[:128] + fmt.Sprintf("%02x", v+27)
	case "v 31 or 32":
		return s[:128] + fmt.Sprintf("%02x", v+31)
	case "upper case":
		return strings.ToUpper(s)
	case "with 0x":
		return "0x" + s
	case "one byte longer":
		return s + "00"
	case "three bytes longer":
		return s + "000000"
	case "four bytes longer":
		return s + "00000000"
	case "much longer":
		return s + strings.Repeat("00", 100)
	case "high s":
		low, _ := new(big.Int).SetString(s[64:128], 16)
		return s[:64] + fmt.Sprintf("%064x", low.Sub(order, low)) + fmt.Sprintf("%02x", v^1)
	}
	return s
}

// asciiJSON encodes as Python does: letters beyond ASCII are escaped, nothing else is.
func asciiJSON(value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, r := range strings.TrimSuffix(b.String(), "\n") {
		switch {
		case r < 0x80:
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.Bytes(), nil
}

// deployed is the address that a deployment will have.
func deployed(txID string, owner wallet.Address) wallet.Address {
	id, _ := hex.DecodeString(txID)
	if len(id) != 32 {
		return wallet.Address{}
	}
	return tx.DeployAddress([32]byte(id), owner)
}
