package vm_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	gethstate "github.com/ethereum/go-ethereum/core/state"
	"github.com/ethereum/go-ethereum/core/types"
	gethvm "github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/core/vm/runtime"
	"github.com/holiman/uint256"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/testnet/vm/bare"
	"github.com/piecework/piecework/wallet"
)

// programs are loops of plain opcodes, which cost the same work on both machines.
var programs = map[string]string{
	// counter on the stack; each turn: arithmetic and comparisons
	"arithmetic": "61ffff" + "5b" + "80600301600204600502600703600a0660051060010150" + "6001900380600357" + "00",
	// shuffling of the stack
	"stack": "61ffff" + "5b" + "600160026003600482848394929190" + "50505050505050" + "6001900380600357" + "00",
	// words in memory that is there already
	"memory": "61ffff" + "5b" + "80600052600051602052602051604052604051506020516040515050" + "6001900380600357" + "00",
	// nothing but jumps
	"jumps": "61ffff" + "5b" + "6001900380600357" + "00",
	// shifts, masks and hashing as Solidity does for a mapping
	"mapping": "61ffff" + "5b" + "807f00000000000000000000000000000000000000000000000000000000000000ff1660e01b60e01c6000526001602052604060002050" + "6001900380600357" + "00",
}

func gethConfig(b testing.TB) *runtime.Config {
	b.Helper()
	st, err := gethstate.New(types.EmptyRootHash, gethstate.NewDatabaseForTesting())
	if err != nil {
		b.Fatal(err)
	}
	cfg := &runtime.Config{State: st, GasLimit: 1e12, Origin: common.Address{1}}
	_, _, _ = runtime.Execute([]byte{0}, nil, cfg) // sets the defaults
	return cfg
}

// best is the shortest of several times: on a shared machine the only one that says something about the program.
type best struct{ least time.Duration }

func (t *best) time(work func()) {
	start := time.Now()
	work()
	if d := time.Since(start); t.least == 0 || d < t.least {
		t.least = d
	}
}

// BenchmarkOpcodes runs the same loops on this machine and on go-ethereum's and reports how many times as fast this one is.
func BenchmarkOpcodes(b *testing.B) {
	for name, program := range programs {
		b.Run(name, func(b *testing.B) {
			code, err := hex.DecodeString(program)
			if err != nil {
				b.Fatal(err)
			}
			env, ledger := &vm.Env{Params: vm.Mainnet()}, bare.New()
			ledger.CreateContract(bob, vm.Contract{}, "")
			ledger.SetCode(bob, vm.NewCode(code))
			m := &vm.Message{From: alice, To: bob, EnergyLimit: 1e12, Constant: true}
			steps := countSteps(b, env, ledger, m)
			cfg := gethConfig(b)
			evm, address := runtime.NewEnv(cfg), common.Address{2}
			cfg.State.SetCode(address, code, 0)
			ours, theirs := best{}, best{}
			for b.Loop() {
				ours.time(func() {
					if r, err := vm.Call(env, ledger, m); err != nil || r.Failed() {
						b.Fatal(err, r)
					}
				})
				theirs.time(func() {
					if _, _, err := evm.Call(common.Address{1}, address, nil, gethvm.NewGasBudget(1e12, 0), new(uint256.Int)); err != nil {
						b.Fatal(err)
					}
				})
			}
			rate := func(t best) float64 { return float64(steps) / t.least.Seconds() / 1e6 }
			b.ReportMetric(rate(ours), "Mops/s")
			b.ReportMetric(rate(theirs), "geth-Mops/s")
			b.ReportMetric(float64(theirs.least)/float64(ours.least), "ratio(≥1)")
		})
	}
}

// stepCounter counts opcodes.
type stepCounter struct{ n int }

func (*stepCounter) Enter(int, vm.FrameInfo)        {}
func (*stepCounter) Exit(int, []byte, int64, error) {}
func (*stepCounter) Steps() bool                    { return true }
func (c *stepCounter) Step(*vm.Step)                { c.n++ }

