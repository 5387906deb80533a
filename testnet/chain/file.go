package chain

// stateFile keeps the state on disk.
type stateFile struct{}

// keep writes what has changed to the state file, if there is one. The caller holds the lock.
func (n *Node) keep() {}
