package vm_test

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/testnet/vm/bare"
	"github.com/piecework/piecework/wallet"
)

// world is a ledger with a rich alice, to run small assembled contracts on.
type world struct {
	t      testing.TB
	env    *vm.Env
	ledger *bare.Ledger
	txs    byte
}

func newWorld(t testing.TB, p vm.Params) *world {
	w := &world{t: t, ledger: bare.New(), env: &vm.Env{Params: p, Block: vm.Block{Number: 1000, Time: 1_700_000_000_123, Witness: addr(0xee)}}}
	w.ledger.Now = w.env.Block.Time
	w.ledger.Fund(alice, 10_000*wallet.TRX)
	return w
}

// addr is a short address.
func addr(n uint16) wallet.Address {
	return wallet.AddressFromEVM([20]byte{18: byte(n >> 8), 19: byte(n)})
}

// contract puts code at an address.
func (w *world) contract(a wallet.Address, items ...any) wallet.Address {
	w.ledger.CreateContract(a, vm.Contract{Origin: alice, UserPercent: 100}, "")
	w.ledger.SetCode(a, vm.NewCode(asm(items...)))
	return a
}

// call runs a contract in a transaction of alice's with a million energy.
func (w *world) call(to wallet.Address, data []byte, change ...func(*vm.Message)) *vm.Result {
	w.t.Helper()
	m := w.message(change)
	m.To, m.Data = to, data
	r, err := vm.Call(w.env, w.ledger, m)
	if err != nil {
		w.t.Fatal(err)
	}
	w.end(r)
	return r
}

// create deploys init code.
func (w *world) create(init []byte, change ...func(*vm.Message)) *vm.Result {
	w.t.Helper()
	m := w.message(change)
	m.Data = init
	r, err := vm.Create(w.env, w.ledger, m)
	if err != nil {
		w.t.Fatal(err)
	}
	w.end(r)
	return r
}

func (w *world) message(change []func(*vm.Message)) *vm.Message {
	w.txs++
	m := &vm.Message{TxID: [32]byte{w.txs, 0x77}, From: alice, EnergyLimit: 1_000_000, Contract: vm.Contract{OriginEnergyLimit: 1}}
	for _, c := range change {
		c(m)
	}
	return m
}

// end deletes what was destroyed, as a ledger does once the energy is paid.
func (w *world) end(r *vm.Result) {
	for _, a := range r.Destroyed {
		w.ledger.Delete(a)
	}
}

// run executes code in a contract of its own and wants success.
func (w *world) run(items ...any) *vm.Result {
	w.t.Helper()
	r := w.try(items...)
	if r.Failed() {
		w.t.Fatalf("%v: %s %s", items, r.Outcome, r.RuntimeError)
	}
	return r
}

// try is run for code that may fail.
func (w *world) try(items ...any) *vm.Result {
	w.t.Helper()
	a := addr(0x5000 + uint16(w.txs))
	w.contract(a, items...)
	return w.call(a, nil)
}

// word executes code that leaves its result on the stack.
func (w *world) word(items ...any) *uint256.Int {
	w.t.Helper()
	return new(uint256.Int).SetBytes(w.run(append(items, returnWord)...).Return)
}

const returnWord = "0 MSTORE 32 0 RETURN"

func value(n wallet.Sun) func(*vm.Message) { return func(m *vm.Message) { m.Value = n } }
func energy(n int64) func(*vm.Message)     { return func(m *vm.Message) { m.EnergyLimit = n } }
func constant() func(*vm.Message)          { return func(m *vm.Message) { m.Constant = true } }
func token(id, n int64) func(*vm.Message) {
	return func(m *vm.Message) { m.TokenID, m.TokenValue = vm.TokenID(id), vm.TokenAmount(n) }
}

var opcodes = func() map[string]byte {
	m := map[string]byte{"SELFDESTRUCT": 0xff, "INVALID": 0xfe}
	for op := range 256 {
		m[vm.OpName(byte(op))] = byte(op)
	}
	return m
}()

// asm assembles: words of text are opcodes, decimal numbers (pushed as shortly as possible) or 0x… raw code; numbers, bytes, words and
// addresses are pushed.
func asm(items ...any) (code []byte) {
	for _, item := range items {
		switch x := item.(type) {
		case string:
			for _, word := range strings.Fields(x) {
				code = append(code, assemble(word)...)
			}
		case int:
			code = append(code, push(new(uint256.Int).SetUint64(uint64(x)).Bytes())...)
		case *uint256.Int:
			code = append(code, push(x.Bytes())...)
		case []byte:
			code = append(code, push(x)...)
		case wallet.Address:
			code = append(code, push(x[1:])...)
		default:
			panic(fmt.Sprintf("cannot assemble %T", item))
		}
	}
	return code
}

func assemble(word string) []byte {
	if raw, ok := strings.CutPrefix(word, "0x"); ok {
		b, err := hex.DecodeString(raw)
		if err != nil {
			panic(err)
		}
		return b
	}
	if n, err := strconv.ParseUint(word, 10, 64); err == nil {
		return push(new(uint256.Int).SetUint64(n).Bytes())
	}
	op, ok := opcodes[word]
	if !ok {
		panic("no opcode " + word)
	}
	return []byte{op}
}

func push(b []byte) []byte {
	if len(b) == 0 {
		b = []byte{0}
	}
	return append([]byte{0x5f + byte(len(b))}, b...)
}

// initCode answers the given runtime code.
func initCode(runtime []byte) []byte {
	head := asm(len(runtime), "DUP1", 255, "0 CODECOPY 0 RETURN")
	head = asm(len(runtime), "DUP1", len(head), "0 CODECOPY 0 RETURN")
	return append(head, runtime...)
}

// pow2 is 2^n + d.
func pow2(n uint, d int64) *uint256.Int {
	z := new(uint256.Int).Lsh(uint256.NewInt(1), n)
	if d < 0 {
		return z.Sub(z, uint256.NewInt(uint64(-d)))
	}
	return z.Add(z, uint256.NewInt(uint64(d)))
}

// callTo is the operands and opcode of a CALL without value: all energy, no input, no output.
func callTo(a wallet.Address, kind string, amount int) []byte {
	if kind == "CALL" || kind == "CALLCODE" {
		return asm("0 0 0 0", amount, a, "GAS", kind)
	}
	return asm("0 0 0 0", a, "GAS", kind)
}

// branch is code that does one thing where a condition holds and another, which must end, where not.
func branch(condition, otherwise, then string) string {
	target := len(asm(condition, 99, "JUMPI", otherwise))
	return raw(asm(condition, target, "JUMPI", otherwise, "JUMPDEST", then))
}

// raw is code as an item for asm.
func raw(code []byte) string { return "0x" + hex.EncodeToString(code) }

func want[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
