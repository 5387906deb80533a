// Package tronpb is Tron's wire: the messages and gRPC services of a full node under the names and numbers that java-tron gives them
// (proto package "protocol"), written in files of our own and generated.
//
// Two packages that register the same protobuf names cannot live in one binary, so only wallet/node and testnet/rpc import it;
// whoever links the signing core (wallet, wallet/tx) beside another Tron SDK stays free of it.
// Misspellings (SUCESS, BANDWITH_ERROR, TransactionExtention) are java-tron's: they are on the wire in JSON.
package tronpb
