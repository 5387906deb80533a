package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/piecework/piecework/wallet"
)

var configName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

func checkConfigName(name string) error {
	if !configName.MatchString(name) {
		return usagef("--name %q: want a-z, 0-9, - and _, at most 32 of them", name)
	}
	return nil
}

// profileValues reads FLAG=VALUE.
func profileValues(pairs []string) (map[string]any, error) {
	values := map[string]any{}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, usagef("--set %q: want FLAG=VALUE", pair)
		}
		values[strings.TrimLeft(key, "-")] = value
	}
	return values, nil
}

// add writes a table behind the end of the file: what a person wrote above stays as it is. A file that would not be read afterwards is not written.
func (s *settings) add(group, name string, value any) error {
	if s.file == "" {
		return withHint(usagef("there is no home folder to keep config.toml in"), "Name a file with --%s.", configFlag)
	}
	old, err := os.ReadFile(s.file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("changing the configuration: %w", err)
	}
	var text bytes.Buffer
	text.Write(old)
	if len(old) > 0 && !bytes.HasSuffix(old, []byte("\n")) {
		text.WriteByte('\n')
	}
	encoder := toml.NewEncoder(&text)
	encoder.Indent = ""
	fmt.Fprintf(&text, "\n[%s.%s]\n", group, name)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("changing the configuration: %w", err)
	}
	next := &settings{file: s.file}
	if _, err := toml.Decode(text.String(), next); err != nil {
		return withHint(usagef("changing %s: %s", s.file, err), "Write it by hand.")
	}
	if err := next.check(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.file), 0o700); err != nil {
		return fmt.Errorf("changing the configuration: %w", err)
	}
	return wallet.WriteFile(s.file, text.Bytes())
}
