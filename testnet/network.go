// Package testnet is a Tron network in one process: it starts in milliseconds, is the same every time, and answers as java-tron does.
//
// In a Go test, New gives a network whose clock only blocks move, with ten funded accounts; nothing listens on a port unless asked.
package testnet

import (
	"fmt"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
)

// DefaultBalance is what each account starts with.
const DefaultBalance = 1_000_000 * wallet.TRX

// Config says what a network starts with. The zero value is ten accounts of 1,000,000 TRX each and mainnet's rules.
type Config struct {
	// Chain is the node's own settings; its Accounts come on top of the funded keys.
	Chain chain.Config
	// Keys are funded; none stands for the ten of wallet.DevAccounts, which everybody knows.
	Keys []*wallet.Key
	// Balance is what each has; 0 stands for DefaultBalance.
	Balance wallet.Sun
}

// Network is a running network.
type Network struct {
	node  *chain.Node
	keys  []*wallet.Key
	doors *doors // nil until Listen
}

// New starts a network.
func New(cfg Config) (*Network, error) {
	if len(cfg.Keys) == 0 {
		for _, a := range wallet.DevAccounts() {
			cfg.Keys = append(cfg.Keys, a.Key)
		}
	}
	if cfg.Balance == 0 {
		cfg.Balance = DefaultBalance
	}
	for _, k := range cfg.Keys {
		cfg.Chain.Accounts = append(cfg.Chain.Accounts, chain.Funded{Address: k.Address(), Balance: cfg.Balance})
	}
	node, err := chain.New(cfg.Chain)
	if err != nil {
		return nil, fmt.Errorf("starting a testnet: %w", err)
	}
	return &Network{node: node, keys: cfg.Keys}, nil
}

// Node is the chain and everything that can be asked of it or done to it.
func (n *Network) Node() *chain.Node { return n.node }

// Accounts are the keys of the funded accounts.
func (n *Network) Accounts() []*wallet.Key { return n.keys }

// Mine makes blocks; what waits goes into the first.
func (n *Network) Mine(blocks int) { n.node.Mine(blocks) }

// Snapshot remembers everything, the clock included; Revert goes back to it.
func (n *Network) Snapshot() (id int) { return n.node.Snapshot() }

// Revert goes back to a snapshot and uses it up with all later ones. The error is chain.ErrSnapshot.
func (n *Network) Revert(id int) error { return n.node.Revert(id) }
