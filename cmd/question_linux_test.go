package cmd_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/term"

	"github.com/piecework/piecework/cmd"
	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/testnettest"
	"github.com/piecework/piecework/wallet"
)

// terminal is one that a test sits at.
func terminal(t *testing.T) *os.File {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = person.Close() })
	var number, locked uint32
	for request, value := range map[uintptr]*uint32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &locked} {
		if _, _, failed := syscall.Syscall(syscall.SYS_IOCTL, person.Fd(), request, uintptr(unsafe.Pointer(value))); failed != 0 {
			t.Fatal(failed)
		}
	}
	program, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = program.Close() })
	return program
}

// TestPasswordCtrlC: Ctrl-C while a password is asked for ends the command, and what is typed at the terminal afterwards is shown again.
func TestPasswordCtrlC(t *testing.T) {
	network, home, in := testnettest.Start(t, testnet.Config{}), t.TempDir(), terminal(t)
	t.Setenv("HOME", home)
	store, err := wallet.OpenKeystore(filepath.Join(home, "data", "keys"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.WithCost(wallet.Cost{N: 2, P: 1}).Add("treasury", wallet.DevAccounts()[0].Key, []byte("correct horse")); err != nil {
		t.Fatal(err)
	}
	state := func() *term.State {
		shown, err := term.GetState(int(in.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		return shown
	}
	before := state()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan int, 1)
	args := []string{"piecework", "account", "send", "--to", "bob", "--amount", "1", "--from", "treasury", "--node", network.GRPC(), "--data-dir", filepath.Join(home, "data")}
	go func() { ended <- cmd.Run(ctx, args, cmd.Streams{In: in, Out: io.Discard, Err: io.Discard}) }()
	for begun := time.Now(); reflect.DeepEqual(state(), before); time.Sleep(time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			t.Fatal("no password was asked for")
		}
	}
	stop()
	select {
	case code := <-ended:
		if code != 1 || !reflect.DeepEqual(state(), before) {
			t.Errorf("exit code %d, want 1; the terminal is as it was: %t", code, reflect.DeepEqual(state(), before))
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it still waits for a password")
	}
}
