// Package live carries a stream that has no end yet over paid BitTorrent.
//
// A Publisher cuts what comes in into chunks, each a small torrent of its own, and signs a list of the newest ones. Viewers take the list from the
// publisher's Board, begin with what is newest, fetch each chunk from the publisher and from each other, pay for it and are paid for passing it on, like any
// downloader and seeder. LIVE.md has the formats.
package live
