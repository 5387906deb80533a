// Package gate is the toll gate on a BitTorrent peer connection, as a state machine: bytes and frames in, bytes and frames out. It has no sockets, no
// clock and no goroutines, so the in-process driver and the proxy in front of a foreign client are the same gate.
//
// Splitter cuts the stream into frames. Toll is the payee's half: it holds requests until they are covered by an Account. Meter is the payer's half:
// it counts what was asked for, received and verified. Uplink shares a seeder's upload between payers, by bid, and free riders, by policy.
package gate
