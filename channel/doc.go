// Package channel is what a unidirectional payment channel is: its terms, the payer's vouchers and tails, and the rule by which a payee accepts them.
//
// Money moves from payer to payee only, every promise is cumulative, and the latest replaces all before it. A voucher is worth its cumulative amount
// plus what is revealed of its tails: hash chains whose every preimage is worth one more unit (PayWord).
//
// The package is pure: no I/O, no clock, no database. What is done to a channel lives in the packages below it.
package channel
