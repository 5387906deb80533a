// Package channelpb is the channel server's public gRPC API, generated from the .proto files beside it.
package channelpb
