package vm_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	gethvm "github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/core/vm/runtime"
	"github.com/holiman/uint256"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/testnet/vm/bare"
	"github.com/piecework/piecework/wallet"
)

// officialEnv names the folder GeneralStateTests of Ethereum's official tests (github.com/ethereum/tests), which are not part of this repository.
const officialEnv = "PIECEWORK_STATE_TESTS"

// officialFolders are those whose tests do not depend on gas or on rules that Tron changed.
var officialFolders = []string{
	"VMTests", "stArgsZeroOneBalance", "stCodeCopyTest", "stHomesteadSpecific", "stInitCodeTest", "stLogTests", "stMemoryStressTest", "stMemoryTest",
	"stSStoreTest", "stSelfBalance", "stShift", "stTransactionTest", "stTransitionTest", "stWalletTest", "stZeroKnowledge2",
}

// officialDiffer are the tests in them that do: by what they ask.
var officialDiffer = map[string]string{
	"gas":             "stores GAS",
	"loopExp":         "runs out of gas on Ethereum, where EXP costs more",
	"blockInfo":       "stores GASLIMIT",
	"envInfo":         "stores COINBASE",
	"createNonConst":  "stores the address of a CREATE",
	"oog":             "runs out of gas at prices of Ethereum",
	"MLOAD_Bounds3":   "uses more than 3 MiB of memory",
	"MSTORE_Bounds2a": "uses more than 3 MiB of memory",
}

type officialCase struct {
	Pre map[common.Address]struct {
		Balance string
		Code    hexutil.Bytes
		Storage map[string]string
	}
	Transaction struct {
		Data   []string
		To     string
		Sender common.Address
	}
}

// TestOfficialStateTests runs the code of official tests on this machine and on go-ethereum's and compares answers and storage.
// Parameter 96 is off: the tests are older and use 0x100, where it puts a precompile, as an account.
func TestOfficialStateTests(t *testing.T) {
	root := os.Getenv(officialEnv)
	if root == "" {
		t.Skip("set " + officialEnv + " to run Ethereum's state tests")
	}
	ran := 0
	for _, folder := range officialFolders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
				return err
			}
			var file map[string]officialCase
			readJSON(t, path, &file)
			for name, c := range file {
				if officialDiffer[name] == "" && c.Transaction.To != "" {
					ran += c.compare(t, name)
				}
			}
			return nil
		})
		must(t, err)
	}
	t.Logf("%d runs agree", ran)
}

func (c *officialCase) compare(t *testing.T, name string) (ran int) {
	to := common.HexToAddress(c.Transaction.To)
	for i, text := range c.Transaction.Data {
		cfg, ledger := gethConfig(t), bare.New()
		c.fill(cfg, ledger)
		if ledger.Code(wallet.AddressFromEVM(to)).Len() == 0 {
			continue
		}
		ran++
		data := common.FromHex(text)
		out, _, gethErr := runtime.NewEnv(cfg).Call(c.Transaction.Sender, to, data, gethvm.NewGasBudget(50_000_000, 0), new(uint256.Int))
		r, err := vm.Call(&vm.Env{Params: vm.Mainnet480(), Block: vm.Block{Number: 1}}, ledger, &vm.Message{
			From: wallet.AddressFromEVM(c.Transaction.Sender), To: wallet.AddressFromEVM(to), Data: data, EnergyLimit: 50_000_000,
		})
		must(t, err)
		if (gethErr == nil) != (r.Outcome == vm.Success) || gethErr == nil && !bytes.Equal(out, r.Return) {
			t.Errorf("%s %d: %v %x, here %s %s %x", name, i, gethErr, out, r.Outcome, r.RuntimeError, r.Return)
			continue
		}
		for a := range c.Pre {
			for slot := range uint64(300) {
				key := common.Hash(num(slot).Bytes32())
				row, _ := ledger.Row(wallet.AddressFromEVM(a), [16]byte(key[16:]))
				if want := cfg.State.GetState(a, key); gethErr == nil && want != common.Hash(row) {
					t.Errorf("%s %d: %x slot %d is %x, here %x", name, i, a, slot, want, row)
				}
			}
		}
	}
	return ran
}

// fill gives both ledgers the accounts of the test. Balances beyond Tron's 63 bits are cut: none of these tests asks for them.
func (c *officialCase) fill(cfg *runtime.Config, ledger *bare.Ledger) {
	for a, acc := range c.Pre {
		tron := wallet.AddressFromEVM(a)
		balance := new(uint256.Int)
		_, _ = fmt.Sscan(acc.Balance, balance)
		balance.And(balance, uint256.NewInt(1<<60-1))
		cfg.State.CreateAccount(a)
		cfg.State.AddBalance(a, balance, 0)
		ledger.Fund(tron, wallet.Sun(balance.Uint64()))
		if len(acc.Code) > 0 {
			cfg.State.SetCode(a, acc.Code, 0)
			ledger.CreateContract(tron, vm.Contract{}, "")
			ledger.SetCode(tron, vm.NewCode(acc.Code))
		}
		for slot, value := range acc.Storage {
			key := common.HexToHash(slot)
			cfg.State.SetState(a, key, common.HexToHash(value))
			ledger.SetRow(tron, [16]byte(key[16:]), common.HexToHash(value))
		}
	}
	cfg.BlockNumber.SetInt64(1)
	cfg.State.Finalise(cfg.ChainConfig.Rules(cfg.BlockNumber, true, cfg.Time))
}
