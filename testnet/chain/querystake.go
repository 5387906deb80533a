package chain

import (
	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// DelegatedResource answers getdelegatedresourcev2: the unlocked part of a loan, then the locked one. Stake 1.0 has none.
func (n *Node) DelegatedResource(v View, from, to []byte) *tronpb.DelegatedResourceList {
	list := &tronpb.DelegatedResourceList{}
	lender, err := wallet.AddressFromBytes(from)
	borrower, err2 := wallet.AddressFromBytes(to)
	if err != nil || err2 != nil {
		return list
	}
	n.read(v, func(s *state.State) {
		for _, locked := range []bool{false, true} {
			loan, ok := s.Loan(state.LoanKey{From: lender, To: borrower, Locked: locked})
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

// DelegatedResourceAccountIndex answers getdelegatedresourceaccountindexv2: whom an account borrows from and lends to.
func (n *Node) DelegatedResourceAccountIndex(v View, account []byte) *tronpb.DelegatedResourceAccountIndex {
	index := &tronpb.DelegatedResourceAccountIndex{Account: account}
	a, err := wallet.AddressFromBytes(account)
	if err != nil {
		return index
	}
	n.read(v, func(s *state.State) {
		for _, p := range s.Partners(a, false) {
			index.FromAccounts = append(index.FromAccounts, p[:])
		}
		for _, p := range s.Partners(a, true) {
			index.ToAccounts = append(index.ToAccounts, p[:])
		}
	})
	return index
}

// CanDelegatedMaxSize answers getcandelegatedmaxsize in sun: 0 for an unknown account or resource.
func (n *Node) CanDelegatedMaxSize(v View, owner []byte, resource int32) (most wallet.Sun) {
	n.read(v, func(s *state.State) {
		a := find(s, owner)
		if a == nil || resource != int32(state.Bandwidth) && resource != int32(state.Energy) {
			return
		}
		most = actuator.MaxLendable(s, a, state.Resource(resource))
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

// CanWithdrawUnfreezeAmount answers getcanwithdrawunfreezeamount in sun, for a time in milliseconds since 1970.
func (n *Node) CanWithdrawUnfreezeAmount(v View, owner []byte, at int64) (sum wallet.Sun) {
	n.read(v, func(s *state.State) {
		a := find(s, owner)
		if a == nil || at < 0 {
			return
		}
		for _, u := range a.Unstakes {
			if u.Expires <= at {
				sum += u.Amount
			}
		}
	})
	return sum
}
