// Package trc20 is the tokens that are contracts: open one, read it, build its calls, read its events, and judge whether money moved.
//
// Open reads a token's decimals first; when they cannot be read nothing else works, because no amount could be trusted.
// What changes the chain is a contract of package wallet/tx, to be built, priced, signed and sent with it.
//
// Never judge a transfer by what it returns: Tron's USDT (TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t) moves the money in transfer and returns false.
// Judge by the receipt (the transaction did not fail) and by the Transfer events: ConfirmTransfer.
package trc20
