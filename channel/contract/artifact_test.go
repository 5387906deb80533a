package contract

import (
	"bytes"
	"errors"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// TestDeployedCode: what the creation code leaves on chain is the runtime code of the artifact, on every network.
func TestDeployedCode(t *testing.T) {
	w := newWorld(t)
	if err := Verify(w.state.Code(w.contract).Bytes()); err != nil {
		t.Error(err)
	}
	w.env.GenesisID = [32]byte{31: 9}
	if err := Verify(w.state.Code(w.deploy(CreationCode())).Bytes()); err != nil {
		t.Error(err)
	}
	other := RuntimeCode()
	other[len(other)/2] ^= 1
	for _, code := range [][]byte{nil, other, RuntimeCode()[1:], CreationCode()} {
		if err := Verify(code); !errors.Is(err, ErrOtherCode) {
			t.Errorf("%d bytes of other code: %v", len(code), err)
		}
	}
	if len(artifact().Immutables) != 0 {
		t.Error("the contract has immutables: its code differs from network to network, and Verify would have to mask them")
	}
}

// TestDeployment: the transaction carries the whole ABI and leaves the deployer nothing to pay for callers.
func TestDeployment(t *testing.T) {
	owner := wallet.MustParseAddress("4100000000000000000000000000000000000d0d0d")
	d := Deployment(owner)
	if d.Owner != owner || d.New.Origin != owner || d.New.CallerEnergyPercent != 100 || d.New.OriginEnergyLimit != 1 || d.New.Name != Name {
		t.Errorf("deployment %+v", d.New)
	}
	if !bytes.Equal(d.New.Bytecode, CreationCode()) {
		t.Error("other code")
	}
	count := map[tx.ABIKind]int{}
	for _, e := range d.New.ABI.Entries {
		count[e.Kind]++
		if e.Name == "open" && (!e.Payable || e.Mutability != tx.MutabilityPayable || len(e.Inputs) != 6 || e.Outputs[0].Type != "bytes32") {
			t.Errorf("open is %+v", e)
		}
		if e.Name == "channel" && (!e.Constant || e.Payable) {
			t.Errorf("channel is %+v", e)
		}
		if e.Name == "Opened" && (!e.Inputs[0].Indexed || e.Inputs[3].Indexed) {
			t.Errorf("Opened is %+v", e)
		}
	}
	if count[tx.ABIFunction] != 14 || count[tx.ABIEvent] != 7 || count[tx.ABIError] < 20 {
		t.Errorf("the ABI has %v", count)
	}
	if _, err := tx.EncodeContract(d); err != nil {
		t.Error(err)
	}
}

// rowWatch notes the slots that a contract writes.
type rowWatch struct {
	contract wallet.Address
	slots    map[[32]byte]bool
}

func (r *rowWatch) Enter(int, vm.FrameInfo)        {}
func (r *rowWatch) Exit(int, []byte, int64, error) {}
func (r *rowWatch) Steps() bool                    { return true }
func (r *rowWatch) Step(s *vm.Step) {
	const sstore = 0x55
	if s.Op == sstore && s.Address == r.contract {
		r.slots[s.Stack[len(s.Stack)-1].Bytes32()] = true
	}
}

// TestOnlyIDsAreStored: the TVM keeps the low half of a slot only, so nothing may be stored under a key that somebody can choose. All that is written are ids,
// which hold the hash of a block that nobody knew before.
func TestOnlyIDsAreStored(t *testing.T) {
	s := newScene(t)
	watch := &rowWatch{contract: s.contract, slots: map[[32]byte]bool{}}
	s.env.Tracer = watch
	asset := s.token("Plain", 10_000, s.payer.Address())
	o := s.opening(500)
	o.Asset = asset
	terms := s.open(s.payer.Address(), o)
	s.must(s.payer.Address(), mustCall(t)(Deposit(s.terms, channel.NewAmount(5))), nil)
	s.must(s.other.Address(), mustCall(t)(Settle(s.claim(s.terms, s.payer, 7))), nil)
	s.must(s.other.Address(), mustCall(t)(SettleBatch([]Claim{s.claim(terms, s.payer, 7)})), nil)
	s.must(s.payer.Address(), StartClose(s.terms), nil)
	s.must(s.payee.Address(), mustCall(t)(Close(s.claim(s.terms, s.payer, 9))), nil)
	s.must(s.payee.Address(), mustCall(t)(Close(s.claim(terms, s.payer, 9))), nil)
	if len(watch.slots) != 2 || !watch.slots[s.terms.ID()] || !watch.slots[terms.ID()] {
		t.Errorf("stored %v", watch.slots)
	}
}
