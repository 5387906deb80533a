package vm_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/piecework/piecework/testnet/vm"
)

// gethVectors is the folder in go-ethereum's module with what Ethereum's machines must answer: 1,701 results of opcodes of two words and, from the EIPs and from
// clients, hundreds of inputs of precompiles with their price.
func gethVectors(t *testing.T) string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/ethereum/go-ethereum").Output()
	must(t, err)
	folder := filepath.Join(strings.TrimSpace(string(dir)), "core/vm/testdata")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("run go mod download github.com/ethereum/go-ethereum to have its vectors")
	}
	return folder
}

func readVectors[T any](t *testing.T, path string) (list []T) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	must(t, json.Unmarshal(text, &list))
	return list
}

// TestGethOpcodeVectors computes with two words.
func TestGethOpcodeVectors(t *testing.T) {
	folder, ran := gethVectors(t), 0
	for _, op := range strings.Fields("add and byte div eq exp gt lt mod mul or sar sdiv sgt shl shr signext slt smod sub xor") {
		name := strings.ToUpper(strings.Replace(op, "signext", "signextend", 1))
		for _, c := range readVectors[struct{ X, Y, Expected string }](t, filepath.Join(folder, "testcases_"+op+".json")) {
			w := newWorld(t, vm.Mainnet())
			if got := w.word("0x7f"+c.X, "0x7f"+c.Y, name).Hex(); got != unhexWord(c.Expected).Hex() {
				t.Errorf("%s of %s and %s: %s", name, c.Y, c.X, got)
			}
			ran++
		}
	}
	t.Logf("%d results agree", ran)
}

type precompileVector struct {
	Name, Input, Expected string
	Gas                   int64
}

// TestGethPrecompileVectors asks the precompiles that Tron has from Ethereum, for the answer and the price. Those of ecrecover, whose answer has a
// byte more here, and modexp before parameter 96, which answers nothing for a modulus of zero, are not among them.
func TestGethPrecompileVectors(t *testing.T) {
	folder := gethVectors(t)
	compatible := vm.Mainnet()
	compatible.CompatibleEVM = true
	for _, c := range []struct {
		file   string
		number int
		rules  vm.Params
	}{
		{"bn256Add", 6, vm.Mainnet480()},
		{"bn256ScalarMul", 7, vm.Mainnet480()},
		{"bn256Pairing", 8, vm.Mainnet480()},
		{"modexp", 5, vm.Mainnet480()},
		{"modexp_eip7883", 5, vm.Mainnet()},
		{"p256Verify", 0x100, vm.Mainnet()},
		{"blake2F", 0x020009, compatible},
		{"fail-blake2f", 0x020009, compatible},
	} {
		w := newWorld(t, c.rules)
		_, _, free := w.precompile(4, nil)
		for _, v := range readVectors[precompileVector](t, filepath.Join(folder, "precompiles", c.file+".json")) {
			ok, output, price := w.precompile(c.number, unhex(t, v.Input), energy(1_000_000_000))
			if fails := strings.HasPrefix(c.file, "fail"); ok == fails || !fails && (raw(output) != "0x"+v.Expected || price-free+15 != v.Gas) {
				t.Errorf("%s %s: %t %x for %d", c.file, v.Name, ok, output, price-free+15)
			}
		}
	}
}
