// Package rpc is the doors of the testnet: java-tron's HTTP and gRPC services, its JSON-RPC, TronGrid's paths and the cheats of developers' nodes,
// all over one chain.
//
// Over HTTP each of java-tron's servlets is a function here that reads and answers with package javajson, so that what a client gets is what a real node
// sends, its error texts and omissions included. /wallet/ shows the head with what waits, /walletsolidity/ and /walletpbft/ the newest
// solid block.
package rpc
