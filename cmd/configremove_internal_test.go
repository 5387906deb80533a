package cmd

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWithoutTable(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"the only one":          {"[networks.x]\nnode = 1\n", ""},
		"the first":             {"[networks.x]\nnode = 1\n\n# y\n[networks.y]\nnode = 2\n", "# y\n[networks.y]\nnode = 2\n"},
		"the last":              {"profile = 1\n\n[networks.x]\nnode = 1\n", "profile = 1\n\n"},
		"in the middle":         {"a = 1\n\n[networks.x]\nnode = 1\n# its\n b = 2\n\n[networks.y]\n", "a = 1\n\n[networks.y]\n"},
		"quoted, with a remark": {"[ networks . 'x' ] # mine\nnode = 1\n[networks.xy]\n", "[networks.xy]\n"},
		"another's prefix":      {"[networks.xy]\nnode = 1\n", "[networks.xy]\nnode = 1\n"},
		"line ends of Windows":  {"a = 1\r\n\r\n[networks.x]\r\nnode = 1\r\n\r\n[networks.y]\r\n", "a = 1\r\n\r\n[networks.y]\r\n"},
		"another group's":       {"[profiles.x]\nmemo = 1\n", "[profiles.x]\nmemo = 1\n"},
		"at the end of a file":  {"[networks.x]\nnode = 1", ""},
	} {
		got, found := withoutTable(c.text, "networks", "x")
		if got != c.want || found != (c.want != c.text) {
			t.Errorf("%s: %q, %v; want %q", name, got, found, c.want)
		}
	}
}

// A heading that is only a line of a text is not taken for one: the file would say something else, and is left alone.
func TestRemoveLeavesAFileThatItDoesNotUnderstand(t *testing.T) {
	const network = "node = \"10.0.0.5:50051\"\ngenesis = \"00000000000000001ebf88508a03865c71d452e25f4d51194196a1d22b6653dc\"\n"
	for name, text := range map[string]string{
		"a text of several lines": "[networks.x]\n" + network + "[profiles.y]\nmemo = \"\"\"\n[networks.x]\nfrom = 1\n\"\"\"\n",
		"a list of texts":         "[profiles.y]\ntracker = [\n\"a\",\n]\n[networks]\n[networks.\"x\"]\n" + network + "[profiles.z]\ntracker = [\n[\"b\"],\n]\n",
		"in line":                 "networks.x = { node = \"10.0.0.5:50051\" }\n",
	} {
		file := filepath.Join(t.TempDir(), "config.toml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := (&settings{file: file}).remove("networks", "x")
		after, _ := os.ReadFile(file)
		if want := name == "a list of texts"; (err == nil) != want || !want && string(after) != text {
			t.Errorf("%s: %v\n%s", name, err, after)
		}
	}
}
