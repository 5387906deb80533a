package tx_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// valueOf is a contract's JSON, as MarshalJSON puts it under parameter.value.
func valueOf(t testing.TB, c tx.Contract) json.RawMessage {
	t.Helper()
	built, err := tx.Build(c, reference(), tx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(built)
	if err != nil {
		t.Fatal(err)
	}
	var view struct {
		RawData struct {
			Contract []struct {
				Parameter struct{ Value json.RawMessage }
			}
		} `json:"raw_data"`
	}
	if err := json.Unmarshal(text, &view); err != nil {
		t.Fatal(err)
	}
	return view.RawData.Contract[0].Parameter.Value
}

// What we write as JSON we read again, every field of every type.
func TestJSONReadsBack(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	for _, kind := range tx.Types() {
		for range 10 {
			want := randomContract(random, kind)
			text := valueOf(t, want)
			got, err := tx.ParseContract(kind, text, false)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: %s reads as\n%+v, %v", kind, text, got, err)
			}
		}
	}
}

// TronWeb's and java-tron's JSON says what their bytes say.
func TestTronWebsJSONReads(t *testing.T) {
	wanted := requests()
	for _, c := range readGolden(t).Transactions {
		var view struct {
			RawData struct {
				Contract []struct {
					Type      string
					Parameter struct{ Value json.RawMessage }
				}
			} `json:"raw_data"`
		}
		if err := json.Unmarshal(c.JSON, &view); err != nil {
			t.Fatal(err)
		}
		if view.RawData.Contract == nil {
			continue // TronWeb has no JSON for it
		}
		contract := view.RawData.Contract[0]
		kind, err := tx.ParseType(contract.Type)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tx.ParseContract(kind, forReading(t, kind, contract.Parameter.Value), false)
		if err != nil || kind != tx.TypeProposalCreate && !reflect.DeepEqual(got, wanted[c.Name].contract) {
			t.Errorf("%s: %s reads as\n%+v, %v", c.Name, contract.Parameter.Value, got, err)
		}
	}
}

// forReading drops solc's members of an ABI that Tron has no place for.
func forReading(t *testing.T, kind tx.Type, value json.RawMessage) json.RawMessage {
	if kind != tx.TypeCreateSmartContract {
		return value
	}
	var top map[string]any
	if err := json.Unmarshal(value, &top); err != nil {
		t.Fatal(err)
	}
	entries, _ := top["new_contract"].(map[string]any)["abi"].(map[string]any)["entrys"].([]any)
	for _, e := range entries {
		inputs, _ := e.(map[string]any)["inputs"].([]any)
		for _, i := range inputs {
			delete(i.(map[string]any), "components")
		}
	}
	out, err := json.Marshal(top)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestContractJSONIsExact(t *testing.T) {
	owner := `"owner_address":"` + me.String() + `","to_address":"` + you.Hex() + `"`
	got, err := tx.ParseContract(tx.TypeTransfer, []byte(`{`+owner+`,"amount":"9007199254740993"}`), true)
	if err != nil || got.(*tx.Transfer).Amount != 9007199254740993 {
		t.Errorf("%v, %v", got, err)
	}
	for name, text := range map[string]string{
		"a fraction":       `{` + owner + `,"amount":1.5}`,
		"an exponent":      `{` + owner + `,"amount":1e6}`,
		"too many bits":    `{` + owner + `,"amount":9223372036854775808}`,
		"a word":           `{` + owner + `,"amount":"all"}`,
		"an unknown field": `{` + owner + `,"amount":1,"memo":"x"}`,
		"a bad address":    `{"owner_address":"T123"}`,
		"a list":           `[]`,
		"nothing":          ``,
	} {
		if _, err := tx.ParseContract(tx.TypeTransfer, []byte(text), true); !errors.Is(err, tx.ErrJSON) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"an enum":        `{"resource":"WATER"}`,
		"a nested field": `{"resource":"ENERGY","x":1}`,
	} {
		if _, err := tx.ParseContract(tx.TypeFreezeBalanceV2, []byte(text), true); !errors.Is(err, tx.ErrJSON) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := tx.ParseContract(tx.TypeTransferAsset, []byte(`{"amount":-1}`), true); !errors.Is(err, tx.ErrJSON) {
		t.Errorf("negative units: %v", err)
	}
	if _, err := tx.ParseContract(200, []byte(`{}`), true); !errors.Is(err, tx.ErrJSON) {
		t.Errorf("an unknown type: %v", err)
	}
}

func TestParseType(t *testing.T) {
	for _, name := range []string{"TransferContract", "transfer", "Transfer", "1"} {
		if got, err := tx.ParseType(name); err != nil || got != tx.TypeTransfer {
			t.Errorf("%s is %s, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "Contract", "20", "-1", "send"} {
		if got, err := tx.ParseType(name); err == nil {
			t.Errorf("%q is %s", name, got)
		}
	}
	for _, kind := range tx.Types() {
		if got, err := tx.ParseType(strings.ToLower(kind.String())); err != nil || got != kind {
			t.Errorf("%s is %s, %v", kind, got, err)
		}
	}
}

func ExampleParseContract() {
	contract, err := tx.ParseContract(tx.TypeVoteWitness, []byte(`{
		"owner_address": "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC",
		"votes": [{"vote_address": "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV", "vote_count": 3}]
	}`), true)
	fmt.Println(contract, err)
	// Output: replace all votes of TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC by 3 for TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV <nil>
}

func FuzzParseContract(f *testing.F) {
	for _, r := range requests() {
		f.Add(int32(r.contract.Type()), []byte(valueOf(f, r.contract)), false)
	}
	f.Fuzz(func(t *testing.T, kind int32, text []byte, visible bool) {
		c, err := tx.ParseContract(tx.Type(kind), text, visible)
		if err != nil {
			if !errors.Is(err, tx.ErrJSON) && !errors.Is(err, tx.ErrTooBig) {
				t.Fatal(err)
			}
			return
		}
		if _, err := tx.EncodeContract(c); err != nil && !errors.Is(err, wallet.ErrAmount) {
			t.Fatalf("%s does not encode: %v", text, err)
		}
		_ = c.String()
	})
}
