package bare

import (
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

// Ledger implements vm.State. The zero value is not ready; use New. It is for one goroutine.
type Ledger struct {
	accounts map[wallet.Address]*account
	assets   map[vm.TokenID]bool
	blocks   map[int64][32]byte
	undo     []func()

	// Period is the maintenance period that Cycle answers.
	Period int64
	// Now is the time of the latest block in milliseconds since 1970.
	Now int64
	// Sums are what Totals answers.
	Sums vm.Totals
	// DelayDays is how long stake takes to be released.
	DelayDays int64
}

// account is everything that the ledger knows of an address.
type account struct {
	balance     wallet.Sun
	tokens      map[vm.TokenID]vm.TokenAmount
	permissions map[int32]vm.Permission
	contract    *vm.Contract
	name        string
	code        *vm.Code
	rows        map[[16]byte][32]byte
	energy      *vm.EnergyState
	stake       stake
}

// burnt is where burnt TRX goes.
var burnt = wallet.AddressFromEVM([20]byte{0: 0xb1, 19: 0x01})

// New is an empty ledger; only the account of burnt TRX is there.
func New() *Ledger {
	l := &Ledger{
		accounts: make(map[wallet.Address]*account), assets: make(map[vm.TokenID]bool), blocks: make(map[int64][32]byte),
		Period: 1, DelayDays: 14,
	}
	l.accounts[burnt] = new(account)
	return l
}

// Fund makes an account if it is missing and adds TRX to it.
func (l *Ledger) Fund(a wallet.Address, amount wallet.Sun) {
	if !l.Exists(a) {
		l.CreateAccount(a)
	}
	l.AddBalance(a, amount)
}

// Issue makes a token known and gives an account an amount of it.
func (l *Ledger) Issue(id vm.TokenID, to wallet.Address, amount vm.TokenAmount) {
	l.assets[id] = true
	if !l.Exists(to) {
		l.CreateAccount(to)
	}
	l.AddTokenBalance(to, id, amount)
}

// SetPermission replaces a permission of an account.
func (l *Ledger) SetPermission(a wallet.Address, id int32, p vm.Permission) {
	acc := l.accounts[a]
	if acc.permissions == nil {
		acc.permissions = make(map[int32]vm.Permission)
	}
	acc.permissions[id] = p
}

// SetBlockID makes a block known to BLOCKHASH.
func (l *Ledger) SetBlockID(number int64, id [32]byte) { l.blocks[number] = id }

// AccountName is the name that the creation of a contract gave its account.
func (l *Ledger) AccountName(a wallet.Address) string {
	if acc := l.accounts[a]; acc != nil {
		return acc.name
	}
	return ""
}

// Delete ends an account with all that belongs to it, as the ledger does with Result.Destroyed.
func (l *Ledger) Delete(a wallet.Address) {
	old := l.accounts[a]
	delete(l.accounts, a)
	l.later(func() { l.accounts[a] = old })
}

func (l *Ledger) later(undo func()) { l.undo = append(l.undo, undo) }

// Snapshot implements vm.State.
func (l *Ledger) Snapshot() int { return len(l.undo) }

// Revert implements vm.State.
func (l *Ledger) Revert(mark int) {
	for i := len(l.undo) - 1; i >= mark; i-- {
		l.undo[i]()
		l.undo[i] = nil
	}
	l.undo = l.undo[:mark]
}

// Keep implements vm.State.
func (l *Ledger) Keep(mark int) {
	if mark == 0 {
		clear(l.undo)
		l.undo = l.undo[:0]
	}
}

// Exists implements vm.State.
func (l *Ledger) Exists(a wallet.Address) bool { return l.accounts[a] != nil }

// CreateAccount implements vm.State.
func (l *Ledger) CreateAccount(a wallet.Address) {
	l.accounts[a] = new(account)
	l.later(func() { delete(l.accounts, a) })
}

// Balance implements vm.State.
func (l *Ledger) Balance(a wallet.Address) wallet.Sun {
	if acc := l.accounts[a]; acc != nil {
		return acc.balance
	}
	return 0
}

// AddBalance implements vm.State.
func (l *Ledger) AddBalance(a wallet.Address, delta wallet.Sun) {
	acc := l.accounts[a]
	old := acc.balance
	acc.balance += delta
	l.later(func() { acc.balance = old })
}

// Permission implements vm.State.
func (l *Ledger) Permission(a wallet.Address, id int32) (vm.Permission, bool) {
	acc := l.accounts[a]
	if acc == nil {
		return vm.Permission{}, false
	}
	if p, ok := acc.permissions[id]; ok {
		return p, true
	}
	own := vm.Permission{Threshold: 1, Keys: []vm.PermissionKey{{Address: a, Weight: 1}}}
	return own, id == 0 || id == 2
}

// TokenExists implements vm.State.
func (l *Ledger) TokenExists(id vm.TokenID) bool { return l.assets[id] }

// TokenBalance implements vm.State.
func (l *Ledger) TokenBalance(a wallet.Address, id vm.TokenID) vm.TokenAmount {
	if acc := l.accounts[a]; acc != nil {
		return acc.tokens[id]
	}
	return 0
}

// AddTokenBalance implements vm.State.
func (l *Ledger) AddTokenBalance(a wallet.Address, id vm.TokenID, delta vm.TokenAmount) {
	acc := l.accounts[a]
	if acc.tokens == nil {
		acc.tokens = make(map[vm.TokenID]vm.TokenAmount)
	}
	old := acc.tokens[id]
	acc.tokens[id] = old + delta
	l.later(func() { acc.tokens[id] = old })
}

// Sum is all TRX there is: balances, stake and what is being released.
func (l *Ledger) Sum() (sum wallet.Sun) {
	for _, acc := range l.accounts {
		sum += acc.balance
		for r := range acc.stake.frozen {
			sum += acc.stake.frozen[r]
		}
		for _, n := range acc.stake.lent {
			sum += n.amount
		}
		for _, u := range acc.stake.unfreezing {
			sum += u.Amount
		}
	}
	return sum
}
