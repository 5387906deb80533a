package state

import (
	"testing"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// remote is a network with one contract, all of whose rows hold 7.
type remote struct{ contract wallet.Address }

func (r remote) Account(a wallet.Address) (*Account, map[TokenID]int64, error) {
	if a != r.contract {
		return nil, nil, nil
	}
	return &Account{Address: a, Type: tronpb.AccountType_Contract}, nil, nil
}

func (r remote) Contract(a wallet.Address) (*tronpb.SmartContract, []byte, EnergyState, error) {
	if a != r.contract {
		return nil, nil, EnergyState{}, nil
	}
	return &tronpb.SmartContract{ContractAddress: a[:]}, []byte{1}, EnergyState{}, nil
}

func (r remote) Row(k RowKey) ([32]byte, error) {
	if k.Contract != r.contract {
		return [32]byte{}, nil
	}
	return [32]byte{31: 7}, nil
}

func (remote) Token(TokenID) (*tronpb.AssetIssueContract, error) { return nil, nil }
func (remote) Loan(LoanKey) (Loan, bool, error)                  { return Loan{}, false, nil }

// TestEndedContractOfFork ends a contract of another network, makes it again at its address, and takes both back.
func TestEndedContractOfFork(t *testing.T) {
	s, a := New(), wallet.MustParseAddress("412222222222222222222222222222222222222222")
	s.StandOn(remote{a}, func(b []byte) *Code { return &Code{} })
	row := func(s *State, n byte) byte {
		v, _ := s.Row(RowKey{a, [16]byte{n}})
		return v[31]
	}
	if row(s, 1) != 7 {
		t.Fatal("the contract has no rows")
	}
	before := s.Mark()
	s.DropContract(a)
	for n := range byte(3) {
		if got := row(s, n); got != 0 {
			t.Errorf("row %d of a contract that has ended is %d", n, got)
		}
	}
	s.PutContract(a, &tronpb.SmartContract{ContractAddress: a[:]}) // CREATE2
	s.SetRow(RowKey{a, [16]byte{2}}, [32]byte{31: 9})
	for n, want := range []byte{0, 0, 9, 0} {
		if got := row(s, byte(n)); got != want {
			t.Errorf("row %d of its successor is %d, want %d", n, got, want)
		}
		if got := row(s.Overlay(), byte(n)); got != want {
			t.Errorf("row %d of its successor in a constant call is %d, want %d", n, got, want)
		}
	}
	s.Revert(before)
	for n := range byte(5) {
		if got := row(s, n); got != 7 {
			t.Errorf("row %d after going back is %d", n, got)
		}
	}
}

// TestEndedContractOfOverlay ends a contract of a fork on top of it: below it goes on.
func TestEndedContractOfOverlay(t *testing.T) {
	s, a := New(), wallet.MustParseAddress("412222222222222222222222222222222222222222")
	s.StandOn(remote{a}, func(b []byte) *Code { return &Code{} })
	o, k := s.Overlay(), RowKey{a, [16]byte{}}
	o.DropContract(a)
	if _, there := o.Row(k); there {
		t.Error("the contract's row is still there")
	}
	if _, there := s.Row(k); !there {
		t.Error("the contract's row is not there below")
	}
}
