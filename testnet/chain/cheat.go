package chain

import (
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// cheat changes the state from outside of the rules, below what waits, and mines the change into the present block's moment.
func (n *Node) cheat(f func(s *state.State)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.undoPending()
	f(n.s)
	if len(n.marks) > 0 {
		n.marks[len(n.marks)-1] = n.s.Mark()
	}
	n.keep()
	n.redoPending()
}

// account makes sure that there is an account.
func account(s *state.State, a wallet.Address) {
	if s.Account(a) == nil {
		s.PutAccount(actuator.NewAccount(s, a, tronpb.AccountType_Normal))
	}
}

// SetBalance gives an account a balance out of nothing; an account that is not there is made.
func (n *Node) SetBalance(a wallet.Address, balance wallet.Sun) {
	n.cheat(func(s *state.State) {
		account(s, a)
		s.AddParam(state.Minted, int64(balance-s.Account(a).Balance))
		s.Edit(a, func(e *state.Account) { e.Balance = balance })
	})
}

// SetTokenBalance gives an account an amount of a TRC-10 token, in its smallest unit; the token's total supply is adjusted.
func (n *Node) SetTokenBalance(a wallet.Address, id, amount int64) {
	n.cheat(func(s *state.State) {
		account(s, a)
		token := s.Token(state.TokenID(id))
		if token == nil {
			return
		}
		changed := proto.Clone(token).(*tronpb.AssetIssueContract)
		changed.TotalSupply += amount - s.TokenBalance(a, state.TokenID(id))
		s.PutToken(state.TokenID(id), changed)
		s.SetTokenBalance(a, state.TokenID(id), amount)
	})
}

// SetCode puts runtime code at an address, which becomes a contract that it deployed itself if it is none yet.
func (n *Node) SetCode(a wallet.Address, code []byte) {
	n.cheat(func(s *state.State) {
		ledger := actuator.NewLedger(s)
		if s.Contract(a) == nil {
			ledger.CreateContract(a, vm.Contract{Origin: a, UserPercent: 100, OriginEnergyLimit: 10_000_000}, "")
		}
		ledger.SetCode(a, vm.NewCode(code))
	})
}

// SetStorageAt writes a row of a contract's storage.
func (n *Node) SetStorageAt(a wallet.Address, key, value [32]byte) {
	n.cheat(func(s *state.State) { s.SetRow(state.RowKey{Contract: a, Key: [16]byte(key[16:])}, value) })
}

// SetParam changes a chain parameter at once, with all that a proposal would change. It says false for a name that getchainparameters does not list.
func (n *Node) SetParam(key string, value int64) bool {
	p, ok := state.ParamByKey(key)
	if ok {
		n.cheat(func(s *state.State) { actuator.SetChainParam(s, p, value, s.Param(state.HeadTime)) })
	}
	return ok
}

// SetResources gives an account stake for bandwidth and energy out of nothing, in sun; the network's weights change with it.
func (n *Node) SetResources(a wallet.Address, bandwidth, energy wallet.Sun) {
	n.cheat(func(s *state.State) {
		account(s, a)
		for r, want := range map[state.Resource]wallet.Sun{state.Bandwidth: bandwidth, state.Energy: energy} {
			delta := want - s.Account(a).Staked(r)
			s.AddParam(state.Minted, int64(delta))
			s.Edit(a, func(e *state.Account) { e.Balance += delta })
			actuator.Freeze(s, a, r, delta)
		}
	})
}

// Impersonate lets transactions of an account through without its signatures; StopImpersonating ends that.
func (n *Node) Impersonate(a wallet.Address) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.free = maps.Clone(n.free)
	n.free[a] = struct{}{}
}

// StopImpersonating asks for an account's signatures again.
func (n *Node) StopImpersonating(a wallet.Address) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.free = maps.Clone(n.free)
	delete(n.free, a)
}

// Impersonated lists the accounts that need no signatures.
func (n *Node) Impersonated() []wallet.Address {
	n.mu.RLock()
	defer n.mu.RUnlock()
	list := make([]wallet.Address, 0, len(n.free))
	for a := range n.free {
		list = append(list, a)
	}
	slices.SortFunc(list, func(x, y wallet.Address) int { return slices.Compare(x[:], y[:]) })
	return list
}

// Now is the node's present: its clock, or the head's time where only blocks move the clock.
func (n *Node) Now() time.Time {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return time.UnixMilli(n.clock.now(n.s.Param(state.HeadTime)))
}

// Advance moves the clock forward; the next block shows it.
func (n *Node) Advance(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.clock.shift += d.Milliseconds()
}

// SetNextTime fixes the time of the next block; it must be after the head's. It says false when it is not.
func (n *Node) SetNextTime(t time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if t.UnixMilli() <= n.s.Param(state.HeadTime) {
		return false
	}
	n.clock.next = t.UnixMilli()
	if n.clock.real != nil {
		n.clock.shift = t.UnixMilli() - n.clock.real().UnixMilli()
	}
	return true
}

// SetBlockStep fixes the time from each block to the next, whatever the clock says; 0 ends that.
func (n *Node) SetBlockStep(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.clock.step = d.Milliseconds()
}

// SetMining changes when blocks are made; what waits is mined at once when that is instant now.
func (n *Node) SetMining(m Mining) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mining = m
	if n.instant() && len(n.pending) > 0 {
		n.mine()
	}
}

// MiningMode says when blocks are made.
func (n *Node) MiningMode() Mining {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.mining
}

// FreezeHead stops making blocks, whatever the way of mining, or goes on as before; Mine still makes them.
func (n *Node) FreezeHead(on bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case on && n.thawed == nil:
		mode := n.mining
		n.thawed, n.mining = &mode, Manual
	case !on && n.thawed != nil:
		n.mining, n.thawed = *n.thawed, nil
		if n.instant() && len(n.pending) > 0 {
			n.mine()
		}
	}
}

// SetSolidLag changes by how many blocks the solid block is behind the head, from the next block on; it never goes back.
func (n *Node) SetSolidLag(blocks int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lag = max(0, blocks)
	n.s.SetParam(state.SolidNumber, n.solidAfter(n.s.Param(state.HeadNumber)))
	n.marks[len(n.marks)-1] = n.s.Mark()
}

// FreezeSolid stops or starts the solid block: an outage of the witnesses, as clients see it.
func (n *Node) FreezeSolid(frozen bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.frozen = frozen
}
