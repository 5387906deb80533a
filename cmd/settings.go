package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/urfave/cli/v2"
)

// Where a flag's value comes from, the first that has one: the command line, the environment (PIECEWORK_ and the flag's name), the profile of
// config.toml, the built-in default.

const (
	settingsKey   = "settings"
	configFlag    = "config"
	configEnv     = "PIECEWORK_CONFIG"
	profileName   = "profile"
	defaultName   = "default" // the profile that counts when nobody names one
	maxConfigFile = 1 << 20   // bytes
)

// settings is config.toml, and the profile of it that this command uses.
type settings struct {
	Profile  string                     `toml:"profile"` // the one to use when none is named
	Profiles map[string]map[string]any  `toml:"profiles"`
	Networks map[string]*networkSetting `toml:"networks"`

	file     string
	chosen   string            // the profile in use, "" for none
	args     []string          // the command line as it came
	shared   map[string]bool   // see sharedFlags
	required map[cli.Flag]bool // flags that commands cannot do without
	err      error             // of reading; the first command that depends on the file says it
}

// readSettings reads the configuration before the command line is parsed, because it gives flags their defaults.
func readSettings(args []string) *settings {
	s := &settings{args: args}
	if s.file, s.err = configFile(args); s.err != nil {
		return s
	}
	if s.err = s.read(); s.err != nil {
		s.err = withHint(s.err, "Correct the file, or name another with --%s.", configFlag)
		return s
	}
	s.choose()
	return s
}

func settingsOf(c *cli.Context) *settings { return c.App.Metadata[settingsKey].(*settings) }

// configFile is where the configuration lies: --config, PIECEWORK_CONFIG, or the XDG place. A file that was named must be there.
func configFile(args []string) (string, error) {
	if file := argument(args, configFlag); file != "" {
		if _, err := os.Stat(file); err != nil && !(errors.Is(err, fs.ErrNotExist) && writes(args)) {
			return "", usagef("reading the configuration: %s", err)
		}
		return file, nil
	}
	if file := os.Getenv(configEnv); file != "" {
		return file, nil
	}
	if dir := xdg("XDG_CONFIG_HOME"); dir != "" {
		return filepath.Join(dir, "piecework", "config.toml"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", nil //nolint:nilerr // without a home there is no configuration; whoever needs a home says so
	}
	return filepath.Join(home, ".config", "piecework", "config.toml"), nil
}

// xdg is a folder of the XDG Base Directory Specification; one that is not absolute does not count, as it says.
func xdg(variable string) string {
	if dir := os.Getenv(variable); filepath.IsAbs(dir) {
		return dir
	}
	return ""
}

// writes says whether the command line is one that writes the configuration: `config networks add`. Its file may be new.
func writes(args []string) bool {
	return len(args) > 3 && args[1] == "config" && args[3] == "add"
}

func (s *settings) read() error {
	info, err := os.Stat(s.file)
	if errors.Is(err, fs.ErrNotExist) || s.file == "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	if info.Size() > maxConfigFile {
		return usagef("reading the configuration: %s is longer than %d bytes", s.file, maxConfigFile)
	}
	meta, err := toml.DecodeFile(s.file, s)
	var syntax toml.ParseError
	if errors.As(err, &syntax) {
		return usagef("reading %s: %s", s.file, syntax.Error())
	}
	if err != nil {
		return usagef("reading %s: %s", s.file, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return usagef("reading %s: nothing is called %s", s.file, unknown[0])
	}
	return s.check()
}

// check refuses what would be passed over in silence, and what may not come from a file.
func (s *settings) check() error {
	known := flagNames(groups())
	for name, values := range s.Profiles {
		for key := range values {
			switch {
			case key == "yes" || key == profileName || key == configFlag:
				return usagef("reading %s: %s in the profile %q: it has to be given each time", s.file, key, name)
			case !slices.Contains(known, key):
				return usagef("reading %s: the profile %q has %q, and there is no flag --%s", s.file, name, key, key)
			}
		}
	}
	for name, n := range s.Networks {
		if _, err := n.network(name); err != nil {
			return usagef("reading %s: %s", s.file, err)
		}
	}
	return nil
}

// choose finds the profile: --profile, PIECEWORK_PROFILE, what the file says, or the one called default.
func (s *settings) choose() {
	name := argument(s.args, profileName)
	if name == "" {
		name = os.Getenv(envName(profileName))
	}
	if name == "" {
		name = s.Profile
	}
	if name == "" {
		if _, ok := s.Profiles[defaultName]; !ok {
			return
		}
		name = defaultName
	}
	if _, ok := s.Profiles[name]; !ok {
		s.err = withHint(usagef("there is no profile %q in %s", name, s.file), "`piecework config profiles list` shows those that there are.")
		return
	}
	s.chosen = name
}

// apply gives flags their environment variables, and the profile's values as defaults. It returns the names of those that the person has to give;
// the library would print the whole help to stdout before it names them.
func (s *settings) apply(flags []cli.Flag) (required []string) {
	for _, f := range flags {
		name := f.Names()[0]
		common := commonOf(f)
		if common == nil {
			panic("cmd: no rule for the kind of flag that --" + name + " is")
		}
		*common.env = []string{envName(name)}
		value, ok := s.Profiles[s.chosen][name]
		if !ok || s.chosen == "" || s.err != nil {
			if *common.required {
				s.required[f] = true // commands may share a flag
				*common.required = false
			}
			if s.required[f] {
				required = append(required, name)
			}
			continue
		}
		if err := common.preset(words(value)); err != nil {
			why := "want " + orDefault(wanted(f), err.Error())
			if bound := new(usageErr); errors.As(err, &bound) {
				why = bound.text
			}
			s.err = usagef("reading %s: %s in the profile %q is %q: %s", s.file, name, s.chosen, fmt.Sprint(value), why)
		}
		*common.required = false
	}
	return required
}

// words is a value of the file as it would stand on the command line, a list as several of them.
func words(value any) []string {
	list, ok := value.([]any)
	if !ok {
		return []string{fmt.Sprint(value)}
	}
	var all []string
	for _, v := range list {
		all = append(all, fmt.Sprint(v))
	}
	return all
}

// format is what -o asks for, known before the command line is parsed: mistakes in it are told that way too.
func (s *settings) format() string {
	for _, given := range []string{argument(s.args, outputFlag.Name), argument(s.args, outputFlag.Aliases[0]), os.Getenv(envName(outputFlag.Name))} {
		if given != "" {
			return given
		}
	}
	text, _ := s.Profiles[s.chosen][outputFlag.Name].(string)
	return text
}

// named says whether a flag stands on the command line itself, not in the environment or a file.
func named(c *cli.Context, flag string) bool { return argument(settingsOf(c).args, flag) != "" }

// argument finds the value of a flag in a command line that is not parsed yet.
func argument(args []string, flag string) string {
	for i, a := range args {
		name, value, joined := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(a, "-"), "-"), "=")
		switch {
		case a == "--":
			return ""
		case !strings.HasPrefix(a, "-") || name != flag:
		case joined:
			return value
		case i+1 < len(args):
			return args[i+1]
		}
	}
	return ""
}
