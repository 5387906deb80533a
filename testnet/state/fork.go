package state

import (
	"errors"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Source is another network's state as of one block: what a fork stands on. Nothing there is an answer without an error.
type Source interface {
	// Account is an account with its token balances, or nil.
	Account(wallet.Address) (*Account, map[TokenID]int64, error)
	// Contract is a contract's record, its code and what the dynamic energy model keeps of it; nil when there is none.
	Contract(wallet.Address) (*tronpb.SmartContract, []byte, EnergyState, error)
	// Row is a row of a contract's storage; zero when there is none.
	Row(RowKey) ([32]byte, error)
	// Token is a TRC-10 token, or nil.
	Token(TokenID) (*tronpb.AssetIssueContract, error)
	// Loan is stake that one account lends another, and whether there is a row.
	Loan(LoanKey) (Loan, bool, error)
}

// below is the source of a fork and what went wrong with it.
type below struct {
	source Source
	fault  error
	// newCode makes the code of a contract out of its bytes.
	newCode func([]byte) *Code
}

// StandOn makes the state a fork: rows that are not here are taken from a source when they are first looked at. Lists (Accounts, Contracts, RowsOf,
// Partners) have only what was looked at. Reading changes the state then, so that it is for one goroutine at a time.
func (s *State) StandOn(source Source, newCode func([]byte) *Code) {
	s.below = &below{source: source, newCode: newCode}
	s.accounts.over(whole(s.accounts, s.fetchAccount))
	s.held.over(whole(s.held, s.fetchAccount))
	s.holdings.over(func(h Holding) (int64, bool, error) {
		if err := s.fetchAccount(h.Holder); err != nil {
			return 0, false, err
		}
		v, ok := s.holdings.rows[h]
		return v, ok, nil
	})
	s.contracts.over(whole(s.contracts, s.fetchContract))
	s.codes.over(whole(s.codes, s.fetchContract))
	s.energy.over(whole(s.energy, s.fetchContract))
	s.storage.over(s.unlessEnded(func(k RowKey) ([32]byte, bool, error) {
		word, err := source.Row(k)
		return word, word != [32]byte{}, s.below.note(err)
	}))
	s.tokens.over(func(id TokenID) (*tronpb.AssetIssueContract, bool, error) {
		token, err := source.Token(id)
		return token, token != nil, s.below.note(err)
	})
	s.loans.over(func(k LoanKey) (Loan, bool, error) {
		loan, ok, err := source.Loan(k)
		return loan, ok, s.below.note(err)
	})
}

// whole takes a row from an account or contract that is fetched with all that belongs to it.
func whole[V any](t *table[wallet.Address, V], fetch func(wallet.Address) error) func(wallet.Address) (V, bool, error) {
	return func(a wallet.Address) (V, bool, error) {
		err := fetch(a)
		v, ok := t.rows[a]
		return v, ok, err
	}
}

// errEnded keeps a table from remembering that it has asked: a snapshot may bring the contract back.
var errEnded = errors.New("the contract has ended")

// unlessEnded asks for rows of contracts that have not ended since.
func (s *State) unlessEnded(base func(RowKey) ([32]byte, bool, error)) func(RowKey) ([32]byte, bool, error) {
	return func(k RowKey) ([32]byte, bool, error) {
		if s.ended.value(k.Contract) != 0 {
			return [32]byte{}, false, errEnded
		}
		return base(k)
	}
}

// Forked says whether the state stands on a source.
func (s *State) Forked() bool { return s.below != nil }

// Fault is the first thing that went wrong with the source since it was last asked. What the state gave in between may be wrong.
func (s *State) Fault() error {
	if s.below == nil {
		return nil
	}
	err := s.below.fault
	s.below.fault = nil
	return err
}

func (b *below) note(err error) error {
	if err != nil && b.fault == nil {
		b.fault = err
	}
	return err
}

// bring puts a row in its place unless somebody was here before.
func bring[K comparable, V any](t *table[K, V], k K, v V, there bool) {
	if _, asked := t.known[k]; asked {
		return
	}
	t.known[k] = struct{}{}
	if _, ours := t.rows[k]; !ours && there {
		t.set(k, v)
	}
}

func (s *State) fetchAccount(a wallet.Address) error {
	account, tokens, err := s.below.source.Account(a)
	if err != nil || account == nil {
		return s.below.note(err)
	}
	var held []TokenID
	for id, amount := range tokens {
		bring(s.holdings, Holding{a, id}, amount, amount != 0)
		if amount != 0 {
			held = insertToken(held, id)
		}
	}
	bring(s.held, a, held, len(held) > 0)
	bring(s.accounts, a, account, true)
	return nil
}

func (s *State) fetchContract(a wallet.Address) error {
	record, code, energy, err := s.below.source.Contract(a)
	if err != nil || record == nil {
		return s.below.note(err)
	}
	bring(s.contracts, a, record, true)
	bring(s.codes, a, s.below.newCode(code), len(code) > 0)
	bring(s.energy, a, energy, energy != EnergyState{})
	return nil
}
