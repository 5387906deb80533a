package wallet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// Errors about keystores.
var (
	ErrNoKey     = errors.New("there is no such key")
	ErrAmbiguous = errors.New("several keys have that name")
	ErrExists    = errors.New("there is a key with that name or address already")
	ErrName      = errors.New("not a name for a key")
)

// maxKeyFiles bounds how many files of a directory are looked at.
const maxKeyFiles = 10_000

// validName keeps names apart from addresses, and file names harmless.
var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,31}$`)

// Keystore is a directory of key files. Any Web3 or Tron key file that is put into it is found; files written here are called after their names.
// Several processes may read it while one writes: files appear whole or not at all.
type Keystore struct {
	dir  string
	cost Cost
}

// Entry is a key file in a Keystore.
type Entry struct {
	Name    string
	Address Address // zero when the file does not say; Unlock tells
	Path    string  // of an HD key, "m/44'/195'/0'/0/0"; "" otherwise
	Watch   bool    // watched only, there is no key
	File    string
}

// OpenKeystore opens a directory; it need not exist, Add makes it with mode 0700.
func OpenKeystore(dir string) (*Keystore, error) {
	info, err := os.Stat(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("opening the keystore: %w", err)
	}
	if err == nil && !info.IsDir() {
		return nil, fmt.Errorf("opening the keystore: %s is not a directory", dir)
	}
	return &Keystore{dir: dir, cost: StandardCost}, nil
}

// WithCost is the keystore writing new files at another cost: LightCost where a password is asked for often, or in tests.
func (k *Keystore) WithCost(cost Cost) *Keystore { return &Keystore{dir: k.dir, cost: cost} }

// List gives every key by name. Files that are no key files are passed over.
func (k *Keystore) List() ([]Entry, error) {
	files, err := os.ReadDir(k.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing the keystore: %w", err)
	}
	if len(files) > maxKeyFiles {
		return nil, fmt.Errorf("listing the keystore: more than %d files in %s", maxKeyFiles, k.dir)
	}
	var entries []Entry
	for _, f := range files {
		if entry, ok := k.entry(f); ok {
			entries = append(entries, entry)
		}
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name < entries[j].Name })
	return entries, nil
}

func (k *Keystore) entry(f fs.DirEntry) (Entry, bool) {
	if !f.Type().IsRegular() || strings.HasPrefix(f.Name(), ".") {
		return Entry{}, false
	}
	path := filepath.Join(k.dir, f.Name())
	file, err := readKeyFileAt(path)
	if err != nil {
		return Entry{}, false
	}
	entry := Entry{Name: file.Name, Address: file.Address, Watch: file.Watch, File: path}
	if entry.Name == "" {
		entry.Name = strings.TrimSuffix(f.Name(), ".json")
	}
	if file.Path != nil {
		entry.Path = file.Path.String()
	}
	return entry, true
}

func readKeyFileAt(path string) (*KeyFile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxKeyFile {
		return nil, fmt.Errorf("%w: %s is longer than %d bytes", ErrKeyFile, path, maxKeyFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ReadKeyFile(data)
}

// Find gives the key with that name or that address in any form; ErrNoKey, or ErrAmbiguous when several have the name.
func (k *Keystore) Find(nameOrAddress string) (Entry, error) {
	entries, err := k.List()
	if err != nil {
		return Entry{}, err
	}
	address, notAddress := ParseAddress(nameOrAddress)
	var found []Entry
	for _, e := range entries {
		if e.Name == nameOrAddress || notAddress == nil && e.Address == address {
			found = append(found, e)
		}
	}
	found = preferKeys(found)
	switch len(found) {
	case 0:
		return Entry{}, k.missing(nameOrAddress)
	case 1:
		return found[0], nil
	default:
		return Entry{}, fmt.Errorf("%w: %s and %s", ErrAmbiguous, found[0].File, found[1].File)
	}
}

// missing says that there is no such key, or what is wrong with the file that should hold it.
func (k *Keystore) missing(name string) error {
	if validName.MatchString(name) {
		if _, err := readKeyFileAt(filepath.Join(k.dir, name+".json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("finding the key %q: %w", name, err)
		}
	}
	return fmt.Errorf("%w: %q", ErrNoKey, Clip(name))
}

// preferKeys drops watched entries when one with a key is there.
func preferKeys(found []Entry) []Entry {
	var keys []Entry
	for _, e := range found {
		if !e.Watch {
			keys = append(keys, e)
		}
	}
	if keys != nil {
		return keys
	}
	return found
}

// Unlock opens the key of an entry: ErrPassword, ErrWatchOnly or ErrKeyFile. It takes about a second at StandardCost.
func (k *Keystore) Unlock(e Entry, password []byte) (*Key, error) {
	file, err := readKeyFileAt(e.File)
	if err != nil {
		return nil, fmt.Errorf("unlocking %s: %w", e.Name, err)
	}
	key, err := file.Decrypt(password)
	if err != nil {
		return nil, fmt.Errorf("unlocking %s: %w", e.Name, err)
	}
	return key, nil
}

// Add stores a key under a name (lower-case letters, digits, - _ . and at most 32 of them), encrypted with the password, as a file of mode 0600.
// It fails with ErrName, ErrExists, or ErrPassword when the password is empty.
func (k *Keystore) Add(name string, key *Key, password []byte) (Entry, error) {
	return k.AddHD(name, key, nil, password)
}

// AddHD is Add for a key that was derived: its whole path is stored with it.
func (k *Keystore) AddHD(name string, key *Key, path Path, password []byte) (Entry, error) {
	if err := k.vacant(name, key.Address()); err != nil {
		return Entry{}, fmt.Errorf("adding %s: %w", Clip(name), err)
	}
	file, err := EncryptKey(key, password, k.cost)
	if err != nil {
		return Entry{}, fmt.Errorf("adding %s: %w", name, err)
	}
	file.Name, file.Path = name, path
	return k.write(file)
}

// Watch stores an address without a key.
func (k *Keystore) Watch(name string, address Address) (Entry, error) {
	if err := k.vacant(name, address); err != nil {
		return Entry{}, fmt.Errorf("watching %s: %w", Clip(name), err)
	}
	return k.write(&KeyFile{Name: name, Address: address, Watch: true})
}

// Import takes a key file of any dialect, opens it with its password and stores the key in the standard form under another password.
func (k *Keystore) Import(name string, data, password, newPassword []byte) (Entry, error) {
	file, err := ReadKeyFile(data)
	if err != nil {
		return Entry{}, fmt.Errorf("importing %s: %w", Clip(name), err)
	}
	key, err := file.Decrypt(password)
	if err != nil {
		return Entry{}, fmt.Errorf("importing %s: %w", Clip(name), err)
	}
	return k.AddHD(name, key, file.Path, newPassword)
}

// Export gives the bytes of an entry's file, still encrypted, for other programs.
func (k *Keystore) Export(e Entry) ([]byte, error) {
	file, err := readKeyFileAt(e.File)
	if err != nil {
		return nil, fmt.Errorf("exporting %s: %w", e.Name, err)
	}
	return file.Marshal()
}

// ChangePassword encrypts the key of an entry anew. The file is the old one or the new one at every moment; what it was called stays.
func (k *Keystore) ChangePassword(e Entry, password, newPassword []byte) error {
	old, err := readKeyFileAt(e.File)
	if err != nil {
		return fmt.Errorf("changing the password of %s: %w", e.Name, err)
	}
	key, err := old.Decrypt(password)
	if err != nil {
		return fmt.Errorf("changing the password of %s: %w", e.Name, err)
	}
	file, err := EncryptKey(key, newPassword, k.cost)
	if err != nil {
		return fmt.Errorf("changing the password of %s: %w", e.Name, err)
	}
	file.Name, file.Path = old.Name, old.Path
	data, err := file.Marshal()
	if err != nil {
		return err
	}
	if err := replace(e.File, data); err != nil {
		return fmt.Errorf("changing the password of %s: %w", e.Name, err)
	}
	return nil
}

// Remove deletes an entry's file. Without a copy of the file or the mnemonic the money of its address is lost: ask first.
func (k *Keystore) Remove(e Entry) error {
	if filepath.Dir(e.File) != filepath.Clean(k.dir) {
		return fmt.Errorf("removing %s: %w in %s", e.Name, ErrNoKey, k.dir)
	}
	if err := os.Remove(e.File); err != nil {
		return fmt.Errorf("removing %s: %w", e.Name, err)
	}
	return syncDir(k.dir)
}

// vacant refuses a name or an address that is taken. A watched address may get its key under another name.
func (k *Keystore) vacant(name string, address Address) error {
	if !validName.MatchString(name) {
		return fmt.Errorf("%w: %q (a-z, 0-9, - _ . and at most 32 of them)", ErrName, Clip(name))
	}
	entries, err := k.List()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name == name || e.Address == address && !e.Watch {
			return fmt.Errorf("%w: %s, %s", ErrExists, e.Name, e.Address)
		}
	}
	return nil
}

func (k *Keystore) write(file *KeyFile) (Entry, error) {
	data, err := file.Marshal()
	if err != nil {
		return Entry{}, err
	}
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return Entry{}, fmt.Errorf("making the keystore: %w", err)
	}
	path := filepath.Join(k.dir, file.Name+".json")
	if err := writeNew(path, data); err != nil {
		return Entry{}, fmt.Errorf("writing the key of %s: %w", file.Address, err)
	}
	entry := Entry{Name: file.Name, Address: file.Address, Watch: file.Watch, File: path}
	if file.Path != nil {
		entry.Path = file.Path.String()
	}
	return entry, nil
}
