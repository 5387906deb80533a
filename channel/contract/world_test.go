package contract

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"testing"
	"time"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/testnet/vm/bare"
	tokencontract "github.com/piecework/piecework/trc20/contract"
	"github.com/piecework/piecework/wallet"
)

// world is a chain with the contract on it, on mainnet's rules.
type world struct {
	t        testing.TB
	state    *bare.Ledger
	env      vm.Env
	contract wallet.Address
	domain   channel.Domain
	sep      [32]byte
	nonce    uint64
}

const plenty = 100_000_000 // energy

var genesis = [32]byte{28: 0x2b, 29: 0x66, 30: 0x53, 31: 0xdc}

func newWorld(t testing.TB) *world {
	w := &world{t: t, state: bare.New()}
	w.env = vm.Env{Params: vm.Mainnet(), Block: vm.Block{Number: 1000, Time: 1_800_000_000_000}, GenesisID: genesis}
	w.state.SetBlockID(w.env.Block.Number-1, blockID(w.env.Block.Number-1))
	w.contract = w.deploy(CreationCode())
	w.domain = channel.Domain{ChainID: binary.BigEndian.Uint32(genesis[28:]), Contract: w.contract}
	w.sep = w.domain.Separator()
	return w
}

var deployer = wallet.MustParseAddress("4100000000000000000000000000000000000d0d0d")

// person is a key with TRX.
func (w *world) person(name string) *wallet.Key {
	seed := wallet.Keccak256([]byte("person " + name))
	key, err := wallet.KeyFromBytes(seed[:])
	if err != nil {
		w.t.Fatal(err)
	}
	w.fund(key.Address(), 1_000_000*wallet.TRX)
	return key
}

func (w *world) fund(who wallet.Address, sun wallet.Sun) { w.state.Fund(who, sun) }

// next makes a block pass.
func (w *world) next(seconds int64) {
	w.state.SetBlockID(w.env.Block.Number, blockID(w.env.Block.Number))
	w.env.Block.Number++
	w.env.Block.Time += seconds * 1000
}

// blockID is some id: eight bytes of height, the rest nobody could guess.
func blockID(number int64) [32]byte {
	id := wallet.Keccak256(fmt.Appendf(nil, "block %d", number))
	binary.BigEndian.PutUint64(id[:], uint64(number))
	return id
}

func (w *world) now() int64 { return w.env.Block.Time / 1000 }

func (w *world) txID() (id [32]byte) {
	w.nonce++
	binary.BigEndian.PutUint64(id[:], w.nonce)
	return id
}

func (w *world) deploy(code []byte) wallet.Address {
	w.fund(deployer, 1)
	r, err := vm.Create(&w.env, w.state, &vm.Message{TxID: w.txID(), From: deployer, Data: code, EnergyLimit: plenty, Contract: vm.Contract{UserPercent: 100}})
	if err != nil || r.Outcome != vm.Success {
		w.t.Fatalf("deploying: %v %+v", err, r)
	}
	return r.Contract
}

// send runs a call of any contract as a transaction of its own.
func (w *world) send(from, to wallet.Address, c Call) *vm.Result {
	tokens, _ := c.TokenValue.Int64()
	r, err := vm.Call(&w.env, w.state, &vm.Message{
		TxID: w.txID(), From: from, To: to, Data: c.Data, EnergyLimit: plenty,
		Value: c.Value, TokenID: vm.TokenID(c.TokenID), TokenValue: vm.TokenAmount(tokens),
	})
	if err != nil {
		return &vm.Result{Outcome: vm.Unknown, RuntimeError: err.Error()}
	}
	return r
}

// call sends a call to the contract.
func (w *world) call(from wallet.Address, c Call) *vm.Result { return w.send(from, w.contract, c) }

// must sends a call that has to succeed and gives its events.
func (w *world) must(from wallet.Address, c Call, err error) []channel.Event {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	r := w.call(from, c)
	if r.Outcome != vm.Success {
		w.t.Fatalf("the call failed: %s %s %v", r.Outcome, r.RuntimeError, DecodeRevert(r.Return))
	}
	return w.events(r)
}

// refused sends a call that has to revert with the named error.
func (w *world) refused(name string, from wallet.Address, c Call, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	r := w.call(from, c)
	if got := DecodeRevert(r.Return).Name; r.Outcome != vm.Reverted || got != name {
		w.t.Fatalf("the call ended %s %q %s, want REVERT %q", r.Outcome, got, r.RuntimeError, name)
	}
}

