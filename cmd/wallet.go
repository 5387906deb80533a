package cmd

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
)

func walletCommand() *cli.Command {
	return &cli.Command{
		Name: "wallet", Usage: "make and list keys",
		Subcommands: []*cli.Command{
			{
				Name: "new", Usage: "draw a key and keep it under a name, encrypted",
				Description: "piecework wallet new --name alice\npiecework wallet new --name ci --password-file ./password",
				Flags: append(passwordFlags(),
					&cli.StringFlag{Name: "name", Usage: "`NAME` of the account", Required: true},
					dataFlag(), outputFlag,
				),
				Action: walletNew,
			},
			{
				Name: "list", Usage: "list the accounts of the keystore",
				Description: "piecework wallet list\npiecework wallet list -o json",
				Flags:       []cli.Flag{dataFlag(), outputFlag},
				Action:      walletList,
			},
		},
	}
}

// account is an account of the keystore as it is printed.
type account struct {
	Name    string         `json:"name"`
	Address wallet.Address `json:"address"`
	Path    string         `json:"path,omitempty"`
	Watch   bool           `json:"watch,omitempty"`
}

func (a account) schema() string { return "piecework.account.v1" }

func (a account) table() table {
	return table{rows: [][]string{{"name", a.Name}, {"address", a.Address.String()}}}
}

type accounts struct {
	Accounts []account `json:"accounts"`
}

func (a accounts) schema() string { return "piecework.accounts.v1" }

func (a accounts) table() table {
	t := table{heading: []string{"NAME", "ADDRESS", "KIND"}}
	for _, one := range a.Accounts {
		kind := "key"
		if one.Watch {
			kind = "watched"
		} else if one.Path != "" {
			kind = one.Path
		}
		t.rows = append(t.rows, []string{one.Name, one.Address.String(), kind})
	}
	if len(a.Accounts) == 0 {
		t = table{notes: []string{"No accounts yet. `piecework wallet new --name alice` makes one."}}
	}
	return t
}

func walletNew(c *cli.Context) error {
	keys, err := keystore(c)
	if err != nil {
		return err
	}
	password, err := newPassword(c)
	if err != nil {
		return err
	}
	key, err := wallet.NewKey()
	if err != nil {
		return err
	}
	entry, err := keys.Add(c.String("name"), key, password)
	switch {
	case errors.Is(err, wallet.ErrName):
		return usagef("%s", err)
	case errors.Is(err, wallet.ErrExists):
		return withHint(err, "Choose another --name; `piecework wallet list` shows those in use.")
	case err != nil:
		return fmt.Errorf("keeping the key: %w", err)
	}
	return printResult(c, account{Name: entry.Name, Address: entry.Address})
}

func walletList(c *cli.Context) error {
	keys, err := keystore(c)
	if err != nil {
		return err
	}
	entries, err := keys.List()
	if err != nil {
		return fmt.Errorf("listing the keystore: %w", err)
	}
	list := accounts{Accounts: []account{}}
	for _, e := range entries {
		list.Accounts = append(list.Accounts, account{e.Name, e.Address, e.Path, e.Watch})
	}
	return printResult(c, list)
}
