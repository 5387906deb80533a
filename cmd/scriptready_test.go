package cmd_test

import (
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// ready waits for the ready file of a command in the background and sets a variable to its first line: ready SERVER $WORK/ready
func ready(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: ready VARIABLE FILE")
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		text, _ := os.ReadFile(args[1])
		if line, _, whole := strings.Cut(string(text), "\n"); whole {
			ts.Setenv(args[0], line)
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("waited a minute for %s", args[1])
		}
	}
}

// edit writes a file again with something in it replaced, and fails where there is nothing to replace: edit FROM TO PATTERN TEXT
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: edit FROM TO PATTERN TEXT")
	}
	text := ts.ReadFile(args[0])
	changed := regexp.MustCompile(args[2]).ReplaceAllString(text, args[3])
	if changed == text {
		ts.Fatalf("nothing in %s is %s:\n%s", args[0], args[2], text)
	}
	ts.Check(os.WriteFile(args[1], []byte(changed), 0o600))
}
