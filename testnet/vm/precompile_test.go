package vm_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

// precompile calls a precompile with all energy and answers success, output and what it cost.
func (w *world) precompile(number int, input []byte, change ...func(*vm.Message)) (ok bool, output []byte, cost int64) {
	w.t.Helper()
	code := asm("CALLDATASIZE 0 0 CALLDATACOPY GAS 0 0 CALLDATASIZE 0 0", number, "GAS CALL GAS 0 MSTORE 32 MSTORE GAS 0 MLOAD SUB POP 0 MLOAD SWAP1 SUB 64 MSTORE",
		"RETURNDATASIZE 0 96 RETURNDATACOPY RETURNDATASIZE 64 ADD 32 RETURN")
	a := addr(0xe000)
	w.contract(a, raw(code))
	r := w.call(a, input, append([]func(*vm.Message){energy(10_000_000)}, change...)...)
	if r.Failed() {
		return false, nil, r.EnergyUsed
	}
	return r.Return[31] == 1, r.Return[64:], new(uint256.Int).SetBytes(r.Return[32:64]).ToBig().Int64()
}

func (w *world) output(number int, input []byte) string {
	w.t.Helper()
	ok, out, _ := w.precompile(number, input)
	if !ok {
		return "failed"
	}
	return hex.EncodeToString(out)
}

func wordHex(n uint64) string {
	b := num(n).Bytes32()
	return hex.EncodeToString(b[:])
}

// TestPrecompilesAndParameters: without its parameter a precompile is an account without code.
func TestPrecompilesAndParameters(t *testing.T) {
	cases := []struct {
		numbers []int
		off     func(*vm.Params)
	}{
		{[]int{9, 10}, func(p *vm.Params) { p.Solidity059 = false }},
		{[]int{0x100}, func(p *vm.Params) { p.Osaka = false }},
		{[]int{0x01000001, 0x01000002, 0x01000003, 0x01000004}, func(p *vm.Params) { p.ShieldedTRC20 = false }},
		{[]int{0x01000005, 0x01000006, 0x01000007, 0x01000008, 0x01000009, 0x0100000a}, func(p *vm.Params) { p.Vote = false }},
		{[]int{0x0100000b, 0x0100000c, 0x01000011, 0x01000015}, func(p *vm.Params) { p.UnfreezeDelayDays = 0 }},
		{[]int{0x020003, 0x020009}, func(p *vm.Params) { p.CompatibleEVM = false }},
	}
	for _, c := range cases {
		for _, n := range c.numbers {
			on := vm.Mainnet()
			on.CompatibleEVM = true
			_, _, there := newWorld(t, on).precompile(n, make([]byte, 32))
			c.off(&on)
			ok, out, absent := newWorld(t, on).precompile(n, make([]byte, 32))
			if !ok || len(out) > 0 || there <= absent && n != 0x020009 {
				t.Errorf("%x: costs %d, without its parameter %d, answers %x", n, there, absent, out)
			}
		}
	}
	for _, n := range []int{0, 0x0b, 0x11, 0x02000a, 0x01000016, 0x02000016, 0x020003, 0x020009} {
		_, out, cost := newWorld(t, vm.Mainnet()).precompile(n, make([]byte, 32))
		if len(out) > 0 || cost > 200 {
			t.Errorf("%x is a precompile", n)
		}
	}
}

func TestHashPrecompiles(t *testing.T) {
	p := vm.Mainnet()
	p.CompatibleEVM = true
	w := newWorld(t, p)
	abc := []byte("abc")
	sum := sha256.Sum256(abc)
	want(t, "sha256", w.output(2, abc), hex.EncodeToString(sum[:]))
	again := sha256.Sum256(sum[:20])
	want(t, "0x03 is no RIPEMD-160", w.output(3, abc), hex.EncodeToString(again[:]))
	want(t, "identity", w.output(4, abc), "616263")
	want(t, "ripemd160", w.output(0x020003, abc), strings.Repeat("00", 12)+"8eb208f7e05d987a9b044a8e98c6b087f15a0bfc")
}

