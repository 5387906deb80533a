// Package javajson reads and writes JSON as java-tron does: with its JsonFormat for protobuf messages and the fastjson library for the rest.
//
// Clients depend on their habits: zero values are left out, numbers must be bare, a leading 0 means octal, keys come in the order of Java's HashMap.
// Rules are from java-tron 4.8.0 (framework, services/http/JsonFormat and Util) and fastjson 1.2.83.
package javajson
