package contract

import (
	"errors"
	"math/big"
	"testing"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/testnet/vm/bare"
	"github.com/piecework/piecework/wallet"
)

// bench is a chain with one token on it.
type bench struct {
	t     *testing.T
	state *bare.Ledger
	env   vm.Env
	token wallet.Address
	code  *abi.Interface
	nonce byte
}

var (
	owner  = wallet.MustParseAddress("4100000000000000000000000000000000000d0d0d")
	holder = wallet.MustParseAddress("41000000000000000000000000000000000a0b0c0d")
)

func newBench(t *testing.T, o Options) *bench {
	b := &bench{t: t, state: bare.New(), env: vm.Env{Params: vm.Mainnet(), Block: vm.Block{Number: 9, Time: 1_800_000_000_000}, GenesisID: [32]byte{31: 7}}}
	b.state.Fund(owner, wallet.TRX)
	a := Of(o)
	b.code = a.Interface()
	init, err := a.InitCode("Piece", "PCE", 6, wallet.UnitsFromUint64(1000))
	if err != nil {
		t.Fatal(err)
	}
	r, err := vm.Create(&b.env, b.state, &vm.Message{TxID: b.id(), From: owner, Data: init, EnergyLimit: 1e8, Contract: vm.Contract{UserPercent: 100}})
	if err != nil || r.Outcome != vm.Success {
		t.Fatal(err, r)
	}
	b.token = r.Contract
	return b
}

func (b *bench) id() [32]byte { b.nonce++; return [32]byte{b.nonce} }

// call gives the name of the error, or "" and the answer.
func (b *bench) call(from wallet.Address, name string, arguments ...any) (string, []any) {
	b.t.Helper()
	m, err := b.code.Method(name)
	if err != nil {
		return "no such method", nil
	}
	data, err := m.Encode(arguments...)
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := vm.Call(&b.env, b.state, &vm.Message{TxID: b.id(), From: from, To: b.token, Data: data, EnergyLimit: 1e8})
	if err != nil {
		b.t.Fatal(err)
	}
	if r.Outcome != vm.Success {
		return b.code.DecodeRevert(r.Return).Name, nil
	}
	answer, err := m.Decode(r.Return)
	if err != nil {
		b.t.Fatal(err)
	}
	return "", answer
}

func (b *bench) expect(want string, from wallet.Address, name string, arguments ...any) {
	b.t.Helper()
	if got, _ := b.call(from, name, arguments...); got != want {
		b.t.Errorf("%s%v ended %q, want %q", name, arguments, got, want)
	}
}

func (b *bench) number(want int64, name string, arguments ...any) {
	b.t.Helper()
	_, answer := b.call(owner, name, arguments...)
	if len(answer) != 1 || answer[0].(*big.Int).Int64() != want {
		b.t.Errorf("%s%v is %v, want %d", name, arguments, answer, want)
	}
}

// TestOptions deploys every combination: what was chosen works, what was not does not exist, and the code is recognized.
func TestOptions(t *testing.T) {
	for _, o := range combinations() {
		t.Run(o.contract(), func(t *testing.T) {
			b := newBench(t, o)
			if got, err := Recognize(b.state.Code(b.token).Bytes()); err != nil || got != o {
				t.Errorf("recognized %+v %v", got, err)
			}
			b.transfers()
			absent := func(chosen bool, refused string) string {
				if chosen {
					return refused
				}
				return "no such method"
			}
			b.expect(absent(o.Mintable, "NotOwner"), holder, "mint", holder, 5)
			b.expect(absent(o.Mintable, ""), owner, "mint", holder, 5)
			b.expect(absent(o.Mintable, "ERC20InvalidReceiver"), owner, "mint", b.token, 5)
			b.expect(absent(o.Mintable, "SupplyTooLarge"), owner, "mint", holder, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1)))
			b.expect(absent(o.Mintable, "InvalidOwner"), owner, "transferOwnership", [20]byte{})
			b.expect(absent(o.Mintable, ""), owner, "transferOwnership", holder)
			b.expect(absent(o.Mintable, ""), holder, "renounceOwnership")
			b.expect(absent(o.Mintable, "NotOwner"), holder, "mint", holder, 5)
			b.expect(absent(o.Burnable, ""), owner, "burn", 100)
			b.expect(absent(o.Burnable, "ERC20InsufficientBalance"), owner, "burn", 10_000)
			b.expect(absent(o.Burnable, "ERC20InsufficientAllowance"), holder, "burnFrom", owner, 1)
			supply := int64(1000)
			if o.Mintable {
				supply += 5
			}
			if o.Burnable {
				supply -= 100
			}
			b.number(supply, "totalSupply")
			if o.Permit {
				b.permits()
			}
		})
	}
	if _, err := Recognize([]byte{1}); !errors.Is(err, ErrOtherCode) {
		t.Errorf("other code: %v", err)
	}
}

