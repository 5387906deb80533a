// Package contract is the rules on chain: PaymentChannels.sol, what it compiles to, the calls that it takes, and the events and errors that it gives.
//
// Calls are values (Open, Settle, SettleBatch …); Call.Trigger makes the transaction of one. DecodeEvent reads a log into a channel.Event.
// Nothing here talks to a node.
//
// The contract is compiled by `make gen` (build/build.mjs); its artifact is committed, and Verify compares it with what a node says the chain runs.
//
//go:generate npm ci --prefix build --silent
//go:generate node build/build.mjs
package contract
