// Package vm is the Tron Virtual Machine: an interpreter with Tron's opcodes, energy, precompiles, call rules, outcomes and texts,
// each rule behind the chain parameter that switches it on.
//
// Call runs a contract, Create deploys one; both work on a State, which the ledger implements, and report a Result.
// The VM knows nothing of fees, blocks or signatures: what a caller may spend comes in as Message.EnergyLimit, what was spent goes out as
// Result.EnergyUsed.
package vm
