// Package trc10 is the tokens that Tron's own ledger keeps: issue, transfer, participate in a sale, unfreeze, update, query.
//
// What changes the chain is a contract of package wallet/tx, to be built, signed and sent with it. Check holds it against the chain's rules beforehand,
// in the order and with the words of java-tron, so that a refusal costs nothing and says what is wrong.
//
// A token is known by its id (1000001 and up). Names are not unique: Find lists all that have one, and Resolve refuses to choose.
// Amounts are exact: a Token reads and prints them with its own decimals.
package trc10
