package torrent

import (
	"fmt"
	"os"
)

// writable makes sure that files can be made in dir, so that a read-only or full disk shows before anything is paid.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the download directory: %w", err)
	}
	probe, err := os.CreateTemp(dir, ".piecework-*")
	if err != nil {
		return fmt.Errorf("writing into the download directory: %w", err)
	}
	defer os.Remove(probe.Name())
	if _, err = probe.Write(make([]byte, 4096)); err == nil {
		err = probe.Close()
	}
	if err != nil {
		return fmt.Errorf("writing into the download directory: %w", err)
	}
	return nil
}
