package vm_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/testnet/vm/bare"
	"github.com/piecework/piecework/wallet"
)

// The vectors in testdata come from java-tron's unit tests: opcodes.json single opcodes, contracts.json deployments and calls, with the energy
// and the outcome that those tests assert.

func readJSON(t testing.TB, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.TrimPrefix(s, "0x"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// unitTestParams are the parameters under which java-tron's unit tests run: all opcodes, without the prices of 65 and 81.
func unitTestParams() vm.Params {
	p := vm.Mainnet480()
	p.HigherCPULimit, p.EnergyAdjustment, p.DynamicEnergy = false, false, false
	return p
}

func TestOpcodeVectors(t *testing.T) {
	var file struct {
		Vectors []struct {
			Test, Op, Code string
			Energy         int64
			Top            any
		}
	}
	readJSON(t, "testdata/opcodes.json", &file)
	if len(file.Vectors) < 39 {
		t.Fatalf("only %d vectors", len(file.Vectors))
	}
	for _, v := range file.Vectors {
		m := vm.Message{To: alice, From: bob, EnergyLimit: 10_000}
		static := v.Op == "TSTORE" // the frame of that test is static and dies with all it has
		switch {
		case static:
			m.EnergyLimit = 20_000
		case v.Op == "GAS":
			m.EnergyLimit = 50
		}
		stack, used, err := vm.RunCode(&vm.Env{Params: unitTestParams()}, bare.New(), &m, unhex(t, v.Code), static)
		if err != nil && !static {
			t.Errorf("%s %s %s: %v", v.Test, v.Op, v.Code, err)
			continue
		}
		if used != v.Energy {
			t.Errorf("%s %s %s: energy %d, want %d", v.Test, v.Op, v.Code, used, v.Energy)
		}
		if want, ok := v.Top.(float64); ok && (len(stack) == 0 || stack[len(stack)-1].Uint64() != uint64(want)) {
			t.Errorf("%s %s %s: stack %v, want %v on top", v.Test, v.Op, v.Code, stack, want)
		}
	}
}

var (
	alice = wallet.AddressFromEVM([20]byte{19: 0xa1})
	bob   = wallet.AddressFromEVM([20]byte{19: 0xb0})
)

func TestContractVectors(t *testing.T) {
	var file struct {
		Vectors []struct {
			Origin, Code string
			EnergyLimit  int64
			Value        wallet.Sun
			Flags        []string
			Steps        []struct {
				Op, Sig, Args, Out string
				Energy, Below      *int64
				Value              wallet.Sun
			}
		}
	}
	readJSON(t, "testdata/contracts.json", &file)
	steps := 0
	for _, v := range file.Vectors {
		ledger := bare.New()
		ledger.Fund(alice, 1_000_000*wallet.TRX)
		env := &vm.Env{Params: unitTestParams()}
		if strings.Contains(v.Origin, "BeforeAllowTvmConstantinopl") {
			env.Params.Constantinople, env.Params.Solidity059 = false, false
		}
		m := vm.Message{From: alice, EnergyLimit: v.EnergyLimit}
		for i, s := range v.Steps {
			m.TxID, m.Value = [32]byte{byte(i), 1}, s.Value
			run := vm.Call
			if s.Op == "deploy" {
				m.Data, run = append(unhex(t, v.Code), unhex(t, s.Args)...), vm.Create
			} else {
				selector := wallet.Keccak256([]byte(s.Sig))
				m.Data = append(selector[:4:4], unhex(t, s.Args)...)
			}
			r, err := run(env, ledger, &m)
			if err != nil {
				t.Fatalf("%s step %d %s: %v", v.Origin, i, s.Sig, err)
			}
			if s.Op == "deploy" {
				m.To = r.Contract
			}
			if s.Energy != nil && r.EnergyUsed != *s.Energy || s.Below != nil && r.EnergyUsed >= *s.Below || r.Outcome.String() != s.Out {
				t.Errorf("%s step %d %s%s: %d %s %q, want %v %s", v.Origin, i, s.Op, s.Sig, r.EnergyUsed, r.Outcome, r.RuntimeError, *s.Energy, s.Out)
			}
			steps++
		}
	}
	t.Logf("%d steps", steps)
}
