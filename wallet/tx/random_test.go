package tx_test

import (
	"math/rand/v2"
	"reflect"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// randomContract fills every field of a contract of that type, so that no field can be forgotten.
func randomContract(random *rand.Rand, t tx.Type) tx.Contract {
	c, err := tx.DecodeContract(t, nil)
	if err != nil {
		panic(err)
	}
	randomise(random, reflect.ValueOf(c).Elem())
	return c
}

func randomise(random *rand.Rand, v reflect.Value) {
	switch value := v.Addr().Interface().(type) {
	case *wallet.Address:
		value[0] = wallet.AddressPrefix
		fill(random, value[1:])
	case *wallet.Units:
		*value = wallet.UnitsFromUint64(random.Uint64()>>(11+random.IntN(52)) | 1) // JavaScript reads no more than 2^53
	case *time.Time:
		*value = time.UnixMilli(random.Int64N(1 << 42)).UTC()
	case *[]byte:
		*value = make([]byte, 1+random.IntN(80))
		fill(random, *value)
	case *string:
		*value = "text-" + string(rune('a'+random.IntN(26))) + "✓"
	default:
		randomiseKind(random, v)
	}
}

func randomiseKind(random *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			randomise(random, v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		randomise(random, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+random.IntN(3), 3))
		for i := range v.Len() {
			randomise(random, v.Index(i))
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32: // enums are the named kinds: keep those in range
		if v.Type() == reflect.TypeFor[int32]() {
			v.SetInt(1 + random.Int64N(1<<31-1))
		} else {
			v.SetInt(1 + random.Int64N(2))
		}
	case reflect.Int64:
		v.SetInt(1 + random.Int64N(1<<(1+random.IntN(52)))) // JavaScript reads no more than 2^53
	default:
		panic("a field of kind " + v.Kind().String())
	}
}

func fill(random *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(random.Uint32())
	}
}
