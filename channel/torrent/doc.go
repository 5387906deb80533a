// Package torrent pays for BitTorrent by the piece: the toll gate on real connections, a paid seeder and a paying downloader.
//
// A gated connection is a net.Conn that is put between an unmodified BitTorrent client and its peer. It speaks the extension pw_pay (package wire) with
// the gate on the other side, holds requests until they are covered, and lets everything else through. Seeder and Downloader put it into
// anacrolix/torrent inside this process; Proxy puts it in front of any other client.
package torrent
