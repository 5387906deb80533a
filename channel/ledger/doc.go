// Package ledger is the payee's ledger: it accepts vouchers and reveals, and has them on disk before it answers.
//
// Any number of goroutines call Accept. Each runs the pure rule of package channel against the channel's newest state in memory and joins the open batch;
// payments of one channel replace each other in it, because they are cumulative. One committer writes the batch in one transaction, then updates memory,
// then answers everybody; what gathers meanwhile is the next batch, so the sync of the disk is the batching window and there is no timer.
//
// What the chain says comes in through Follow, in the same committer, so that facts and payments never race.
package ledger
