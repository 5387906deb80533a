package cmd_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"github.com/piecework/piecework/cmd"
	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/testnettest"
)

// asked calls stop when a question is written to it.
type asked struct {
	bytes.Buffer
	stop func()
}

func (a *asked) Write(text []byte) (int, error) {
	if bytes.Contains(text, []byte("[y/N]")) {
		a.stop()
	}
	return a.Buffer.Write(text)
}

// TestQuestionCtrlC: who is asked whether to send money and presses Ctrl-C has said no, and need not press anything else.
func TestQuestionCtrlC(t *testing.T) {
	network := testnettest.Start(t, testnet.Config{})
	t.Setenv("HOME", t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	in, person := io.Pipe()
	defer func() { _ = person.Close() }()
	said, ended := &asked{stop: stop}, make(chan int, 1)
	args := []string{"piecework", "account", "send", "--to", "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb", "--amount", "1", "--from", "alice", "--node", network.GRPC()}
	go func() { ended <- cmd.Run(ctx, args, cmd.Streams{In: in, Out: io.Discard, Err: said}) }()
	select {
	case code := <-ended:
		if code != 10 {
			t.Errorf("exit code %d, want 10: %s", code, said)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it still waits for an answer")
	}
}
