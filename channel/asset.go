package channel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// ErrAsset is wrapped by errors about an asset.
var ErrAsset = errors.New("not an asset")

// firstTRC10 is the smallest TRC-10 id that Tron ever gave out; the TVM refuses smaller ones.
const firstTRC10 = 1_000_001

// AssetKind tells the three kinds of money on Tron apart.
type AssetKind int

// The kinds of asset.
const (
	KindTRX AssetKind = iota
	KindTRC10
	KindTRC20
)

// Asset is what a channel holds: TRX, a TRC-10 token by id, or a TRC-20 token by contract address. It is the contract's uint256; the zero Asset is TRX.
type Asset struct{ word [32]byte }

// TRX is the chain's own currency.
var TRX Asset

// TRC10 is the TRC-10 token with that id.
func TRC10(id int64) (Asset, error) {
	if id < firstTRC10 {
		return Asset{}, fmt.Errorf("%w: TRC-10 ids begin at %d, not %d", ErrAsset, firstTRC10, id)
	}
	var a Asset
	binary.BigEndian.PutUint64(a.word[24:], uint64(id))
	return a, nil
}

// TRC20 is the token of that contract. An address whose first 12 bytes are zero would read as a TRC-10 id and is refused.
func TRC20(contract wallet.Address) (Asset, error) {
	var a Asset
	evm := contract.EVM()
	copy(a.word[12:], evm[:])
	if contract.IsZero() || a.Kind() != KindTRC20 {
		return Asset{}, fmt.Errorf("%w: %s is no token contract", ErrAsset, contract)
	}
	return a, nil
}

// ParseAsset reads "TRX", a TRC-10 id ("1000001", also "trc10:1000001"), or a TRC-20 contract address (also "trc20:T…").
func ParseAsset(s string) (Asset, error) {
	switch kind, rest, cut := strings.Cut(s, ":"); {
	case strings.EqualFold(s, "TRX"):
		return TRX, nil
	case cut && kind != "trc10" && kind != "trc20":
		return Asset{}, fmt.Errorf("%w: %q; want TRX, a TRC-10 id, or a TRC-20 address", ErrAsset, s)
	case cut:
		s = rest
	}
	if id, err := strconv.ParseInt(s, 10, 64); err == nil {
		return TRC10(id)
	}
	contract, err := wallet.ParseAddress(s)
	if err != nil {
		return Asset{}, fmt.Errorf("%w: %q; want TRX, a TRC-10 id, or a TRC-20 address", ErrAsset, s)
	}
	return TRC20(contract)
}

// AssetFromWord reads the contract's uint256.
func AssetFromWord(word [32]byte) (Asset, error) {
	a := Asset{word}
	switch {
	case [12]byte(word[:12]) != [12]byte{}:
		return Asset{}, fmt.Errorf("%w: the word is wider than an address", ErrAsset)
	case a.Kind() == KindTRC10 && a.TokenID() < firstTRC10:
		return Asset{}, fmt.Errorf("%w: %d is no TRC-10 id", ErrAsset, a.TokenID())
	}
	return a, nil
}

// Word is the asset as the contract's uint256.
func (a Asset) Word() [32]byte { return a.word }

// Kind says which of the three the asset is: zero, below 2^63, or an address.
func (a Asset) Kind() AssetKind {
	if a == TRX {
		return KindTRX
	}
	if [24]byte(a.word[:24]) == [24]byte{} && a.word[24] < 0x80 {
		return KindTRC10
	}
	return KindTRC20
}

// TokenID is the id of a TRC-10 token; 0 for the other kinds.
func (a Asset) TokenID() int64 {
	if a.Kind() != KindTRC10 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(a.word[24:]))
}

// Contract is the address of a TRC-20 token; the zero Address for the other kinds.
func (a Asset) Contract() wallet.Address {
	if a.Kind() != KindTRC20 {
		return wallet.Address{}
	}
	return wallet.AddressFromEVM([20]byte(a.word[12:]))
}

// String is "TRX", "trc10:<id>" or "trc20:T…", which ParseAsset reads.
func (a Asset) String() string {
	switch a.Kind() {
	case KindTRC10:
		return "trc10:" + strconv.FormatInt(a.TokenID(), 10)
	case KindTRC20:
		return "trc20:" + a.Contract().String()
	default:
		return "TRX"
	}
}

// MarshalText gives String.
func (a Asset) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what ParseAsset reads.
func (a *Asset) UnmarshalText(text []byte) error {
	parsed, err := ParseAsset(string(text))
	if err == nil {
		*a = parsed
	}
	return err
}
