package actuator

import (
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Ledger is the state as contracts see it.
type Ledger struct {
	s *state.State
}

// NewLedger shows a state to the VM.
func NewLedger(s *state.State) *Ledger { return &Ledger{s} }

var _ vm.State = (*Ledger)(nil)

// Snapshot marks the present state.
func (l *Ledger) Snapshot() int { return int(l.s.Mark()) }

// Revert goes back to a mark.
func (l *Ledger) Revert(mark int) { l.s.Revert(state.Mark(mark)) }

// Keep has nothing to do: the log of changes is one for all.
func (l *Ledger) Keep(int) {}

// Exists says whether there is an account.
func (l *Ledger) Exists(a wallet.Address) bool { return l.s.Account(a) != nil }

// CreateAccount makes an ordinary account.
func (l *Ledger) CreateAccount(a wallet.Address) {
	l.s.PutAccount(NewAccount(l.s, a, tronpb.AccountType_Normal))
}

// Balance is what an account may spend.
func (l *Ledger) Balance(a wallet.Address) wallet.Sun {
	if account := l.s.Account(a); account != nil {
		return account.Balance
	}
	return 0
}

// AddBalance changes it.
func (l *Ledger) AddBalance(a wallet.Address, delta wallet.Sun) {
	l.s.Edit(a, func(e *state.Account) { e.Balance += delta })
}

// Permission is a permission of an account for the precompile that checks several signatures.
func (l *Ledger) Permission(a wallet.Address, id int32) (vm.Permission, bool) {
	account := l.s.Account(a)
	if account == nil {
		return vm.Permission{}, false
	}
	p := account.Permission(id)
	if p == nil {
		return vm.Permission{}, false
	}
	out := vm.Permission{Threshold: p.GetThreshold()}
	for _, k := range p.GetKeys() {
		if signer, ok := address(k.GetAddress()); ok {
			out.Keys = append(out.Keys, vm.PermissionKey{Address: signer, Weight: k.GetWeight()})
		}
	}
	return out, true
}

// TokenExists says whether a token was issued.
func (l *Ledger) TokenExists(id vm.TokenID) bool { return l.s.Token(state.TokenID(id)) != nil }

// TokenBalance is an account's amount of a token.
func (l *Ledger) TokenBalance(a wallet.Address, id vm.TokenID) vm.TokenAmount {
	return vm.TokenAmount(l.s.TokenBalance(a, state.TokenID(id)))
}

// AddTokenBalance changes it.
func (l *Ledger) AddTokenBalance(a wallet.Address, id vm.TokenID, delta vm.TokenAmount) {
	have := l.s.TokenBalance(a, state.TokenID(id))
	l.s.SetTokenBalance(a, state.TokenID(id), have+int64(delta))
}

// TokenHoldings lists what an account holds.
func (l *Ledger) TokenHoldings(a wallet.Address) []vm.TokenHolding {
	var list []vm.TokenHolding
	for _, id := range l.s.TokensOf(a) {
		list = append(list, vm.TokenHolding{ID: vm.TokenID(id), Amount: vm.TokenAmount(l.s.TokenBalance(a, id))})
	}
	return list
}

// defaultOriginLimit stands for an origin_energy_limit of 0.
const defaultOriginLimit = 10_000_000

// Contract is the record of a contract.
func (l *Ledger) Contract(a wallet.Address) (vm.Contract, bool) {
	c := l.s.Contract(a)
	if c == nil {
		return vm.Contract{}, false
	}
	out := vm.Contract{
		Name: c.GetName(), UserPercent: c.GetConsumeUserResourcePercent(), OriginEnergyLimit: c.GetOriginEnergyLimit(), Version: c.GetVersion(),
	}
	out.Origin, _ = address(c.GetOriginAddress())
	copy(out.TxHash[:], c.GetTrxHash())
	copy(out.CodeHash[:], c.GetCodeHash())
	return out, true
}

// CreateContract writes a record and makes the account a contract's.
func (l *Ledger) CreateContract(a wallet.Address, c vm.Contract, accountName string) {
	record := &tronpb.SmartContract{
		OriginAddress: c.Origin[:], ContractAddress: a[:], Name: c.Name, ConsumeUserResourcePercent: c.UserPercent,
		OriginEnergyLimit: c.OriginEnergyLimit, Version: c.Version, Abi: &tronpb.SmartContract_ABI{},
	}
	if c.TxHash != ([32]byte{}) {
		record.TrxHash = c.TxHash[:]
	}
	if c.CodeHash != ([32]byte{}) {
		record.CodeHash = c.CodeHash[:]
	}
	l.s.PutContract(a, record)
	if l.s.Account(a) == nil {
		l.s.PutAccount(&state.Account{Address: a, Type: tronpb.AccountType_Contract, Name: accountName})
		return
	}
	l.s.Edit(a, func(e *state.Account) {
		e.Type = tronpb.AccountType_Contract
		e.Borrowed, e.BorrowedOld = [state.Resources]wallet.Sun{}, [state.Resources]wallet.Sun{} // contracts may not borrow; the lender gets its stake back all the same
	})
}

// Code is the code of a contract, with what the VM worked out about it.
func (l *Ledger) Code(a wallet.Address) *vm.Code {
	c := l.s.Code(a)
	if c == nil {
		return nil
	}
	return c.Analyse(func(b []byte) any { return vm.NewCode(b) }).(*vm.Code)
}

// SetCode stores the code of a contract and its hash in the record.
func (l *Ledger) SetCode(a wallet.Address, code *vm.Code) {
	l.s.SetCode(a, &state.Code{Bytes: code.Bytes(), Hash: code.Hash(), Analysis: code})
	record := l.s.Contract(a)
	if record == nil {
		return
	}
	changed := proto.Clone(record).(*tronpb.SmartContract)
	hash := code.Hash()
	changed.CodeHash = hash[:]
	l.s.PutContract(a, changed)
}

// Row reads a row of storage.
func (l *Ledger) Row(a wallet.Address, key [16]byte) ([32]byte, bool) {
	return l.s.Row(state.RowKey{Contract: a, Key: key})
}

// SetRow writes one.
func (l *Ledger) SetRow(a wallet.Address, key [16]byte, value [32]byte) {
	l.s.SetRow(state.RowKey{Contract: a, Key: key}, value)
}

// EnergyState is the record of dynamic energy of a contract.
func (l *Ledger) EnergyState(a wallet.Address) (vm.EnergyState, bool) {
	e, ok := l.s.EnergyState(a)
	return vm.EnergyState(e), ok
}

// SetEnergyState writes it.
func (l *Ledger) SetEnergyState(a wallet.Address, e vm.EnergyState) {
	l.s.SetEnergyState(a, state.EnergyState(e))
}

// BlockID is the id of a block on the chain.
func (l *Ledger) BlockID(number int64) ([32]byte, bool) {
	b := l.s.Block(number)
	if b == nil {
		return [32]byte{}, false
	}
	return b.ID, true
}

// Cycle is the number of the maintenance period.
func (l *Ledger) Cycle() int64 { return l.s.Param(state.CycleNumber) }

// Totals are the network's sums.
func (l *Ledger) Totals() vm.Totals {
	return vm.Totals{
		NetLimit: l.s.Param(state.TotalNetLimit), NetWeight: l.s.Param(state.NetWeight),
		EnergyLimit: l.s.Param(state.TotalEnergyCurrentLimit), EnergyWeight: l.s.Param(state.EnergyWeight),
	}
}

// Blackhole is where burnt TRX goes.
func (l *Ledger) Blackhole() wallet.Address { return Blackhole }
