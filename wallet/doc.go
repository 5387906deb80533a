// Package wallet holds what every other part speaks: addresses, exact amounts, keys and signatures, networks.
//
// It imports nothing else of Piecework, does no I/O but for the keystore files, and keeps no package state.
package wallet
