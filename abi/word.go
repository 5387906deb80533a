package abi

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"reflect"
	"time"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/wallet"
)

var (
	addressType = reflect.TypeFor[wallet.Address]()
	bigType     = reflect.TypeFor[big.Int]()
	uint256Type = reflect.TypeFor[uint256.Int]()
	byteType    = reflect.TypeFor[byte]()

	// durationType is refused as an integer: its nanoseconds are hardly what a contract means.
	durationType = reflect.TypeFor[time.Duration]()
)

// putWord writes a value of a one-word type into 32 zero bytes.
func putWord(word []byte, t *Type, v reflect.Value) error {
	switch t.kind {
	case KindUint, KindInt, KindTrcToken:
		return putInteger(word, t, v)
	case KindAddress:
		return putAddress(word, t, indirect(v))
	case KindBool:
		if v = indirect(v); v.Kind() != reflect.Bool {
			return mismatch(t, v)
		}
		if v.Bool() {
			word[wordSize-1] = 1
		}
		return nil
	default:
		return putFixedBytes(word, t, indirect(v))
	}
}

func putAddress(word []byte, t *Type, v reflect.Value) error {
	if !v.IsValid() || v.Kind() != reflect.Array || v.Type().Elem() != byteType {
		return mismatch(t, v)
	}
	switch {
	case v.Type() == addressType:
		a := v.Interface().(wallet.Address)
		copy(word[12:], a[1:])
	case v.Len() == 20:
		reflect.Copy(reflect.ValueOf(word[12:]), v)
	default:
		return mismatch(t, v)
	}
	return nil
}

func putFixedBytes(word []byte, t *Type, v reflect.Value) error {
	list := v.Kind() == reflect.Slice || v.Kind() == reflect.Array
	if !list || v.Type().Elem() != byteType {
		return mismatch(t, v)
	}
	if v.Len() != t.size {
		return fmt.Errorf("%w: %d bytes for %s", ErrValue, v.Len(), t)
	}
	reflect.Copy(reflect.ValueOf(word), v)
	return nil
}

func putInteger(word []byte, t *Type, v reflect.Value) error {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.IsValid() {
		switch n := v.Interface().(type) {
		case *big.Int:
			return putBig(word, t, n)
		case interface{ Big() *big.Int }:
			if v.Kind() != reflect.Pointer || !v.IsNil() {
				return putBig(word, t, n.Big())
			}
		case interface{ Word() [32]byte }:
			if v.Kind() != reflect.Pointer || !v.IsNil() {
				w := n.Word()
				return putBig(word, t, new(big.Int).SetBytes(w[:]))
			}
		}
	}
	switch v = indirect(v); {
	case v.IsValid() && v.Type() == durationType:
		return mismatch(t, v)
	case v.CanInt():
		return putInt64(word, t, v.Int())
	case v.CanUint():
		return putBig(word, t, new(big.Int).SetUint64(v.Uint()))
	case v.IsValid() && v.Type() == bigType:
		n := v.Interface().(big.Int)
		return putBig(word, t, &n)
	case v.IsValid() && v.Type() == uint256Type:
		n := v.Interface().(uint256.Int)
		return putBig(word, t, n.ToBig())
	default:
		return mismatch(t, v)
	}
}

func putInt64(word []byte, t *Type, n int64) error {
	if n >= 0 && t.bits() >= 64 {
		binary.BigEndian.PutUint64(word[24:], uint64(n))
		return nil
	}
	return putBig(word, t, big.NewInt(n))
}

// putBig writes an integer in two's complement after checking that it is in the range of its type.
func putBig(word []byte, t *Type, n *big.Int) error {
	if n == nil {
		return fmt.Errorf("%w: nil for %s", ErrValue, t)
	}
	if !inRange(t, n) {
		return fmt.Errorf("%w: %s is out of the range of %s", ErrValue, wallet.Clip(n.String()), t)
	}
	if n.Sign() < 0 {
		n = new(big.Int).Add(n, twoTo256)
	}
	n.FillBytes(word)
	return nil
}

var twoTo256 = new(big.Int).Lsh(big.NewInt(1), 256)

func inRange(t *Type, n *big.Int) bool {
	switch {
	case t.kind != KindInt:
		return n.Sign() >= 0 && n.BitLen() <= t.bits()
	case n.Sign() >= 0:
		return n.BitLen() < t.bits()
	default: // −2^(bits−1) is the smallest
		return new(big.Int).Not(n).BitLen() < t.bits()
	}
}

// wordValue reads a word of a one-word type.
func wordValue(t *Type, word []byte) (any, error) {
	switch t.kind {
	case KindUint, KindInt, KindTrcToken:
		n := new(big.Int).SetBytes(word)
		if t.kind == KindInt && word[0] >= 0x80 {
			n.Sub(n, twoTo256)
		}
		if !inRange(t, n) {
			return nil, fmt.Errorf("%w: %x is out of the range of %s", ErrData, word, t)
		}
		return n, nil
	case KindAddress:
		return addressValue(word)
	case KindBool:
		if !allZero(word[:wordSize-1]) || word[wordSize-1] > 1 {
			return nil, fmt.Errorf("%w: %x is no bool", ErrData, word)
		}
		return word[wordSize-1] == 1, nil
	default:
		if !allZero(word[t.size:]) {
			return nil, fmt.Errorf("%w: %x has more than %d bytes", ErrData, word, t.size)
		}
		return byteArray(word[:t.size]), nil
	}
}

// addressValue accepts the 0x41 that some encoders leave before the 20 bytes.
func addressValue(word []byte) (any, error) {
	if !allZero(word[:11]) || word[11] != 0 && word[11] != wallet.AddressPrefix {
		return nil, fmt.Errorf("%w: %x is no address", ErrData, word)
	}
	return wallet.AddressFromEVM([20]byte(word[12:])), nil
}

// byteArray is b as [N]byte.
func byteArray(b []byte) any {
	if len(b) == wordSize {
		return [32]byte(b)
	}
	array := reflect.New(reflect.ArrayOf(len(b), byteType)).Elem()
	reflect.Copy(array, reflect.ValueOf(b))
	return array.Interface()
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
