package cmd

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
)

func networksRemove(c *cli.Context) error {
	s, name := settingsOf(c), c.String("name")
	setting, ok := s.Networks[name]
	if !ok {
		if known, err := wallet.NetworkByName(name); err == nil {
			return usagef("%s is a network that everybody has", known.Name)
		}
		return withHint(fmt.Errorf("%w: there is no network %q in %s", errNotFound, name, s.file), "`piecework config networks list` shows them.")
	}
	for _, profile := range sortedKeys(s.Profiles) {
		if fmt.Sprint(s.Profiles[profile]["network"]) == name {
			return withHint(fmt.Errorf("the profile %q is for the network %q", profile, name), "Remove the profile first: `piecework config profiles remove --name %s`; or edit %s.", profile, s.file)
		}
	}
	network, err := setting.network(name)
	if err != nil {
		return err
	}
	if err := s.remove("networks", name); err != nil {
		return err
	}
	return printResult(c, showNetwork(network))
}

func profilesRemove(c *cli.Context) error {
	s, name := settingsOf(c), c.String("name")
	values, ok := s.Profiles[name]
	switch {
	case !ok:
		return withHint(fmt.Errorf("%w: there is no profile %q in %s", errNotFound, name, s.file), "`piecework config profiles list` shows them.")
	case s.Profile == name:
		return withHint(fmt.Errorf("%s says that %q is the profile that counts when none is named", s.file, name), "Take the line profile = %q out of the file first.", name)
	}
	if err := s.remove("profiles", name); err != nil {
		return err
	}
	return printResult(c, profileList{Profiles: map[string]map[string]any{name: values}})
}

// remove takes a table out of the file; what a person wrote beside it stays as it is. A file that would say anything else afterwards is not written.
func (s *settings) remove(group, name string) error {
	old, err := os.ReadFile(s.file)
	if err != nil {
		return fmt.Errorf("changing the configuration: %w", err)
	}
	byHand := func(why any) error {
		return withHint(fmt.Errorf("changing %s: %v", s.file, why), "Take out what stands below [%s.%s] by hand.", group, name)
	}
	text, found := withoutTable(string(old), group, name)
	if !found {
		return byHand("the entry has no table of its own")
	}
	want, got := &settings{}, &settings{}
	if _, err := toml.Decode(string(old), want); err != nil {
		return byHand(err)
	}
	if group == "networks" {
		delete(want.Networks, name)
	} else {
		delete(want.Profiles, name)
	}
	if _, err := toml.Decode(text, got); err != nil {
		return byHand(err)
	}
	if !sameSettings(want, got) {
		return byHand("it would say something else than before")
	}
	return wallet.WriteFile(s.file, []byte(text))
}

func sameSettings(a, b *settings) bool {
	same := func(a, b any) bool {
		return reflect.ValueOf(a).Len() == 0 && reflect.ValueOf(b).Len() == 0 || reflect.DeepEqual(a, b)
	}
	return a.Profile == b.Profile && same(a.Profiles, b.Profiles) && same(a.Networks, b.Networks)
}

// withoutTable cuts a table out of a TOML text, from its heading to before the next. Comments before the next heading are that one's.
func withoutTable(text, group, name string) (rest string, found bool) {
	heading := regexp.MustCompile(`^\s*\[\s*["']?` + group + `["']?\s*\.\s*["']?` + regexp.QuoteMeta(name) + `["']?\s*\]\s*(#.*)?$`)
	var kept, between strings.Builder // between: comments and blank lines behind what is cut, which may belong to what comes next
	keep := func() {
		behind := between.String()
		if before := kept.String(); before == "" || strings.HasSuffix(before, "\n\n") || strings.HasSuffix(before, "\n\r\n") {
			behind = strings.TrimLeft(behind, "\r\n")
		}
		kept.WriteString(behind)
		between.Reset()
	}
	cutting := false
	for line := range strings.Lines(text) {
		bare := strings.TrimSpace(line)
		switch {
		case heading.MatchString(bare):
			keep()
			cutting, found = true, true
		case strings.HasPrefix(bare, "["): // of another table, or of a list of tables
			keep()
			cutting = false
			kept.WriteString(line)
		case cutting && (bare == "" || bare[0] == '#'):
			between.WriteString(line)
		case cutting:
			between.Reset()
		default:
			kept.WriteString(line)
		}
	}
	keep()
	return kept.String(), found
}
