package node

import (
	"context"
	"fmt"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Loan is staked TRX whose resources one account lends to another.
type Loan struct {
	From, To wallet.Address
	Resource Resource
	Amount   wallet.Sun // of stake
	Until    time.Time  // locked so long; zero: may be taken back at any time
}

// Loans lists what one account lends to another (Stake 2.0).
func (n *Node) Loans(ctx context.Context, from, to wallet.Address) ([]Loan, error) {
	list, err := read(ctx, n, n.full.GetDelegatedResourceV2, &tronpb.DelegatedResourceMessage{FromAddress: from[:], ToAddress: to[:]})
	if err != nil {
		return nil, fmt.Errorf("reading what %s lends to %s: %w", from, to, err)
	}
	var loans []Loan
	for _, m := range list.GetDelegatedResource() {
		if amount := m.GetFrozenBalanceForBandwidth(); amount > 0 {
			loans = append(loans, Loan{from, to, Bandwidth, wallet.Sun(amount), milliseconds(m.GetExpireTimeForBandwidth())})
		}
		if amount := m.GetFrozenBalanceForEnergy(); amount > 0 {
			loans = append(loans, Loan{from, to, Energy, wallet.Sun(amount), milliseconds(m.GetExpireTimeForEnergy())})
		}
	}
	return loans, nil
}

// LoanPartners lists whom an account lends to, and who lends to it.
func (n *Node) LoanPartners(ctx context.Context, address wallet.Address) (borrowers, lenders []wallet.Address, err error) {
	index, err := read(ctx, n, n.full.GetDelegatedResourceAccountIndexV2, &tronpb.BytesMessage{Value: address[:]})
	if err != nil {
		return nil, nil, fmt.Errorf("reading the lending of %s: %w", address, err)
	}
	return addressesOf(index.GetToAccounts()), addressesOf(index.GetFromAccounts()), nil
}

// Lendable is how much of a stake an account can lend now: what it uses itself has to recover first.
func (n *Node) Lendable(ctx context.Context, address wallet.Address, r Resource) (wallet.Sun, error) {
	answer, err := read(ctx, n, n.full.GetCanDelegatedMaxSize, &tronpb.CanDelegatedMaxSizeRequestMessage{Type: int32(r), OwnerAddress: address[:]})
	if err != nil {
		return 0, fmt.Errorf("reading what %s can lend: %w", address, err)
	}
	return wallet.Sun(answer.GetMaxSize()), nil
}

// UnstakingsLeft is how many more times an account may start to unstake while the earlier ones wait; the chain allows 32.
func (n *Node) UnstakingsLeft(ctx context.Context, address wallet.Address) (int64, error) {
	answer, err := read(ctx, n, n.full.GetAvailableUnfreezeCount, &tronpb.GetAvailableUnfreezeCountRequestMessage{OwnerAddress: address[:]})
	if err != nil {
		return 0, fmt.Errorf("reading the unstakings of %s: %w", address, err)
	}
	return answer.GetCount(), nil
}

// Withdrawable is the TRX that has finished unstaking at a time.
func (n *Node) Withdrawable(ctx context.Context, address wallet.Address, when time.Time) (wallet.Sun, error) {
	question := &tronpb.CanWithdrawUnfreezeAmountRequestMessage{OwnerAddress: address[:], Timestamp: when.UnixMilli()}
	answer, err := read(ctx, n, n.full.GetCanWithdrawUnfreezeAmount, question)
	if err != nil {
		return 0, fmt.Errorf("reading what %s can withdraw: %w", address, err)
	}
	return wallet.Sun(answer.GetAmount()), nil
}

// Reward is the TRX that an account has earned by voting or as a witness and has not taken.
func (n *Node) Reward(ctx context.Context, address wallet.Address) (wallet.Sun, error) {
	answer, err := read(ctx, n, n.full.GetRewardInfo, &tronpb.BytesMessage{Value: address[:]})
	if err != nil {
		return 0, fmt.Errorf("reading the reward of %s: %w", address, err)
	}
	return wallet.Sun(answer.GetNum()), nil
}

// Witness is a block producer or a candidate.
type Witness struct {
	Address   wallet.Address
	URL       string // its page, a stranger's text
	Votes     int64  // one for each staked TRX
	Active    bool   // produces blocks
	Brokerage int64  // percent of the rewards that it keeps
}

// Witnesses lists block producers and candidates. Brokerage is not filled in, see [Node.Brokerage].
func (n *Node) Witnesses(ctx context.Context) ([]Witness, error) {
	list, err := read(ctx, n, n.full.ListWitnesses, &tronpb.EmptyMessage{})
	if err != nil {
		return nil, fmt.Errorf("listing the witnesses: %w", err)
	}
	var all []Witness
	for _, m := range list.GetWitnesses() {
		a, err := wallet.AddressFromBytes(m.GetAddress())
		if err != nil {
			return nil, fmt.Errorf("%w: a witness: %w", ErrAnswer, err)
		}
		all = append(all, Witness{Address: a, URL: m.GetUrl(), Votes: m.GetVoteCount(), Active: m.GetIsJobs()})
	}
	return all, nil
}

// Brokerage is the share of its voters' rewards that a witness keeps, in percent.
func (n *Node) Brokerage(ctx context.Context, witness wallet.Address) (int64, error) {
	answer, err := read(ctx, n, n.full.GetBrokerageInfo, &tronpb.BytesMessage{Value: witness[:]})
	if err != nil {
		return 0, fmt.Errorf("reading the brokerage of %s: %w", witness, err)
	}
	return answer.GetNum(), nil
}

func addressesOf(raw [][]byte) []wallet.Address {
	var all []wallet.Address
	for _, b := range raw {
		if a, err := wallet.AddressFromBytes(b); err == nil {
			all = append(all, a)
		}
	}
	return all
}
