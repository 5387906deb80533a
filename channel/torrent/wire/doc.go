// Package wire is what travels on a peer connection for pay: the bencoded messages of the extension pw_pay (BEP 10), version 1, and the little
// bencoding that they and the extended handshake need.
//
// It is written to read strangers' bytes: every length, depth and count has a bound, unknown types and keys are passed over, and nothing panics.
package wire
