package testnet

import (
	"encoding/json"
	"maps"
	"os"
	"testing"
)

// checkParameters compares the chain parameters that a network has without being told with those of the recorded node.
func checkParameters(t *testing.T) {
	t.Helper()
	want := map[string]int64{}
	raw, err := os.ReadFile("testdata/recorded/chain-parameters.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	n, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, p := range n.ChainParameters().GetChainParameter() {
		got[p.GetKey()] = p.GetValue()
	}
	for key := range maps.Keys(want) {
		if value, ok := got[key]; !ok || value != want[key] {
			t.Errorf("%s is %d, recorded %d", key, value, want[key])
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("not recorded: %v", got)
	}
}