// TestBlake2F has a vector of EIP-152.
func TestBlake2F(t *testing.T) {
	p := vm.Mainnet()
	p.CompatibleEVM = true
	w := newWorld(t, p)
	const tail = "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b" +
		"61626300000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" +
		"00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" +
		"0300000000000000000000000000000001"
	want(t, "12 rounds", w.output(0x020009, unhex(t, "0000000c"+tail)),
		"ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923")
	_, _, twelve := w.precompile(0x020009, unhex(t, "0000000c"+tail))
	_, _, none := w.precompile(0x020009, unhex(t, "00000000"+tail))
	want(t, "one energy a round", twelve-none, 12)
	want(t, "wrong length", w.output(0x020009, unhex(t, "0000000c"+tail+"00")), "failed")
	want(t, "wrong flag", w.output(0x020009, append(unhex(t, "0000000c"+tail)[:212], 2)), "failed")
}

func modexpInput(base, exponent, modulus string) []byte {
	head := wordHex(uint64(len(base)/2)) + wordHex(uint64(len(exponent)/2)) + wordHex(uint64(len(modulus)/2))
	b, _ := hex.DecodeString(head + base + exponent + modulus)
	return b
}

// TestModexp: EIP-198's price before parameter 96, EIP-7883's and a bound of 1,024 bytes since.
func TestModexp(t *testing.T) {
	now, old := newWorld(t, vm.Mainnet()), newWorld(t, vm.Mainnet480())
	for _, w := range []*world{now, old} {
		want(t, "3^2 mod 5", w.output(5, modexpInput("03", "02", "05")), "04")
		want(t, "wide", w.output(5, modexpInput("03", "02", "0000000005")), "0000000004")
		want(t, "mod 1", w.output(5, modexpInput("03", "00", "01")), "00")
		want(t, "nothing", w.output(5, nil), "")
	}
	want(t, "zero modulus now", now.output(5, modexpInput("03", "02", "0000")), "0000")
	want(t, "zero modulus before", old.output(5, modexpInput("03", "02", "0000")), "")
	long := modexpInput("02", "02", strings.Repeat("01", 1025))
	want(t, "too long now", now.output(5, long), "failed")
	want(t, "not before", len(old.output(5, long)), 2050)
	price := func(w *world, input []byte) int64 {
		_, _, cost := w.precompile(5, input)
		_, _, base := w.precompile(4, nil)
		return cost - base + 15
	}
	big := strings.Repeat("ff", 64)
	want(t, "least price", price(now, modexpInput("03", "02", "05"))-price(old, modexpInput("03", "02", "05")), 500)
	// EIP-7883: 64-byte numbers have complexity 2·8² = 128; an exponent of 64 bytes counts 16·32 + 255
	plain := price(now, modexpInput(big, "", big))
	want(t, "7883", price(now, modexpInput(big, big, big))-plain, 128*(16*32+255)-500)
	r := old.try(raw(asm(0, pow2(30, 0), 32, "MSTORE 1 64 MSTORE 1 96 MSTORE8 255 200 MSTORE8 0 0 224 0 0 5 GAS CALL")))
	if r.Outcome == vm.Success && r.EnergyUsed < 1_000_000 {
		t.Errorf("a huge exponent passed: %d", r.EnergyUsed)
	}
	caller := old.contract(addr(0xe010), "CALLDATASIZE 0 0 CALLDATACOPY 0 0 CALLDATASIZE 0 0 5 GAS CALL")
	endless := unhex(t, wordHex(0)+strings.Repeat("ff", 32)+wordHex(0)+"01")
	want(t, "free, but more than Java can hold", old.call(caller, endless).RuntimeError, "Unknown Throwable")
	want(t, "nothing of it is there", old.call(caller, endless[:96]).Outcome, vm.Success)
	old.env.Params.Release4811 = true
	huge := append(unhex(t, wordHex(0)+wordHex(2000)+wordHex(0)), 1)
	a := old.contract(addr(0xe001), "CALLDATASIZE 0 0 CALLDATACOPY 0 0 CALLDATASIZE 0 0 5 GAS CALL")
	want(t, "4.8.1.1", old.call(a, huge).Outcome, vm.OutOfTime)
}

