// Package demo tells the whole story on one machine, with real parts: a testnet, a token of each kind, a seeder with a channel server, three downloaders that
// pay it for every verified piece over real BitTorrent connections, a free rider, a settlement by the server's own policy, and books that must add up.
package demo
