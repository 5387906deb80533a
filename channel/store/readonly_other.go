//go:build !unix

package store

// isReadOnlyFS is for systems that report a read-only medium as a lack of permission.
func isReadOnlyFS(error) bool { return false }
