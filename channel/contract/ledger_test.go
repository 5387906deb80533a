package contract

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

// memory is a chain's state as far as these contracts can see it: accounts, TRC-10 tokens, contracts and rows, with an undo log.
// Staking and votes are left out: the embedded interfaces are nil.
type memory struct {
	vm.Stakes
	vm.Votes
	balances  map[wallet.Address]wallet.Sun
	tokens    map[holding]vm.TokenAmount
	contracts map[wallet.Address]vm.Contract
	codes     map[wallet.Address]*vm.Code
	rows      map[wallet.Address]map[[16]byte][32]byte
	undo      []func()
}

type holding struct {
	who wallet.Address
	id  vm.TokenID
}

func newMemory() *memory {
	return &memory{
		balances: map[wallet.Address]wallet.Sun{}, tokens: map[holding]vm.TokenAmount{}, contracts: map[wallet.Address]vm.Contract{},
		codes: map[wallet.Address]*vm.Code{}, rows: map[wallet.Address]map[[16]byte][32]byte{},
	}
}

func set[K comparable, V any](m *memory, in map[K]V, key K, value V) {
	old, had := in[key]
	m.undo = append(m.undo, func() {
		if had {
			in[key] = old
		} else {
			delete(in, key)
		}
	})
	in[key] = value
}

func (m *memory) Snapshot() int { return len(m.undo) }
func (m *memory) Keep(int)      {}
func (m *memory) Revert(mark int) {
	for i := len(m.undo) - 1; i >= mark; i-- {
		m.undo[i]()
	}
	m.undo = m.undo[:mark]
}

func (m *memory) Exists(a wallet.Address) bool        { _, ok := m.balances[a]; return ok }
func (m *memory) CreateAccount(a wallet.Address)      { set(m, m.balances, a, 0) }
func (m *memory) Balance(a wallet.Address) wallet.Sun { return m.balances[a] }
func (m *memory) AddBalance(a wallet.Address, delta wallet.Sun) {
	set(m, m.balances, a, m.balances[a]+delta)
}

func (m *memory) Permission(wallet.Address, int32) (vm.Permission, bool) {
	return vm.Permission{}, false
}
func (m *memory) TokenExists(vm.TokenID) bool { return true }
func (m *memory) TokenBalance(a wallet.Address, id vm.TokenID) vm.TokenAmount {
	return m.tokens[holding{a, id}]
}

func (m *memory) AddTokenBalance(a wallet.Address, id vm.TokenID, delta vm.TokenAmount) {
	set(m, m.tokens, holding{a, id}, m.tokens[holding{a, id}]+delta)
}
func (m *memory) TokenHoldings(wallet.Address) []vm.TokenHolding { return nil }

func (m *memory) Contract(a wallet.Address) (vm.Contract, bool) {
	c, ok := m.contracts[a]
	return c, ok
}
func (m *memory) CreateContract(a wallet.Address, c vm.Contract, _ string) {
	if !m.Exists(a) {
		m.CreateAccount(a)
	}
	set(m, m.contracts, a, c)
}
func (m *memory) Code(a wallet.Address) *vm.Code          { return m.codes[a] }
func (m *memory) SetCode(a wallet.Address, code *vm.Code) { set(m, m.codes, a, code) }
func (m *memory) Row(a wallet.Address, key [16]byte) (value [32]byte, present bool) {
	value, present = m.rows[a][key]
	return value, present
}

func (m *memory) SetRow(a wallet.Address, key [16]byte, value [32]byte) {
	if m.rows[a] == nil {
		m.rows[a] = map[[16]byte][32]byte{}
	}
	if value == [32]byte{} {
		delete(m.rows[a], key) // only ever after a success: nothing undoes it
		return
	}
	m.rows[a][key] = value
}
func (m *memory) EnergyState(wallet.Address) (vm.EnergyState, bool) { return vm.EnergyState{}, false }
func (m *memory) SetEnergyState(wallet.Address, vm.EnergyState)     {}

func (m *memory) BlockID(number int64) ([32]byte, bool) { return blockID(number), true }
func (m *memory) Cycle() int64                          { return 1 }
func (m *memory) Totals() vm.Totals                     { return vm.Totals{} }
func (m *memory) Blackhole() wallet.Address             { return wallet.Address{0: wallet.AddressPrefix, 20: 0xff} }

// blockID is some id: eight bytes of height, the rest nobody could guess.
func blockID(number int64) [32]byte {
	id := sha256.Sum256(fmt.Appendf(nil, "block %d", number))
	binary.BigEndian.PutUint64(id[:], uint64(number))
	return id
}
