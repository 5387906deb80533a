package chain

import (
	"errors"
	"fmt"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/fork"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// ErrForked says that a fork cannot be written to a file: most of it is with the node that it was forked from.
var ErrForked = errors.New("a fork has only what was looked at; its cache keeps that")

// writeFork fills an empty state from another node's: its parameters, producers and newest block are taken now, the rest when it is looked at.
// Blocks are made by this node's own witnesses.
func (n *Node) writeFork(source *fork.Source) error {
	for key, value := range source.Params {
		if p, ok := state.ParamByKey(key); ok {
			n.s.SetParam(p, value)
		}
	}
	if err := n.changeParams(); err != nil {
		return err
	}
	n.writeNumbers(map[state.Param]int64{
		state.TokenCount: source.LastToken, state.GenesisTime: source.Genesis.Time(), state.NextMaintenance: source.NextMaintenance,
		state.NetWeight: source.NetWeight, state.EnergyWeight: source.EnergyWeight, state.TronPowerWeight: source.TronPowerWeight,
		state.SolidNumber: source.Head.Number(),
	})
	n.s.AddBlock(source.Genesis)
	n.s.AddBlock(source.Head)
	n.s.StandOn(source, func(code []byte) *state.Code {
		made := vm.NewCode(code)
		return &state.Code{Bytes: code, Hash: made.Hash(), Analysis: made}
	})
	n.writeForkedWitnesses(source.Witnesses)
	for _, f := range n.cfg.Accounts {
		account(n.s, f.Address)
		n.s.AddParam(state.Minted, int64(f.Balance-n.s.Account(f.Address).Balance))
		n.s.Edit(f.Address, func(a *state.Account) { a.Balance = f.Balance })
	}
	if err := n.s.Fault(); err != nil {
		return err
	}
	n.marks, n.firstMark = []state.Mark{n.s.Mark()}, source.Head.Number()
	n.clock = clock{real: n.cfg.Now, start: max(n.cfg.Start, source.Head.Time())}
	return nil
}

// writeForkedWitnesses puts this node's witnesses before the other network's, whose keys it does not have.
func (n *Node) writeForkedWitnesses(others []*tronpb.Witness) {
	most := int64(0)
	for _, w := range others {
		if a, err := wallet.AddressFromBytes(w.GetAddress()); err == nil {
			w.IsJobs = false
			n.s.PutWitness(a, w)
			most = max(most, w.GetVoteCount())
		}
	}
	var active []byte
	for i, k := range n.cfg.Witnesses {
		a := k.Address()
		account(n.s, a)
		n.s.Edit(a, func(w *state.Account) { w.IsWitness = true })
		n.s.PutWitness(a, &tronpb.Witness{
			Address: a[:], VoteCount: most + int64(len(n.cfg.Witnesses)-i), Url: fmt.Sprintf("http://witness%d.test", i+1), IsJobs: true,
		})
		active = append(active, a[:]...)
	}
	n.s.SetText(state.ActiveWitnesses, string(active))
	for _, a := range n.s.Witnesses() {
		key := state.RewardKey{Kind: state.VotesOfCycle, Owner: a, Cycle: 1}
		n.s.SetReward(key, fmt.Sprint(n.s.Witness(a).GetVoteCount()))
	}
}

// sound is an error about the forked node, if it failed since this was last asked, else err: what was read in between may be wrong.
func (n *Node) sound(err error) error {
	fault := n.s.Fault()
	if fault == nil {
		return err
	}
	n.log.Error("the forked node failed", "error", fault)
	return actuator.Errorf(actuator.Other, "%s", fault.Error())
}
