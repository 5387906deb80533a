package actuator

import (
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// unfreezeOld releases stake of before Stake 2.0, all of a resource at once; the votes go with it.
type unfreezeOld struct {
	*tronpb.UnfreezeBalanceContract
}

// lent says whether it is about stake that was lent.
func (u unfreezeOld) lent(s *state.State) bool {
	return len(u.GetReceiverAddress()) > 0 && s.On(state.AllowDelegateResource)
}

func (u unfreezeOld) Validate(s *state.State) error {
	a, err := existing(s, u.GetOwnerAddress(), "does not exist")
	if err != nil {
		return err
	}
	if u.lent(s) {
		return u.checkLoan(s)
	}
	name, err := releasable(s, u.GetResource())
	if err != nil {
		return err
	}
	switch f := a.Frozen[u.GetResource()]; {
	case f.Amount <= 0:
		return invalid("no frozenBalance(%s)", name)
	case f.Expires > s.Param(state.HeadTime):
		return invalid("It's not time to unfreeze(%s).", name)
	}
	return nil
}

func (u unfreezeOld) checkLoan(s *state.State) error {
	if string(u.GetReceiverAddress()) == string(u.GetOwnerAddress()) {
		return invalid("receiverAddress must not be the same as ownerAddress")
	}
	to, ok := address(u.GetReceiverAddress())
	if !ok {
		return invalid("Invalid receiverAddress")
	}
	receiver := s.Account(to)
	if receiver == nil && !s.On(state.AllowTvmConstantinople) {
		return invalid("Receiver Account[%s] does not exist", to.Hex())
	}
	loan, ok := s.Loan(state.LoanKey{From: wallet.Address(u.GetOwnerAddress()), To: to, Old: true})
	if !ok {
		return invalid("delegated Resource does not exist")
	}
	return u.checkDue(s, receiver, loan)
}

func (u unfreezeOld) checkDue(s *state.State, receiver *state.Account, loan state.Loan) error {
	var none, short string
	switch u.GetResource() {
	case tronpb.ResourceCode_BANDWIDTH:
		none, short = "no delegatedFrozenBalance(BANDWIDTH)", "AcquiredDelegatedFrozenBalanceForBandwidth[%d] < delegatedBandwidth[%d]"
	case tronpb.ResourceCode_ENERGY:
		none, short = "no delegateFrozenBalance(Energy)", "AcquiredDelegatedFrozenBalanceForEnergy[%d] < delegatedEnergy[%d]"
	default:
		return invalid(twoCodesFree)
	}
	r := u.GetResource()
	expires := loan.Expires[r]
	if !s.On(state.AllowMultiSign) {
		expires = loan.Expires[state.Bandwidth]
	}
	switch {
	case loan.Amount[r] <= 0:
		return invalid("%s", none)
	case receiver != nil && receiver.BorrowedOld[r] < loan.Amount[r] && mustHave(s, receiver):
		return invalid(short, receiver.BorrowedOld[r], loan.Amount[r])
	case expires > s.Param(state.HeadTime):
		return invalid("It's not time to unfreeze.")
	}
	return nil
}

// mustHave says whether a borrower must still have what it has borrowed: contracts may have lost it since parameter 26, all since 32.
func mustHave(s *state.State, borrower *state.Account) bool {
	if !s.On(state.AllowTvmConstantinople) {
		return true
	}
	return !s.On(state.AllowTvmSolidity059) && borrower.Type != tronpb.AccountType_Contract
}

func (u unfreezeOld) Execute(s *state.State, result *tronpb.Transaction_Result) error {
	owner, r := wallet.Address(u.GetOwnerAddress()), state.Resource(u.GetResource())
	SettleReward(s, owner)
	initOldPower(s, owner)
	var freed wallet.Sun
	var whole int64
	if u.lent(s) {
		freed, whole = recallOld(s, owner, wallet.Address(u.GetReceiverAddress()), r)
	} else {
		freed = s.Account(owner).Frozen[r].Amount
		whole = inTRX(freed, 0)
		s.Edit(owner, func(a *state.Account) { a.Frozen[r] = state.OldStake{} })
	}
	s.Edit(owner, func(a *state.Account) { a.Balance += freed })
	weighOld(s, r, -freed, whole)
	a := s.Account(owner)
	if keeps := newModel(s) && a.OldTronPower == -1 && r != state.TronPower; !keeps && len(a.Ballots) > 0 {
		setBallots(s, owner, nil)
	}
	if newModel(s) {
		s.Edit(owner, func(a *state.Account) { a.OldTronPower = -1 })
	}
	result.UnfreezeAmount = int64(freed)
	return nil
}

// recallOld takes all of an old loan back and says by how many whole TRX the borrower's part has shrunk, as a negative number.
func recallOld(s *state.State, owner, receiver wallet.Address, r state.Resource) (freed wallet.Sun, whole int64) {
	key := state.LoanKey{From: owner, To: receiver, Old: true}
	loan, _ := s.Loan(key)
	freed = loan.Amount[r]
	loan.Amount[r], loan.Expires[r] = 0, 0
	if loan.Amount == ([state.Resources]wallet.Sun{}) {
		s.DropLoan(key)
		s.DropPartners(owner, receiver, true)
	} else {
		s.SetLoan(key, loan)
	}
	s.Edit(owner, func(a *state.Account) { a.LentOld[r] -= freed })
	borrower := s.Account(receiver)
	if borrower == nil || borrower.Type == tronpb.AccountType_Contract && s.On(state.AllowTvmConstantinople) {
		return freed, inTRX(freed, 0)
	}
	before, after := borrower.BorrowedOld[r], borrower.BorrowedOld[r]-freed
	if after < 0 && s.On(state.AllowTvmSolidity059) {
		before, after = freed, 0
	}
	s.Edit(receiver, func(a *state.Account) { a.BorrowedOld[r] = after })
	return freed, inTRX(before, after)
}
