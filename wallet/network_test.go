package wallet_test

import (
	"errors"
	"testing"

	"github.com/piecework/piecework/wallet"
)

// The chain ids are those of TIP-712 and of eth_chainId.
func TestNetworks(t *testing.T) {
	for name, chainID := range map[string]uint32{"mainnet": 0x2b6653dc, "nile": 0xcd8690dc, "shasta": 0x94a9059e, "testnet": 0} {
		n, err := wallet.NetworkByName(name)
		if err != nil || n.ChainID != chainID || n.RealMoney != (name == "mainnet") {
			t.Errorf("%s: %+v, %v", name, n, err)
		}
		if err := n.Check(n.Genesis); err != nil {
			t.Errorf("%s refuses its own node: %v", name, err)
		}
	}
	if _, err := wallet.NetworkByName("goerli"); !errors.Is(err, wallet.ErrNetwork) {
		t.Error(err)
	}
}

func TestNetworkCheck(t *testing.T) {
	local := [32]byte{31: 7}
	for _, n := range wallet.Networks() {
		for _, other := range wallet.Networks() {
			want := n.Name == other.Name || other.Name == wallet.Testnet && n.Name == wallet.Testnet
			if got := n.Check(other.Genesis) == nil; got != want {
				t.Errorf("%s takes a node of %s: %v", n.Name, other.Name, got)
			}
		}
		if got := n.Check(local) == nil; got != (n.Name == wallet.Testnet) {
			t.Errorf("%s takes an unknown node: %v", n.Name, got)
		}
	}
	testnet, err := wallet.NetworkByName("TESTNET")
	if err != nil {
		t.Fatal(err)
	}
	pinned := testnet.WithGenesis(local)
	if pinned.ChainID != 7 || pinned.Check(local) != nil || !errors.Is(pinned.Check([32]byte{31: 8}), wallet.ErrNetwork) {
		t.Errorf("pinned: %+v", pinned)
	}
}

func TestDevAccounts(t *testing.T) {
	accounts := wallet.DevAccounts()
	if len(accounts) != 10 || accounts[0].Name != "alice" || accounts[9].Name != "judy" {
		t.Fatalf("%d accounts", len(accounts))
	}
	for i, a := range accounts {
		key, err := wallet.DeriveKey(wallet.DevMnemonic, "", wallet.AccountPath(uint32(i)))
		if err != nil || key.Address() != a.Key.Address() || a.Path.String() != wallet.AccountPath(uint32(i)).String() {
			t.Errorf("%s: %v", a.Name, err)
		}
	}
}
