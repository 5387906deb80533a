package cmd_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/piecework/piecework/channel/api/tlstest"
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
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(changed), 0o600))
}

// fetch gets a path of the HTTP port that stands in the second line of a ready file, and writes status and body into a file: fetch $WORK/ready /healthz out.txt
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: fetch READYFILE PATH FILE")
	}
	lines := strings.Split(ts.ReadFile(args[0]), "\n")
	answer, err := http.Get("http://" + lines[1] + args[1]) //nolint:noctx // a script's step on the loopback
	ts.Check(err)
	body, err := io.ReadAll(answer.Body)
	ts.Check(errors.Join(err, answer.Body.Close()))
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), append([]byte(answer.Status+"\n"), body...), 0o600))
}

// certificates makes an authority with the certificates of a server on this machine and of a client with scopes, in a new folder: certificates FOLDER SCOPE…
func certificates(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: certificates FOLDER SCOPE…")
	}
	folder := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(folder, 0o700))
	authority, err := tlstest.New(folder, "ca")
	ts.Check(err)
	_, _, err = authority.Server("127.0.0.1")
	ts.Check(err)
	_, _, err = authority.Client("operator", args[1:]...)
	ts.Check(err)
}
