package tx_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/piecework/piecework/wallet/tx"
)

// What a running java-tron built: its bytes are canonical for us, and our JSON of them says what its JSON says.
func TestJavaTronsContracts(t *testing.T) {
	data, err := os.ReadFile("testdata/javatron.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Contracts []struct {
			Hex  string
			JSON any
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Contracts) < 50 {
		t.Fatalf("%d contracts", len(file.Contracts))
	}
	for i, c := range file.Contracts {
		read, err := tx.DecodeRaw(rawAround(unhex(c.Hex)))
		if err != nil {
			t.Fatal(err)
		}
		if !read.Canonical() {
			t.Errorf("contract %d, %s, is not canonical: %s", i, read.Contract().Type(), c.Hex)
		}
		ours, err := json.Marshal(read)
		if err != nil {
			t.Errorf("contract %d: %v", i, err)
			continue
		}
		var view struct {
			RawData struct{ Contract []any } `json:"raw_data"`
		}
		if err := json.Unmarshal(ours, &view); err != nil {
			t.Fatal(err)
		}
		leaveOut(c.JSON, view.RawData.Contract[0])
		if !reflect.DeepEqual(view.RawData.Contract[0], c.JSON) {
			got, _ := json.Marshal(view.RawData.Contract[0])
			want, _ := json.Marshal(c.JSON)
			t.Errorf("contract %d:\n%s, java-tron says\n%s", i, got, want)
		}
	}
}

// rawAround puts a Contract message into an otherwise plain raw_data.
func rawAround(contract []byte) []byte {
	raw := unhex("0a02123422080123456789abcdef40e0a499ffbc31")
	raw = protowire.AppendBytes(protowire.AppendTag(raw, 11, protowire.BytesType), contract)
	return append(raw, unhex("7080d095ffbc31")...)
}

// leaveOut puts our number where the recording has none.
func leaveOut(theirs, ours any) {
	for _, key := range []string{"parameter", "value"} {
		theirs, ours = theirs.(map[string]any)[key], ours.(map[string]any)[key]
	}
	for name, v := range theirs.(map[string]any) {
		if number, ok := ours.(map[string]any)[name].(float64); v == "*" && ok {
			theirs.(map[string]any)[name] = number
		}
	}
}
