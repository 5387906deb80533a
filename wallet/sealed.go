package wallet

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/keystore"
)

// Limits on what a stranger's key file may ask for.
const (
	maxScryptMemory = 1 << 29 // bytes: 128·N·r; the standard file takes 256 MiB
	maxScryptWork   = 1 << 25 // N·r·p: sixteen times the standard file's, some ten seconds
	maxPBKDF2Rounds = 1 << 24 // the standard is 262,144
	keyBytes        = 32
)

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
		return fmt.Errorf("%s is no whole number in range", Clip(string(data)))
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
			return nil, fmt.Errorf("%w: pbkdf2 with %q, want hmac-sha256", ErrKeyFile, Clip(k.PRF))
		}
		if k.C < 1 || k.C > maxPBKDF2Rounds {
			return nil, fmt.Errorf("%w: pbkdf2 with %d rounds", ErrKeyFile, k.C)
		}
		return map[string]any{"c": int(k.C), "prf": "hmac-sha256", "dklen": keyBytes}, nil
	}
	return nil, fmt.Errorf("%w: key derivation %q, want scrypt or pbkdf2", ErrKeyFile, Clip(s.KDF))
}
