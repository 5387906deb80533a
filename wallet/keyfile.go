package wallet

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
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

// Limits on what a stranger's key file may ask for.
const (
	maxKeyFile      = 64 << 10 // bytes
	maxScryptMemory = 1 << 29  // bytes: 128·N·r; the standard file takes 256 MiB
	maxScryptWork   = 1 << 25  // N·r·p: sixteen times the standard file's, some ten seconds
	maxPBKDF2Rounds = 1 << 24  // the standard is 262,144
	keyBytes        = 32
)

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
	Path  Path   `json:"path,omitempty"`
	Watch bool   `json:"watch,omitempty"`
}

// keyFileJSON is the union of the dialects. encoding/json takes names in any case, so Crypto (old geth) reads as well.
type keyFileJSON struct {
	Address string          `json:"address,omitempty"`
	Crypto  json.RawMessage `json:"crypto,omitempty"`
	ID      string          `json:"id,omitempty"`
	Version any             `json:"version,omitempty"`
	Extras  *extras         `json:"piecework,omitempty"`
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
	if raw.Extras != nil {
		f.Name, f.Path, f.Watch = raw.Extras.Name, raw.Extras.Path, raw.Extras.Watch
	}
	if raw.Address != "" {
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

func (f *KeyFile) check(version any) error {
	switch {
	case f.Watch && f.Address.IsZero():
		return fmt.Errorf("%w: a watched account without an address", ErrKeyFile)
	case f.Watch:
		return nil
	case len(f.crypto) == 0 || string(f.crypto) == "null":
		return fmt.Errorf("%w: there is no crypto part", ErrKeyFile)
	case version != nil && fmt.Sprint(version) != "3":
		return fmt.Errorf("%w: version %v, want 3", ErrKeyFile, clip(fmt.Sprint(version)))
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

// sealed is the crypto part with its numbers as they may come: 262144, 262144.0 or "262144".
type sealed struct {
	Cipher       string `json:"cipher"`
	CipherText   string `json:"ciphertext"`
	CipherParams struct {
		IV string `json:"iv"`
	} `json:"cipherparams"`
	KDF       string `json:"kdf"`
	KDFParams struct {
		DKLen number `json:"dklen"`
		Salt  string `json:"salt"`
		N     number `json:"n"`
		R     number `json:"r"`
		P     number `json:"p"`
		C     number `json:"c"`
		PRF   string `json:"prf"`
	} `json:"kdfparams"`
	MAC string `json:"mac"`
}

// number is a whole number as the dialects write it.
type number int

// UnmarshalJSON reads a number or a quoted number; null is 0.
func (n *number) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var float float64
	if err := json.Unmarshal([]byte(strings.Trim(string(data), `"`)), &float); err != nil {
		return err
	}
	if float != math.Trunc(float) || float < 0 || float > math.MaxInt32 {
		return fmt.Errorf("%s is no whole number in range", clip(string(data)))
	}
	*n = number(float)
	return nil
}

// readSealed checks everything that the decryption would stumble over, and bounds what it costs.
func readSealed(data []byte) (keystore.CryptoJSON, error) {
	var s sealed
	if err := json.Unmarshal(data, &s); err != nil {
		return keystore.CryptoJSON{}, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	params, err := s.params()
	if err != nil {
		return keystore.CryptoJSON{}, err
	}
	for name, text := range map[string]*string{"ciphertext": &s.CipherText, "iv": &s.CipherParams.IV, "mac": &s.MAC, "salt": &s.KDFParams.Salt} {
		*text = strings.TrimPrefix(*text, "0x")
		if _, err := hex.DecodeString(*text); err != nil {
			return keystore.CryptoJSON{}, fmt.Errorf("%w: the %s is not hex", ErrKeyFile, name)
		}
	}
	if len(s.CipherParams.IV) != 32 {
		return keystore.CryptoJSON{}, fmt.Errorf("%w: an iv of %d hex digits, want 32", ErrKeyFile, len(s.CipherParams.IV))
	}
	params["salt"] = s.KDFParams.Salt
	out := keystore.CryptoJSON{Cipher: strings.ToLower(s.Cipher), CipherText: s.CipherText, KDF: strings.ToLower(s.KDF), KDFParams: params, MAC: s.MAC}
	out.CipherParams.IV = s.CipherParams.IV
	return out, nil
}

func (s *sealed) params() (map[string]any, error) {
	k := s.KDFParams
	if k.DKLen == 0 {
		k.DKLen = keyBytes
	}
	if k.DKLen != keyBytes {
		return nil, fmt.Errorf("%w: dklen is %d, want %d", ErrKeyFile, k.DKLen, keyBytes)
	}
	switch strings.ToLower(s.KDF) {
	case "scrypt":
		n, r, p := uint64(k.N), uint64(k.R), uint64(k.P)
		if n < 2 || n&(n-1) != 0 || r == 0 || p == 0 || p > maxScryptWork {
			return nil, fmt.Errorf("%w: scrypt with n=%d r=%d p=%d", ErrKeyFile, n, r, p)
		}
		if n*r > maxScryptMemory/128 || n*r*p > maxScryptWork {
			return nil, fmt.Errorf("%w: scrypt with n=%d r=%d p=%d would take too much memory or time", ErrKeyFile, n, r, p)
		}
		return map[string]any{"n": int(n), "r": int(r), "p": int(p), "dklen": keyBytes}, nil
	case "pbkdf2":
		if k.PRF != "" && !strings.EqualFold(k.PRF, "hmac-sha256") {
			return nil, fmt.Errorf("%w: pbkdf2 with %q, want hmac-sha256", ErrKeyFile, clip(k.PRF))
		}
		if k.C < 1 || k.C > maxPBKDF2Rounds {
			return nil, fmt.Errorf("%w: pbkdf2 with %d rounds", ErrKeyFile, k.C)
		}
		return map[string]any{"c": int(k.C), "prf": "hmac-sha256", "dklen": keyBytes}, nil
	}
	return nil, fmt.Errorf("%w: key derivation %q, want scrypt or pbkdf2", ErrKeyFile, clip(s.KDF))
}
