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

// knownToken is a TRC-20 token that this machine deployed, or that was added: only those can be called by their symbol, because on the chain anybody can
// take any.
type knownToken struct {
	Contract wallet.Address `json:"contract"`
	Symbol   string         `json:"symbol"`
	Name     string         `json:"name"`
	Decimals int            `json:"decimals"`
}

// tokenBook is the folder of the tokens of one network, a file each. The first eight bytes of a block's id are its number, so they tell no network.
func tokenBook(c *cli.Context, s *session) (string, error) {
	dir, err := dataDir(c)
	genesis := s.node.Genesis()
	return filepath.Join(dir, "tokens", fmt.Sprintf("%x", genesis[8:16])), err
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
	return wallet.WriteFile(filepath.Join(dir, t.Contract.String()+".json"), body)
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

// addTokens takes the tokens of --add into the book, unless their symbol is taken: a second USDT is what a thief would want to be called so.
func addTokens(c *cli.Context, s *session) error {
	for _, text := range textsOf(c, "add") {
		address, err := resolve(c, s.network, text)
		if err != nil {
			return err
		}
		token, err := tokenAt(c, s, address)
		if err != nil {
			return err
		}
		known, err := knownTokens(c, s)
		if err != nil {
			return err
		}
		for _, k := range known {
			if strings.EqualFold(k.Symbol, token.Symbol()) && k.Contract != address {
				return withHint(usagef("--add %s: you call %s by the symbol %s already", address, k.Contract, k.Symbol), "Give its address wherever you mean it.")
			}
		}
		if err := rememberToken(c, s, knownToken{address, token.Symbol(), token.Name(), token.Decimals()}); err != nil {
			return err
		}
	}
	return nil
}

// openTRC20 opens the token of --token: a contract's address, or the symbol of one in the book.
func openTRC20(c *cli.Context, s *session) (*trc20.Token, error) {
	address, err := tokenAddress(c, s, c.String("token"))
	if err != nil {
		return nil, err
	}
	return tokenAt(c, s, address)
}

// tokenAt reads the token of a contract. That nothing is there is said in fewer words than the chain's.
func tokenAt(c *cli.Context, s *session, contract wallet.Address) (*trc20.Token, error) {
	token, err := trc20.Open(c.Context, s.node, contract)
	var refused *node.RefusedError
	if errors.As(err, &refused) && refused.Code == node.CodeContractValidate {
		return nil, withHint(&notFoundErr{fmt.Errorf("there is no contract at %s", contract)}, "Is it the token's address, and on %s?", s.network.Name)
	}
	return token, err
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
		address, err := resolve(c, s.network, text)
		if err != nil {
			return address, withHint(usagef("%s, or the symbol of a token of yours", err), "`piecework trc20 list` shows your tokens, `piecework trc20 list --add T…` takes in another.")
		}
		return address, nil
	default:
		return wallet.Address{}, withHint(usagef("you have %d tokens %s: %s", len(found), text, strings.Join(addresses, ", ")), "Give the address of the one that you mean.")
	}
}
