package wallet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

// maxBook bounds the size of an address book's file in bytes.
const maxBook = 4 << 20

// How much of an address has to agree with a known one to look alike. People compare the ends; one address in ten million agrees by chance.
const (
	alikeOneEnd   = 4 // characters at one end (the T in front not counted)
	alikeBothEnds = 2 // or at each of both ends
)

// Book is an address book: names for addresses that are not ours, and a guard against addresses made to look like them. It is not safe for concurrent use.
type Book struct {
	file  string
	names map[string]Address
}

// Contact is an entry of a Book.
type Contact struct {
	Name    string  `json:"name"`
	Address Address `json:"address"`
}

// LookAlike is an address that a person would take for a contact's.
type LookAlike struct {
	Contact Contact // who it would be taken for
	Other   Address // the address that was given
}

// Error says what is wrong, with both addresses.
func (l *LookAlike) Error() string {
	return fmt.Sprintf("%s looks like %s (%s) and is another address", l.Other, l.Contact.Address, l.Contact.Name)
}

// OpenBook reads an address book; a file that does not exist is an empty one.
func OpenBook(file string) (*Book, error) {
	b := &Book{file: file, names: make(map[string]Address)}
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening the address book: %w", err)
	}
	if info.Size() > maxBook {
		return nil, fmt.Errorf("opening the address book: %s is longer than %d bytes", file, maxBook)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("opening the address book: %w", err)
	}
	var contacts []Contact
	if err := json.Unmarshal(data, &contacts); err != nil {
		return nil, fmt.Errorf("opening the address book %s: %w", file, err)
	}
	for _, c := range contacts {
		b.names[c.Name] = c.Address
	}
	return b, nil
}

// Contacts lists the entries by name.
func (b *Book) Contacts() []Contact {
	contacts := make([]Contact, 0, len(b.names))
	for name, address := range b.names {
		contacts = append(contacts, Contact{name, address})
	}
	sort.Slice(contacts, func(i, j int) bool { return contacts[i].Name < contacts[j].Name })
	return contacts
}

// Find gives the address of a name.
func (b *Book) Find(name string) (Address, bool) {
	address, ok := b.names[name]
	return address, ok
}

// Add writes a contact, durable once it returns. An address that looks like another contact's is refused with *LookAlike; AddAnyway takes it.
func (b *Book) Add(name string, address Address) error {
	if alike := b.LookAlike(address); alike != nil {
		return fmt.Errorf("adding %s to the address book: %w", Clip(name), alike)
	}
	return b.AddAnyway(name, address)
}

// AddAnyway is Add without the look-alike check.
func (b *Book) AddAnyway(name string, address Address) error {
	switch old, taken := b.names[name]; {
	case !validName.MatchString(name):
		return fmt.Errorf("adding to the address book: %w: %q (a-z, 0-9, - _ . and at most 32 of them)", ErrName, Clip(name))
	case address.IsZero():
		return fmt.Errorf("adding %s to the address book: %w", name, ErrAddress)
	case taken && old != address:
		return fmt.Errorf("adding %s to the address book: it is %s already", name, old)
	case taken:
		return nil
	}
	next := append(b.Contacts(), Contact{name, address})
	if err := b.save(next); err != nil {
		return err
	}
	b.names[name] = address
	return nil
}

// Remove drops a contact, durable once it returns.
func (b *Book) Remove(name string) error {
	var next []Contact
	for _, c := range b.Contacts() {
		if c.Name != name {
			next = append(next, c)
		}
	}
	if err := b.save(next); err != nil {
		return err
	}
	delete(b.names, name)
	return nil
}

// LookAlike finds a contact that the address could be taken for, and is not: its first or last four characters agree, or two at each end.
// Thieves send dust from such addresses, so that they are copied from a history. It is nil when there is none, and for a contact itself.
func (b *Book) LookAlike(address Address) *LookAlike { return FindLookAlike(address, b.Contacts()) }

// FindLookAlike is Book.LookAlike among any addresses with names.
func FindLookAlike(address Address, known []Contact) *LookAlike {
	shown := address.String()
	var found *LookAlike
	for _, c := range known {
		if c.Address == address {
			return nil
		}
		if found == nil && alike(shown, c.Address.String()) {
			found = &LookAlike{Contact: c, Other: address}
		}
	}
	return found
}

func alike(a, b string) bool {
	front, back := 0, 0
	for front+1 < len(a) && front+1 < len(b) && a[front+1] == b[front+1] {
		front++
	}
	for back < len(a) && back < len(b) && a[len(a)-1-back] == b[len(b)-1-back] {
		back++
	}
	return front >= alikeOneEnd || back >= alikeOneEnd || front >= alikeBothEnds && back >= alikeBothEnds
}

func (b *Book) save(contacts []Contact) error {
	data, err := json.MarshalIndent(contacts, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the address book: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(b.file), 0o700); err != nil {
		return fmt.Errorf("writing the address book: %w", err)
	}
	if err := replace(b.file, append(data, '\n')); err != nil {
		return fmt.Errorf("writing the address book: %w", err)
	}
	return nil
}
