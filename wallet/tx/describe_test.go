package tx_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/piecework/piecework/wallet/tx"
)

// Every type says what it does in one line that names its owner, and a stranger's text in it cannot move the cursor.
func TestEveryContractSpeaks(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	for _, kind := range tx.Types() {
		c := randomContract(random, kind)
		poison(reflect.ValueOf(c).Elem())
		said := c.String()
		anonymous := kind == tx.TypeVoteAsset || kind == tx.TypeShieldedTransfer
		if !anonymous && !strings.Contains(said, c.Sender().String()) {
			t.Errorf("%s does not name its owner: %s", kind, said)
		}
		shown := said
		for _, f := range tx.Show(c) {
			shown += f.Value
		}
		for _, r := range shown {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Errorf("%s: %q", kind, said)
				break
			}
		}
	}
}

// poison puts escape sequences and a right-to-left override into every text.
func poison(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("\x1b[2J\n\u202eevil")
	case reflect.Pointer:
		poison(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				poison(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i))
		}
	}
}

func ExampleContract() {
	fmt.Println(transferOf(me))
	fmt.Println(&tx.DelegateResource{Owner: me, Receiver: you, Amount: 5_000_000, Resource: tx.Energy, Lock: true, LockPeriod: 86400})
	// Output:
	// send 1 TRX from TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC to TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV
	// lend the ENERGY of 5 staked TRX from TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC to TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV, locked for 86400 blocks
}
