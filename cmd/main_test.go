package cmd_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A stop that waits, here for a request that never ends, is cut short by a second Ctrl-C.
func TestSecondInterruptEndsAtOnce(t *testing.T) {
	p := startTestnet(t, "--quiet")
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.http, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // there is nothing to lose
	if _, err := conn.Write([]byte("POST /wallet/getnowblock HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // until it is read; sooner, the test would fail and not pass
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
				t.Fatalf("it ended by itself: %v", err)
			}
			return
		default:
			_ = p.cmd.Process.Signal(os.Interrupt)
			time.Sleep(10 * time.Millisecond)
		}
	}
}
