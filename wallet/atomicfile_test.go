//go:build unix

package wallet_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/piecework/piecework/wallet"
)

func TestWriteFileFollowsALink(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "dotfiles.toml"), filepath.Join(dir, "config.toml")
	if err := errors.Join(os.WriteFile(file, []byte("old"), 0o600), os.Symlink(file, link)); err != nil {
		t.Fatal(err)
	}
	if err := wallet.WriteFile(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "new" {
		t.Errorf("the file behind the link holds %q (%v), want new", text, err)
	}
	if to, err := os.Readlink(link); err != nil || to != file {
		t.Errorf("the link leads to %q (%v), want %s", to, err, file)
	}
}

func TestWriteFileWritesIntoAPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string, 1)
	go func() {
		text, _ := os.ReadFile(pipe)
		read <- string(text)
	}()
	if err := wallet.WriteFile(pipe, []byte("signed")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(pipe)
	if err != nil || info.Mode().Type() != fs.ModeNamedPipe {
		t.Fatalf("the pipe is a %v now (%v)", info.Mode(), err)
	}
	if got := <-read; got != "signed" {
		t.Errorf("read %q from the pipe, want signed", got)
	}
}

func TestWriteFileNamesTheFileThatWasAskedFor(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]error{
		dir:                                   syscall.EISDIR,
		filepath.Join(dir, "nowhere", "file"): fs.ErrNotExist,
	} {
		err := wallet.WriteFile(path, []byte("x"))
		if !errors.Is(err, want) || !strings.HasPrefix(err.Error(), "writing "+path+": ") || strings.Count(err.Error(), dir) != 1 {
			t.Errorf("WriteFile(%s): %v, want %v", path, err, want)
		}
	}
}
