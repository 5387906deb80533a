package actuator

import (
	"errors"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// IsSmart says whether contracts of a type run in the VM.
func IsSmart(t ContractType) bool {
	return t == tronpb.Transaction_Contract_CreateSmartContract || t == tronpb.Transaction_Contract_TriggerSmartContract
}

// Smart is a deployment or a call, ready to run.
type Smart struct {
	ID [32]byte
	// Deploys says which of the two it is.
	Deploys  bool
	FeeLimit int64
	// Constant is the energy of a constant call; 0 for a transaction that pays.
	Constant int64

	create  *tronpb.CreateSmartContract
	trigger *tronpb.TriggerSmartContract
}

// OpenSmart reads a contract that runs in the VM.
func OpenSmart(c *tronpb.Transaction_Contract, id [32]byte, feeLimit int64) (*Smart, error) {
	m, err := Unpack(c)
	if err != nil {
		return nil, err
	}
	x := &Smart{ID: id, FeeLimit: feeLimit}
	x.create, x.Deploys = m.(*tronpb.CreateSmartContract)
	x.trigger, _ = m.(*tronpb.TriggerSmartContract)
	return x, nil
}

// SmartOutcome is what running a deployment or a call gave, and what was paid for it.
type SmartOutcome struct {
	*vm.Result
	EnergyBill
}

// Run checks, runs and pays. An error means that the transaction gets into no block; the state may have changed then and has to be reverted.
func (x *Smart) Run(s *state.State, env *vm.Env) (*SmartOutcome, error) {
	if !s.On(state.AllowCreationOfContracts) {
		if x.Deploys {
			return nil, invalid("vm work is off, need to be opened by the committee")
		}
		return nil, invalid("VM work is off, need to be opened by the committee")
	}
	ledger := NewLedger(s)
	before := s.Mark()
	msg, b, err := x.prepare(s, ledger, env)
	if err != nil {
		return nil, err
	}
	run := vm.Call
	if x.Deploys {
		run = vm.Create
	}
	result, err := run(env, ledger, msg)
	if err != nil {
		return nil, refusal(err)
	}
	if x.Constant > 0 {
		return &SmartOutcome{Result: result}, nil
	}
	if result.Failed() {
		s.Revert(before)
	} else {
		x.record(s, result)
		// For a call that cost nothing java-tron takes the charge in advance back and then does not store the accounts: it stays
		// (TransactionTrace.pay, ReceiptCapsule.payEnergyBill).
		if result.EnergyUsed > 0 {
			b.release(s)
		}
	}
	bill, err := b.pay(s, result.EnergyUsed, result.Outcome != vm.OutOfTime)
	if err != nil {
		return nil, err
	}
	for _, a := range result.Destroyed {
		s.DropContract(a)
	}
	return &SmartOutcome{result, bill}, nil
}

// refusal is a refusal of the VM as an Error.
func refusal(err error) error {
	var v *vm.ValidationError
	if !errors.As(err, &v) {
		return err
	}
	if v.NullCode {
		return Errorf(NullPointer, "null")
	}
	return Errorf(Validate, "%s", v.Text)
}

// prepare checks in java-tron's order and works out what may be used.
func (x *Smart) prepare(s *state.State, ledger *Ledger, env *vm.Env) (*vm.Message, *budget, error) {
	msg, err := x.message()
	if err != nil {
		return nil, nil, err
	}
	if !s.On(state.AllowTvmTransferTrc10) {
		msg.TokenID, msg.TokenValue = 0, 0
	}
	if x.Deploys {
		err = vm.CheckCreate(ledger, msg)
	} else {
		err = vm.CheckCall(env, ledger, msg)
	}
	if err != nil {
		return nil, nil, refusal(err)
	}
	if !x.Deploys && len(codeOf(s, msg.To)) == 0 {
		return nil, nil, Errorf(NullPointer, "null")
	}
	if most := s.Param(state.MaxFeeLimit); x.FeeLimit < 0 || x.FeeLimit > most {
		return nil, nil, invalid("feeLimit must be >= 0 and <= %d", most)
	}
	if x.Deploys {
		if err := vm.CheckCreateValues(env, msg); err != nil {
			return nil, nil, refusal(err)
		}
	}
	if x.Constant > 0 {
		msg.EnergyLimit, msg.Constant = x.Constant, true
		return msg, nil, x.checkPayer(msg)
	}
	b, err := x.budget(s, msg)
	if err != nil {
		return nil, nil, err
	}
	msg.EnergyLimit = b.limit
	return msg, b, nil
}

// checkPayer is what constant calls check of who sends value: the sender of a transaction was checked before.
func (x *Smart) checkPayer(msg *vm.Message) error {
	owner := x.trigger.GetOwnerAddress()
	if x.Deploys {
		owner = x.create.GetOwnerAddress()
	}
	if _, ok := address(owner); ok {
		return nil
	}
	switch {
	case msg.Value > 0:
		return invalid("Invalid ownerAddress!")
	case msg.TokenValue > 0:
		return invalid("Invalid ownerAddress")
	}
	return nil
}

func codeOf(s *state.State, a wallet.Address) []byte {
	if c := s.Code(a); c != nil {
		return c.Bytes
	}
	return nil
}

func (x *Smart) budget(s *state.State, msg *vm.Message) (*budget, error) {
	b := &budget{caller: msg.From, origin: msg.From, before: map[wallet.Address]state.Use{}, merged: map[wallet.Address]state.Use{}}
	if s.Account(msg.From) == nil {
		return nil, Errorf(NullPointer, "null")
	}
	callerBudget(s, b, x.FeeLimit, int64(msg.Value))
	if x.Deploys {
		return b, nil
	}
	c := s.Contract(msg.To)
	origin, _ := address(c.GetOriginAddress())
	if s.Account(origin) == nil || origin == msg.From {
		return b, nil
	}
	percent := max(0, min(100, c.GetConsumeUserResourcePercent()))
	b.origin, b.originPays, b.originCap = origin, 100-percent, c.GetOriginEnergyLimit()
	if b.originCap == 0 {
		b.originCap = defaultOriginLimit
	}
	if b.originCap < 0 {
		return nil, invalid("originEnergyLimit can't be < 0")
	}
	originBudget(s, b, percent)
	return b, nil
}

// message is what the VM gets. Constant calls may come from addresses of any length; the last 20 bytes count.
func (x *Smart) message() (*vm.Message, error) {
	if !x.Deploys {
		t := x.trigger
		to, _ := address(t.GetContractAddress())
		return &vm.Message{
			TxID: x.ID, From: sender(t.GetOwnerAddress()), To: to, Data: t.GetData(), Value: wallet.Sun(t.GetCallValue()),
			TokenID: vm.TokenID(t.GetTokenId()), TokenValue: vm.TokenAmount(t.GetCallTokenValue()),
		}, nil
	}
	c, n := x.create, x.create.GetNewContract()
	if string(c.GetOwnerAddress()) != string(n.GetOriginAddress()) {
		return nil, invalid("OwnerAddress is not equals OriginAddress")
	}
	var claimed [32]byte
	hash := n.GetCodeHash()
	copy(claimed[max(0, len(claimed)-len(hash)):], hash)
	return &vm.Message{
		TxID: x.ID, From: sender(c.GetOwnerAddress()), Data: n.GetBytecode(), Value: wallet.Sun(n.GetCallValue()),
		TokenID: vm.TokenID(c.GetTokenId()), TokenValue: vm.TokenAmount(c.GetCallTokenValue()),
		Contract: vm.Contract{
			Name: n.GetName(), UserPercent: n.GetConsumeUserResourcePercent(), OriginEnergyLimit: n.GetOriginEnergyLimit(), CodeHash: claimed,
		},
	}, nil
}

// sender is the address that contracts see: the last 20 bytes of whatever was given.
func sender(b []byte) wallet.Address {
	var evm [20]byte
	if len(b) > len(evm) {
		b = b[len(b)-len(evm):]
	}
	copy(evm[len(evm)-len(b):], b)
	return wallet.AddressFromEVM(evm)
}

// record completes the record of a contract that a transaction has deployed: its ABI and init code, as they were sent.
func (x *Smart) record(s *state.State, r *vm.Result) {
	if !x.Deploys {
		return
	}
	made := s.Contract(r.Contract)
	if made == nil {
		return
	}
	full := proto.Clone(x.create.GetNewContract()).(*tronpb.SmartContract)
	if full.Abi == nil { // java-tron keeps ABIs in a store of their own, which then holds an empty one (RepositoryImpl.commitContractCache)
		full.Abi = &tronpb.SmartContract_ABI{}
	}
	full.ContractAddress, full.Version, full.CodeHash = made.GetContractAddress(), made.GetVersion(), made.GetCodeHash()
	s.PutContract(r.Contract, full)
}

// EnergyStateNow is what getcontractinfo shows of the dynamic energy of a contract, brought up to the present period.
func EnergyStateNow(s *state.State, a wallet.Address) *tronpb.ContractState {
	cycle := s.Param(state.CycleNumber)
	e, ok := s.EnergyState(a)
	if !ok {
		return &tronpb.ContractState{UpdateCycle: cycle}
	}
	p := VMParams(s)
	now := vm.EnergyState(e).Advance(cycle, &p)
	return &tronpb.ContractState{EnergyUsage: now.Usage, EnergyFactor: now.Factor, UpdateCycle: now.Cycle}
}
