package abi

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/piecework/piecework/wallet"
)

// TronWeb's answers; testdata/tronweb/generate.mjs makes the file again.
type tronWeb struct {
	TypedData []struct {
		Document                                 json.RawMessage
		EncodeType, Separator, Digest, Signature string
	}
	Calls []struct {
		Inputs  json.RawMessage
		Values  []any
		Encoded string
	}
}

func readTronWeb(t *testing.T) (answers tronWeb) {
	t.Helper()
	data, err := os.ReadFile("testdata/tronweb.json")
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

func TestTypedDataAgainstTronWeb(t *testing.T) {
	key, _ := wallet.KeyFromBytes(append(make([]byte, 31), 1))
	for i, c := range readTronWeb(t).TypedData {
		d, err := ParseTypedData(c.Document)
		if err != nil {
			t.Errorf("document %d: %v\n%s", i, err, c.Document)
			continue
		}
		rewritten, err := json.Marshal(d)
		if err != nil {
			t.Errorf("document %d: %v", i, err)
		}
		if d, err = ParseTypedData(rewritten); err != nil { // and everything below from what we write
			t.Errorf("document %d: %v\n%s", i, err, rewritten)
			continue
		}
		spelling, _ := d.EncodeType("")
		separator, _ := d.Separator()
		digest, _ := d.Digest()
		signature, err := d.Sign(t.Context(), key)
		if spelling != c.EncodeType || "0x"+hex.EncodeToString(separator[:]) != c.Separator || "0x"+hex.EncodeToString(digest[:]) != c.Digest || err != nil || "0x"+signature.String() != c.Signature {
			t.Errorf("document %d: %s\n separator %x, want %s\n digest %x, want %s\n signature %s, want %s\n%s", i, spelling, separator, c.Separator, digest, c.Digest, signature, c.Signature, c.Document)
		}
	}
}

func TestCallsAgainstTronWeb(t *testing.T) {
	for i, c := range readTronWeb(t).Calls {
		contract, err := ParseJSON([]byte(`[{"type":"function","name":"f","inputs":` + string(c.Inputs) + `}]`))
		if err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
		params := contract.Methods[0].Inputs
		values := make([]any, len(params))
		for j := range params {
			if values[j], err = fromJSON(&params[j].Type, c.Values[j]); err != nil {
				t.Fatalf("call %d: %v", i, err)
			}
		}
		got, err := params.Encode(values...)
		if err != nil || "0x"+hex.EncodeToString(got) != c.Encoded {
			t.Errorf("call %d, %s: %v\n got 0x%x\nwant %s", i, params, err, got, c.Encoded)
		}
		texts := make([]string, len(values))
		for j := range values {
			texts[j] = FormatValue(params[j].Type, values[j])
			if s, ok := values[j].(string); ok {
				texts[j] = s
			}
		}
		parsed, err := params.ParseArgs(texts)
		if err != nil || params.Format(parsed) != params.Format(values) {
			t.Errorf("call %d, typed as %q: %v, %v", i, texts, parsed, err)
		}
	}
}

// fromJSON reads a value as TronWeb takes it.
func fromJSON(t *Type, v any) (any, error) {
	list, ok := v.([]any)
	if !ok {
		if text, isText := v.(string); isText {
			return parseScalar(t, text)
		}
		return v, nil
	}
	values := make([]any, len(list))
	for i := range list {
		elem := t.elem
		if t.kind == KindTuple {
			elem = &t.fields[i].Type
		}
		var err error
		if values[i], err = fromJSON(elem, list[i]); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// What TronWeb (as ethers) takes and we refuse, because the signature would not cover what the document shows, or two people would read it differently.
func TestTypedDataRefuses(t *testing.T) {
	document := func(types, primary, domain, message string) string {
		return `{"types":` + types + `,"primaryType":"` + primary + `","domain":` + domain + `,"message":` + message + `}`
	}
	for name, c := range map[string]string{
		"more in the message than its type": document(`{"A":[{"name":"x","type":"uint8"}]}`, "A", `{}`, `{"x":1,"y":2}`),
		"a missing value":                   document(`{"A":[{"name":"x","type":"uint8"}]}`, "A", `{}`, `{}`),
		"a name twice":                      document(`{"A":[{"name":"x","type":"uint8"}]}`, "A", `{}`, `{"x":1,"x":2}`),
		"a field twice":                     document(`{"A":[{"name":"x","type":"uint8"},{"name":"x","type":"uint8"}]}`, "A", `{}`, `{"x":1}`),
		"out of range":                      document(`{"A":[{"name":"x","type":"uint8"}]}`, "A", `{}`, `{"x":256}`),
		"a fraction":                        document(`{"A":[{"name":"x","type":"uint256"}]}`, "A", `{}`, `{"x":1.5}`),
		"an exponent":                       document(`{"A":[{"name":"x","type":"uint256"}]}`, "A", `{}`, `{"x":1e18}`),
		"text for a bool":                   document(`{"A":[{"name":"x","type":"bool"}]}`, "A", `{}`, `{"x":"false"}`),
		"a number for text":                 document(`{"A":[{"name":"x","type":"string"}]}`, "A", `{}`, `{"x":1}`),
		"bytes without 0x":                  document(`{"A":[{"name":"x","type":"bytes"}]}`, "A", `{}`, `{"x":"ff"}`),
		"short bytes4":                      document(`{"A":[{"name":"x","type":"bytes4"}]}`, "A", `{}`, `{"x":"0xff"}`),
		"null":                              document(`{"A":[{"name":"x","type":"uint8"}]}`, "A", `{}`, `{"x":null}`),
		"a wrong checksum":                  document(`{"A":[{"name":"x","type":"address"}]}`, "A", `{}`, `{"x":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u"}`),
		"a short list":                      document(`{"A":[{"name":"x","type":"uint8[2]"}]}`, "A", `{}`, `{"x":[1]}`),
		"uint":                              document(`{"A":[{"name":"x","type":"uint"}]}`, "A", `{}`, `{"x":1}`),
		"a space in a type":                 document(`{"A":[{"name":"x","type":"uint8 [2]"}]}`, "A", `{}`, `{"x":[1,2]}`),
		"a zero before a length":            document(`{"A":[{"name":"x","type":"uint8[02]"}]}`, "A", `{}`, `{"x":[1,2]}`),
		"an unknown type":                   document(`{"A":[{"name":"x","type":"B"}]}`, "A", `{}`, `{"x":1}`),
		"a type of itself":                  document(`{"A":[{"name":"x","type":"A[]"}]}`, "A", `{}`, `{"x":[]}`),
		"types in a circle":                 document(`{"A":[{"name":"x","type":"B"}],"B":[{"name":"x","type":"A"}]}`, "A", `{}`, `{"x":{}}`),
		"a struct called uint8":             document(`{"uint8":[]}`, "uint8", `{}`, `{}`),
		"no such primary type":              document(`{"A":[]}`, "B", `{}`, `{}`),
		"two primary types":                 document(`{"A":[],"B":[]}`, "", `{}`, `{}`),
		"an unknown domain field":           document(`{"A":[]}`, "A", `{"owner":"x"}`, `{}`),
		"a domain that is not its type":     document(`{"EIP712Domain":[{"name":"name","type":"string"}],"A":[]}`, "A", `{"name":"x","version":"1"}`, `{}`),
		"another spelling":                  `{"types":{"A":[]},"primaryType":"A","domain":{},"message":{},"Message":{}}`,
		"a part too many":                   `{"types":{"A":[]},"primaryType":"A","domain":{},"message":{},"note":"x"}`,
		"a field with a note":               document(`{"A":[{"name":"x","type":"uint8","note":"y"}]}`, "A", `{}`, `{"x":1}`),
		"two documents":                     document(`{"A":[]}`, "A", `{}`, `{}`) + `{}`,
		"a brace too many":                  document(`{"A":[]}`, "A", `{}`, `{}`) + `}`,
		"no document":                       ``,
		"half a document":                   `{"types":{`,
		"a list":                            `[]`,
	} {
		if d, err := ParseTypedData([]byte(c)); err == nil {
			digest, _ := d.Digest()
			t.Errorf("%s: was taken, digest %x", name, digest)
		} else if strings.Contains(err.Error(), "%!") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// EIP712Domain may be spelled out, as MetaMask wants it.
func TestTypedDataWithItsDomainType(t *testing.T) {
	spelled := strings.Replace(tip712Vector, `"types": {`, `"types": {"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],`, 1)
	a, err := ParseTypedData([]byte(tip712Vector))
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseTypedData([]byte(spelled))
	if err != nil {
		t.Fatal(err)
	}
	x, _ := a.Digest()
	y, _ := b.Digest()
	if x != y {
		t.Errorf("%x and %x", x, y)
	}
}

// Where Node and TronWeb are installed, the committed answers must be what TronWeb says today.
func TestTronWebAnswersAreFresh(t *testing.T) {
	if _, err := os.Stat("testdata/tronweb/node_modules"); err != nil {
		t.Skip("needs TronWeb: npm ci --prefix abi/testdata/tronweb")
	}
	command := exec.CommandContext(t.Context(), "node", "generate.mjs")
	command.Dir = "testdata/tronweb"
	fresh, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("testdata/tronweb.json")
	if err != nil || !bytes.Equal(fresh, committed) {
		t.Errorf("testdata/tronweb.json is not what generate.mjs prints: %v", err)
	}
}
