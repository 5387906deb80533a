package cmd

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// added writes a profile by a command line and gives it back.
func added(t *testing.T, flags ...string) map[string]any {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.toml")
	args := append([]string{"piecework", "config", "profiles", "add", "--name", "x", "--config", file}, flags...)
	var stderr bytes.Buffer
	if code := Run(t.Context(), args, Streams{In: strings.NewReader(""), Out: io.Discard, Err: &stderr}); code != exitDone {
		t.Fatalf("%q: exit code %d, %s", flags, code, stderr.String())
	}
	s := readSettings([]string{"piecework", "config", "show", "--config", file, "--profile", "x"})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.Profiles["x"]
}

// A comma is part of a value, in a flag that can be repeated as in any other.
func TestValuesAreNotCutAtCommas(t *testing.T) {
	if got := added(t, "--set", "memo=rent, June", "--set", "tracker=http://t.example/announce?key=1,2"); len(got) != 2 || got["memo"] != "rent, June" || got["tracker"] != "http://t.example/announce?key=1,2" {
		t.Errorf("from the command line: %v", got)
	}
	t.Setenv("PIECEWORK_SET", "memo=rent, June\nnetwork=nile")
	if got := added(t); len(got) != 2 || got["memo"] != "rent, June" || got["network"] != "nile" {
		t.Errorf("from the environment, one a line: %v", got)
	}
	if got := added(t, "--set", "memo=x"); len(got) != 1 || got["memo"] != "x" {
		t.Errorf("the command line counts before the environment: %v", got)
	}
}
