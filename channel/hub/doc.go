// Package hub pays by other people's preimages: a downloader with one channel to the hub can pay any seeder that has a channel from it.
//
// A session is one hash chain promised on two channels: the downloader's voucher to the hub carries its anchor, and so does the hub's voucher to the seeder. Whoever
// reveals to the seeder thereby pays both, and the hub is not asked: it signs when a session is opened and when the seeder redeems.
//
// Both legs of whatever happens are one transaction of the ledger, with the entries of a double-entry book; nothing is signed that is not in the same transaction.
package hub
