package bare

import (
	"maps"
	"slices"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

// TokenHoldings implements vm.State.
func (l *Ledger) TokenHoldings(a wallet.Address) (list []vm.TokenHolding) {
	acc := l.accounts[a]
	if acc == nil {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(acc.tokens)) {
		if amount := acc.tokens[id]; amount != 0 {
			list = append(list, vm.TokenHolding{ID: id, Amount: amount})
		}
	}
	return list
}

// Contract implements vm.State.
func (l *Ledger) Contract(a wallet.Address) (vm.Contract, bool) {
	acc := l.accounts[a]
	if acc == nil || acc.contract == nil {
		return vm.Contract{}, false
	}
	return *acc.contract, true
}

// CreateContract implements vm.State.
func (l *Ledger) CreateContract(a wallet.Address, c vm.Contract, accountName string) {
	if !l.Exists(a) {
		l.CreateAccount(a)
		l.accounts[a].name = accountName
	}
	acc := l.accounts[a]
	acc.contract = &c
	l.later(func() { acc.contract = nil })
}

// Code implements vm.State.
func (l *Ledger) Code(a wallet.Address) *vm.Code {
	if acc := l.accounts[a]; acc != nil {
		return acc.code
	}
	return nil
}

// SetCode implements vm.State.
func (l *Ledger) SetCode(a wallet.Address, code *vm.Code) {
	acc := l.accounts[a]
	old := acc.code
	acc.code = code
	l.later(func() { acc.code = old })
}

// Row implements vm.State.
func (l *Ledger) Row(a wallet.Address, key [16]byte) ([32]byte, bool) {
	if acc := l.accounts[a]; acc != nil {
		value, ok := acc.rows[key]
		return value, ok
	}
	return [32]byte{}, false
}

// SetRow implements vm.State.
func (l *Ledger) SetRow(a wallet.Address, key [16]byte, value [32]byte) {
	acc := l.accounts[a]
	if acc.rows == nil {
		acc.rows = make(map[[16]byte][32]byte)
	}
	old, was := acc.rows[key]
	put(acc.rows, key, value, value != [32]byte{})
	l.later(func() { put(acc.rows, key, old, was) })
}

func put(rows map[[16]byte][32]byte, key [16]byte, value [32]byte, present bool) {
	if present {
		rows[key] = value
	} else {
		delete(rows, key)
	}
}

// EnergyState implements vm.State.
func (l *Ledger) EnergyState(a wallet.Address) (vm.EnergyState, bool) {
	acc := l.accounts[a]
	if acc == nil || acc.energy == nil {
		return vm.EnergyState{}, false
	}
	return *acc.energy, true
}

// SetEnergyState implements vm.State.
func (l *Ledger) SetEnergyState(a wallet.Address, s vm.EnergyState) {
	acc := l.accounts[a]
	if acc == nil {
		return
	}
	old := acc.energy
	acc.energy = &s
	l.later(func() { acc.energy = old })
}

// BlockID implements vm.State.
func (l *Ledger) BlockID(number int64) ([32]byte, bool) {
	id, ok := l.blocks[number]
	return id, ok
}

// Cycle implements vm.State.
func (l *Ledger) Cycle() int64 { return l.Period }

// Totals implements vm.State.
func (l *Ledger) Totals() vm.Totals { return l.Sums }

// Blackhole implements vm.State.
func (l *Ledger) Blackhole() wallet.Address { return burnt }
