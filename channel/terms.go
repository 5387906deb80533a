package channel

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/piecework/piecework/wallet"
)

// Bounds of the challenge, as the contract has them.
const (
	MinChallenge = 10 * time.Minute
	MaxChallenge = 90 * 24 * time.Hour
)

// ID names a channel: the hash of its Terms.
type ID [32]byte

// ParseID reads 64 hex digits, with or without 0x.
func ParseID(s string) (ID, error) {
	raw, err := hex.DecodeString(strings.TrimPrefix(s, "0x"))
	if err != nil || len(raw) != len(ID{}) {
		return ID{}, fmt.Errorf("not a channel id: want 64 hex digits")
	}
	return ID(raw), nil
}

// String is the id in hex.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Short is the first eight digits, for tables and logs.
func (id ID) Short() string { return id.String()[:8] }

// MarshalText gives String.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what ParseID reads.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err == nil {
		*id = parsed
	}
	return err
}

// Terms are what payer and payee agreed on when the channel was opened. The contract stores only their hash; every call brings them back.
type Terms struct {
	Payer     wallet.Address // whose money it is, and who gets the refund
	Payee     wallet.Address // who is paid
	Signer    wallet.Address // whose key signs vouchers for the payer
	Asset     Asset
	Challenge time.Duration // whole seconds the payee has to settle after the payer starts to close
	Seed      [32]byte      // keccak256(salt, hash of the block before): nobody can search for a second channel with the same storage row
}

// ID is keccak256 of the ABI encoding of the terms, the contract's mapping key.
func (t Terms) ID() ID {
	var words [6][32]byte
	for i, a := range []wallet.Address{t.Payer, t.Payee, t.Signer} {
		evm := a.EVM()
		copy(words[i][12:], evm[:])
	}
	words[3] = t.Asset.Word()
	binary.BigEndian.PutUint64(words[4][24:], uint64(t.Challenge/time.Second))
	words[5] = t.Seed
	return ID(wallet.Keccak256(words[0][:], words[1][:], words[2][:], words[3][:], words[4][:], words[5][:]))
}
