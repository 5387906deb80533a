// Package installed keeps what tests need of npm, PyPI and Maven outside of the tree, so that one run installs it and the next ones find it.
package installed

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Once gives a folder with a copy of files in which install was run. It is named for the lock file among them; whoever comes first puts it there whole.
func Once(t testing.TB, files fs.FS, lock string, install func(dir string)) string {
	t.Helper()
	locked, err := fs.ReadFile(files, lock)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(locked)
	dir := filepath.Join(os.TempDir(), "piecework-"+strconv.Itoa(os.Getuid())+"-"+hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	fresh, err := os.MkdirTemp(os.TempDir(), "piecework-install-") //nolint:usetesting // it outlives the test, so that the next one finds it
	if err == nil {
		err = os.CopyFS(fresh, files)
	}
	if err != nil {
		t.Fatal(err)
	}
	install(fresh)
	if err := os.Rename(fresh, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, there := os.Stat(dir); there != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Project gives a folder of the test's own with a copy of files, from which Node finds the packages of an installed folder.
func Project(t testing.TB, files fs.FS, dir string) string {
	t.Helper()
	project := t.TempDir()
	if err := os.CopyFS(project, files); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "node_modules"), filepath.Join(project, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return project
}
