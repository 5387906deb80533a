package cmd

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"
)

func configCommand() *cli.Command {
	return &cli.Command{
		Name: "config", Usage: "networks, profiles, contacts, shell completion, manual pages",
		Description: "The configuration is a TOML file: that of --config, $PIECEWORK_CONFIG, or piecework/config.toml in $XDG_CONFIG_HOME (~/.config).\n\n" +
			"   profile = \"nile\"          # the profile that counts when none is named; otherwise the one called default\n\n" +
			"   [profiles.nile]           # names and values of flags\n   network = \"nile\"\n   from = \"alice\"\n\n" +
			"   [networks.office]         # a network of your own, pinned by its genesis block\n   node = \"10.0.0.5:50051\"\n   genesis = \"0000…\"\n\n" +
			"A flag counts before its environment variable (PIECEWORK_FEE_LIMIT for --fee-limit), that before the profile, that before the built-in default.\n" +
			"Of a flag that can be repeated the variable holds one value a line, the profile a list.\n" +
			"Keys, contacts and state are in --data-dir, piecework in $XDG_DATA_HOME (~/.local/share).",
		Subcommands: []*cli.Command{
			{
				Name: "show", Usage: "which file and profile are in use, and what they set",
				Description: "piecework config show\npiecework config show --profile nile -o json",
				Flags:       []cli.Flag{outputFlag}, Action: configShow,
			},
			networksCommand(), profilesCommand(), contactsCommand(), completionCommand(), manCommand(),
		},
	}
}

func profilesCommand() *cli.Command {
	name := &cli.StringFlag{Name: "name", Usage: "`NAME` of the profile; the one called default counts when nobody names one", Required: true}
	return &cli.Command{
		Name: "profiles", Usage: "named sets of defaults for flags",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list the profiles of config.toml",
				Description: "piecework config profiles list\npiecework config profiles list -o json",
				Flags:       []cli.Flag{outputFlag}, Action: profilesList,
			},
			{
				Name: "add", Usage: "write a new profile into config.toml",
				Description: "piecework config profiles add --name nile --set network=nile --set from=alice\n" +
					"piecework config profiles add --name default --set output=json",
				Flags:  []cli.Flag{name, &cli.StringSliceFlag{Name: "set", Usage: "`FLAG=VALUE`; repeat it for more", Required: true}, outputFlag},
				Action: profilesAdd,
			},
			{
				Name: "remove", Usage: "take a profile out of config.toml",
				Description: "piecework config profiles remove --name nile\npiecework config profiles remove --name nile -o json",
				Flags:       []cli.Flag{name, outputFlag}, Action: profilesRemove,
			},
		},
	}
}

// configShown is the configuration in use.
type configShown struct {
	File     string         `json:"file"`
	Profile  string         `json:"profile,omitempty"`
	Defaults map[string]any `json:"defaults"`
}

func (s configShown) schema() string { return "piecework.config.v1" }

func (s configShown) table() table {
	t := table{rows: [][]string{{"file", s.File}, {"profile", orDefault(s.Profile, "(none)")}}}
	for _, key := range sortedKeys(s.Defaults) {
		t.rows = append(t.rows, []string{"--" + key, fmt.Sprint(s.Defaults[key])})
	}
	t.notes = []string{"", "A flag counts before its environment variable, that before the profile, that before the built-in default."}
	return t
}

func configShow(c *cli.Context) error {
	s := settingsOf(c)
	out := configShown{File: s.file, Profile: s.chosen, Defaults: s.Profiles[s.chosen]}
	if out.Defaults == nil {
		out.Defaults = map[string]any{}
	}
	return printResult(c, out)
}

// profileList is all profiles by name.
type profileList struct {
	Profiles map[string]map[string]any `json:"profiles"`
	chosen   string
}

func (l profileList) schema() string { return "piecework.profiles.v1" }

func (l profileList) table() table {
	t := table{heading: []string{"PROFILE", "FLAG", "VALUE"}}
	for _, name := range sortedKeys(l.Profiles) {
		label := name
		if name == l.chosen {
			label += " (in use)"
		}
		for _, key := range sortedKeys(l.Profiles[name]) {
			t.rows = append(t.rows, []string{label, "--" + key, fmt.Sprint(l.Profiles[name][key])})
		}
	}
	if len(l.Profiles) == 0 {
		return table{notes: []string{"No profiles yet. `piecework config profiles add --name nile --set network=nile` makes one."}}
	}
	return t
}

func profilesList(c *cli.Context) error {
	s := settingsOf(c)
	list := profileList{Profiles: s.Profiles, chosen: s.chosen}
	if list.Profiles == nil {
		list.Profiles = map[string]map[string]any{}
	}
	return printResult(c, list)
}

func profilesAdd(c *cli.Context) error {
	s, name := settingsOf(c), c.String("name")
	if err := checkConfigName(name); err != nil {
		return err
	}
	if _, taken := s.Profiles[name]; taken {
		return withHint(fmt.Errorf("there is a profile %q already", name), "Edit %s to change it.", s.file)
	}
	values, err := profileValues(c.StringSlice("set"))
	if err != nil {
		return err
	}
	if err := s.add("profiles", name, values); err != nil {
		return err
	}
	return printResult(c, profileList{Profiles: map[string]map[string]any{name: values}})
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
