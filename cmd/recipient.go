package cmd

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// resolve reads an address in any form, or the name of an account or contact of ours.
func resolve(c *cli.Context, network wallet.Network, text string) (wallet.Address, error) {
	address, err := wallet.ParseAddress(text)
	if err == nil {
		return address, nil
	}
	store, openErr := keystore(c)
	if openErr != nil {
		return wallet.Address{}, openErr
	}
	entry, findErr := store.Find(text)
	if findErr == nil {
		return entry.Address, nil
	}
	if errors.Is(findErr, wallet.ErrAmbiguous) {
		return wallet.Address{}, usagef("%q: %s", text, findErr)
	}
	book, bookErr := contacts(c)
	if bookErr != nil {
		return wallet.Address{}, bookErr
	}
	if contact, ok := book.Find(text); ok {
		return contact, nil
	}
	if key := developmentKey(network, text); key != nil {
		return key.Address(), nil
	}
	return wallet.Address{}, withHint(usagef("%s; nor is it the name of an account or contact of yours", err),
		"`piecework wallet list` and `piecework config contacts list` show the names.")
}

// recipient is resolve for who gets something: what a person should know about the address is shown with the plan.
func recipient(c *cli.Context, s *session, text string) (wallet.Address, error) {
	to, err := resolve(c, s.network, text)
	if err != nil {
		return to, err
	}
	alike, err := lookAlike(c, to)
	if err != nil {
		return to, err
	}
	if alike != nil {
		s.warnings, s.doubtful = append(s.warnings, alike.Error()), true
	}
	account, err := s.node.Account(c.Context, node.Head, to)
	switch {
	case to.EVM() == [20]byte{}:
		s.warnings, s.doubtful = append(s.warnings, fmt.Sprintf("%s is the address of nobody: what goes there is lost", to)), true
	case errors.Is(err, node.ErrNotFound):
		s.warnings = append(s.warnings, fmt.Sprintf("%s is not activated: nobody has used it yet", to))
	case err != nil:
		return to, err
	case account.Contract:
		s.warnings = append(s.warnings, fmt.Sprintf("%s is a contract: make sure that it can give back what it gets", to))
	}
	return to, nil
}

// lookAlike finds a contact or an account of ours that a person would take the address for.
func lookAlike(c *cli.Context, address wallet.Address) (*wallet.LookAlike, error) {
	book, err := contacts(c)
	if err != nil {
		return nil, err
	}
	store, err := keystore(c)
	if err != nil {
		return nil, err
	}
	entries, err := store.List()
	if err != nil {
		return nil, err
	}
	known := book.Contacts()
	for _, e := range entries {
		known = append(known, wallet.Contact{Name: e.Name, Address: e.Address})
	}
	return wallet.FindLookAlike(address, known), nil
}

// contacts is the address book: names of other people's addresses.
func contacts(c *cli.Context) (*wallet.Book, error) {
	dir, err := dataDir(c)
	if err != nil {
		return nil, err
	}
	return wallet.OpenBook(filepath.Join(dir, "contacts.json"))
}
