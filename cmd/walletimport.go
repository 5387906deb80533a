package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
)

// maxKeyFile bounds a key file of another program, in bytes.
const maxForeignKey = 64 << 10

func walletImport(c *cli.Context) error {
	keys, err := keystore(c)
	if err != nil {
		return err
	}
	kinds := map[string]bool{
		"--phrase": c.Bool("phrase") || c.String("phrase-file") != "", "--key": c.Bool("key") || c.String("key-file") != "",
		"--keystore": c.String("keystore") != "", "--watch": c.String("watch") != "",
	}
	var chosen []string
	for _, kind := range sortedKeys(kinds) {
		if kinds[kind] {
			chosen = append(chosen, kind)
		}
	}
	if len(chosen) != 1 {
		return usagef("say what you have: one of --phrase, --key, --keystore, --watch")
	}
	if err := noContact(c); err != nil {
		return err
	}
	var entry wallet.Entry
	switch chosen[0] {
	case "--phrase":
		entry, err = importPhrase(c, keys)
	case "--key":
		entry, err = importKey(c, keys)
	case "--keystore":
		entry, err = importKeyFile(c, keys)
	default:
		entry, err = watchOnly(c, keys)
	}
	if err != nil {
		return err
	}
	return printEntry(c, entry)
}

func importPhrase(c *cli.Context, keys *wallet.Keystore) (wallet.Entry, error) {
	path, err := wallet.ParsePath(c.String("path"))
	if err != nil {
		return wallet.Entry{}, usagef("--path: %s", err)
	}
	if !path.Usual() {
		warn(c, fmt.Sprintf("other programs do not look at %s for accounts of Tron: TronLink looks at m/44'/195'/0'/0/i, Ledger at m/44'/195'/i'/0/0; note the path with the sentence", path))
	}
	master, err := masterFrom(c)
	if err != nil {
		return wallet.Entry{}, err
	}
	node, err := master.Derive(path)
	if err != nil {
		return wallet.Entry{}, err
	}
	return add(c, keys, node.Key(), path)
}

// masterFrom asks for a sentence and its passphrase.
func masterFrom(c *cli.Context) (*wallet.HDKey, error) {
	phrase, given, err := givenSecret(c, "phrase")
	if !given {
		phrase, err = promptSecret(c, "Mnemonic sentence", "phrase")
	}
	if err != nil {
		return nil, err
	}
	sentence, err := wallet.ParseMnemonic(string(phrase))
	if err != nil {
		return nil, usagef("%s", err)
	}
	passphrase, given, err := givenSecret(c, "passphrase")
	if !given && c.Bool("passphrase") {
		passphrase, err = promptSecret(c, "Its passphrase", "passphrase")
	}
	if err != nil {
		return nil, err
	}
	seed, err := sentence.Seed(string(passphrase))
	if err != nil {
		return nil, err
	}
	return wallet.NewMaster(seed)
}

func importKey(c *cli.Context, keys *wallet.Keystore) (wallet.Entry, error) {
	text, given, err := givenSecret(c, "key")
	if !given {
		text, err = promptSecret(c, "Private key", "key")
	}
	if err != nil {
		return wallet.Entry{}, err
	}
	defer clear(text)
	key, err := wallet.ParseKey(string(bytes.TrimSpace(text)))
	if err != nil {
		return wallet.Entry{}, usagef("%s", err)
	}
	return add(c, keys, key, nil)
}

func add(c *cli.Context, keys *wallet.Keystore, key *wallet.Key, path wallet.Path) (wallet.Entry, error) {
	say(c, "• it is the key of %s\n", key.Address())
	password, err := newPassword(c)
	if err != nil {
		return wallet.Entry{}, err
	}
	entry, err := keys.AddHD(c.String("name"), key, path, password)
	if err != nil {
		return entry, keeping(err)
	}
	return entry, nil
}

func importKeyFile(c *cli.Context, keys *wallet.Keystore) (wallet.Entry, error) {
	file := c.String("keystore")
	info, err := os.Stat(file)
	if err != nil {
		return wallet.Entry{}, fmt.Errorf("reading the key file: %w", err)
	}
	if info.Size() > maxForeignKey {
		return wallet.Entry{}, usagef("%s is no key file: it has %d bytes", file, info.Size())
	}
	data, err := readFile(file)
	if err != nil {
		return wallet.Entry{}, fmt.Errorf("reading the key file: %w", err)
	}
	foreign, err := wallet.ReadKeyFile(data)
	if err != nil {
		return wallet.Entry{}, usagef("%s: %s", file, err)
	}
	old, err := oldPassword(c, "Password of "+file)
	if err != nil {
		return wallet.Entry{}, err
	}
	key, err := foreign.Decrypt(old)
	if errors.Is(err, wallet.ErrKeyFile) {
		return wallet.Entry{}, usagef("%s: %s", file, err)
	}
	if err != nil {
		return wallet.Entry{}, fmt.Errorf("opening %s: %w", file, err)
	}
	return add(c, keys, key, foreign.Path)
}

func oldPassword(c *cli.Context, prompt string) ([]byte, error) {
	if old, given, err := givenSecret(c, "old-password"); given {
		return old, err
	}
	return promptSecret(c, prompt, "old-password")
}

func watchOnly(c *cli.Context, keys *wallet.Keystore) (wallet.Entry, error) {
	address, err := wallet.ParseAddress(c.String("watch"))
	if err != nil {
		return wallet.Entry{}, usagef("--watch: %s", err)
	}
	entry, err := keys.Watch(c.String("name"), address)
	if err != nil {
		return entry, keeping(err)
	}
	return entry, nil
}
