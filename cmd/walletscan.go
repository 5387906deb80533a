package cmd

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// maxScan bounds how many accounts of a sentence are looked at in each style.
const maxScan = 1000

// scanned is where the accounts of a sentence are.
type scanned struct {
	Accounts []scannedAccount `json:"accounts"`
}

type scannedAccount struct {
	Style   string         `json:"style"`
	Path    wallet.Path    `json:"path"`
	Address wallet.Address `json:"address"`
	Exists  bool           `json:"exists"`
	Balance string         `json:"balance_sun"`
	Tokens  int            `json:"trc10_tokens"`
	trx     string
}

func (s scanned) schema() string { return "piecework.wallet.scan.v1" }

func (s scanned) table() table {
	t := table{heading: []string{"STYLE", "PATH", "ADDRESS", "TRX", "TRC-10"}}
	used := false
	for _, a := range s.Accounts {
		balance := "never used"
		if a.Exists {
			balance, used = a.trx, true
		}
		t.rows = append(t.rows, []string{a.Style, a.Path.String(), a.Address.String(), balance, fmt.Sprint(a.Tokens)})
	}
	t.notes = []string{"", "`piecework wallet import --name NAME --phrase --path PATH` keeps one of them."}
	if !used {
		t.notes = append(t.notes, "None was ever used on this network. Is it the right sentence, passphrase and --network? --count looks further.")
	}
	return t
}

// walletScan shows both styles of path: TronLink and TronWeb count the last step, Ledger Live the account.
func walletScan(c *cli.Context) error {
	count := c.Int("count")
	if count < 1 || count > maxScan {
		return usagef("--count %d: want 1 to %d", count, maxScan)
	}
	master, err := masterFrom(c)
	if err != nil {
		return err
	}
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	out, shown := scanned{Accounts: []scannedAccount{}}, newProgress(c, "looked at", int64(2*count), "accounts")
	for _, style := range []struct {
		name string
		path func(uint32) wallet.Path
	}{{"TronLink", wallet.AccountPath}, {"Ledger", wallet.LedgerPath}} {
		for i := range uint32(count) {
			found, err := scanOne(c, s, master, style.path(i))
			if err != nil {
				return err
			}
			found.Style = style.name
			out.Accounts = append(out.Accounts, found)
			shown.at(int64(len(out.Accounts)))
		}
	}
	shown.end()
	return printResult(c, out)
}

func scanOne(c *cli.Context, s *session, master *wallet.HDKey, path wallet.Path) (scannedAccount, error) {
	derived, err := master.Derive(path)
	if err != nil {
		return scannedAccount{}, err
	}
	found := scannedAccount{Path: path, Address: derived.Key().Address(), Balance: "0"}
	account, err := s.node.Account(c.Context, node.Head, found.Address)
	switch {
	case errors.Is(err, node.ErrNotFound):
		return found, nil
	case err != nil:
		return found, err
	}
	found.Exists, found.Balance, found.trx, found.Tokens = true, sunText(account.Balance), account.Balance.String(), len(account.Tokens)
	return found, nil
}

// addressShown is an address in all forms.
type addressShown struct {
	Address wallet.Address `json:"address"`
	Hex     string         `json:"hex"`
	EVM     string         `json:"evm"`
	Name    string         `json:"name,omitempty"`
	Alike   string         `json:"looks_like,omitempty"`
}

func (a addressShown) schema() string { return "piecework.address.v1" }

func (a addressShown) table() table {
	t := table{rows: [][]string{{"address", a.Address.String()}, {"hex", a.Hex}, {"as contracts see it", a.EVM}}}
	if a.Name != "" {
		t.rows = append(t.rows, []string{"you call it", a.Name})
	}
	if a.Alike != "" {
		t.notes = []string{"! " + a.Alike}
	}
	return t
}

func walletAddress(c *cli.Context) error {
	network, err := settingsOf(c).network(c.String("network"))
	if err != nil {
		return err
	}
	address, err := addressFrom(c, network)
	if err != nil {
		return err
	}
	evm := address.EVM()
	out := addressShown{Address: address, Hex: address.Hex(), EVM: "0x" + hex.EncodeToString(evm[:])}
	if out.Name, err = nameOf(c, network, address); err != nil {
		return err
	}
	alike, err := lookAlike(c, address)
	if err != nil {
		return err
	}
	if alike != nil {
		out.Alike = alike.Error()
	}
	return printResult(c, out)
}

func addressFrom(c *cli.Context, network wallet.Network) (wallet.Address, error) {
	if c.String("public-key") != "" {
		raw, err := hexFlag(c, "public-key")
		if err != nil {
			return wallet.Address{}, err
		}
		public, err := wallet.PublicKeyFromBytes(raw)
		if err != nil {
			return wallet.Address{}, usagef("--public-key: %s", err)
		}
		return public.Address(), nil
	}
	text, err := subject(c, "of")
	if err != nil {
		return wallet.Address{}, err
	}
	return resolve(c, network, text)
}

// nameOf is what this machine calls an address; "" when it does not know it.
func nameOf(c *cli.Context, network wallet.Network, address wallet.Address) (string, error) {
	keys, err := keystore(c)
	if err != nil {
		return "", err
	}
	if entry, err := keys.Find(address.String()); err == nil {
		return entry.Name, nil
	}
	book, err := contacts(c)
	if err != nil {
		return "", err
	}
	for _, contact := range book.Contacts() {
		if contact.Address == address {
			return contact.Name, nil
		}
	}
	if network.Name == localNetwork {
		for _, a := range wallet.DevAccounts() {
			if a.Key.Address() == address {
				return a.Name, nil
			}
		}
	}
	return "", nil
}
