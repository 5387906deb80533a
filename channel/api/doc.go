// Package api is the channel service on the wire: a gRPC server over the ledger and the settlements.
//
// Payments carry their own proof, so anyone who knows a channel's id may pay on it and ask where it stands. What concerns all channels, or spends the
// operator's TRX, needs the operator's token.
package api
