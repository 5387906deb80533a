package demo

import (
	"fmt"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// Report is what the demo has to say at its end. Amounts are smallest units in decimal.
type Report struct {
	OK          bool         `json:"ok"`
	Seconds     float64      `json:"seconds"`
	File        File         `json:"file"`
	Contract    string       `json:"contract"`
	Seeder      string       `json:"seeder"`
	Downloads   []Download   `json:"downloads"`
	FreeRider   FreeRider    `json:"free_rider"`
	Settlements []Settlement `json:"settlements"`
	Hub         *HubReport   `json:"hub,omitempty"`
	Checks      []Check      `json:"checks"`
}

// File is what was shared.
type File struct {
	Name       string `json:"name"`
	Bytes      int64  `json:"bytes"`
	PieceBytes int64  `json:"piece_bytes"`
	Pieces     int    `json:"pieces"`
	SHA256     string `json:"sha256"`
}

// Download is one downloader's story.
type Download struct {
	Name      string         `json:"name"`
	Address   wallet.Address `json:"address"`
	Channel   channel.ID     `json:"channel"`
	Asset     channel.Asset  `json:"asset"`
	Symbol    string         `json:"symbol"`
	Decimals  int            `json:"decimals"`
	Price     channel.Amount `json:"price_per_mib"`
	Bytes     int64          `json:"bytes"`
	Pieces    int            `json:"pieces"`
	Payments  int64          `json:"payments"`
	Deposit   channel.Amount `json:"deposit"`
	Paid      channel.Amount `json:"paid"`
	Settled   channel.Amount `json:"settled"`
	Refund    channel.Amount `json:"refund"`
	Energy    int64          `json:"energy"`    // of all its own transactions
	BurntSun  wallet.Sun     `json:"burnt_sun"` // by all its own transactions
	SHA256    string         `json:"sha256"`
	Seconds   float64        `json:"seconds"`
	MiBPerSec float64        `json:"mib_per_second"`
}

// FreeRider is the one that does not pay.
type FreeRider struct {
	Policy string `json:"policy"`
	Bytes  int64  `json:"bytes"`
	Limit  int64  `json:"limit_bytes"` // what the policy allows in the time that it had
}

// Settlement is one transaction of the seeder's server.
type Settlement struct {
	TxID     string         `json:"txid"`
	Kind     string         `json:"kind"`
	Asset    channel.Asset  `json:"asset"`
	Channels int            `json:"channels"`
	Units    channel.Amount `json:"units"`
	Energy   int64          `json:"energy"`
	BurntSun wallet.Sun     `json:"burnt_sun"`
	Block    int64          `json:"block"`
}

// Check is one thing that must be true, with the figures that show it.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// check notes whether something holds.
func (r *Report) check(ok bool, name, format string, args ...any) {
	r.Checks = append(r.Checks, Check{Name: name, OK: ok, Detail: fmt.Sprintf(format, args...)})
}

// judge sets OK: every check holds, and there are checks.
func (r *Report) judge() {
	r.OK = len(r.Checks) > 0
	for _, c := range r.Checks {
		r.OK = r.OK && c.OK
	}
}
