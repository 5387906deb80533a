// Package probe asks seeders, at random times and as any peer would, for random pieces, and pays those that answer: a retainer for being there and fast.
//
// A Prober belongs to a sponsor. For every probe it connects over the ordinary peer wire, opens a session with a voucher of the sponsor's, fetches one
// piece, checks it against the torrent's hashes, and reveals one step of its tail; two when first byte and throughput were within the bound. A seeder that
// is down, slow or corrupt earns nothing for that time. Outcomes go into the seeder's statement.
package probe
