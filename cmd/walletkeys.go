package cmd

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
)

// account is an account of the keystore as it is printed.
type account struct {
	Name    string         `json:"name"`
	Address wallet.Address `json:"address"`
	Path    string         `json:"path,omitempty"`
	Watch   bool           `json:"watch,omitempty"`
	File    string         `json:"file,omitempty"`
}

func (a account) schema() string { return "piecework.account.v1" }

func (a account) table() table {
	rows := [][]string{{"name", a.Name}, {"address", a.Address.String()}}
	for _, row := range [][]string{{"path", a.Path}, {"file", a.File}} {
		if row[1] != "" {
			rows = append(rows, row)
		}
	}
	if a.Watch {
		rows = append(rows, []string{"kind", "watched, its key is elsewhere"})
	}
	return table{rows: rows}
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

func printEntry(c *cli.Context, e wallet.Entry) error {
	return printResult(c, account{Name: e.Name, Address: e.Address, Path: e.Path, Watch: e.Watch})
}

func walletNew(c *cli.Context) error {
	keys, err := keystore(c)
	if err != nil {
		return err
	}
	if err := noContact(c); err != nil {
		return err
	}
	password, err := newPassword(c)
	if err != nil {
		return err
	}
	if c.IsSet("words") {
		return newFromSentence(c, keys, password)
	}
	if c.String("phrase-out") != "" {
		return usagef("--phrase-out needs --words: without them there is no sentence")
	}
	key, err := wallet.NewKey()
	if err != nil {
		return err
	}
	entry, err := keys.Add(c.String("name"), key, password)
	if err != nil {
		return keeping(err)
	}
	return printEntry(c, entry)
}

// noContact refuses the name of a contact for a key: --to would mean another address than it did, without a word.
func noContact(c *cli.Context) error {
	book, err := contacts(c)
	if err != nil {
		return err
	}
	if address, taken := book.Find(c.String("name")); taken {
		return withHint(usagef("%s is a contact of yours already (%s)", c.String("name"), address), "Choose another --name.")
	}
	return nil
}

// newFromSentence keeps the first account of a new sentence, once the sentence is where its owner will find it.
func newFromSentence(c *cli.Context, keys *wallet.Keystore, password []byte) error {
	sentence, err := wallet.NewMnemonic(c.Int("words"))
	if err != nil {
		return usagef("--words: %s", err)
	}
	if c.String("phrase-out") == "" && !isTerminal(c.App.ErrWriter) {
		return withHint(usagef("there is no terminal to show the words on, and a log is no place for them"), "Give --phrase-out FILE.")
	}
	path := wallet.AccountPath(0)
	key, err := wallet.DeriveKey(sentence.Phrase(), "", path)
	if err != nil {
		return err
	}
	entry, err := keys.AddHD(c.String("name"), key, path, password)
	if err != nil {
		return keeping(err)
	}
	if c.String("phrase-out") != "" {
		if err := writeSecret(c, "phrase-out", []byte(sentence.Phrase()+"\n")); err != nil {
			return errors.Join(err, keys.Remove(entry))
		}
	} else {
		say(c, "Write these words down, in this order. Whoever has them has the money; without them a lost machine is lost money.\n\n  %s\n\n", sentence.Phrase())
	}
	return printEntry(c, entry)
}

// keeping explains why a key was not kept.
func keeping(err error) error {
	switch {
	case errors.Is(err, wallet.ErrName):
		return usagef("%s", err)
	case errors.Is(err, wallet.ErrExists):
		return withHint(err, "Choose another --name; `piecework wallet list` shows those in use.")
	}
	return fmt.Errorf("keeping the key: %w", err)
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
		list.Accounts = append(list.Accounts, account{Name: e.Name, Address: e.Address, Path: e.Path, Watch: e.Watch})
	}
	return printResult(c, list)
}

func walletShow(c *cli.Context) error {
	name, err := subject(c, "name")
	if err != nil {
		return err
	}
	_, entry, err := entryNamed(c, name)
	if err != nil {
		return err
	}
	return printResult(c, account{Name: entry.Name, Address: entry.Address, Path: entry.Path, Watch: entry.Watch, File: entry.File})
}

func entryNamed(c *cli.Context, name string) (*wallet.Keystore, wallet.Entry, error) {
	keys, err := keystore(c)
	if err != nil {
		return nil, wallet.Entry{}, err
	}
	entry, err := keys.Find(name)
	if err != nil {
		return nil, entry, withHint(err, "`piecework wallet list` shows your accounts.")
	}
	return keys, entry, nil
}
