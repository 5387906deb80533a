// Package testnet is a Tron network in one process: it starts in milliseconds, is the same every time, and answers as java-tron does.
//
// In a Go test, New gives a network whose clock only blocks move, with ten funded accounts; nothing listens on a port unless asked.
package testnet

import (
	"fmt"
	"sync/atomic"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/fork"
	"github.com/piecework/piecework/wallet"
)

// DefaultBalance is what each account starts with.
const DefaultBalance = 1_000_000 * wallet.TRX

// Config says what a network starts with. The zero value is ten accounts of 1,000,000 TRX each and mainnet's rules.
type Config struct {
	// Chain is the node's own settings; its Accounts come on top of the funded keys.
	Chain chain.Config
	// Keys are funded; none stands for those of Mnemonic.
	Keys []*wallet.Key
	// Mnemonic is the sentence that AccountCount keys come from, at HDPath followed by 0, 1, 2 …; empty is wallet.DevMnemonic, which everybody knows.
	Mnemonic string
	// HDPath ends before the account's number; empty is DefaultHDPath.
	HDPath string
	// AccountCount is how many keys come from Mnemonic; 0 stands for ten.
	AccountCount int
	// Balance is what each has; 0 stands for DefaultBalance.
	Balance wallet.Sun
	// StateFile, if set, keeps the network in one file: it goes on from there, or the file is made. Close then lets go of it.
	StateFile string
	// Fork, if set, is a node whose state this network goes on from: "http://127.0.0.1:9090", or "http://127.0.0.1:9090@123" from block 123 on.
	// ForkCache is a folder for what that node said; empty keeps it in memory.
	Fork, ForkCache string
}

// chainNode is embedded so that Network has the node's methods beside a method Node.
type chainNode = chain.Node

// Network is a running network. All of chain.Node's methods are its own: reads, cheats, reorganisations, snapshots, dumps.
type Network struct {
	*chainNode
	accounts accounts
	doors    atomic.Pointer[doors] // nil until Listen
}

// New starts a network. Only one with a StateFile needs Close.
func New(cfg Config) (*Network, error) {
	people, err := cfg.people()
	if err != nil {
		return nil, fmt.Errorf("starting a testnet: %w", err)
	}
	if cfg.Balance == 0 {
		cfg.Balance = DefaultBalance
	}
	for _, k := range people.keys {
		cfg.Chain.Accounts = append(cfg.Chain.Accounts, chain.Funded{Address: k.Address(), Balance: cfg.Balance})
	}
	if cfg.Fork != "" {
		if cfg.Chain.Fork, err = fork.Open(cfg.Fork, cfg.ForkCache); err != nil {
			return nil, fmt.Errorf("starting a testnet: %w", err)
		}
	}
	node, err := chain.New(cfg.Chain)
	if err != nil {
		return nil, fmt.Errorf("starting a testnet: %w", err)
	}
	if cfg.StateFile != "" {
		if err := node.Keep(cfg.StateFile); err != nil {
			return nil, fmt.Errorf("starting a testnet: %w", err)
		}
	}
	return &Network{chainNode: node, accounts: people}, nil
}

// Accounts are the keys of the funded accounts.
func (n *Network) Accounts() []*wallet.Key { return n.accounts.keys }

// Mnemonic is the sentence that the accounts come from; empty when Config.Keys gave them.
func (n *Network) Mnemonic() string { return n.accounts.mnemonic }

// HDPath is where the accounts are below the mnemonic, without their numbers; empty when Config.Keys gave them.
func (n *Network) HDPath() string { return n.accounts.path }

// Node is the chain and everything that can be asked of it or done to it.
func (n *Network) Node() *chain.Node { return n.chainNode }
