package vm_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/tracing"
	gethvm "github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/core/vm/runtime"
	"github.com/holiman/uint256"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/testnet/vm/bare"
	"github.com/piecework/piecework/wallet"
)

// plainOps are the opcodes on which Tron and Ethereum agree in everything but the price.
var plainOps = []byte{
	0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c,
	0x1d, 0x1e, 0x20, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3d, 0x50, 0x51, 0x52, 0x53, 0x56, 0x57, 0x58, 0x59, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f,
}

// plainProgram makes code out of arbitrary bytes: half of them push small or special numbers, so that the rest finds operands.
func plainProgram(seed []byte) []byte {
	var code []byte
	for i := 0; i < len(seed); i++ {
		switch b := seed[i]; {
		case b < 0x60:
			code = append(code, 0x60, b) // PUSH1
		case b < 0x70:
			n := int(b-0x60)*2 + 2
			code = append(code, 0x5f+byte(n))
			for j := range n {
				code = append(code, seed[(i+1+j)%len(seed)])
			}
		case b < 0x90:
			code = append(code, 0x80+(b-0x70)) // DUP, SWAP
		case b < 0x98:
			code = append(code, 0x5f, 0x19, 0x60, b-0x90, 0x1c) // all ones, shifted
		case b == 0x99:
			code = append(code, 0x60, byte(len(code)+4), 0x56, 0xfe, 0x5b) // jump over an invalid opcode
		default:
			code = append(code, plainOps[int(b)%len(plainOps)])
		}
	}
	return code
}

// step is what both machines show before an opcode.
type step struct {
	pc    int
	op    byte
	stack []uint256.Int
	mem   int
}

type stepList struct {
	steps []step
	most  int
}

func (*stepList) Enter(int, vm.FrameInfo)        {}
func (*stepList) Exit(int, []byte, int64, error) {}
func (*stepList) Steps() bool                    { return true }
func (l *stepList) Step(s *vm.Step) {
	if s.Err == nil && len(l.steps) < l.most {
		l.steps = append(l.steps, step{s.PC, s.Op, append([]uint256.Int(nil), s.Stack...), len(s.Memory)})
	}
}

// FuzzPlainOpcodes runs the same code on both machines and compares stack and memory before every opcode, and the answer.
func FuzzPlainOpcodes(f *testing.F) {
	f.Add([]byte{1, 2, 0x9a, 0xf0, 0x60, 1, 2, 3, 4, 0x9f})
	f.Add([]byte("\x20\x20\x90\xa1\x91\xa2\x92\xa3\x93\xa4\x05\xa5\x03\xa6\x99\xd0\x01\x02\x03\xa8\xa9\xaa"))
	for i := range byte(len(plainOps)) {
		f.Add([]byte{0x90, 7, 0x65, i, 3, 0x91, 0xf0 - i, i, 0xc0 + i, 0x99, 0xa0 + i, 0xe0 - i})
	}
	f.Fuzz(func(t *testing.T, seed []byte) {
		if len(seed) > 400 {
			return
		}
		comparePlain(t, plainProgram(seed), seed)
	})
}

func comparePlain(t *testing.T, code, input []byte) {
	t.Helper()
	const most = 2000
	ours, theirs := &stepList{most: most}, &stepList{most: most}
	p := vm.Mainnet()
	ledger := bare.New()
	ledger.CreateContract(bob, vm.Contract{}, "")
	ledger.SetCode(bob, vm.NewCode(code))
	env := &vm.Env{Params: p, Tracer: ours}
	if len(code) == 0 {
		return
	}
	r, err := vm.Call(env, ledger, &vm.Message{From: wallet.AddressFromEVM([20]byte{1}), To: bob, Data: input, EnergyLimit: 300_000})
	if err != nil {
		t.Fatal(err)
	}
	cfg := gethConfig(t)
	cfg.EVMConfig.Tracer = &tracing.Hooks{OnOpcode: func(pc uint64, op byte, _, _ uint64, scope tracing.OpContext, _ []byte, _ int, err error) {
		if err == nil && len(theirs.steps) < most {
			theirs.steps = append(theirs.steps, step{int(pc), op, append([]uint256.Int(nil), scope.StackData()...), len(scope.MemoryData())})
		}
	}}
	zero := uint64(0)
	cfg.ChainConfig.PragueTime, cfg.ChainConfig.OsakaTime = &zero, &zero
	evm := runtime.NewEnv(cfg)
	cfg.State.SetCode(common.Address{2}, code, 0)
	out, _, gethErr := evm.Call(common.Address{1}, common.Address{2}, input, gethvm.NewGasBudget(300_000, 0), new(uint256.Int))
	for i := range min(len(ours.steps), len(theirs.steps)) {
		a, b := &ours.steps[i], &theirs.steps[i]
		if a.pc != b.pc || a.op != b.op || a.mem != b.mem || !equalWords(a.stack, b.stack) {
			t.Fatalf("step %d of %x:\n%+v\n%+v", i, code, a, b)
		}
	}
	short := r.Outcome == vm.OutOfEnergy || r.Outcome == vm.OutOfMemory || errors.Is(gethErr, gethvm.ErrOutOfGas)
	if short {
		return
	}
	if (gethErr == nil) != (r.Outcome == vm.Success) || gethErr == nil && !bytes.Equal(out, r.Return) || len(ours.steps) != len(theirs.steps) {
		t.Fatalf("%x: %s %q after %d, want %v after %d", code, r.Outcome, r.RuntimeError, len(ours.steps), gethErr, len(theirs.steps))
	}
}

