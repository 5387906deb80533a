// Package sponsor lets somebody pay the seeders of a torrent for its viewers: a creator who is offline.
//
// A sponsor is a small service that holds the hot signer key of channels whose payer is the creator's cold wallet; each of them leads to one seeder, and
// its deposit bounds what the key can promise. A viewer asks for a session over HTTP, draws its own hash chain, and gets a voucher that carries its anchor;
// from there it pays the seeder piece by piece, exactly as with a channel of its own. The seeder hands its reveals back in time and gets a voucher
// without tails for them. What viewer and seeder can take together without a download is bounded by numbers that the creator sets: see SPONSOR.md.
package sponsor
