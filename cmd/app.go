// Package cmd is the command line: one file per command group, no logic worth reusing.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Version is what `piecework version` says; a release sets it by -ldflags.
var Version = "0.1.0-dev"

// Streams are the process's three streams: one result goes to Out, everything else to Err.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// Run is the whole command. It returns the exit code (see exit.go).
func Run(ctx context.Context, args []string, streams Streams) int {
	dropEmptyVariables()
	settings := readSettings(args)
	app := newApp(streams, settings)
	err := app.RunContext(ctx, interleave(app.Commands, args))
	if err == nil {
		return exitDone
	}
	return complain(streams.Err, settings.format(), err)
}

// appDescription is what holds for every command.
const appDescription = `Results go to stdout (-o table, json, jsonl), everything else to stderr. A flag counts before its
environment variable (PIECEWORK_ and its name), that before the profile of config.toml.
Exit codes: 0 done, 1 other, 2 usage, 3 not found, 4 refused, 5 executed and failed, 6 sent, outcome unknown
(piecework tx status decides), 7 locked, 8 not enough, 9 node unreachable, 10 you said no.`

// appHelp is the first page: it fits a screen.
const appHelp = `{{.Name}} {{.Version}}: {{.Usage}}

USAGE:
   {{.UsageText}}          {{.Name}} COMMAND --help tells more

COMMANDS:{{template "visibleCommandTemplate" .}}

{{wrap .Description 0}}
`

func newApp(streams Streams, s *settings) *cli.App {
	app := &cli.App{
		Name:                  "piecework",
		Usage:                 "Tron tokens, and payment channels that pay BitTorrent seeders by the piece",
		UsageText:             "piecework COMMAND [flags]",
		Version:               Version,
		Description:           appDescription,
		Reader:                streams.In,
		Writer:                streams.Out,
		ErrWriter:             streams.Err,
		EnableBashCompletion:  true,
		CustomAppHelpTemplate: appHelp,
		HideHelpCommand:       true,
		Suggest:               true,
		SliceFlagSeparator:    "\n",                         // of values in an environment variable; the library's comma would cut file names, URLs and texts in two
		ExitErrHandler:        func(*cli.Context, error) {}, // Run prints and chooses the code
		OnUsageError:          usageError,
		Commands:              s.commands(),
		Metadata:              map[string]any{settingsKey: s},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usagef("there is no command %q; `piecework --help` lists them", c.Args().First())
			}
			return cli.ShowAppHelp(c)
		},
	}
	return app
}

// builder makes a group of commands.
type builder struct {
	name  string
	build func() *cli.Command
}

// builders make all groups, in the order of the help.
func builders() []builder {
	return []builder{
		{"demo", demoCommand},
		{"testnet", testnetCommand},
		{"wallet", walletCommand},
		{"account", accountCommand},
		{"tx", txCommand},
		{"trc10", trc10Command},
		{"trc20", trc20Command},
		{"abi", abiCommand},
		{"contract", contractCommand},
		{"events", eventsCommand},
		{"channel", channelCommand},
		{"hub", hubCommand},
		{"serve", serveCommand},
		{"seed", seedCommand},
		{"gate", gateCommand},
		{"get", getCommand},
		{"live", liveCommand},
		{"sponsor", sponsorCommand},
		{"config", configCommand},
		{"version", versionCommand},
	}
}

// commands are those that the command line can reach: the group that it begins with, otherwise all. A thousand flags are not made for nothing.
func (s *settings) commands() []*cli.Command {
	s.shared, s.required = sharedFlags(), map[cli.Flag]bool{}
	all := builders()
	if len(s.args) > 1 {
		if i := slices.IndexFunc(all, func(b builder) bool { return b.name == s.args[1] }); i >= 0 {
			all = all[i : i+1]
		}
	}
	list := make([]*cli.Command, len(all))
	for i, b := range all {
		list[i] = b.build()
		prepare(list[i], s)
	}
	return list
}

