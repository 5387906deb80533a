package wallet

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// Limits on what a stranger's key file may ask for.
const (
	maxScryptMemory = 1 << 29 // bytes: 128·N·r; the standard file takes 256 MiB
	maxScryptWork   = 1 << 25 // N·r·p: sixteen times the standard file's, some ten seconds
	maxPBKDF2Rounds = 1 << 24 // the standard is 262,144
	keyBytes        = 32
)

// What Web3 Secret Storage calls its parts.
const (
	aes128CTR  = "aes-128-ctr"
	kdfScrypt  = "scrypt"
	kdfPBKDF2  = "pbkdf2"
	hmacSHA256 = "hmac-sha256"
	scryptR    = 8  // of the files that are written
	cipherKey  = 16 // bytes of the derived key that encrypt; the rest is for the MAC
)

// sealed is the crypto part of a key file: a secret under AES-128 in counter mode, with a Keccak-256 over part of the derived key and the ciphertext
// (Web3 Secret Storage, version 3). It reads what the dialects write.
type sealed struct {
	Cipher       string       `json:"cipher"`
	CipherText   hexBytes     `json:"ciphertext"`
	CipherParams cipherParams `json:"cipherparams"`
	KDF          string       `json:"kdf"`
	KDFParams    kdfParams    `json:"kdfparams"`
	MAC          hexBytes     `json:"mac"`
}

type cipherParams struct {
	IV hexBytes `json:"iv"`
}

// kdfParams are those of scrypt (n, r, p) and of PBKDF2 (c, prf).
type kdfParams struct {
	C     number   `json:"c,omitempty"`
	DKLen number   `json:"dklen"`
	N     number   `json:"n,omitempty"`
	P     number   `json:"p,omitempty"`
	PRF   string   `json:"prf,omitempty"`
	R     number   `json:"r,omitempty"`
	Salt  hexBytes `json:"salt"`
}

// seal encrypts a secret under a password.
func seal(secret, password []byte, cost Cost) (*sealed, error) {
	s := &sealed{
		Cipher: aes128CTR, CipherParams: cipherParams{IV: make([]byte, aes.BlockSize)}, KDF: kdfScrypt,
		KDFParams: kdfParams{DKLen: keyBytes, N: number(cost.N), R: scryptR, P: number(cost.P), Salt: make([]byte, keyBytes)},
	}
	rand.Read(s.CipherParams.IV)
	rand.Read(s.KDFParams.Salt)
	derived, err := s.derive(password)
	if err != nil {
		return nil, err
	}
	defer clear(derived)
	if s.CipherText, err = s.crypt(derived, secret); err != nil {
		return nil, err
	}
	s.MAC = s.mac(derived)
	return s, nil
}

// open decrypts the secret. It fails with ErrPassword, or ErrKeyFile where the file asks for what cannot be.
func (s *sealed) open(password []byte) ([]byte, error) {
	derived, err := s.derive(password)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	defer clear(derived)
	if !bytes.Equal(s.mac(derived), s.MAC) {
		return nil, ErrPassword
	}
	return s.crypt(derived, s.CipherText)
}

func (s *sealed) derive(password []byte) ([]byte, error) {
	k := s.KDFParams
	if s.KDF == kdfPBKDF2 {
		return pbkdf2.Key(sha256.New, string(password), k.Salt, int(k.C), keyBytes)
	}
	return scrypt.Key(password, k.Salt, int(k.N), int(k.R), int(k.P), keyBytes)
}

// crypt encrypts and decrypts: in counter mode both are the same.
func (s *sealed) crypt(derived, text []byte) ([]byte, error) {
	block, err := aes.NewCipher(derived[:cipherKey])
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(text))
	cipher.NewCTR(block, s.CipherParams.IV).XORKeyStream(out, text)
	return out, nil
}

func (s *sealed) mac(derived []byte) []byte {
	sum := Keccak256(derived[cipherKey:], s.CipherText)
	return sum[:]
}

// hexBytes are bytes in hex, with or without 0x.
type hexBytes []byte

// MarshalText gives them without 0x.
func (h hexBytes) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

// UnmarshalText reads them.
func (h *hexBytes) UnmarshalText(text []byte) error {
	out, err := hex.AppendDecode(nil, bytes.TrimPrefix(text, []byte("0x")))
	if err != nil {
		return fmt.Errorf("%q is not hex", clip(string(text)))
	}
	*h = out
	return nil
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
func readSealed(data []byte) (*sealed, error) {
	s := &sealed{}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	s.Cipher, s.KDF = strings.ToLower(s.Cipher), strings.ToLower(s.KDF)
	if s.Cipher != aes128CTR {
		return nil, fmt.Errorf("%w: cipher %q, want %s", ErrKeyFile, clip(s.Cipher), aes128CTR)
	}
	if len(s.CipherParams.IV) != aes.BlockSize {
		return nil, fmt.Errorf("%w: an iv of %d bytes, want %d", ErrKeyFile, len(s.CipherParams.IV), aes.BlockSize)
	}
	if s.KDFParams.DKLen != 0 && s.KDFParams.DKLen != keyBytes {
		return nil, fmt.Errorf("%w: dklen is %d, want %d", ErrKeyFile, s.KDFParams.DKLen, keyBytes)
	}
	switch s.KDF {
	case kdfScrypt:
		return s, s.KDFParams.checkScrypt()
	case kdfPBKDF2:
		return s, s.KDFParams.checkPBKDF2()
	}
	return nil, fmt.Errorf("%w: key derivation %q, want scrypt or pbkdf2", ErrKeyFile, clip(s.KDF))
}

func (k kdfParams) checkScrypt() error {
	n, r, p := uint64(k.N), uint64(k.R), uint64(k.P)
	if n < 2 || n&(n-1) != 0 || r == 0 || p == 0 || p > maxScryptWork {
		return fmt.Errorf("%w: scrypt with n=%d r=%d p=%d", ErrKeyFile, n, r, p)
	}
	if n*r > maxScryptMemory/128 || n*r*p > maxScryptWork {
		return fmt.Errorf("%w: scrypt with n=%d r=%d p=%d would take too much memory or time", ErrKeyFile, n, r, p)
	}
	return nil
}

func (k kdfParams) checkPBKDF2() error {
	if k.PRF != "" && !strings.EqualFold(k.PRF, hmacSHA256) {
		return fmt.Errorf("%w: pbkdf2 with %q, want %s", ErrKeyFile, clip(k.PRF), hmacSHA256)
	}
	if k.C < 1 || k.C > maxPBKDF2Rounds {
		return fmt.Errorf("%w: pbkdf2 with %d rounds", ErrKeyFile, k.C)
	}
	return nil
}
