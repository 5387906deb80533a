package cmd

import (
	"encoding/hex"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
)

// exportedFile is a key that was given away.
type exportedFile struct {
	account
	Form string `json:"form"`
	Out  string `json:"out"`
}

func (e exportedFile) schema() string { return "piecework.wallet.export.v1" }

func (e exportedFile) table() table {
	return table{rows: [][]string{{"name", e.Name}, {"address", e.Address.String()}, {"form", e.Form}, {"file", e.Out}}}
}

// walletExport wants the password in every case: who finds an open terminal shall not carry keys away.
func walletExport(c *cli.Context) error {
	form := c.String("as")
	if form != "keystore" && form != "key" {
		return usagef("--as %s: want keystore or key", form)
	}
	keys, entry, err := entryNamed(c, c.String("name"))
	if err != nil {
		return err
	}
	key, err := unlockEntry(c, keys, entry)
	if err != nil {
		return err
	}
	data, err := keys.Export(entry)
	if form == "key" {
		secret := key.Bytes()
		data, err = []byte(hex.EncodeToString(secret[:])+"\n"), nil
		clear(secret[:])
	}
	if err != nil {
		return err
	}
	defer clear(data)
	out := c.String("out")
	if out == "-" {
		_, err := c.App.Writer.Write(data)
		return err
	}
	if err := writeSecret(c, "out", data); err != nil {
		return err
	}
	return printResult(c, exportedFile{account{Name: entry.Name, Address: key.Address()}, form, out})
}

// writeSecret writes a key or sentence to the file that a flag names, never over one that may hold another.
func writeSecret(c *cli.Context, flag string, secret []byte) error {
	file := c.String(flag)
	if info, err := os.Stat(file); err == nil && (info.Mode().IsRegular() || info.IsDir()) {
		return withHint(fmt.Errorf("%s exists already", file), "Choose another --%s; nothing is written over.", flag)
	}
	return wallet.WriteFile(file, secret)
}

func walletPassword(c *cli.Context) error {
	keys, entry, err := entryNamed(c, c.String("name"))
	if err != nil {
		return err
	}
	old, err := oldPassword(c, "Present password of "+entry.Name)
	if err != nil {
		return err
	}
	if _, err := keys.Unlock(entry, old); err != nil {
		return fmt.Errorf("%w: %w", errLocked, err)
	}
	fresh, err := newPassword(c)
	if err != nil {
		return err
	}
	if err := keys.ChangePassword(entry, old, fresh); err != nil {
		return err
	}
	return printEntry(c, entry)
}
