package chain

import (
	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// DelegatedResource answers getdelegatedresourcev2: the unlocked part of a loan, then the locked one. DelegatedResourceOld answers
// getdelegatedresource: what was lent before Stake 2.0.
func (n *Node) DelegatedResource(v View, from, to []byte) *tronpb.DelegatedResourceList {
	return n.delegated(v, from, to, state.LoanKey{}, state.LoanKey{Locked: true})
}

// DelegatedResourceOld is what one account lent another before Stake 2.0.
func (n *Node) DelegatedResourceOld(v View, from, to []byte) *tronpb.DelegatedResourceList {
	return n.delegated(v, from, to, state.LoanKey{Old: true})
}

// delegated lists the loans of some kinds.
func (n *Node) delegated(v View, from, to []byte, kinds ...state.LoanKey) *tronpb.DelegatedResourceList {
	list := &tronpb.DelegatedResourceList{}
	lender, err := wallet.AddressFromBytes(from)
	borrower, err2 := wallet.AddressFromBytes(to)
	if err != nil || err2 != nil {
		return list
	}
	n.read(v, func(s *state.State) {
		for _, kind := range kinds {
			loan, ok := s.Loan(state.LoanKey{From: lender, To: borrower, Locked: kind.Locked, Old: kind.Old})
			if !ok || loan == (state.Loan{}) {
				continue
			}
			list.DelegatedResource = append(list.DelegatedResource, &tronpb.DelegatedResource{
				From: from, To: to, FrozenBalanceForBandwidth: int64(loan.Amount[state.Bandwidth]), FrozenBalanceForEnergy: int64(loan.Amount[state.Energy]),
				ExpireTimeForBandwidth: loan.Expires[state.Bandwidth], ExpireTimeForEnergy: loan.Expires[state.Energy],
			})
		}
	})
	return list
}

// DelegatedResourceAccountIndex answers getdelegatedresourceaccountindexv2: whom an account borrows from and lends to. Old is the one without v2.
func (n *Node) DelegatedResourceAccountIndex(v View, account []byte, old bool) *tronpb.DelegatedResourceAccountIndex {
	index := indexOf(account)
	a, err := wallet.AddressFromBytes(account)
	if err != nil {
		return index
	}
	n.read(v, func(s *state.State) {
		for _, p := range s.Partners(a, false, old) {
			index.FromAccounts = append(index.FromAccounts, p[:])
		}
		for _, p := range s.Partners(a, true, old) {
			index.ToAccounts = append(index.ToAccounts, p[:])
		}
	})
	return index
}

// indexOf is an index without partners: it names the account if that has the length of an address.
func indexOf(account []byte) *tronpb.DelegatedResourceAccountIndex {
	if len(account) != len(wallet.Address{}) {
		return &tronpb.DelegatedResourceAccountIndex{}
	}
	return &tronpb.DelegatedResourceAccountIndex{Account: account}
}

// CanDelegatedMaxSize answers getcandelegatedmaxsize in sun: 0 for an unknown account or resource, and for less than a TRX.
func (n *Node) CanDelegatedMaxSize(v View, owner []byte, resource int32) (most wallet.Sun) {
	n.read(v, func(s *state.State) {
		a := find(s, owner)
		if a == nil || resource != int32(state.Bandwidth) && resource != int32(state.Energy) {
			return
		}
		if most = actuator.MaxLendable(s, a, state.Resource(resource)); most < wallet.TRX {
			most = 0
		}
	})
	return most
}

// AvailableUnfreezeCount answers getavailableunfreezecount.
func (n *Node) AvailableUnfreezeCount(v View, owner []byte) (count int64) {
	n.read(v, func(s *state.State) {
		if a := find(s, owner); a != nil {
			count = actuator.AvailableUnfreezes(s, a)
		}
	})
	return count
}

// CanWithdrawUnfreezeAmount answers getcanwithdrawunfreezeamount in sun, for a time in milliseconds since 1970; 0 is the head's.
func (n *Node) CanWithdrawUnfreezeAmount(v View, owner []byte, at int64) (sum wallet.Sun) {
	n.read(v, func(s *state.State) {
		a := find(s, owner)
		if a == nil || at < 0 {
			return
		}
		if at == 0 {
			at = s.Head().Time()
		}
		for _, u := range a.Unstakes {
			if u.Expires <= at {
				sum += u.Amount
			}
		}
	})
	return sum
}
