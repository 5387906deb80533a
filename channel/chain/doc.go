// Package chain is the channel service's link to Tron: the Follower reads blocks and tells the ledger what they say of its channels,
// the Sender signs transactions, stores them before they leave, and repeats them until the chain has decided.
//
// Bad news counts at the head, good news when solid: a channel that starts to close stops being paid at first sight, a deposit counts when Tron can no longer undo it.
package chain
