// Package fork reads another Tron node's state over its public HTTP API, for a testnet that goes on from there.
//
// What a node's API cannot give: java-tron keeps no old states, so rows are those of the moment in which they are first asked for (pin a block on a
// node that stands still, or keep the cache, which never changes again); rewards that voters have not withdrawn yet, open proposals, exchange
// pairs and orders of the market are not taken over; lists of all accounts or of a contract's rows do not exist.
package fork
