package cmd

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// leaves calls visit with every command that does something.
func leaves(commands []*cli.Command, path string, visit func(path string, command *cli.Command)) {
	for _, command := range commands {
		name := path + " " + command.Name
		if len(command.Subcommands) == 0 || command.ArgsUsage != "" {
			visit(name, command)
		}
		leaves(command.Subcommands, name, visit)
	}
}

func allLeaves(visit func(path string, command *cli.Command)) {
	leaves(newApp(Streams{}, &settings{}).Commands, "piecework", visit)
}

// A command line makes one group only, so its name must be known without making it.
func TestGroupsAreCalledAsTheirBuilders(t *testing.T) {
	all := groups()
	for i, b := range builders() {
		if all[i].Name != b.name {
			t.Errorf("the group %q is made as %q", all[i].Name, b.name)
		}
		s := &settings{args: []string{"piecework", b.name, "--help"}}
		if made := s.commands(); len(made) != 1 || made[0].Name != b.name {
			t.Errorf("%s: made %v", b.name, made)
		}
	}
	for _, args := range [][]string{nil, {"piecework"}, {"piecework", "--help", "version"}, {"piecework", "nonsense"}} {
		if made := (&settings{args: args}).commands(); len(made) != len(all) {
			t.Errorf("%q: %d groups, want all %d", args, len(made), len(all))
		}
	}
}

func TestEveryFlagHasItsVariable(t *testing.T) {
	allLeaves(func(path string, command *cli.Command) {
		set := flag.NewFlagSet(path, flag.ContinueOnError)
		for _, f := range command.Flags {
			name := f.Names()[0]
			if name == "help" {
				continue
			}
			env := commonOf(f).env
			if want := "PIECEWORK_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")); len(*env) != 1 || (*env)[0] != want {
				t.Errorf("%s --%s: variables %v, want %s", path, name, *env, want)
			}
			if err := f.Apply(set); err != nil { // panics when two flags have one name
				t.Errorf("%s --%s: %v", path, name, err)
			}
		}
	})
}

// A command shows how it is used: two examples or more, that name it.
func TestEveryCommandHasTwoExamples(t *testing.T) {
	allLeaves(func(path string, command *cli.Command) {
		examples := 0
		for line := range strings.Lines(command.Description) {
			if strings.Contains(line, path) {
				examples++
			}
		}
		if examples < 2 {
			t.Errorf("%s: %d examples, want 2", path, examples)
		}
		if command.Usage == "" {
			t.Errorf("%s: it does not say what it does", path)
		}
	})
}

func TestLeftOverArgumentsAreRefused(t *testing.T) {
	allLeaves(func(path string, command *cli.Command) {
		if command.ArgsUsage != "" {
			return
		}
		args := append(strings.Fields(path), "leftover", "--dry-run")
		var stderr bytes.Buffer
		code := Run(t.Context(), args, Streams{In: strings.NewReader(""), Out: io.Discard, Err: &stderr})
		if code != exitUsage || !strings.Contains(stderr.String(), `"leftover"`) {
			t.Errorf("%v: exit code %d, %s", args, code, stderr.String())
		}
	})
}

// Every command that sends a transaction is put through what money.txtar puts them through, but for those that need a server or a swarm: their scripts do it.
func TestEveryMoneyCommandIsInTheTable(t *testing.T) {
	table, err := os.ReadFile(filepath.Join("testdata", "script", "money.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := []string{"piecework channel claim", "piecework channel watch", "piecework get"}
	allLeaves(func(path string, command *cli.Command) {
		sends := slices.ContainsFunc(command.Flags, func(f cli.Flag) bool { return f.Names()[0] == "wait" })
		if sends && !slices.Contains(elsewhere, path) && !strings.Contains(string(table), "\nmoves "+path+" ") {
			t.Errorf("money.txtar: no line begins with: moves %s", path)
		}
	})
}

// The groups and their commands, as the design of the command line names them: what scripts of others rely on.
var promised = map[string]string{
	"":         "demo testnet serve seed get gate version",
	"wallet":   "new import list show export scan address sign-message verify-message sign-typed multisig",
	"account":  "show resources history send stake unstake withdraw cancel-unstake delegate undelegate vote rewards permissions activate",
	"tx":       "build sign send status decode explain",
	"trc10":    "issue list show send participate unfreeze update price",
	"trc20":    "deploy list show send approve allowance permit burn mint events",
	"abi":      "encode decode event selector revert typed-hash",
	"contract": "deploy call send verify",
	"channel":  "open deposit list show pay settle close start-close finish-close claim kit verify",
	"hub":      "register session redeem statement",
	"events":   "tail",
	"config":   "networks profiles completion",
}

func TestPromisedCommandsExist(t *testing.T) {
	app := newApp(Streams{}, &settings{})
	for group, names := range promised {
		commands := app.Commands
		if group != "" {
			commands = app.Command(group).Subcommands
		}
		for _, name := range strings.Fields(names) {
			if !slices.ContainsFunc(commands, func(c *cli.Command) bool { return c.Name == name }) {
				t.Errorf("there is no piecework %s %s", group, name)
			}
		}
	}
}

// The help fits a screen.
func TestHelpFitsAScreen(t *testing.T) {
	var out bytes.Buffer
	if code := Run(t.Context(), []string{"piecework", "--help"}, Streams{In: strings.NewReader(""), Out: &out, Err: io.Discard}); code != exitDone {
		t.Fatal(code)
	}
	if lines := strings.Count(out.String(), "\n"); lines < 24 || lines > 40 {
		t.Errorf("%d lines, want 24 to 40:\n%s", lines, out.String())
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > 120 {
			t.Errorf("a line of %d characters: %s", len(line), line)
		}
	}
}

func TestArgument(t *testing.T) {
	for text, want := range map[string]string{
		"x --profile ci": "ci", "x --profile=ci y": "ci", "x -profile ci": "ci", "x profile ci": "", "x -- --profile ci": "", "x --profile": "",
	} {
		if got := argument(strings.Fields(text), "profile"); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestExampleConfiguration: the file in the server's README is one that `piecework serve` takes, line by line.
func TestExampleConfiguration(t *testing.T) {
	page, err := os.ReadFile("../channel/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```toml\n")
	text, _, whole := strings.Cut(rest, "```")
	file := filepath.Join(t.TempDir(), "serve.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil || !whole {
		t.Fatal(err, "the page has no configuration")
	}
	s := readSettings([]string{"piecework", "serve", "--config", file})
	if s.err != nil || s.chosen != defaultName {
		t.Fatal(s.err, s.chosen)
	}
	serves := flagNames([]*cli.Command{serveCommand()})
	for key := range s.Profiles[defaultName] {
		if !slices.Contains(serves, key) {
			t.Errorf("serve has no flag --%s", key)
		}
	}
	s.apply(serveCommand().Flags)
	if s.err != nil {
		t.Error(s.err)
	}
}