func countSteps(b testing.TB, env *vm.Env, ledger *bare.Ledger, m *vm.Message) int {
	b.Helper()
	counter := new(stepCounter)
	traced := *env
	traced.Tracer = counter
	if r, err := vm.Call(&traced, ledger, m); err != nil || r.Failed() {
		b.Fatal(err, r)
	}
	return counter.n
}

const tokenArguments = "000000000000000000000000000000000000000000000000000000000000006000000000000000000000000000000000000000000000000000000000000000a0" +
	"000000000000000000000000000000000000000000000000000000003b9aca00000000000000000000000000000000000000000000000000000000000000000a" +
	"5465737420546f6b656e000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003" +
	"5453540000000000000000000000000000000000000000000000000000000000"

// tokenCode is the init code of the recorded TRC-20 contract with a supply of 10^9 for its deployer.
func tokenCode(b testing.TB) []byte {
	return unhex(b, readRecordings(b).Codes["Token"]+tokenArguments)
}

func transferData(to [20]byte, amount byte) []byte {
	selector := wallet.Keccak256([]byte("transfer(address,uint256)"))
	data := make([]byte, 68)
	copy(data, selector[:4])
	copy(data[16:36], to[:])
	data[67] = amount
	return data
}

// deployToken puts the token on a bare ledger; the deployer is alice.
func deployToken(b testing.TB, env *vm.Env, ledger *bare.Ledger) wallet.Address {
	b.Helper()
	ledger.Fund(alice, 1000*wallet.TRX)
	r, err := vm.Create(env, ledger, &vm.Message{TxID: [32]byte{1}, From: alice, Data: tokenCode(b), EnergyLimit: 1e8})
	if err != nil || r.Failed() {
		b.Fatal(err, r)
	}
	return r.Contract
}

// BenchmarkTokenTransfer moves TRC-20 tokens to ever new holders and back again, on this machine over a bare ledger and through go-ethereum's
// whole path of a message.
func BenchmarkTokenTransfer(b *testing.B) {
	env, ledger := &vm.Env{Params: vm.Mainnet()}, bare.New()
	token := deployToken(b, env, ledger)
	m := &vm.Message{From: alice, To: token, EnergyLimit: 1e8}
	cfg := gethConfig(b)
	from := common.Address(alice.EVM())
	cfg.State.CreateAccount(from)
	cfg.State.AddBalance(from, uint256.NewInt(1e18), 0)
	evm := runtime.NewEnv(cfg)
	_, address, _, err := evm.Create(from, tokenCode(b), gethvm.NewGasBudget(1e8, 0), new(uint256.Int))
	if err != nil {
		b.Fatal(err)
	}
	evm.Config.NoBaseFee = true
	rules := cfg.ChainConfig.Rules(cfg.BlockNumber, true, cfg.Time)
	ours, theirs := best{}, best{}
	n := uint64(0)
	for b.Loop() {
		calls := make([][]byte, batch)
		for i := range calls {
			n++
			calls[i] = transferData([20]byte{16: byte(n >> 24), 17: byte(n >> 16), 18: byte(n >> 8), 19: byte(n)}, 1)
		}
		ours.time(func() {
			for _, data := range calls {
				m.Data, m.TxID = data, [32]byte(data[36:])
				if r, err := vm.Call(env, ledger, m); err != nil || r.Failed() || len(r.Logs) != 1 {
					b.Fatal(err, r)
				}
			}
		})
		theirs.time(func() {
			for _, data := range calls {
				msg := &core.Message{
					To: &address, From: from, Value: new(uint256.Int), GasLimit: 100_000, GasPrice: new(uint256.Int), GasFeeCap: new(uint256.Int),
					GasTipCap: new(uint256.Int), Data: data, Nonce: cfg.State.GetNonce(from),
				}
				if r, err := core.ApplyMessage(evm, msg, core.NewGasPool(100_000)); err != nil || r.Err != nil {
					b.Fatal(err, r)
				}
				cfg.State.Finalise(rules)
			}
		})
	}
	b.ReportMetric(batch/ours.least.Seconds(), "transfers/s")
	b.ReportMetric(batch/theirs.least.Seconds(), "geth-transfers/s")
	b.ReportMetric(float64(theirs.least)/float64(ours.least), "ratio(≥2)")
}

// batch is how many transfers are timed together.
const batch = 200
