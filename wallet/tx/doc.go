// Package tx builds, sizes, signs, reads and compares Tron transactions.
//
// It speaks the wire format with protowire alone: no generated protobuf code is linked, so that a program may use another Tron library beside it.
// It knows no node: a transaction is built from a contract, a reference to a block and options, and ends as bytes.
// What was received is never encoded again: the id of a foreign transaction is the SHA-256 of the bytes that came, and those bytes are what is signed.
//
// The rules are those of java-tron 4.8.0 (protocol/src/main/protos/core).
package tx
