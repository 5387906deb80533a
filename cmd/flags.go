package cmd

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// envName is the one rule for environment variables: PIECEWORK_ and the flag's name in capitals, as PIECEWORK_FEE_LIMIT for --fee-limit.
func envName(flag string) string {
	return "PIECEWORK_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// dropEmptyVariables makes a variable that is set to nothing count as one that is not set.
func dropEmptyVariables() {
	for _, pair := range os.Environ() {
		if name, value, _ := strings.Cut(pair, "="); value == "" && strings.HasPrefix(name, envName("")) {
			_ = os.Unsetenv(name)
		}
	}
}

// ownFirst puts what only this command has before what many have, so that help begins with what it is about.
func ownFirst(flags []cli.Flag, shared map[string]bool) []cli.Flag {
	var own, others []cli.Flag
	for _, f := range flags {
		if shared[f.Names()[0]] {
			others = append(others, f)
		} else {
			own = append(own, f)
		}
	}
	return append(own, others...)
}

// sharedFlags are the names of flags that many commands have; --from is left out, because it is part of what each is about.
func sharedFlags() map[string]bool {
	shared := map[string]bool{}
	for _, f := range append(sendFlags(), configFlags()...) {
		shared[f.Names()[0]] = f.Names()[0] != "from"
	}
	return shared
}

// configFlags say where the defaults of the others come from.
func configFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: configFlag, Usage: "the TOML `FILE` of the configuration", DefaultText: "piecework/config.toml in $XDG_CONFIG_HOME"},
		&cli.StringFlag{Name: profileName, Usage: "take defaults from the profile `NAME` of the configuration"},
	}
}

// common is what the rule above changes in a flag of any kind.
type common struct {
	env      *[]string
	required *bool
	preset   func(values []string) error // makes the last value, or all of a list, the default
}

// commonOf is nil for a kind of flag that no command has.
func commonOf(f cli.Flag) *common {
	switch f := f.(type) {
	case *cli.StringFlag:
		return &common{&f.EnvVars, &f.Required, func(v []string) error { f.Value = last(v); return nil }}
	case *cli.BoolFlag:
		return &common{&f.EnvVars, &f.Required, presetting(&f.Value, strconv.ParseBool)}
	case *cli.IntFlag:
		return &common{&f.EnvVars, &f.Required, presetting(&f.Value, bounded(strconv.Atoi, f.Action))}
	case *cli.Int64Flag:
		return &common{&f.EnvVars, &f.Required, presetting(&f.Value, func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) })}
	case *cli.UintFlag:
		return &common{&f.EnvVars, &f.Required, presetting(&f.Value, func(s string) (uint, error) { n, err := strconv.ParseUint(s, 10, 0); return uint(n), err })}
	case *cli.Uint64Flag:
		return &common{&f.EnvVars, &f.Required, presetting(&f.Value, func(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) })}
	case *cli.Float64Flag:
		return &common{&f.EnvVars, &f.Required, presetting(&f.Value, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })}
	case *cli.DurationFlag:
		return &common{&f.EnvVars, &f.Required, presetting(&f.Value, bounded(time.ParseDuration, f.Action))}
	case *cli.StringSliceFlag:
		return &common{&f.EnvVars, &f.Required, func(v []string) error { f.Value = cli.NewStringSlice(v...); return nil }}
	case *cli.GenericFlag:
		return &common{&f.EnvVars, &f.Required, func(v []string) error {
			for _, one := range v {
				if err := f.Value.Set(one); err != nil {
					return err
				}
			}
			return nil
		}}
	}
	return nil
}

// hasFlag says whether the command that runs has a flag: a next step must not name one that it lacks.
func hasFlag(c *cli.Context, name string) bool { return flagNamed(c.Command, name) != nil }

// badValue says what a flag wants, where the parser only says that it got something else.
func badValue(c *cli.Context, err error) string {
	if name, bare := strings.CutPrefix(err.Error(), "flag needs an argument: -"); bare {
		return "--" + strings.TrimLeft(name, "-") + " needs a value"
	}
	var value, name, kind, variable string
	where := ""
	if n, _ := fmt.Sscanf(err.Error(), "invalid value %q for flag -%s", &value, &name); n == 2 {
		where = "--" + strings.TrimSuffix(name, ":")
	} else if n, _ := fmt.Sscanf(err.Error(), "invalid boolean value %q for -%s", &value, &name); n == 2 {
		where = "--" + strings.TrimSuffix(name, ":")
	} else if n, _ := fmt.Sscanf(err.Error(), "could not parse %q as %s value from environment variable %q for flag %s", &value, &kind, &variable, &name); n == 4 {
		where = variable
	}
	wants := wanted(flagNamed(c.Command, strings.TrimSuffix(name, ":")))
	if where == "" || wants == "" {
		return err.Error()
	}
	return fmt.Sprintf("%s %q: want %s", where, value, wants)
}

// wanted describes the values that a kind of flag takes; empty for text, which takes any.
func wanted(f cli.Flag) string {
	switch f.(type) {
	case *cli.DurationFlag:
		return "a time with its unit, as in 90s, 5m or 24h"
	case *cli.IntFlag, *cli.Int64Flag, *cli.UintFlag, *cli.Uint64Flag:
		return "a whole number"
	case *cli.Float64Flag:
		return "a number, as in 1.5"
	case *cli.BoolFlag:
		return "true or false"
	}
	return ""
}

func presetting[T any](to *T, parse func(string) (T, error)) func([]string) error {
	return func(values []string) error {
		parsed, err := parse(last(values))
		if err == nil {
			*to = parsed
		}
		return err
	}
}

// within is the Action of a flag whose value must lie between two bounds.
func within[T cmp.Ordered](name string, least, most T) func(*cli.Context, T) error {
	return func(_ *cli.Context, v T) error {
		if v < least || v > most {
			return usagef("--%s %v: want %v to %v", name, v, least, most)
		}
		return nil
	}
}

// bounded is parse with a flag's bound, which the library asks for what the command line and the environment say, and not for a default.
func bounded[T any](parse func(string) (T, error), bound func(*cli.Context, T) error) func(string) (T, error) {
	return func(text string) (T, error) {
		v, err := parse(text)
		if err == nil && bound != nil {
			err = bound(nil, v)
		}
		return v, err
	}
}

func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// flagNames are the names of all flags of all commands.
func flagNames(commands []*cli.Command) []string {
	var names []string
	for _, command := range commands {
		for _, f := range command.Flags {
			names = append(names, f.Names()...)
		}
		names = append(names, flagNames(command.Subcommands)...)
	}
	return names
}