// bn128 vectors are EIP-196's and 197's: the generator, its double, and e(G, H)·e(−G, H) = 1.
func TestBn128(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	g := wordHex(1) + wordHex(2)
	const double = "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd315ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4"
	want(t, "G + G", w.output(6, unhex(t, g+g)), double)
	want(t, "2 G", w.output(7, unhex(t, g+wordHex(2))), double)
	want(t, "not on the curve", w.output(6, unhex(t, wordHex(1)+wordHex(3))), "failed")
	want(t, "length", w.output(8, make([]byte, 191)), "failed")
	want(t, "no pairs", w.output(8, nil), wordHex(1))
	price := func(n, size int) int64 {
		_, _, cost := w.precompile(n, make([]byte, size))
		return cost
	}
	want(t, "price of a pair", price(8, 192)-price(8, 0), 34000)
	w.env.Params.Istanbul = false
	want(t, "before Istanbul", price(7, 96), price(6, 96)+40000-500)
}

func TestP256(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	digest := sha256.Sum256([]byte("piecework"))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	must(t, err)
	input := append([]byte(nil), digest[:]...)
	for _, n := range []interface{ FillBytes([]byte) []byte }{r, s, key.X, key.Y} {
		input = append(input, n.FillBytes(make([]byte, 32))...)
	}
	want(t, "good", w.output(0x100, input), wordHex(1))
	input[0] ^= 1
	want(t, "another digest", w.output(0x100, input), "")
	want(t, "short", w.output(0x100, input[:159]), "")
	want(t, "no point", w.output(0x100, append(input[:96], make([]byte, 64)...)), "")
	_, _, cost := w.precompile(0x100, nil)
	_, _, base := w.precompile(4, nil)
	want(t, "price", cost-base+15, 6900)
}

func TestEcrecover(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	key, err := wallet.ParseKey(strings.Repeat("00", 31) + "01")
	must(t, err)
	digest := sha256.Sum256([]byte("message"))
	sig := key.Sign(digest)
	input := hex.EncodeToString(digest[:]) + wordHex(uint64(sig[64])) + hex.EncodeToString(sig[:64])
	self := key.Address()
	want(t, "the word carries 0x41", w.output(1, unhex(t, input)), strings.Repeat("00", 11)+self.Hex())
	want(t, "short", w.output(1, unhex(t, input[:254])) != w.output(1, unhex(t, input)), true)
	want(t, "v 0", w.output(1, unhex(t, strings.Replace(input, wordHex(uint64(sig[64])), wordHex(0), 1))), "")
	want(t, "nothing", w.output(1, nil), "")
}

// TestMerkleHash has the first roots of Sapling's empty tree.
func TestMerkleHash(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	leaf := "01" + strings.Repeat("00", 31)
	const first, second = "817de36ab2d57feb077634bca77819c8e0bd298c04f6fed0e6a83cc1356ca155", "ffe9fc03f18b176c998806439ff0bb8ad193afdb27b2ccbc88856916dd804e34"
	want(t, "level 0", w.output(0x01000004, unhex(t, wordHex(0)+leaf+leaf)), first)
	want(t, "level 1", w.output(0x01000004, unhex(t, wordHex(1)+first+first)), second)
	want(t, "level 64", w.output(0x01000004, unhex(t, wordHex(64)+leaf+leaf)), "failed")
	want(t, "size", w.output(0x01000004, unhex(t, wordHex(0)+leaf)), "failed")
	for n := 0x01000001; n < 0x01000004; n++ {
		want(t, "proof", w.output(n, make([]byte, 1504)), wordHex(0))
	}
}
