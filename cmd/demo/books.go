package demo

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// books explain every wallet's balance: what it began with, and each thing that changed it since.
type books struct {
	order []wallet.Address
	names map[wallet.Address]string
	lines map[wallet.Address][]line
}

type line struct {
	asset channel.Asset
	delta *big.Int
	why   string
}

func newBooks() *books {
	return &books{names: map[wallet.Address]string{}, lines: map[wallet.Address][]line{}}
}

// open begins a wallet's book with its balances.
func (b *books) open(who wallet.Address, name string) {
	b.order = append(b.order, who)
	b.names[who] = name
}

func (b *books) enter(who wallet.Address, asset channel.Asset, delta *big.Int, why string) {
	if _, kept := b.names[who]; kept && delta.Sign() != 0 {
		b.lines[who] = append(b.lines[who], line{asset, new(big.Int).Set(delta), why})
	}
}

// fee is TRX that a transaction burnt.
func (b *books) fee(who wallet.Address, sun wallet.Sun, why string) {
	b.enter(who, channel.TRX, big.NewInt(-int64(sun)), why+" (burnt)")
}

// move is an amount that went from one to another; whoever has no book (a contract) is left out.
func (b *books) move(from, to wallet.Address, asset channel.Asset, amount *big.Int, why string) {
	b.enter(from, asset, new(big.Int).Neg(amount), why)
	b.enter(to, asset, amount, why)
}

// expect is what a wallet must have now.
func (b *books) expect(who wallet.Address, asset channel.Asset) *big.Int {
	sum := new(big.Int)
	for _, l := range b.lines[who] {
		if l.asset == asset {
			sum.Add(sum, l.delta)
		}
	}
	return sum
}

// assets are those that appear in a wallet's book.
func (b *books) assets(who wallet.Address) []channel.Asset {
	var list []channel.Asset
	seen := map[channel.Asset]bool{}
	for _, l := range b.lines[who] {
		if !seen[l.asset] {
			seen[l.asset] = true
			list = append(list, l.asset)
		}
	}
	return list
}

// story is a wallet's book of one asset in one line, for a check that fails.
func (b *books) story(who wallet.Address, asset channel.Asset) string {
	var parts []string
	for _, l := range b.lines[who] {
		if l.asset == asset {
			parts = append(parts, fmt.Sprintf("%+d %s", l.delta, l.why))
		}
	}
	return strings.Join(parts, ", ")
}
