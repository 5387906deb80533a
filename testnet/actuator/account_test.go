package actuator

import (
	"testing"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// apply checks and runs a contract; the result is what the receipt would show.
func apply(s *state.State, a Actuator) (*tronpb.Transaction_Result, error) {
	r := &tronpb.Transaction_Result{}
	if err := a.Validate(s); err != nil {
		return nil, err
	}
	return r, a.Execute(s, r)
}

// wants fails the test unless the error has the text; empty is none.
func wants(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
		t.Errorf("%v, want %q", err, want)
	}
}

// TestUnknownAccountType passes the check and fails in the effect, as an exception that java-tron does not expect.
func TestUnknownAccountType(t *testing.T) {
	s, _, rich := governed(t)
	fresh := wallet.AddressFromEVM([20]byte{9})
	_, err := apply(s, createAccount{&tronpb.AccountCreateContract{OwnerAddress: rich[:], AccountAddress: fresh[:], Type: 7}})
	wants(t, err, "Can't get the number of an unknown enum value.")
	if got := AsError(err).Return(); got.GetCode() != tronpb.Return_OTHER_ERROR || string(got.GetMessage()) != "Error: Can't get the number of an unknown enum value." {
		t.Errorf("broadcast answers %v", got)
	}
}

// TestEmptyAccountName may be taken by one account only.
func TestEmptyAccountName(t *testing.T) {
	s, witness, rich := governed(t)
	_, err := apply(s, updateAccount{&tronpb.AccountUpdateContract{OwnerAddress: rich[:]}})
	wants(t, err, "")
	_, err = apply(s, updateAccount{&tronpb.AccountUpdateContract{OwnerAddress: witness[:]}})
	wants(t, err, "This name is existed")
}

// TestWitnessURL that is no UTF-8 must not be kept as it is: no message could hold it.
func TestWitnessURL(t *testing.T) {
	s, witness, rich := governed(t)
	s.Edit(rich, func(a *state.Account) { a.Balance = 10_000 * wallet.TRX })
	_, err := apply(s, createWitness{&tronpb.WitnessCreateContract{OwnerAddress: rich[:], Url: []byte("u\xff")}})
	wants(t, err, "")
	_, err = apply(s, updateWitness{&tronpb.WitnessUpdateContract{OwnerAddress: witness[:], UpdateUrl: []byte("\xff")}})
	wants(t, err, "")
	if got := s.Witness(rich).GetUrl() + s.Witness(witness).GetUrl(); got != "u\uFFFD\uFFFD" {
		t.Errorf("urls %q", got)
	}
}
