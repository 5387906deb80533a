// Package client is the payer's side of a channel, and the way to a channel server from outside: it opens channels, keeps what was promised and revealed
// durably, and speaks the gRPC API.
package client