func equalWords(a, b []uint256.Int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// FuzzAnyCode runs arbitrary bytes as code: it must end, pay for what it does, stay within its memory, and leave nothing behind when it fails.
func FuzzAnyCode(f *testing.F) {
	f.Add([]byte{0x5b, 0x60, 0, 0x56}, []byte{}, true)
	f.Add([]byte{0x60, 0x20, 0x60, 0, 0xf3}, []byte{1}, false)
	for op := range 256 {
		f.Add(append(bytes.Repeat([]byte{0x60, 0x21}, 9), byte(op), 0x50, byte(op)), []byte{byte(op)}, op%2 == 0)
		f.Add(append(bytes.Repeat([]byte{0x5f}, 9), byte(op), 0x3d, byte(op)), []byte{byte(op)}, op%2 == 1)
	}
	f.Fuzz(func(t *testing.T, code, data []byte, now bool) {
		if len(code) == 0 || len(code) > 2000 || len(data) > 1000 {
			return
		}
		env := &vm.Env{Params: vm.Mainnet480(), Block: vm.Block{Number: 300, Time: 1e12}}
		if now {
			env.Params = vm.Mainnet()
		}
		runAny(t, env, code, data)
	})
}

const fuzzEnergy = 200_000

func runAny(t *testing.T, env *vm.Env, code, data []byte) {
	t.Helper()
	ledger := bare.New()
	ledger.Fund(alice, 1000*wallet.TRX)
	ledger.Issue(1_000_001, bob, 1000)
	ledger.CreateContract(bob, vm.Contract{Origin: alice}, "")
	ledger.AddBalance(bob, 50*wallet.TRX)
	ledger.SetCode(bob, vm.NewCode(code))
	ledger.MakeWitness(alice)
	total := ledger.Sum()
	bound := &boundTracer{t: t}
	env.Tracer = bound
	r, err := vm.Call(env, ledger, &vm.Message{TxID: [32]byte{9}, From: alice, To: bob, Data: data, Value: 5, EnergyLimit: fuzzEnergy})
	if err != nil {
		t.Fatal(err)
	}
	if r.EnergyUsed < 0 || r.EnergyUsed > fuzzEnergy {
		t.Fatalf("energy %d of %d", r.EnergyUsed, fuzzEnergy)
	}
	if r.Failed() && (ledger.Balance(bob) != 50*wallet.TRX || len(r.Logs)+len(r.Created)+len(r.Destroyed) > 0) {
		t.Fatalf("%s left something behind", r.Outcome)
	}
	if after := ledger.Sum(); after != total {
		t.Fatalf("there were %d sun, now there are %d", total, after)
	}
	// once more without a tracer: the fast path must agree
	env.Tracer = nil
	fresh := bare.New()
	fresh.Fund(alice, 1000*wallet.TRX)
	fresh.Issue(1_000_001, bob, 1000)
	fresh.CreateContract(bob, vm.Contract{Origin: alice}, "")
	fresh.AddBalance(bob, 50*wallet.TRX)
	fresh.SetCode(bob, vm.NewCode(code))
	fresh.MakeWitness(alice)
	again, err := vm.Call(env, fresh, &vm.Message{TxID: [32]byte{9}, From: alice, To: bob, Data: data, Value: 5, EnergyLimit: fuzzEnergy})
	if err != nil || again.Outcome != r.Outcome || again.EnergyUsed != r.EnergyUsed || again.RuntimeError != r.RuntimeError || !bytes.Equal(again.Return, r.Return) {
		t.Fatalf("traced %+v, untraced %+v (%v)", r, again, err)
	}
}

// boundTracer checks at every opcode that the machine stays within its limits.
type boundTracer struct {
	t     *testing.T
	depth int
}

func (b *boundTracer) Enter(depth int, _ vm.FrameInfo) { b.depth = depth }
func (*boundTracer) Exit(int, []byte, int64, error)    {}
func (*boundTracer) Steps() bool                       { return true }
func (b *boundTracer) Step(s *vm.Step) {
	if len(s.Memory) > vm.MemoryLimit || len(s.Memory)%32 != 0 || len(s.Stack) > 1024 || s.Energy < 0 || s.Energy > fuzzEnergy+2300*64 {
		b.t.Fatalf("memory %d, stack %d, energy %d", len(s.Memory), len(s.Stack), s.Energy)
	}
}
