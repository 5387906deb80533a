package cmd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// localNetwork is the network of `piecework testnet`, the default: a mistake there costs nothing.
const localNetwork = "testnet"

// session is a connection to a node of a network, and the account that acts.
type session struct {
	network wallet.Network
	node    *node.Node
	from    wallet.Address
	signer  wallet.Signer // nil for commands that only read
}

func nodeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "network", Value: localNetwork, Usage: "`NAME`: testnet (local), nile, shasta, mainnet", EnvVars: []string{"PIECEWORK_NETWORK"}},
		&cli.StringFlag{Name: "node", Usage: "gRPC `HOST:PORT` of a node of that network", EnvVars: []string{"PIECEWORK_NODE"}},
		&cli.StringFlag{Name: "api-key-file", Usage: "`FILE` with the API key of a gateway", EnvVars: []string{"PIECEWORK_API_KEY_FILE"}},
		dataFlag(), outputFlag,
	}
}

func dataFlag() cli.Flag {
	return &cli.StringFlag{Name: "data-dir", Usage: "`FOLDER` of keys and state", EnvVars: []string{"PIECEWORK_DATA_DIR"}, DefaultText: "$XDG_DATA_HOME/piecework"}
}

// dial connects to the node that the flags name. The caller closes it.
func dial(c *cli.Context) (*session, error) {
	network, err := wallet.NetworkByName(c.String("network"))
	if err != nil {
		return nil, usagef("%s", err)
	}
	config := node.Config{Address: network.Node, Solidity: network.Solidity, TLS: network.TLS, Genesis: network.Genesis}
	if address := c.String("node"); address != "" {
		config.Address, config.Solidity, config.TLS = address, "", false
	}
	if network.Name == localNetwork {
		config.RequestsPerSecond = -1
	}
	if file := c.String("api-key-file"); file != "" {
		key, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading the API key: %w", err)
		}
		config.APIKey = strings.TrimSpace(string(key))
	}
	n, err := node.Dial(c.Context, config)
	if err != nil {
		return nil, fmt.Errorf("connecting to the %s node at %s: %w", network.Name, config.Address, err)
	}
	return &session{network: network, node: n}, nil
}

// dialFrom is dial for a command that signs: it also unlocks the account of --from.
func dialFrom(c *cli.Context) (*session, error) {
	s, err := dial(c)
	if err != nil {
		return nil, err
	}
	key, err := unlock(c, s.network, c.String("from"))
	if err != nil {
		return nil, closing(s, err)
	}
	s.from, s.signer = key.Address(), key
	return s, nil
}

func (s *session) close() { _ = s.node.Close() }

// closing closes the session of a command that cannot go on.
func closing(s *session, err error) error {
	s.close()
	return err
}

// unlock finds an account's key: in the keystore, or, on the local testnet, among the well-known development accounts.
func unlock(c *cli.Context, network wallet.Network, name string) (*wallet.Key, error) {
	store, err := keystore(c)
	if err != nil {
		return nil, err
	}
	entry, err := store.Find(name)
	if err != nil {
		if key := developmentKey(network, name); key != nil {
			return key, nil
		}
		return nil, withHint(err, "`piecework wallet list` shows your accounts, `piecework wallet new --name %s` makes one.", name)
	}
	password, err := askPassword(c, "Password of "+entry.Name)
	if err != nil {
		return nil, err
	}
	key, err := store.Unlock(entry, password)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errLocked, err)
	}
	return key, nil
}

// developmentKey is the key of a well-known development account; nil on any network that others use.
func developmentKey(network wallet.Network, name string) *wallet.Key {
	if network.Name != localNetwork {
		return nil
	}
	for _, account := range wallet.DevAccounts() {
		if account.Name == name || account.Key.Address().String() == name {
			return account.Key
		}
	}
	return nil
}

// resolve reads an address in any form, or the name of an account of ours.
func resolve(c *cli.Context, network wallet.Network, text string) (wallet.Address, error) {
	address, err := wallet.ParseAddress(text)
	if err == nil {
		return address, nil
	}
	store, openErr := keystore(c)
	if openErr != nil {
		return wallet.Address{}, openErr
	}
	if entry, findErr := store.Find(text); findErr == nil {
		return entry.Address, nil
	}
	if key := developmentKey(network, text); key != nil {
		return key.Address(), nil
	}
	return wallet.Address{}, usagef("%s; nor is it the name of an account of yours", err)
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
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "piecework"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", withHint(fmt.Errorf("finding your home folder: %w", err), "Name a folder with --data-dir.")
	}
	return filepath.Join(home, ".local", "share", "piecework"), nil
}

// askPassword reads a password from --password-file or from the terminal without showing it. It is never taken from an argument.
func askPassword(c *cli.Context, prompt string) ([]byte, error) {
	if file := c.String("password-file"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading the password: %w", err)
		}
		return bytes.TrimRight(text, "\r\n"), nil
	}
	in, isFile := c.App.Reader.(*os.File)
	if !isFile || !term.IsTerminal(int(in.Fd())) {
		return nil, withHint(fmt.Errorf("%w: there is no terminal to ask for the password", errLocked), "Give --password-file FILE.")
	}
	fmt.Fprint(c.App.ErrWriter, prompt+": ")
	defer fmt.Fprintln(c.App.ErrWriter)
	password, err := term.ReadPassword(int(in.Fd()))
	if err != nil {
		return nil, fmt.Errorf("reading the password: %w", err)
	}
	return password, nil
}

// newPassword asks twice, and refuses an empty one.
func newPassword(c *cli.Context) ([]byte, error) {
	first, err := askPassword(c, "New password")
	if err != nil {
		return nil, err
	}
	if len(first) == 0 {
		return nil, usagef("an empty password protects nothing")
	}
	if c.String("password-file") != "" {
		return first, nil
	}
	second, err := askPassword(c, "The same again")
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(first, second) {
		return nil, usagef("the two passwords differ")
	}
	return first, nil
}
