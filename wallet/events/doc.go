// Package events is what happens on the chain, block by block, without a gap: transfers of TRX, TRC-10 and TRC-20 tokens, transfers that
// contracts make, rewards, stakes and trades on the chain's exchange, and contracts' own events.
//
// A Follower tells every block once, in order, and where it is by a Cursor, from which a later Follower goes on. In the solid view nothing is
// ever taken back. At head a fork can undo blocks: then the Follower says back to which block, before it goes on. A node that is away is waited for.
//
// Transfers inside contracts are seen only when the node keeps them (java-tron's vm.saveInternalTx), stakes and rewards of contracts when it keeps those too
// (vm.saveFeaturedInternalTx). What no answer of a node tells has no event: system.go lists it.
//
// A Stream serves the same to many readers as server-sent events (WHATWG HTML, section 9.2).
package events