func groups() []*cli.Command {
	var all []*cli.Command
	for _, b := range builders() {
		all = append(all, b.build())
	}
	return all
}

// prepare gives every command what all have in common: usage errors with exit code 2, no left-over arguments, no missing flags, no "help" sub-command,
// --config and --profile, and for each flag its environment variable and its default of the configuration.
// A command takes positional arguments only where ArgsUsage names them.
func prepare(command *cli.Command, s *settings) {
	command.OnUsageError = usageError
	command.HideHelpCommand = true
	if action := command.Action; action != nil {
		wants := command.ArgsUsage
		configured := len(command.Flags) > 0
		if configured {
			command.Flags = ownFirst(append(command.Flags, configFlags()...), s.shared)
		}
		required := s.apply(command.Flags)
		command.Action = func(c *cli.Context) error {
			if err := checkArguments(c, wants); err != nil {
				return err
			}
			if name := twice(c.Command, s.args); name != "" {
				return usagef("--%s is given twice; which one counts?", name)
			}
			if missing := slices.DeleteFunc(slices.Clone(required), c.IsSet); len(missing) > 0 {
				return missingFlags(c, missing...)
			}
			if s.err != nil && configured {
				return s.err
			}
			if err := checkFormat(c); err != nil { // before money moves, not when it is told
				return err
			}
			return action(c)
		}
	} else {
		command.Action = missingSubcommand
	}
	for _, sub := range command.Subcommands {
		prepare(sub, s)
	}
}

// checkArguments refuses left-over arguments: the flag parser stops at the first positional one, so `--dry-run` after it would be ignored and the money sent.
func checkArguments(c *cli.Context, wants string) error {
	least, most := 0, 0
	if wants != "" {
		least, most = 1, 1
	}
	if strings.HasPrefix(wants, "[") { // [SIGNATURE] may be left out
		least = 0
	}
	if strings.HasSuffix(wants, "…") { // KIT… is one or more
		most = c.NArg()
	}
	if c.NArg() > most {
		return usagef("%q is left over; everything is a flag, as in --amount 5, and flags come first", c.Args().Get(most))
	}
	if c.NArg() < least {
		return usagef("%s is missing; see `%s --help`", wants, c.Command.HelpName)
	}
	return nil
}

// missingFlags is the answer where a command cannot do without flags.
func missingFlags(c *cli.Context, names ...string) error {
	are := "is"
	if len(names) > 1 {
		are = "are"
	}
	return usagef("--%s %s missing; see `%s --help`", strings.Join(names, " and --"), are, c.Command.HelpName)
}

// needFlags is for flags that go together: one alone does not say enough.
func needFlags(c *cli.Context, names ...string) error {
	missing := slices.DeleteFunc(names, func(name string) bool { return c.String(name) != "" })
	if len(missing) > 0 {
		return missingFlags(c, missing...)
	}
	return nil
}

func missingSubcommand(c *cli.Context) error {
	if c.NArg() > 0 {
		return usagef("there is no command %q; see `%s --help`", c.Args().First(), c.Command.HelpName)
	}
	return cli.ShowSubcommandHelp(c)
}

func usageError(c *cli.Context, err error, _ bool) error {
	var already *usageErr
	if errors.As(err, &already) {
		return err
	}
	if name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); unknown {
		return usagef("there is no flag --%s; %ssee `%s --help`", strings.TrimLeft(name, "-"), didYouMean(c, name), c.Command.HelpName)
	}
	return usagef("%s", badValue(c, err))
}

// didYouMean names the flag that looks most like the one that does not exist, unless none does.
func didYouMean(c *cli.Context, name string) string {
	if like := cli.SuggestFlag(c.Command.Flags, name, false); len(like) > len("--x") {
		return "did you mean " + like + "? Or "
	}
	return ""
}

func versionCommand() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "print the version",
		Description: "piecework version\npiecework version && piecework demo",
		Action:      func(c *cli.Context) error { _, err := fmt.Fprintln(c.App.Writer, Version); return err },
	}
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
