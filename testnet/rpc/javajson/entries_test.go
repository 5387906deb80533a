package javajson

import (
	"testing"

	"github.com/piecework/piecework/wallet/tronpb"
)

// TestEntriesKeepTheirOrder reads and prints the values of a proposal, which other programs call a map.
func TestEntriesKeepTheirOrder(t *testing.T) {
	for in, want := range map[string]string{
		`{"parameters":[{"key":11,"value":300},{"key":0,"value":0},{"value":7}]}`:      `{"parameters": [{"key": 11,"value": 300},{"key": 0,"value": 7}]}`,
		`{"parameters":{"key":3,"value":1}}`:                                           `{"parameters": [{"key": 3,"value": 1}]}`,
		`{"parameters":[{"key":9,"value":1},{"key":3,"value":2},{"key":9,"value":4}]}`: `{"parameters": [{"key": 9,"value": 4},{"key": 3,"value": 2}]}`,
	} {
		m := &tronpb.ProposalCreateContract{}
		if err := Merge(in, m, false); err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := Print(m, false); got != want {
			t.Errorf("%s reads %s, want %s", in, got, want)
		}
	}
}
