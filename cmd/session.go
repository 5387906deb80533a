package cmd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// localNetwork is the network of `piecework testnet`, the default: a mistake there costs nothing.
const localNetwork = wallet.Testnet

// session is a connection to a node of a network, and the account that acts.
type session struct {
	network wallet.Network
	node    *node.Node
	second  *node.Node // of --second-node, or nil
	from    wallet.Address
	signer  wallet.Signer // nil for commands that only read, and where nothing will be signed (--dry-run, --unsigned)

	warnings []string // about what is asked for, shown with the plan
	doubtful bool     // one of them asks for a person, on any network
}

func nodeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "network", Value: localNetwork, Usage: "`NAME`: testnet (local), nile, shasta, mainnet, or yours"},
		&cli.StringFlag{Name: "node", Usage: "gRPC `HOST:PORT` of a node of that network"},
		&cli.StringFlag{Name: "solid-node", Usage: "gRPC `HOST:PORT` for solid blocks, where it is another port of the node"},
		&cli.BoolFlag{Name: "tls", Usage: "encrypt the connection to --node"},
		&cli.StringFlag{Name: "api-key-file", Usage: "`FILE` with the API key of a gateway"},
		dataFlag(), outputFlag,
	}
}

func dataFlag() cli.Flag {
	return &cli.StringFlag{Name: "data-dir", Usage: "`FOLDER` of keys and state", DefaultText: "$XDG_DATA_HOME/piecework"}
}

// dial connects to the node that the flags name, and makes sure that it belongs to the network. The caller closes it.
func dial(c *cli.Context) (*session, error) {
	network, err := settingsOf(c).network(c.String("network"))
	if err != nil {
		return nil, err
	}
	config, err := nodeConfig(c, network)
	if err != nil {
		return nil, err
	}
	n, err := node.Dial(c.Context, config)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", network.Name, err)
	}
	s := &session{network: network, node: n}
	if err := network.Check(n.Genesis()); err != nil {
		return nil, closing(s, fmt.Errorf("connecting to %s: %w: %w", config.Address, node.ErrWrongNetwork, err))
	}
	s.network = network.WithGenesis(n.Genesis())
	return s, nil
}

func nodeConfig(c *cli.Context, network wallet.Network) (node.Config, error) {
	config := node.Config{Address: network.Node, Solidity: network.Solidity, TLS: network.TLS, Genesis: network.Genesis}
	if address := c.String("node"); address != "" {
		config.Address, config.Solidity, config.TLS = address, "", c.Bool("tls")
	}
	if address := c.String("solid-node"); address != "" {
		config.Solidity = address
	}
	if err := errors.Join(checkNodeFlag(c, "node"), checkNodeFlag(c, "solid-node")); err != nil {
		return config, err
	}
	if network.Name == localNetwork {
		config.RequestsPerSecond = -1
	}
	if file := c.String("api-key-file"); file != "" {
		key, err := readFile(file)
		if err != nil {
			return config, fmt.Errorf("reading the API key: %w", err)
		}
		config.APIKey = strings.TrimSpace(string(key))
	}
	return config, nil
}

// checkNodeFlag refuses what is no HOST:PORT, before a node is looked for that cannot be.
func checkNodeFlag(c *cli.Context, flag string) error {
	address := c.String(flag)
	if address == "" {
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return usagef("--%s %q: want HOST:PORT of its gRPC, as in 127.0.0.1:50051", flag, address)
	}
	return nil
}

// dialFrom is dial for a command that signs: it also finds the account of --from, and unlocks the key that signs for it.
// Where nothing will be signed no key is needed.
func dialFrom(c *cli.Context) (*session, error) {
	s, err := dial(c)
	if err != nil {
		return nil, err
	}
	if signsNothing(c) {
		if s.from, err = resolve(c, s.network, c.String("from")); err != nil {
			return nil, closing(s, unknownAccount(c, err))
		}
		return s, nil
	}
	if s.signer, err = s.unlocked(c); err != nil {
		return nil, closing(s, err)
	}
	s.from = s.signer.Address()
	if c.String("signer") != "" {
		if s.from, err = resolve(c, s.network, c.String("from")); err != nil {
			return nil, closing(s, unknownAccount(c, err))
		}
	}
	return s, nil
}

// signsNothing says whether the flags ask for a plan or an unsigned transaction only.
func signsNothing(c *cli.Context) bool { return c.Bool("dry-run") || c.String("unsigned") != "" }

// unlocked is the key of --signer, or else of --from.
func (s *session) unlocked(c *cli.Context) (*wallet.Key, error) {
	return unlock(c, s.network, orDefault(c.String("signer"), c.String("from")))
}

func (s *session) close() {
	_ = s.node.Close()
	if s.second != nil {
		_ = s.second.Close()
	}
}

// closing closes the session of a command that cannot go on.
func closing(s *session, err error) error {
	s.close()
	return err
}

func keystore(c *cli.Context) (*wallet.Keystore, error) {
	dir, err := dataDir(c)
	if err != nil {
		return nil, err
	}
	return wallet.OpenKeystore(filepath.Join(dir, "keys"))
}

// dataDir is where keys and state live: --data-dir, or the XDG place.
func dataDir(c *cli.Context) (string, error) {
	if dir := c.String("data-dir"); dir != "" {
		return dir, nil
	}
	if dir := xdg("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "piecework"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", withHint(fmt.Errorf("finding your home folder: %w", err), "Name a folder with --data-dir.")
	}
	return filepath.Join(home, ".local", "share", "piecework"), nil
}
