package cmd

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// texts is a flag that can be repeated. Unlike cli's own it leaves commas alone: [1,2,3] is one argument.
type texts []string

// Set adds one.
func (t *texts) Set(text string) error {
	*t = append(*t, text)
	return nil
}

// String is what help shows as the default: nothing.
func (t *texts) String() string { return strings.Join(*t, " ") }

// textsFlag is a flag that may be given many times; textsOf reads it.
func textsFlag(name, usage string) cli.Flag {
	return &cli.GenericFlag{Name: name, Usage: usage, Value: new(texts)}
}

func textsOf(c *cli.Context, name string) []string {
	t, ok := c.Generic(name).(*texts)
	if !ok {
		return nil
	}
	return *t
}

// interleave lets flags stand behind a command's positional argument, as in `contract call --to T… 'balanceOf(address)' --arg T…`:
// the flag parser stops at the first argument that is no flag, so that one is moved to the end. Commands that take none are left as they are, and refuse it.
func interleave(commands []*cli.Command, args []string) []string {
	if len(args) == 0 {
		return args
	}
	command, depth := find(commands, args[1:])
	if command == nil || command.ArgsUsage == "" {
		return args
	}
	depth++ // the program's own name
	flags, rest := part(command, args[depth:])
	if len(rest) == 0 {
		return args
	}
	return slices.Concat(args[:depth], slices.Concat(flags...), []string{"--"}, rest)
}

// find walks down the names of commands; depth is how many names it took.
func find(commands []*cli.Command, names []string) (command *cli.Command, depth int) {
	for depth < len(names) {
		next := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(names[depth]) })
		if next < 0 && command != nil && command.ArgsUsage != "" {
			return command, depth // it has sub-commands and an argument of its own
		}
		if next < 0 {
			return nil, 0
		}
		depth++
		if command = commands[next]; len(command.Subcommands) == 0 {
			return command, depth
		}
		commands = command.Subcommands
	}
	return nil, 0
}

// part separates flags, each with its value, from what is none. What stands behind "--" is none.
func part(command *cli.Command, args []string) (flags [][]string, rest []string) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			return flags, append(rest, args[i+1:]...)
		case len(arg) < 2 || arg[0] != '-':
			rest = append(rest, arg)
		case takesValue(command, strings.TrimLeft(arg, "-")) && i+1 < len(args):
			flags = append(flags, args[i:i+2])
			i++
		default:
			flags = append(flags, args[i:i+1])
		}
	}
	return flags, rest
}

// twice is the name of a flag that stands in the command line more than once where only the last would count: two recipients, or two amounts.
func twice(command *cli.Command, args []string) string {
	seen := map[string]bool{}
	flags, _ := part(command, args)
	for _, words := range flags {
		given, _, _ := strings.Cut(strings.TrimLeft(words[0], "-"), "=")
		flag := flagNamed(command, given)
		if flag == nil || repeats(flag) {
			continue
		}
		name := flag.Names()[0]
		if seen[name] {
			return name
		}
		seen[name] = true
	}
	return ""
}

// repeats says whether a flag may be given many times: each adds something, or says the same.
func repeats(flag cli.Flag) bool {
	switch f := flag.(type) {
	case *cli.StringSliceFlag, *cli.BoolFlag:
		return true
	case *cli.GenericFlag:
		_, is := f.Value.(*texts)
		return is
	}
	return false
}

func flagNamed(command *cli.Command, name string) cli.Flag {
	for _, flag := range command.Flags {
		if slices.Contains(flag.Names(), name) {
			return flag
		}
	}
	return nil
}

// takesValue says whether the flag's value is the next argument. An unknown flag is the parser's to complain about.
func takesValue(command *cli.Command, name string) bool {
	switch flag := flagNamed(command, name).(type) {
	case nil, *cli.BoolFlag:
		return false
	case *cli.GenericFlag: // --stream may stand without one
		optional, is := flag.Value.(interface{ IsBoolFlag() bool })
		return !is || !optional.IsBoolFlag()
	}
	return true
}
