package cmd

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// networkSetting is a network of the user's own in config.toml.
type networkSetting struct {
	Node      string `toml:"node" json:"node"`
	Solidity  string `toml:"solidity,omitempty" json:"solidity,omitempty"`
	TLS       bool   `toml:"tls,omitempty" json:"tls,omitempty"`
	Genesis   string `toml:"genesis" json:"genesis"`
	RealMoney bool   `toml:"real_money,omitempty" json:"real_money,omitempty"`
}

// network is the setting as a network. It has to be pinned: a name without a genesis block would stand for whatever node answers.
func (n *networkSetting) network(name string) (wallet.Network, error) {
	if _, err := wallet.NetworkByName(name); err == nil {
		return wallet.Network{}, fmt.Errorf("network %q: that name is taken by a network that everybody has", name)
	}
	genesis, err := hex.DecodeString(strings.TrimPrefix(n.Genesis, "0x"))
	if err != nil || len(genesis) != 32 {
		return wallet.Network{}, fmt.Errorf("network %q: genesis is %q, want the 64 hex digits of the id of its block 0", name, n.Genesis)
	}
	if n.Node == "" {
		return wallet.Network{}, fmt.Errorf("network %q: it has no node", name)
	}
	network := wallet.Network{Name: name, Node: n.Node, Solidity: n.Solidity, TLS: n.TLS, RealMoney: n.RealMoney}.WithGenesis([32]byte(genesis))
	for _, known := range wallet.Networks() { // under another name its money is as real
		network.RealMoney = network.RealMoney || known.RealMoney && known.Genesis == network.Genesis
	}
	return network, nil
}

// networks are those that everybody has, and the user's own by name.
func (s *settings) networks() []wallet.Network {
	all := wallet.Networks()
	var names []string
	for name := range s.Networks {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if n, err := s.Networks[name].network(name); err == nil {
			all = append(all, n)
		}
	}
	return all
}

// network finds a network by its name.
func (s *settings) network(name string) (wallet.Network, error) {
	var names []string
	for _, n := range s.networks() {
		if strings.EqualFold(n.Name, name) {
			return n, nil
		}
		names = append(names, n.Name)
	}
	return wallet.Network{}, withHint(usagef("there is no network %q (%s)", name, strings.Join(names, ", ")),
		"`piecework config networks add` makes one of your own known.")
}
