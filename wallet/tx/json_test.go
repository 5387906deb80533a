package tx_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

func TestEveryFormParses(t *testing.T) {
	signed := vector(t)
	if err := signed.Sign(t.Context(), keyOne(t)); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(signed)
	if err != nil {
		t.Fatal(err)
	}
	for name, form := range map[string]string{
		"JSON":            string(text),
		"JSON, spaced":    "\n " + string(text) + "\n",
		"hex":             hex.EncodeToString(signed.Bytes()),
		"0x hex":          "0x" + strings.ToUpper(hex.EncodeToString(signed.Bytes())) + "\n",
		"raw_data in hex": hex.EncodeToString(signed.Raw()),
	} {
		read, err := tx.Parse([]byte(form))
		if err != nil || read.ID() != signed.ID() {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if name != "raw_data in hex" && !bytes.Equal(read.Bytes(), signed.Bytes()) {
			t.Errorf("%s: other bytes", name)
		}
	}
}

func TestBadJSON(t *testing.T) {
	raw := hex.EncodeToString(vector(t).Raw())
	for name, test := range map[string]struct {
		text string
		want error
	}{
		"empty":               {"", tx.ErrWire},
		"no JSON":             {"{", tx.ErrWire},
		"no bytes":            {`{"txID":"` + vector(t).ID().String() + `","raw_data":{}}`, tx.ErrWire},
		"bytes of no hex":     {`{"raw_data_hex":"zz"}`, tx.ErrWire},
		"another id":          {`{"txID":"` + strings.Repeat("0", 64) + `","raw_data_hex":"` + raw + `"}`, tx.ErrID},
		"signature of no hex": {`{"raw_data_hex":"` + raw + `","signature":["zz"]}`, wallet.ErrSignature},
		"six signatures":      {`{"raw_data_hex":"` + raw + `","signature":["","","","","",""]}`, wallet.ErrSignature},
		"words":               {"send it", tx.ErrWire},
		"huge":                {`{"raw_data_hex":"` + strings.Repeat("00", 3<<20) + `"}`, tx.ErrTooBig},
	} {
		if _, err := tx.Parse([]byte(test.text)); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

// The words beside the bytes may lie; the bytes are what is read.
func TestWordsThatLie(t *testing.T) {
	text, err := json.Marshal(vector(t))
	if err != nil {
		t.Fatal(err)
	}
	lie := strings.Replace(string(text), `"amount":1000000`, `"amount":1`, 1)
	if lie == string(text) {
		t.Fatal("there is no amount")
	}
	read, err := tx.Parse([]byte(lie))
	if err != nil || read.Contract().(*tx.Transfer).Amount != wallet.TRX {
		t.Errorf("%+v, %v", read.Contract(), err)
	}
}

func TestABIFromJSON(t *testing.T) {
	solc := `[{"type":"constructor","inputs":[{"internalType":"uint256","name":"supply","type":"uint256"}],"stateMutability":"payable"},
		{"type":"function","name":"balanceOf","inputs":[{"name":"who","type":"address"}],"outputs":[{"name":"","type":"uint256"}],"stateMutability":"view"},
		{"type":"function","name":"pure","inputs":[],"outputs":[],"stateMutability":"pure","constant":true},
		{"type":"function","name":"pay","inputs":[{"name":"to","type":"address"},{"name":"items","type":"tuple[]","components":[{"name":"a","type":"uint8"}]}],"outputs":[],"stateMutability":"payable","payable":true},
		{"type":"event","name":"Paid","anonymous":true,"inputs":[{"name":"to","type":"address","indexed":true},{"name":"n","type":"uint256","indexed":false}]},
		{"type":"error","name":"Broke","inputs":[{"name":"short","type":"uint256"}]},{"type":"fallback","stateMutability":"nonpayable"},{"type":"receive","stateMutability":"payable"}]`
	want := deployment(true, "Acme", 100).New.ABI
	for _, text := range []string{solc, `{"entrys":` + strings.NewReplacer(`"function"`, `"Function"`, `"view"`, `"View"`).Replace(solc) + `}`} {
		abi, err := tx.ParseABI([]byte(text))
		if err != nil || !reflect.DeepEqual(abi, want) {
			t.Errorf("%+v, %v", abi, err)
		}
	}
	if abi, err := tx.ParseABI([]byte("[]")); err != nil || len(abi.Entries) != 0 {
		t.Errorf("%+v, %v", abi, err)
	}
	for _, text := range []string{"", "7", `"x"`, `[{"type":"modifier"}]`, `[{"type":"function","stateMutability":"wild"}]`, `[` + strings.Repeat(" ", 1<<20) + `]`} {
		if _, err := tx.ParseABI([]byte(text)); !errors.Is(err, tx.ErrABI) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}