func (b *bench) transfers() {
	b.t.Helper()
	b.expect("", owner, "transfer", holder, 300)
	b.expect("", owner, "transfer", owner, 700) // to itself
	b.expect("ERC20InsufficientBalance", owner, "transfer", holder, 701)
	b.expect("ERC20InvalidReceiver", owner, "transfer", [20]byte{}, 1)
	b.expect("ERC20InvalidReceiver", owner, "transfer", b.token, 1)
	b.expect("ERC20InsufficientAllowance", holder, "transferFrom", owner, holder, 1)
	b.expect("", owner, "approve", holder, 10)
	b.expect("", holder, "transferFrom", owner, holder, 4)
	b.number(6, "allowance", owner, holder)
	b.expect("", owner, "approve", holder, 0)
	b.number(696, "balanceOf", owner)
	b.number(304, "balanceOf", holder)
	most := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
	b.expect("", holder, "approve", owner, most)
	b.expect("", owner, "transferFrom", holder, owner, 304)
	if _, left := b.call(owner, "allowance", holder, owner); left[0].(*big.Int).Cmp(most) != 0 {
		b.t.Errorf("an allowance without limit was counted down to %s", left[0])
	}
}

// permits signs EIP-2612 permits as wallets do, and every wrong kind.
func (b *bench) permits() {
	b.t.Helper()
	key, err := wallet.ParseKey("0000000000000000000000000000000000000000000000000000000000000009")
	if err != nil {
		b.t.Fatal(err)
	}
	word := func(n int64) []byte { w := make([]byte, 32); return big.NewInt(n).FillBytes(w) }
	address := func(a wallet.Address) []byte { e := a.EVM(); return append(make([]byte, 12), e[:]...) }
	hash := func(s string) []byte { h := wallet.Keccak256([]byte(s)); return h[:] }
	domain := wallet.Keccak256(hash("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"), hash("Piece"), hash("1"), word(7), address(b.token))
	if _, got := b.call(owner, "DOMAIN_SEPARATOR"); got[0] != domain {
		b.t.Errorf("the domain is %x, want %x", got[0], domain)
	}
	deadline := b.env.Block.Time / 1000
	sign := func(nonce, value int64) wallet.Signature {
		typed := wallet.Keccak256(hash("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"), address(key.Address()), address(holder), word(value), word(nonce), word(deadline))
		return key.Sign(wallet.Keccak256([]byte{0x19, 1}, domain[:], typed[:]))
	}
	permit := func(want string, value, deadline int64, s wallet.Signature) {
		b.t.Helper()
		b.expect(want, owner, "permit", key.Address(), holder, value, deadline, s[64], [32]byte(s[:32]), [32]byte(s[32:64]))
	}
	good := sign(0, 50)
	permit("ERC2612InvalidSigner", 51, deadline, good)
	permit("ERC2612ExpiredSignature", 50, deadline-1, good)
	twin := good
	order, _ := new(big.Int).SetString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16)
	new(big.Int).Sub(order, new(big.Int).SetBytes(good[32:64])).FillBytes(twin[32:64])
	twin[64] = 27 + 28 - good[64]
	permit("ERC2612InvalidSigner", 50, deadline, twin)
	permit("ERC2612InvalidSigner", 50, deadline, wallet.Signature{64: 27})
	permit("", 50, deadline, good)
	b.number(50, "allowance", key.Address(), holder)
	permit("ERC2612InvalidSigner", 50, deadline, good) // again
	permit("", 9, deadline, sign(1, 9))
	b.number(2, "nonces", key.Address())
}
