// Package message translates between the types of package channel and the messages and errors of the API, both ways, for server and clients alike.
package message
