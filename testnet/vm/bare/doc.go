// Package bare is a ledger in memory that is just enough to run contracts on: accounts, tokens, contracts, stake and votes, without blocks,
// fees or recovery of resources. It serves tests of the VM and measurements of contracts; the testnet has its own ledger.
package bare
