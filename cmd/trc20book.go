package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// knownToken is a TRC-20 token that this machine deployed: only those can be called by their symbol, because on the chain anybody can take any.
type knownToken struct {
	Contract wallet.Address `json:"contract"`
	Symbol   string         `json:"symbol"`
	Name     string         `json:"name"`
	Decimals int            `json:"decimals"`
}

// tokenBook is the folder of the tokens of one network, a file each.
func tokenBook(c *cli.Context, s *session) (string, error) {
	dir, err := dataDir(c)
	genesis := s.node.Genesis()
	return filepath.Join(dir, "tokens", fmt.Sprintf("%x", genesis[:8])), err
}

// rememberToken writes a token into the book.
func rememberToken(c *cli.Context, s *session, t knownToken) error {
	dir, err := tokenBook(c, s)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	body, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return writeAtomically(filepath.Join(dir, t.Contract.String()+".json"), body)
}

// knownTokens reads the book, leaving out tokens that the chain no longer has, as after a restart of the local testnet.
func knownTokens(c *cli.Context, s *session) ([]knownToken, error) {
	dir, err := tokenBook(c, s)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var known []knownToken
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) != ".json" {
			continue
		}
		body, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		var t knownToken
		if err := json.Unmarshal(body, &t); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, entry.Name()), err)
		}
		switch _, err := s.node.Contract(c.Context, t.Contract); {
		case err == nil:
			known = append(known, t)
		case !errors.Is(err, node.ErrNotFound):
			return nil, err
		}
	}
	return known, nil
}

// openTRC20 opens the token of --token: a contract's address, or the symbol of one that was deployed from this machine.
func openTRC20(c *cli.Context, s *session) (*trc20.Token, error) {
	address, err := tokenAddress(c, s, c.String("token"))
	if err != nil {
		return nil, err
	}
	return trc20.Open(c.Context, s.node, address)
}

func tokenAddress(c *cli.Context, s *session, text string) (wallet.Address, error) {
	if address, err := wallet.ParseAddress(text); err == nil {
		return address, nil
	}
	known, err := knownTokens(c, s)
	if err != nil {
		return wallet.Address{}, err
	}
	var found []knownToken
	var addresses []string
	for _, t := range known {
		if strings.EqualFold(t.Symbol, text) {
			found, addresses = append(found, t), append(addresses, t.Contract.String())
		}
	}
	switch len(found) {
	case 1:
		return found[0].Contract, nil
	case 0:
		return resolve(c, s.network, text)
	default:
		return wallet.Address{}, withHint(usagef("you deployed %d tokens %s: %s", len(found), text, strings.Join(addresses, ", ")), "Give the address with --token.")
	}
}

// writeAtomically writes a file whole or not at all: beside it first, durable, then in its place.
func writeAtomically(path string, body []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // after the rename there is none
	_, err = file.Write(body)
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.Rename(file.Name(), path)
}
