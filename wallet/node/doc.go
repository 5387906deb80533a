// Package node is Piecework's only client of Tron nodes. It speaks gRPC, plain or TLS, to a full node and (at the same or another address) its solid view.
//
// It answers in types of its own: nothing generated leaves the package, amounts carry their unit, addresses their prefix.
// What a node can show of a transaction's life is submitted, in a block, solid, failed, or expired unmined; see [Node.Status] and [Node.Wait].
//
// Reads are repeated when a node is briefly away. A broadcast is repeated only with the same bytes, which the chain takes at most once:
// "duplicate" then means that it has it, and [Node.Broadcast] looks it up.
package node
