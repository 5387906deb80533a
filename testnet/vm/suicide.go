package vm

import (
	"slices"
	"strconv"

	"github.com/piecework/piecework/testnet/javahash"
	"github.com/piecework/piecework/wallet"
)

// suicide is SELFDESTRUCT. Since parameter 94 only a contract made in the same transaction really ends; any other gives its money away.
func (f *frame) suicide() *fault {
	heir := wordAddress(f.top(0))
	if err := f.charge(opSUICIDE, f.suicideCost(heir)); err != nil {
		return err
	}
	if f.static {
		return faultStatic()
	}
	if f.m.params.UnfreezeDelayDays > 0 || f.m.params.Freeze {
		if f.m.state.HasForeignStake(f.self) {
			f.reverted = true
			return nil
		}
	}
	f.pop(1)
	if f.m.params.SelfdestructRestriction && f.m.params.Release4822 && contains(f.m.destroyed, heir) {
		return faultOutOfTime("CPU timeout for self destructed beneficiary executing")
	}
	if f.m.params.SelfdestructRestriction && !f.m.isNew(f.self) {
		return f.emptyOut(heir)
	}
	return f.destroy(heir)
}

func (f *frame) suicideCost(heir wallet.Address) int64 {
	cost := int64(0)
	if f.m.params.SelfdestructRestriction {
		cost = costSuicide
	}
	if (f.m.params.EnergyAdjustment || f.m.params.SelfdestructRestriction) && !f.m.state.Exists(heir) {
		cost += costNewAccount
	}
	return cost
}

// emptyOut gives what an old contract has to its heir and leaves the contract standing. To itself it does nothing.
func (f *frame) emptyOut(heir wallet.Address) *fault {
	index := f.recordSuicide(heir)
	if heir == f.self {
		return nil
	}
	if f.m.params.Vote {
		f.m.state.ForfeitVotes(f.self, f.m.seconds()*1000)
		f.m.internal[index].Values[0].Amount = int64(f.m.state.Balance(f.self))
	}
	if err := f.bequeath(heir); err != nil {
		return err
	}
	f.moveStake(heir, index)
	return nil
}

// destroy ends a contract. What it leaves to itself is burnt.
func (f *frame) destroy(heir wallet.Address) *fault {
	if f.m.params.Vote {
		f.m.state.ForfeitVotes(f.self, f.m.seconds()*1000)
	}
	index := f.recordSuicide(heir)
	if heir != f.self {
		if err := f.bequeath(heir); err != nil {
			return err
		}
	} else {
		heir = f.m.state.Blackhole()
		f.burn(heir)
	}
	f.moveStake(heir, index)
	if !contains(f.m.destroyed, f.self) {
		f.m.destroyed = append(f.m.destroyed, f.self)
	}
	return nil
}

// recordSuicide opens the internal transaction, with the TRX and all tokens of the contract, in the order of java-tron's map of them.
func (f *frame) recordSuicide(heir wallet.Address) int {
	balance := f.m.state.Balance(f.self)
	index := f.m.record(f, noteSuicide, heir, int64(balance), nil)
	r := &f.m.internal[index]
	holdings := f.m.holdings(f.self)
	javahash.Sort(holdings, javahash.Copied(len(holdings)), func(h TokenHolding) uint32 { return javahash.String(strconv.FormatInt(int64(h.ID), 10)) })
	for _, h := range holdings {
		r.Values = append(r.Values, CallValue{Amount: int64(h.Amount), Token: h.ID})
	}
	if t := f.m.env.Tracer; t != nil {
		t.Enter(f.depth+1, FrameInfo{Kind: opName(opSUICIDE), From: f.self, To: heir, Value: balance})
		t.Exit(f.depth+1, nil, 0, nil)
	}
	return index
}

// bequeath moves TRX and tokens to the heir, which is made if it is missing.
func (f *frame) bequeath(heir wallet.Address) *fault {
	if f.m.params.Solidity059 && !f.m.state.Exists(heir) {
		f.m.state.CreateAccount(heir)
	}
	if amount := int64(f.m.state.Balance(f.self)); amount > 0 {
		if reason := transfer(f.m.state, f.self, heir, amount); reason != "" {
			if f.m.params.Constantinople {
				return faultTransfer("transfer all token or transfer all trx failed in suicide: %s", reason)
			}
			return faultExecution("transfer failure")
		}
	}
	if f.m.params.TransferTrc10 {
		f.moveTokens(heir)
	}
	return nil
}

// burn takes the money of a contract that ends in itself; before parameter 18 it vanished.
func (f *frame) burn(blackhole wallet.Address) {
	balance := f.m.state.Balance(f.self)
	f.m.state.AddBalance(f.self, -balance)
	if f.m.params.TransferTrc10 {
		f.m.state.AddBalance(blackhole, balance)
		f.moveTokens(blackhole)
	}
}

func (f *frame) moveTokens(to wallet.Address) {
	for _, h := range f.m.holdings(f.self) {
		if h.Amount == 0 {
			f.m.spent = append(f.m.spent, holding{to, h.ID})
			continue
		}
		f.m.state.AddTokenBalance(f.self, h.ID, -h.Amount)
		f.m.state.AddTokenBalance(to, h.ID, h.Amount)
		f.m.spent = append(f.m.spent, holding{f.self, h.ID})
	}
}

// holding names an account's amount of a token.
type holding struct {
	holder wallet.Address
	token  TokenID
}

// noteSpent remembers a token of which the contract has nothing left.
func (f *frame) noteSpent(token TokenID) {
	if f.m.state.TokenBalance(f.self, token) == 0 {
		f.m.spent = append(f.m.spent, holding{f.self, token})
	}
}

// holdings are the tokens of an account as java-tron's map has them: until the transaction ends those that were spent in it are there with 0.
func (m *machine) holdings(a wallet.Address) []TokenHolding {
	list := m.state.TokenHoldings(a)
	for _, s := range m.spent {
		if s.holder == a && !slices.ContainsFunc(list, func(h TokenHolding) bool { return h.ID == s.token }) {
			list = append(list, TokenHolding{ID: s.token})
		}
	}
	return list
}

// moveStake gives stake to the heir and counts what had expired to the destruction's value.
func (f *frame) moveStake(heir wallet.Address, index int) {
	if f.m.params.Freeze {
		if legacy, ok := f.m.state.(LegacyStakes); ok {
			legacy.MoveLegacy(f.self, heir)
		}
	}
	if f.m.params.UnfreezeDelayDays == 0 {
		return
	}
	if paid := f.m.state.MoveStake(f.self, heir); paid > 0 {
		f.m.record(f, "withdrawExpireUnfreezeWhileSuiciding", heir, int64(paid), nil)
		f.m.internal[index].Values[0].Amount += int64(paid)
	}
}
