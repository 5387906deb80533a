// Package plainio makes the BitTorrent library read and write files by calls, and not through memory that files are mapped into, which is its default: over a mapped file that was cut
// short, a disk that went away or a block that cannot be read the kernel ends the process (SIGBUS). Import it for that; it has nothing else.
//
// anacrolix/torrent v1.61.0 takes the choice from the environment alone, while its package storage is initialised, which needs os. This package needs nothing but syscall, and stands before os
// in the order of import paths by which Go initialises what is ready (The Go Programming Language Specification, Program initialization): so it comes first.
package plainio

import "syscall"

// Variable is what the library reads, and Classic what it takes for files without maps.
const (
	Variable = "TORRENT_STORAGE_DEFAULT_FILE_IO"
	Classic  = "classic"
)

func init() {
	if _, set := syscall.Getenv(Variable); !set {
		_ = syscall.Setenv(Variable, Classic)
	}
}
