package message_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/piecework/piecework/channel/api/message"
)

// TestReasonsAreDocumented: ERRORS.md lists every reason, and no other.
func TestReasonsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../ERRORS.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)`").FindAllSubmatch(page, -1) {
		listed = append(listed, string(row[1]))
	}
	slices.Sort(listed)
	want := message.Reasons()
	slices.Sort(want)
	if !slices.Equal(listed, want) {
		t.Errorf("ERRORS.md lists\n%v, there are\n%v", listed, want)
	}
}
