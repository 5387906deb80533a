package cmd_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/piecework/piecework/"

// arrows says which packages of ours each package may import. A name ending in /… stands for a package and all below it.
// Packages that are not named here fall under the longest name with /… that covers them.
var arrows = map[string][]string{
	"wallet":                      {},
	"wallet/wallettest":           {"wallet"},
	"wallet/tronpb":               {},
	"wallet/tx":                   {"wallet"},
	"wallet/qr":                   {"wallet", "wallet/tx"},
	"wallet/node":                 {"wallet", "wallet/tx", "wallet/tronpb"},
	"wallet/events":               {"wallet", "wallet/tx", "wallet/node", "abi", "trc20"}, // what blocks say of tokens and contracts
	"abi":                         {"wallet"},
	"trc10":                       {"wallet", "wallet/tx"},
	"trc20":                       {"wallet", "wallet/tx", "abi", "trc20/contract"},
	"trc20/contract":              {"wallet", "wallet/tx", "abi"},
	"channel":                     {"wallet", "abi"},
	"channel/channelpb":           {},
	"channel/crowd":               {},
	"channel/contract":            {"wallet", "wallet/tx", "abi", "channel"},
	"channel/ledger":              {"wallet", "channel", "channel/store"},
	"channel/store/…":             {"wallet", "channel", "channel/store/…"},
	"channel/settle":              {"wallet", "channel"},
	"channel/chain":               {"wallet", "wallet/tx", "channel", "channel/contract", "channel/store", "channel/settle"},
	"channel/chain/chaintest":     {"wallet", "wallet/tx", "wallet/tronpb", "channel", "channel/contract", "channel/chain", "channel/settle", "testnet/chain", "wallet/wallettest"},
	"channel/hub":                 {"wallet", "channel", "channel/ledger", "channel/store"},
	"channel/api":                 {"wallet", "channel", "channel/crowd", "channel/channelpb", "channel/api/message", "channel/ledger", "channel/settle", "channel/hub", "channel/store"}, // the ledger, the plan and the hub on the wire; tokens and answers are kept
	"channel/api/integrate/…":     {"wallet", "channel", "channel/channelpb", "channel/api/message"},                                                                                      // a walk-through is a stranger's program
	"channel/api/tlstest":         {},
	"channel/api/message":         {"wallet", "channel", "channel/channelpb"},
	"channel/client":              {"wallet", "channel", "channel/channelpb", "channel/api/message", "channel/store"}, // a payer keeps the same records as a payee
	"channel/torrent/…":           {"wallet", "channel", "channel/client", "channel/crowd", "channel/torrent/…"},
	"channel/torrent/torrenttest": {"wallet", "channel", "channel/client", "channel/ledger", "channel/store", "channel/torrent/…", "wallet/wallettest"}, // a payee with its ledger, for tests

	"channel/dashboard":   {"wallet", "channel"},
	"channel/server":      {"wallet/…", "abi", "trc20", "channel/…"},
	"testnet/…":           {"wallet", "wallet/tx", "wallet/tronpb", "abi", "testnet/…"},
	"testnet/testnettest": {"wallet/node", "testnet", "testnet/rpc"}, // a network and a client of it, for tests
	"cmd/…":               {"wallet/…", "abi", "trc10", "trc20/…", "channel/…", "testnet/…", "cmd/…"},
}

// TestArrows keeps the dependencies of the packages pointing one way.
func TestArrows(t *testing.T) {
	for name, imports := range packages(t) {
		allowed, ruled := arrows[ruleFor(name)]
		if !ruled {
			t.Errorf("package %s has no row in the table of arrows", name)
		}
		for _, imported := range imports {
			if !slices.ContainsFunc(allowed, func(pattern string) bool { return covers(pattern, imported) }) {
				t.Errorf("%s imports %s, which the table does not allow", name, imported)
			}
		}
	}
}

// TestNothingImportsCmd holds even where a rule above would let it through.
func TestNothingImportsCmd(t *testing.T) {
	for name, imports := range packages(t) {
		for _, imported := range imports {
			if covers("cmd/…", imported) && !covers("cmd/…", name) {
				t.Errorf("%s imports %s; nothing but the command itself may", name, imported)
			}
		}
	}
}

// TestTransactionsStayFreeOfGeneratedCode: two generated packages "protocol" in one binary panic at start, and people link wallet/tx beside another Tron SDK.
func TestTransactionsStayFreeOfGeneratedCode(t *testing.T) {
	for _, name := range []string{"wallet", "wallet/tx", "abi", "trc10", "trc20", "channel", "channel/contract"} {
		out, err := exec.Command("go", "list", "-deps", module+name).Output()
		if err != nil {
			t.Fatalf("go list -deps %s: %v", name, err)
		}
		if strings.Contains(string(out), module+"wallet/tronpb") {
			t.Errorf("%s depends on wallet/tronpb", name)
		}
	}
}

func packages(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	found := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		var ours []string
		for _, i := range p.Imports {
			if name, is := strings.CutPrefix(i, module); is {
				ours = append(ours, name)
			}
		}
		found[strings.TrimPrefix(p.ImportPath, module)] = ours
	}
	if len(found) == 0 {
		t.Fatal("go list found no packages")
	}
	return found
}

func ruleFor(name string) string {
	best := name
	if _, exact := arrows[name]; exact {
		return name
	}
	for pattern := range arrows {
		if covers(pattern, name) && (best == name || len(pattern) > len(best)) {
			best = pattern
		}
	}
	return best
}

func covers(pattern, name string) bool {
	above, deep := strings.CutSuffix(pattern, "/…")
	return name == above || deep && strings.HasPrefix(name, above+"/")
}
