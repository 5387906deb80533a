package actuator

import (
	"testing"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// TestEqualVotes: parameter 88 decides who comes first of two witnesses with as many votes. The hash of bytes takes the last one as it is, with its sign.
func TestEqualVotes(t *testing.T) {
	low, high := wallet.Address{0: 0x41, 20: 1}, wallet.Address{0: 0x41, 20: 0x80}
	s := state.New()
	for _, a := range []wallet.Address{low, high} {
		s.PutWitness(a, &tronpb.Witness{Address: a[:], VoteCount: 5})
	}
	s.SetParam(state.ConsensusLogicOptimization, 1)
	if got := byVotes(s); got[0] != high {
		t.Errorf("by address: %s first", got[0])
	}
	s.SetParam(state.ConsensusLogicOptimization, 0) // 0x80 is -128 in Java, and the last byte is added as it is
	if got := byVotes(s); got[0] != low {
		t.Errorf("by hash: %s first", got[0])
	}
	s.PutWitness(high, &tronpb.Witness{Address: high[:], VoteCount: 6})
	if got := byVotes(s); got[0] != high {
		t.Errorf("by votes: %s first", got[0])
	}
}
