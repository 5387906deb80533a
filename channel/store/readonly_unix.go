//go:build unix

package store

import (
	"errors"
	"syscall"
)

// isReadOnlyFS says whether a file system that is mounted read-only refused.
func isReadOnlyFS(err error) bool { return errors.Is(err, syscall.EROFS) }