// events decodes the contract's own logs; tokens have theirs.
func (w *world) events(r *vm.Result) []channel.Event {
	w.t.Helper()
	var events []channel.Event
	for _, log := range r.Logs {
		if log.Address != w.contract {
			continue
		}
		e, err := DecodeEvent(log.Topics, log.Data)
		if err != nil {
			w.t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

// figures reads a channel through the view and compares the view with the stored row.
func (w *world) figures(id channel.ID) Figures {
	w.t.Helper()
	r := w.call(deployer, GetChannel(id))
	viewed, err := DecodeChannel(r.Return)
	if err != nil {
		w.t.Fatal(err)
	}
	if stored := w.stored(id); stored != viewed {
		w.t.Fatalf("stored %+v, viewed %+v", stored, viewed)
	}
	return viewed
}

func (w *world) stored(id channel.ID) Figures {
	w.t.Helper()
	row, _ := w.state.Row(w.contract, [16]byte(id[16:]))
	f, err := DecodeWord(row)
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// open opens a channel and gives its terms, after comparing them with what Go foretells.
func (w *world) open(payer wallet.Address, o Opening) channel.Terms {
	w.t.Helper()
	c, err := Open(o)
	events := w.must(payer, c, err)
	terms := events[len(events)-1].Terms
	if want := o.Terms(payer, blockID(w.env.Block.Number-1)); terms != want {
		w.t.Fatalf("opened %+v, want %+v", terms, want)
	}
	return terms
}

// claim signs a voucher.
func (w *world) claim(terms channel.Terms, key *wallet.Key, cumulative uint64, tails ...channel.Tail) Claim {
	v := channel.Voucher{Channel: terms.ID(), Cumulative: channel.NewAmount(cumulative), Tails: tails}
	return Claim{Terms: terms, Voucher: channel.SignedVoucher{Voucher: v, Signature: key.Sign(v.Digest(w.sep))}}
}

// balance is what somebody holds of an asset, by the token's own word for TRC-20.
func (w *world) balance(asset channel.Asset, who wallet.Address) *big.Int {
	w.t.Helper()
	switch asset.Kind() {
	case channel.KindTRX:
		return big.NewInt(int64(w.state.Balance(who)))
	case channel.KindTRC10:
		return big.NewInt(int64(w.state.TokenBalance(who, vm.TokenID(asset.TokenID()))))
	}
	var held *big.Int
	w.ask(asset.Contract(), "balanceOf(address)(uint256)", &held, who)
	return held
}

// ask calls a view of another contract.
func (w *world) ask(to wallet.Address, signature string, into any, arguments ...any) {
	w.t.Helper()
	method := abi.MustMethod(signature)
	r := w.send(deployer, to, Call{Data: mustEncode(w.t, method, arguments...)})
	if err := method.DecodeInto(r.Return, into); err != nil {
		w.t.Fatalf("%s: %v (%s)", signature, err, r.RuntimeError)
	}
}

// tell calls a function of another contract.
func (w *world) tell(from, to wallet.Address, signature string, arguments ...any) {
	w.t.Helper()
	r := w.send(from, to, Call{Data: mustEncode(w.t, abi.MustMethod(signature), arguments...)})
	if r.Outcome != vm.Success {
		w.t.Fatalf("%s: %s %s", signature, r.Outcome, r.RuntimeError)
	}
}

func mustEncode(t testing.TB, m abi.Method, arguments ...any) []byte {
	t.Helper()
	data, err := m.Encode(arguments...)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// oddTokens are the creation codes of testdata/tokens.sol, puppets those of hostile.sol.
var testCode = readTestCode("testdata/tokens.json", "testdata/hostile.json")

func readTestCode(files ...string) map[string][]byte {
	codes := map[string][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		var list []compiled
		if err := json.Unmarshal(data, &list); err != nil {
			panic(err)
		}
		for _, c := range list {
			codes[c.Contract] = c.Creation
		}
	}
	return codes
}

// token deploys an odd token, gives each holder some, and lets the contract take it.
func (w *world) token(name string, amount uint64, holders ...wallet.Address) channel.Asset {
	w.t.Helper()
	token := w.deploy(testCode[name])
	for _, h := range holders {
		if name == "Mute" {
			break
		}
		w.tell(h, token, "mint(address,uint256)", h, amount)
		w.tell(h, token, "approve(address,uint256)", w.contract, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1)))
	}
	asset, err := channel.TRC20(token)
	if err != nil {
		w.t.Fatal(err)
	}
	return asset
}

// ownToken deploys our Token.sol with a finite allowance for the contract.
func (w *world) ownToken(supply uint64, holder wallet.Address) channel.Asset {
	w.t.Helper()
	code, err := tokencontract.Of(tokencontract.Options{}).InitCode("Test", "TST", 6, wallet.UnitsFromUint64(supply))
	if err != nil {
		w.t.Fatal(err)
	}
	token := w.deploy(code)
	w.tell(deployer, token, "transfer(address,uint256)", holder, supply)
	w.tell(holder, token, "approve(address,uint256)", w.contract, supply)
	asset, err := channel.TRC20(token)
	if err != nil {
		w.t.Fatal(err)
	}
	return asset
}

// trc10 gives somebody units of a TRC-10 token.
func (w *world) trc10(id int64, amount int64, holders ...wallet.Address) channel.Asset {
	w.t.Helper()
	for _, h := range holders {
		w.state.Issue(vm.TokenID(id), h, vm.TokenAmount(amount))
	}
	asset, err := channel.TRC10(id)
	if err != nil {
		w.t.Fatal(err)
	}
	return asset
}

const day = 24 * time.Hour
