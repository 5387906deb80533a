// Package chain is a Tron node without a network: one chain of blocks, the transactions that wait, and what can be asked about them.
// A Node holds a state under one lock; reads see the head with everything that waits, or the newest solid block.
package chain
