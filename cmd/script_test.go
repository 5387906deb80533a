package cmd_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/piecework/piecework/channel/store/storetest"
	"github.com/piecework/piecework/cmd"
	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/rpc"
	"github.com/piecework/piecework/wallet/wallettest"
)

// binaries is a folder for what tests build, until all have run.
var binaries string

// tests are those of this package with what they share: a folder, and a PostgreSQL server.
type tests struct{ storetest.Tests }

// Run implements testscript.TestingM.
func (t tests) Run() int {
	var err error
	if binaries, err = os.MkdirTemp("", "piecework-test-"); err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(binaries) }()
	return t.Tests.Run()
}

// TestMain lets scripts run the real command as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(tests{storetest.Tests{M: m}}, map[string]func(){
		"piecework": func() { os.Exit(cmd.Main(os.Args)) },
	})
}

// TestScripts runs the manual: every script has a testnet of its own, whose ten well-known accounts have 10,000 TRX each.
func TestScripts(t *testing.T) {
	testscript.RunT(&watched{T: t}, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"field":   field,
			"cut":     cut,
			"tre":     tre,
			"waitfor": waitfor,
			"ready":   ready,
			"port":    port,
			"edit":    edit,
			"fetch":   fetch,
			"keys":    keys,
			"moves":   moves,

			"certificates": certificates,
		},
		Setup: func(env *testscript.Env) error {
			network, err := testnet.New(testnet.Config{})
			if err != nil {
				return err
			}
			env.Defer(func() { _ = network.Close() })
			if err := network.Listen("127.0.0.1:0", "127.0.0.1:0", rpc.Config{}); err != nil {
				return err
			}
			env.Setenv("PIECEWORK_NODE", network.GRPC())
			env.Setenv("TESTNET_HTTP", network.URL())
			env.T().(*watched).watch(env, network)
			env.Setenv("PIECEWORK_LOG", "debug")
			env.Setenv("PIECEWORK_DATA_DIR", filepath.Join(env.WorkDir, "data"))
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("BUSY_PORT", network.GRPC())
			env.Setenv("BUSY_NUMBER", network.GRPC()[strings.LastIndexByte(network.GRPC(), ':')+1:])
			return writeArtifacts(filepath.Join(env.WorkDir, "artifacts"))
		},
	})
}

// exits runs a command that must end with an exit code: exits 2 piecework trc20 send …
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARG…")
	}
	err := ts.Exec(args[1], args[2:]...)
	if got := exitCode(err); got != args[0] {
		ts.Fatalf("%v: exit code %s, want %s", args[1:], got, args[0])
	}
}

// waitfor waits until a program in the background has written a file: waitfor ready.txt
func waitfor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfor FILE")
	}
	for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(20 * time.Millisecond) {
		if info, err := os.Stat(ts.MkAbs(args[0])); err == nil && info.Size() > 0 {
			return
		}
	}
	ts.Fatalf("%s was not written", args[0])
}

// port sets a variable to a port that nobody listens on: port CLIENT
func port(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: port VARIABLE")
	}
	ts.Setenv(args[0], wallettest.Port(ts))
}

// freeAddress is an address on this machine that nobody listens on, and that a server can come back to.
func freeAddress(t interface{ Fatalf(string, ...any) }) string {
	return "127.0.0.1:" + wallettest.Port(t)
}

// field sets a variable to a field of a JSON file: field TOKEN deployed.json contract
func field(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: field VARIABLE FILE NAME")
	}
	var object map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &object))
	value, ok := object[args[2]].(string)
	if !ok {
		ts.Fatalf("%s has no text field %q", args[1], args[2])
	}
	ts.Setenv(args[0], value)
}

// tre asks the testnet what only a testnet does: tre tre_increaseTime [1209600]
func tre(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tre METHOD PARAMS")
	}
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, args[0], args[1])
	answer, err := http.Post(ts.Getenv("TESTNET_HTTP")+"/tre", "application/json", strings.NewReader(body))
	ts.Check(err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	if answer.StatusCode != http.StatusOK || strings.Contains(string(text), `"error"`) {
		ts.Fatalf("%s: %s", args[0], text)
	}
}

func exitCode(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "0"
	case errors.As(err, &exit):
		return strconv.Itoa(exit.ExitCode())
	default:
		return err.Error()
	}
}
