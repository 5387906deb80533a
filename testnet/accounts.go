package testnet

import (
	"errors"
	"fmt"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// DefaultHDPath is where TronLink and TronWeb look for accounts, without their numbers.
const DefaultHDPath = "m/44'/195'/0'/0/"

// defaultAccounts is how many accounts there are unless somebody says otherwise, MaxAccounts how many there can be.
const (
	defaultAccounts = 10
	MaxAccounts     = 10_000
)

// ErrAccounts is wrapped by errors about how many accounts are asked for and where they come from.
var ErrAccounts = errors.New("no such accounts")

// accounts are the keys that a network funds, and where they come from.
type accounts struct {
	keys           []*wallet.Key
	mnemonic, path string
}

// people works out the accounts that a configuration asks for.
func (cfg *Config) people() (accounts, error) {
	if len(cfg.Keys) > 0 {
		return accounts{keys: cfg.Keys}, nil
	}
	if cfg.AccountCount < 0 || cfg.AccountCount > MaxAccounts {
		return accounts{}, fmt.Errorf("%w: %d of them, want 1 to %d", ErrAccounts, cfg.AccountCount, MaxAccounts)
	}
	count := cfg.AccountCount
	if count == 0 {
		count = defaultAccounts
	}
	a := accounts{mnemonic: cfg.Mnemonic, path: cfg.HDPath}
	if a.mnemonic == "" {
		a.mnemonic = wallet.DevMnemonic
	}
	if a.path == "" {
		a.path = DefaultHDPath
	}
	known := wallet.DevAccounts()
	if a.mnemonic == wallet.DevMnemonic && a.path == DefaultHDPath && count <= len(known) {
		for _, k := range known[:count] {
			a.keys = append(a.keys, k.Key)
		}
		return a, nil
	}
	var err error
	a.keys, err = derive(a.mnemonic, a.path, count)
	return a, err
}

// derive is the first keys of a mnemonic below a path.
func derive(phrase, path string, count int) ([]*wallet.Key, error) {
	base, err := wallet.ParsePath(strings.TrimSuffix(path, "/"))
	if err != nil {
		return nil, err
	}
	mnemonic, err := wallet.ParseMnemonic(phrase)
	if err != nil {
		return nil, err
	}
	seed, err := mnemonic.Seed("")
	if err != nil {
		return nil, err
	}
	node, err := wallet.NewMaster(seed)
	if err == nil {
		node, err = node.Derive(base)
	}
	if err != nil {
		return nil, err
	}
	keys := make([]*wallet.Key, count)
	for i := range keys {
		child, err := node.Derive(wallet.Path{uint32(i)})
		if err != nil {
			return nil, err
		}
		keys[i] = child.Key()
	}
	return keys, nil
}
