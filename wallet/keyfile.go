package wallet

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/google/uuid"
)

// Errors about key files.
var (
	ErrKeyFile   = errors.New("not a key file")
	ErrPassword  = errors.New("wrong password")
	ErrWatchOnly = errors.New("this account has no key here, it is only watched")
)

// maxKeyFile bounds a stranger's key file in bytes.
const maxKeyFile = 64 << 10

// Cost is how hard a new key file is to guess the password of.
type Cost struct{ N, P int } // of scrypt with r = 8

// The costs that Web3 programs use: about a second and 256 MiB, or a tenth of a second and 4 MiB.
var (
	StandardCost = Cost{keystore.StandardScryptN, keystore.StandardScryptP}
	LightCost    = Cost{keystore.LightScryptN, keystore.LightScryptP}
)

// KeyFile is an encrypted key as it lies in a file: Web3 Secret Storage version 3, with what Piecework adds under a name of its own.
type KeyFile struct {
	Name    string  // "" when the file has none
	Address Address // zero when the file does not say
	Path    Path    // of an HD key, nil when unknown
	Watch   bool    // there is no key in it
	crypto  json.RawMessage
	id      string
}

// extras is what Piecework adds; other programs pass over it.
type extras struct {
	Name  string `json:"name,omitempty"`
	Path  Path   `json:"path,omitzero"` // omitempty would leave out m, which has no steps
	Watch bool   `json:"watch,omitempty"`
}

// keyFileJSON is the union of the dialects. encoding/json takes names in any case, so Crypto (old geth) reads as well.
type keyFileJSON struct {
	Address string          `json:"address,omitempty"`
	Crypto  json.RawMessage `json:"crypto,omitempty"`
	ID      string          `json:"id,omitempty"`
	Version any             `json:"version,omitempty"`
	Extras  *extras         `json:"piecework,omitempty"`
	Ethers  *ethersExtras   `json:"x-ethers,omitempty"`
}

// ethersExtras is what ethers (and so TronWeb's users) add; the path of an HD key is all that is taken of it.
type ethersExtras struct {
	Path string `json:"path"`
}

// ReadKeyFile reads any dialect in use on Tron: the address in base58, with or without 41 and 0x in hex, or absent; scrypt or PBKDF2;
// version and id as they come or absent. It opens nothing: see Decrypt.
func ReadKeyFile(data []byte) (*KeyFile, error) {
	if len(data) > maxKeyFile {
		return nil, fmt.Errorf("%w: it is longer than %d bytes", ErrKeyFile, maxKeyFile)
	}
	var raw keyFileJSON
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	f := &KeyFile{crypto: raw.Crypto, id: raw.ID}
	f.readExtras(raw)
	if raw.Address != "" {
		if !strings.HasPrefix(raw.Address, "T") {
			raw.Address = strings.ToLower(raw.Address) // its key tells whether it is right, not its case
		}
		address, err := ParseAddress(raw.Address)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
		}
		f.Address = address
	}
	if err := f.check(raw.Version); err != nil {
		return nil, err
	}
	return f, nil
}

// readExtras takes what it can use. A name or a path of no good form says nothing and is passed over.
func (f *KeyFile) readExtras(raw keyFileJSON) {
	if raw.Ethers != nil {
		if path, err := ParsePath(raw.Ethers.Path); err == nil {
			f.Path = path
		}
	}
	if raw.Extras == nil {
		return
	}
	f.Path, f.Watch = raw.Extras.Path, raw.Extras.Watch
	if validName.MatchString(raw.Extras.Name) {
		f.Name = raw.Extras.Name
	}
}

func (f *KeyFile) check(version any) error {
	switch {
	case f.Watch && f.Address.IsZero():
		return fmt.Errorf("%w: a watched account without an address", ErrKeyFile)
	case f.Watch:
		return nil
	case len(f.crypto) == 0 || string(f.crypto) == "null":
		return fmt.Errorf("%w: there is no crypto part", ErrKeyFile)
	case version != nil && fmt.Sprint(version) != "3":
		return fmt.Errorf("%w: version %v, want 3", ErrKeyFile, Clip(fmt.Sprint(version)))
	}
	return nil
}

// EncryptKey makes a key file. The password may not be empty.
func EncryptKey(key *Key, password []byte, cost Cost) (*KeyFile, error) {
	if len(password) == 0 {
		return nil, fmt.Errorf("encrypting the key of %s: %w: it is empty", key.Address(), ErrPassword)
	}
	secret := key.Bytes()
	defer clear(secret[:])
	encrypted, err := keystore.EncryptDataV3(secret[:], password, cost.N, cost.P)
	if err != nil {
		return nil, fmt.Errorf("encrypting the key of %s: %w", key.Address(), err)
	}
	crypto, err := json.Marshal(encrypted)
	if err != nil {
		return nil, fmt.Errorf("encrypting the key of %s: %w", key.Address(), err)
	}
	return &KeyFile{Address: key.Address(), crypto: crypto, id: uuid.NewString()}, nil
}

// Marshal gives the file's bytes: the standard Web3 form, the address as 40 hex digits, so that every Ethereum and Tron program reads it.
func (f *KeyFile) Marshal() ([]byte, error) {
	evm := f.Address.EVM()
	raw := keyFileJSON{Address: hex.EncodeToString(evm[:]), Crypto: f.crypto, ID: f.id, Version: 3}
	if f.Address.IsZero() {
		raw.Address = ""
	}
	if f.Name != "" || f.Path != nil || f.Watch {
		raw.Extras = &extras{Name: f.Name, Path: f.Path, Watch: f.Watch}
	}
	data, err := json.MarshalIndent(raw, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the key file of %s: %w", f.Address, err)
	}
	return append(data, '\n'), nil
}

// Decrypt opens the key. It fails with ErrPassword, ErrWatchOnly, or ErrKeyFile when the file is damaged, asks for too much memory or time,
// or holds the key of another address than it says.
func (f *KeyFile) Decrypt(password []byte) (*Key, error) {
	if f.Watch {
		return nil, fmt.Errorf("%s: %w", f.Address, ErrWatchOnly)
	}
	sealed, err := readSealed(f.crypto)
	if err != nil {
		return nil, err
	}
	secret, err := keystore.DecryptDataV3(sealed, string(password))
	if errors.Is(err, keystore.ErrDecrypt) {
		return nil, ErrPassword
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	defer clear(secret)
	key, err := KeyFromBytes(padded(secret))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	if !f.Address.IsZero() && key.Address() != f.Address {
		return nil, fmt.Errorf("%w: it says %s and holds the key of %s", ErrKeyFile, f.Address, key.Address())
	}
	return key, nil
}

// padded brings what Java's BigInteger makes of a key (a leading zero more or less) to 32 bytes.
func padded(secret []byte) []byte {
	if len(secret) == keyBytes+1 && secret[0] == 0 {
		return secret[1:]
	}
	if len(secret) < keyBytes && len(secret) > keyBytes-4 {
		return append(make([]byte, keyBytes-len(secret)), secret...)
	}
	return secret
}
