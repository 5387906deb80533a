package state

import (
	"slices"
	"strconv"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Account is an account, or nil. It must not be changed: see Edit.
func (s *State) Account(a wallet.Address) *Account { return s.accounts.value(a) }

// PutAccount writes an account.
func (s *State) PutAccount(a *Account) { s.accounts.put(a.Address, a) }

// Edit changes an existing account: f gets a copy, which then takes its place.
func (s *State) Edit(a wallet.Address, f func(*Account)) {
	old, ok := s.accounts.get(a)
	if !ok {
		return
	}
	changed := *old
	f(&changed)
	s.accounts.put(a, &changed)
}

// DropAccount removes an account with its token balances.
func (s *State) DropAccount(a wallet.Address) {
	for _, id := range s.held.value(a) {
		s.holdings.drop(Holding{a, id})
	}
	s.held.drop(a)
	s.accounts.drop(a)
}

// Accounts lists the addresses of all accounts in ascending order.
func (s *State) Accounts() []wallet.Address { return s.accounts.keys() }

// AccountCount is the number of accounts.
func (s *State) AccountCount() int { return len(s.accounts.rows) }

// TokenBalance is an account's balance of a token, in its smallest unit.
func (s *State) TokenBalance(a wallet.Address, id TokenID) int64 {
	return s.holdings.value(Holding{a, id})
}

// SetTokenBalance writes it; zero removes the row, as with java-tron's separate store of balances.
func (s *State) SetTokenBalance(a wallet.Address, id TokenID, amount int64) {
	key := Holding{a, id}
	_, had := s.holdings.get(key)
	switch {
	case amount == 0 && had:
		s.holdings.drop(key)
		s.held.put(a, slices.DeleteFunc(slices.Clone(s.held.value(a)), func(t TokenID) bool { return t == id }))
	case amount != 0:
		s.holdings.put(key, amount)
		if !had {
			s.held.put(a, insertToken(s.held.value(a), id))
		}
	}
}

func insertToken(ids []TokenID, id TokenID) []TokenID {
	i, _ := slices.BinarySearch(ids, id)
	return slices.Insert(slices.Clone(ids), i, id)
}

// TokensOf lists the tokens of which an account has a balance, in ascending order.
func (s *State) TokensOf(a wallet.Address) []TokenID { return s.held.value(a) }

// EachHolding calls f for every token balance, in no particular order.
func (s *State) EachHolding(f func(Holding, int64)) {
	for k, v := range s.holdings.rows {
		f(k, v)
	}
}

// Token is a TRC-10 token, or nil. It must not be changed.
func (s *State) Token(id TokenID) *tronpb.AssetIssueContract { return s.tokens.value(id) }

// PutToken writes a token.
func (s *State) PutToken(id TokenID, t *tronpb.AssetIssueContract) { s.tokens.put(id, t) }

// Tokens lists the ids of all tokens in ascending order.
func (s *State) Tokens() []TokenID { return s.tokens.keys() }

// ParseTokenID reads the decimal digits by which messages name a token; false for anything that is not how the chain writes an id.
func ParseTokenID(name []byte) (TokenID, bool) {
	n, err := strconv.ParseInt(string(name), 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != string(name) {
		return 0, false
	}
	return TokenID(n), true
}

// String is the id in decimal digits.
func (id TokenID) String() string { return strconv.FormatInt(int64(id), 10) }

// Contract is the record of a contract with its ABI, or nil. It must not be changed.
func (s *State) Contract(a wallet.Address) *tronpb.SmartContract { return s.contracts.value(a) }

// PutContract writes the record of a contract.
func (s *State) PutContract(a wallet.Address, c *tronpb.SmartContract) { s.contracts.put(a, c) }

// DropContract removes the record, the code, the rows of storage and the account of a contract with its token balances. What the dynamic energy
// model keeps of the address stays. Rows below that nobody has looked at end with it: a successor at the same address does not find them.
func (s *State) DropContract(a wallet.Address) {
	for from := s; from != nil; from = from.lower {
		for _, k := range from.RowsOf(a) {
			s.storage.drop(k)
		}
	}
	if s.storage.base != nil {
		s.ended.put(a, 1)
	}
	s.contracts.drop(a)
	s.codes.drop(a)
	s.DropAccount(a)
}

// Contracts lists the addresses of all contracts in ascending order.
func (s *State) Contracts() []wallet.Address { return s.contracts.keys() }

// Code is the runtime code of a contract, or nil.
func (s *State) Code(a wallet.Address) *Code { return s.codes.value(a) }

// SetCode writes the runtime code of a contract.
func (s *State) SetCode(a wallet.Address, c *Code) { s.codes.put(a, c) }

// Row is a row of a contract's storage, and whether it exists.
func (s *State) Row(k RowKey) ([32]byte, bool) { return s.storage.get(k) }

// SetRow writes a row of a contract's storage; zero removes it.
func (s *State) SetRow(k RowKey, v [32]byte) {
	if v == ([32]byte{}) {
		s.storage.drop(k)
		return
	}
	s.storage.put(k, v)
}

// RowsOf lists the rows of a contract's storage in ascending order of key.
func (s *State) RowsOf(a wallet.Address) []RowKey {
	keys := keysOf(s.storage, &s.rowsOf, a)
	slices.SortFunc(keys, func(x, y RowKey) int { return slices.Compare(x.Key[:], y.Key[:]) })
	return keys
}

// EnergyState is the record of dynamic energy of a contract, and whether there is one.
func (s *State) EnergyState(a wallet.Address) (EnergyState, bool) { return s.energy.get(a) }

// SetEnergyState writes it.
func (s *State) SetEnergyState(a wallet.Address, e EnergyState) { s.energy.put(a, e) }

// Loan is stake lent from one account to another, and whether there is a row.
func (s *State) Loan(k LoanKey) (Loan, bool) { return s.loans.get(k) }

// SetLoan writes it.
func (s *State) SetLoan(k LoanKey, l Loan) { s.loans.put(k, l) }

// DropLoan removes it.
func (s *State) DropLoan(k LoanKey) { s.loans.drop(k) }

// Partners lists whom an account lends to (lender) or borrows from, by the time of the last loan; old is the lists of before Stake 2.0.
func (s *State) Partners(a wallet.Address, lender, old bool) []wallet.Address {
	keys := keysOf(s.partners, &s.partnersOf, partnersOf{a, lender, old})
	slices.SortFunc(keys, func(x, y PartnerKey) int {
		if d := s.partners.rows[x] - s.partners.rows[y]; d != 0 {
			return int(max(-1, min(1, d)))
		}
		return slices.Compare(x.Partner[:], y.Partner[:])
	})
	list := make([]wallet.Address, len(keys))
	for i, k := range keys {
		list[i] = k.Partner
	}
	return list
}

// SetPartners records that one account lends to another since a time in milliseconds, in both accounts' lists.
func (s *State) SetPartners(from, to wallet.Address, old bool, since int64) {
	s.partners.put(PartnerKey{from, true, old, to}, since)
	s.partners.put(PartnerKey{to, false, old, from}, since)
}

// DropPartners removes it.
func (s *State) DropPartners(from, to wallet.Address, old bool) {
	s.partners.drop(PartnerKey{from, true, old, to})
	s.partners.drop(PartnerKey{to, false, old, from})
}

// Witness is a block producer or candidate, or nil. It must not be changed.
func (s *State) Witness(a wallet.Address) *tronpb.Witness { return s.witnesses.value(a) }

// PutWitness writes one.
func (s *State) PutWitness(a wallet.Address, w *tronpb.Witness) { s.witnesses.put(a, w) }

// Witnesses lists the addresses of all witnesses in ascending order.
func (s *State) Witnesses() []wallet.Address { return s.witnesses.keys() }

// Votes is how an account's votes changed since the last maintenance, and whether they did.
func (s *State) Votes(a wallet.Address) (VoteChange, bool) { return s.votes.get(a) }

// SetVotes writes it.
func (s *State) SetVotes(a wallet.Address, v VoteChange) { s.votes.put(a, v) }

// DropVotes removes it.
func (s *State) DropVotes(a wallet.Address) { s.votes.drop(a) }

// Voters lists the accounts whose votes changed since the last maintenance, in ascending order.
func (s *State) Voters() []wallet.Address { return s.votes.keys() }

// Reward is a row about rewards as decimal digits, and whether it exists.
func (s *State) Reward(k RewardKey) (string, bool) { return s.rewards.get(k) }

// SetReward writes it.
func (s *State) SetReward(k RewardKey, v string) { s.rewards.put(k, v) }

// BallotsOf is the ballots of an account in a period of rewards.
func (s *State) BallotsOf(a wallet.Address, cycle int64) ([]Ballot, bool) {
	return s.ballots.get(RewardKey{Owner: a, Cycle: cycle})
}

// SetBallotsOf writes them.
func (s *State) SetBallotsOf(a wallet.Address, cycle int64, b []Ballot) {
	s.ballots.put(RewardKey{Owner: a, Cycle: cycle}, b)
}

// Proposal is a proposal, or nil. It must not be changed.
func (s *State) Proposal(id int64) *tronpb.Proposal { return s.proposals.value(id) }

// PutProposal writes one.
func (s *State) PutProposal(p *tronpb.Proposal) { s.proposals.put(p.GetProposalId(), p) }

// Proposals lists the numbers of all proposals in ascending order.
func (s *State) Proposals() []int64 { return s.proposals.keys() }

// Exchange is a pair of the chain's exchange, or nil. It must not be changed.
func (s *State) Exchange(id int64) *tronpb.Exchange { return s.exchanges.value(id) }

// PutExchange writes one.
func (s *State) PutExchange(e *tronpb.Exchange) { s.exchanges.put(e.GetExchangeId(), e) }

// Exchanges lists the numbers of all pairs in ascending order.
func (s *State) Exchanges() []int64 { return s.exchanges.keys() }

// AccountByName finds the account that first took a name.
func (s *State) AccountByName(name string) (wallet.Address, bool) { return s.names.get(name) }

// SetAccountName records it.
func (s *State) SetAccountName(name string, a wallet.Address) { s.names.put(name, a) }

// AccountByID finds an account by its id in lower case.
func (s *State) AccountByID(id string) (wallet.Address, bool) { return s.ids.get(id) }

// SetAccountID records it.
func (s *State) SetAccountID(id string, a wallet.Address) { s.ids.put(id, a) }

// Block is a block by height, or nil. It must not be changed.
func (s *State) Block(number int64) *Block { return s.blocks.value(number) }

// BlockByID is a block by its id, or nil.
func (s *State) BlockByID(id [32]byte) *Block {
	number, ok := s.blockByID.get(id)
	if !ok {
		return nil
	}
	return s.blocks.value(number)
}

// AddBlock appends a block: it is the head from now on.
func (s *State) AddBlock(b *Block) {
	number := b.Number()
	s.blocks.put(number, b)
	s.blockByID.put(b.ID, number)
	for i, id := range b.IDs {
		s.locations.put(id, Location{number, i})
	}
	s.SetParam(HeadNumber, number)
	s.SetParam(HeadTime, b.Time())
}

// Head is the newest block; nil before genesis.
func (s *State) Head() *Block { return s.blocks.value(s.Param(HeadNumber)) }

// Transaction says where a transaction is, if it is in a block.
func (s *State) Transaction(id [32]byte) (Location, bool) { return s.locations.get(id) }
