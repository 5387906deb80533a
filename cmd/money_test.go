package cmd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/piecework/piecework/wallet"
)

// keys puts well-known accounts into the keystore, as any other key: keys alice bob
// The password is in the file that PIECEWORK_PASSWORD_FILE names; the files are made to open fast.
func keys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: keys NAME…")
	}
	store, err := wallet.OpenKeystore(filepath.Join(ts.Getenv("PIECEWORK_DATA_DIR"), "keys"))
	ts.Check(err)
	store = store.WithCost(wallet.Cost{N: 2, P: 1})
	const password = "correct horse"
	for _, account := range wallet.DevAccounts() {
		for _, name := range args {
			if account.Name == name {
				_, err := store.Add(name, account.Key, []byte(password))
				ts.Check(err)
			}
		}
	}
	file := ts.MkAbs("password.txt")
	ts.Check(os.WriteFile(file, []byte(password+"\n"), 0o600))
	ts.Setenv("PIECEWORK_PASSWORD_FILE", file)
}

// moves puts a command that moves money through what all of them have in common: moves piecework account send --to bob --amount 3 --from alice
// PIECEWORK_NETWORK is a network with real money. A left-over argument, a node of another network and a person who says no stop it; a dry run sends nothing;
// then it is sent in earnest over a line that breaks behind the broadcast: exit code 6 and a txid, of which `tx status` knows that it was executed.
func moves(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || args[0] != "piecework" {
		ts.Fatalf("usage: moves piecework COMMAND FLAG…")
	}
	args = args[1:]
	before := height(ts)
	run(ts, "", "2", `"now" is left over`, append(args, "now", "--dry-run"))
	run(ts, "", "4", "another network", append(args, "--network", "nile"))
	run(ts, "", "0", "nothing sent", append(args, "--dry-run"))
	run(ts, "n\n", "10", "you said no", args)
	if after := height(ts); after != before {
		ts.Fatalf("%v: block %d after %d: something was sent", args, after, before)
	}
	cut(ts, false, []string{"CUT_NODE"})
	out := run(ts, "", "6", "Do not make it again",
		append(args, "--network", ts.Getenv("PIECEWORK_NETWORK"), "--yes", "--node", ts.Getenv("CUT_NODE"), "-o", "json"))
	txid := regexp.MustCompile(`"txid": "([0-9a-f]{64})"`).FindStringSubmatch(out)
	if txid == nil {
		ts.Fatalf("%v: no txid in %s", args, out)
	}
	run(ts, "", "0", "solid", []string{"tx", "status", txid[1]})
}

// run runs the command, which must end with an exit code and say something. It returns both of its outputs.
func run(ts *testscript.TestScript, stdin, code, says string, args []string) string {
	var out bytes.Buffer
	command := exec.Command(filepath.Join(binDir(ts), "piecework"), args...)
	command.Dir, command.Stdin, command.Stdout, command.Stderr = ts.MkAbs("."), strings.NewReader(stdin), &out, &out
	for _, name := range []string{
		"PATH", "HOME", "PIECEWORK_NODE", "PIECEWORK_NETWORK", "PIECEWORK_DATA_DIR", "PIECEWORK_PASSWORD_FILE", "PIECEWORK_CONTRACT",
	} {
		command.Env = append(command.Env, name+"="+ts.Getenv(name))
	}
	if got := exitCode(command.Run()); got != code || !strings.Contains(out.String(), says) {
		ts.Fatalf("piecework %s: exit code %s, want %s and %q:\n%s", strings.Join(args, " "), got, code, says, out.String())
	}
	return out.String()
}

// binDir is where testscript keeps the commands of TestMain.
func binDir(ts *testscript.TestScript) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(dir, "piecework")); err == nil {
			return dir
		}
	}
	ts.Fatalf("no piecework in %s", ts.Getenv("PATH"))
	return ""
}

// height is the number of the newest block; the testnet makes one for each transaction.
func height(ts *testscript.TestScript) int64 {
	answer, err := http.Get(ts.Getenv("TESTNET_HTTP") + "/wallet/getnowblock") //nolint:noctx // a script's step on the loopback
	ts.Check(err)
	var block struct {
		Header struct {
			Raw struct {
				Number int64 `json:"number"`
			} `json:"raw_data"`
		} `json:"block_header"`
	}
	err = json.NewDecoder(answer.Body).Decode(&block)
	if ts.Check(errors.Join(err, answer.Body.Close())); answer.StatusCode != http.StatusOK {
		ts.Fatalf("getnowblock: %s", fmt.Sprint(answer.Status))
	}
	return block.Header.Raw.Number
}
