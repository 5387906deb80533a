// Package state is everything a Tron network remembers: accounts, tokens, contracts, storage, stakes, votes, parameters, blocks and the clock.
// Every row lives in a table whose changes are logged, so that going back to a mark costs what changed since, whatever the size of the state.
package state
