package actuator

import (
	"encoding/hex"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Blackhole is where fees went before parameter 49 burnt them, and the account of burnt tokens: mainnet's address, whose key nobody has.
var Blackhole = wallet.MustParseAddress("TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy")

// NewAccount is an account as a transaction makes it: created at the newest block's time, with the default permissions.
func NewAccount(s *state.State, a wallet.Address, t tronpb.AccountType) *state.Account {
	n := &state.Account{Address: a, Type: t, Created: s.Param(state.HeadTime)}
	if s.On(state.AllowMultiSign) {
		n.Owner = state.OwnerPermission(a)
		n.Active = []*tronpb.Permission{state.ActivePermission(a, []byte(s.Text(state.DefaultOperations)))}
	}
	return n
}

// adjust changes a balance; the error is java-tron's when it does not suffice.
func adjust(s *state.State, a wallet.Address, delta wallet.Sun) error {
	account := s.Account(a)
	if account == nil {
		return Errorf(NullPointer, "null")
	}
	if delta < 0 && account.Balance < -delta {
		return Errorf(Execute, "%s insufficient balance, balance: %d, amount: %d", a.Hex(), account.Balance, -delta)
	}
	if delta != 0 {
		s.Edit(a, func(e *state.Account) { e.Balance += delta })
	}
	return nil
}

// charge takes a fee from an account and burns it.
func charge(s *state.State, a wallet.Address, fee wallet.Sun) error {
	if err := adjust(s, a, -fee); err != nil {
		return err
	}
	burn(s, fee)
	return nil
}

// burn destroys a fee, or gives it to the black hole where parameter 49 is off.
func burn(s *state.State, fee wallet.Sun) {
	if s.On(state.AllowOptimizeBlackHole) {
		s.AddParam(state.Burnt, int64(fee))
		return
	}
	s.Edit(Blackhole, func(b *state.Account) { b.Balance += fee })
}

// collect takes the fee for bytes or energy from an account: into the pool of parameter 48 where that is on and open, else it is burnt.
func collect(s *state.State, a wallet.Address, fee wallet.Sun, open bool) error {
	if !open || !s.On(state.AllowTransactionFeePool) {
		return charge(s, a, fee)
	}
	if err := adjust(s, a, -fee); err != nil {
		return err
	}
	s.AddParam(state.FeePool, int64(fee))
	return nil
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// readable says whether a name has 1 to most bytes, all of them printable and no space.
func readable(name []byte, least, most int) bool {
	if len(name) < least || len(name) > most {
		return false
	}
	for _, c := range name {
		if c < 0x21 || c > 0x7e {
			return false
		}
	}
	return true
}
