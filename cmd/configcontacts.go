package cmd

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
)

func contactsCommand() *cli.Command {
	name := &cli.StringFlag{Name: "name", Usage: "`NAME` for the address", Required: true}
	return &cli.Command{
		Name: "contacts", Usage: "names for other people's addresses, and a guard against addresses made to look like theirs",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list the contacts",
				Description: "piecework config contacts list\npiecework config contacts list -o json",
				Flags:       []cli.Flag{dataFlag(), outputFlag}, Action: contactsList,
			},
			{
				Name: "add", Usage: "give an address a name, for --to and --from",
				Description: "piecework config contacts add --name exchange --address TPL66VK2gCXNCD7EJg9pgJRfqcRazjhUZY\n" +
					"piecework config contacts add --name lookalike --address T… --yes",
				Flags: []cli.Flag{
					name,
					&cli.StringFlag{Name: "address", Usage: "the `ADDRESS`, in any form", Required: true},
					&cli.BoolFlag{Name: "yes", Usage: "take it even if it looks like another contact's"},
					dataFlag(), outputFlag,
				},
				Action: contactsAdd,
			},
			{
				Name: "remove", Usage: "forget a contact",
				Description: "piecework config contacts remove --name exchange\npiecework config contacts remove --name exchange -o json",
				Flags:       []cli.Flag{name, dataFlag(), outputFlag}, Action: contactsRemove,
			},
		},
	}
}

// contactList is the address book as it is printed.
type contactList struct {
	Contacts []wallet.Contact `json:"contacts"`
}

func (l contactList) schema() string { return "piecework.contacts.v1" }

func (l contactList) table() table {
	t := table{heading: []string{"NAME", "ADDRESS"}}
	for _, contact := range l.Contacts {
		t.rows = append(t.rows, []string{contact.Name, contact.Address.String()})
	}
	if len(l.Contacts) == 0 {
		return table{notes: []string{"No contacts yet. `piecework config contacts add --name NAME --address T…` makes one."}}
	}
	return t
}

func contactsList(c *cli.Context) error {
	book, err := contacts(c)
	if err != nil {
		return err
	}
	return printResult(c, contactList{book.Contacts()})
}

func contactsAdd(c *cli.Context) error {
	book, err := contacts(c)
	if err != nil {
		return err
	}
	address, err := wallet.ParseAddress(c.String("address"))
	if err != nil {
		return usagef("--address: %s", err)
	}
	name := c.String("name")
	keys, err := keystore(c)
	if err != nil {
		return err
	}
	if entry, err := keys.Find(name); err == nil {
		return withHint(usagef("%s is an account of yours already (%s)", name, entry.Address), "Choose another --name.")
	}
	add := book.Add
	if c.Bool("yes") {
		add = book.AddAnyway
	}
	var alike *wallet.LookAlike
	switch err := add(name, address); {
	case errors.As(err, &alike):
		return withHint(err, "Compare every character. If it is right, give --yes.")
	case errors.Is(err, wallet.ErrName):
		return usagef("%s", err)
	case err != nil:
		return err
	}
	return printResult(c, contactList{[]wallet.Contact{{Name: name, Address: address}}})
}

func contactsRemove(c *cli.Context) error {
	book, err := contacts(c)
	if err != nil {
		return err
	}
	name := c.String("name")
	address, ok := book.Find(name)
	if !ok {
		return withHint(fmt.Errorf("%w: there is no contact %q", errNotFound, name), "`piecework config contacts list` shows them.")
	}
	if err := book.Remove(name); err != nil {
		return err
	}
	return printResult(c, contactList{[]wallet.Contact{{Name: name, Address: address}}})
}
