package wallet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// writeNew writes a file of mode 0600 that appears whole or not at all, and fails with ErrExists rather than replace one.
func writeNew(path string, data []byte) error {
	temporary, err := writeTemporary(path, data)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary) }()
	if err := linkNew(temporary, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// linkNew gives a file its name. A link, unlike a rename, never replaces; where the file system has none, looking first must do.
func linkNew(temporary, path string) error {
	err := os.Link(temporary, path)
	if err == nil {
		return nil
	}
	if _, stat := os.Lstat(path); errors.Is(err, fs.ErrExist) || stat == nil {
		return ErrExists
	}
	return os.Rename(temporary, path)
}

// replace writes a file of mode 0600 that is the old one or the new one at every moment. What is no file is never replaced by one:
// a link is followed, and a device or pipe (/dev/stdout, /dev/fd/3) gets the data written into it.
func replace(path string, data []byte) error {
	switch info, err := os.Stat(path); {
	case err != nil: // it is made
	case info.IsDir():
		return &fs.PathError{Op: "write", Path: path, Err: syscall.EISDIR}
	case !info.Mode().IsRegular():
		return writeInto(path, data)
	default:
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
	temporary, err := writeTemporary(path, data)
	if err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		_ = os.Remove(temporary)
		return err
	}
	return syncDir(filepath.Dir(path))
}

func writeInto(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// WriteFile writes a file of mode 0600 whole or not at all, over an old one if there is one; it is durable once it returns.
// It is how keys and address books are written, for what else a wallet has to remember. A link is followed, a device or pipe is written into.
func WriteFile(path string, data []byte) error {
	err := replace(path, data)
	var at *fs.PathError // names the temporary file, which nobody asked for
	if errors.As(err, &at) {
		err = at.Err
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// writeTemporary leaves the data, synced, in a hidden file beside path.
func writeTemporary(path string, data []byte) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		_ = os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// syncDir makes a new name durable. Windows has no such call and needs none.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
