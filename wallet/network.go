package wallet

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// ErrNetwork is wrapped by errors about networks: an unknown name, or a node that belongs to another network.
var ErrNetwork = errors.New("wrong network")

// Network is a Tron network. Two networks are the same when their genesis blocks are; names are for people.
type Network struct {
	Name      string
	Genesis   [32]byte // id of block 0; zero is any network without real money, for the local testnet whose genesis is its owner's choice
	ChainID   uint32   // of TIP-712 typed data: the last four bytes of Genesis
	Node      string   // gRPC host:port of a full node
	Solidity  string   // gRPC host:port where solid blocks are read
	TLS       bool
	RealMoney bool // what is lost here is lost: ask before sending
}

// The genesis block ids: mainnet's was computed from java-tron's configuration, all three are what the public nodes answer.
const (
	mainnetGenesis = "00000000000000001ebf88508a03865c71d452e25f4d51194196a1d22b6653dc"
	nileGenesis    = "0000000000000000d698d4192c56cb6be724a558448e2684802de4d6cd8690dc"
	shastaGenesis  = "0000000000000000de1aa88295e1fcf982742f773e0419c5a9c134c994a9059e"
)

// Testnet is the local network of `piecework testnet`.
const Testnet = "testnet"

// Networks lists the networks that have names: testnet (local), nile and shasta (public, worthless coins), mainnet.
func Networks() []Network {
	return []Network{
		{Name: Testnet, Node: "127.0.0.1:50051", Solidity: "127.0.0.1:50051"},
		pinned(Network{Name: "nile", Node: "grpc.nile.trongrid.io:50051", Solidity: "grpc.nile.trongrid.io:50061"}, nileGenesis),
		pinned(Network{Name: "shasta", Node: "grpc.shasta.trongrid.io:50051", Solidity: "grpc.shasta.trongrid.io:50052"}, shastaGenesis),
		pinned(Network{Name: "mainnet", Node: "grpc.trongrid.io:50051", Solidity: "grpc.trongrid.io:50052", RealMoney: true}, mainnetGenesis),
	}
}

// NetworkByName finds a network without regard to case.
func NetworkByName(name string) (Network, error) {
	var names []string
	for _, n := range Networks() {
		if strings.EqualFold(n.Name, name) {
			return n, nil
		}
		names = append(names, n.Name)
	}
	return Network{}, fmt.Errorf("%w: there is no network %q (%s)", ErrNetwork, Clip(name), strings.Join(names, ", "))
}

// Check refuses a node whose block 0 is not the network's: nothing is signed for another network.
// A network without a pinned genesis takes any node but one of a named network.
func (n Network) Check(genesis [32]byte) error {
	if n.Genesis == genesis {
		return nil
	}
	for _, known := range Networks() {
		if known.pinned() && known.Genesis == genesis {
			return fmt.Errorf("%w: the node belongs to %s, not to %s", ErrNetwork, known.Name, n.Name)
		}
	}
	if n.pinned() {
		return fmt.Errorf("%w: the node's block 0 is %x, that of %s is %x", ErrNetwork, genesis, n.Name, n.Genesis)
	}
	return nil
}

// WithGenesis is the network pinned to the block 0 that its node showed, with the chain id that follows from it.
func (n Network) WithGenesis(genesis [32]byte) Network {
	n.Genesis = genesis
	n.ChainID = binary.BigEndian.Uint32(genesis[28:])
	return n
}

func (n Network) pinned() bool { return n.Genesis != [32]byte{} }

func pinned(n Network, genesis string) Network {
	raw, err := hex.DecodeString(genesis)
	if err != nil {
		panic("wallet: a genesis id is not hex: " + genesis)
	}
	return n.WithGenesis([32]byte(raw))
}
