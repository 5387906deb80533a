package vm_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

func keyOf(t testing.TB, n int) *wallet.Key {
	k, err := wallet.ParseKey(fmt.Sprintf("%064x", n))
	must(t, err)
	return k
}

// bytesArray encodes a bytes[] as the ABI does.
func bytesArray(list [][]byte) string {
	out, tail := wordHex(uint64(len(list))), ""
	for _, b := range list {
		out += wordHex(uint64(32*len(list) + len(tail)/2))
		tail += wordHex(uint64(len(b))) + hex.EncodeToString(b) + strings.Repeat("00", (32-len(b)%32)%32)
	}
	return out + tail
}

func addressWordHex(a wallet.Address) string { return strings.Repeat("00", 12) + a.Hex()[2:] }

func batchInput(digest [32]byte, signatures [][]byte, owners []wallet.Address) []byte {
	array := bytesArray(signatures)
	s := hex.EncodeToString(digest[:]) + wordHex(96) + wordHex(uint64(96+len(array)/2)) + array + wordHex(uint64(len(owners)))
	for _, a := range owners {
		s += addressWordHex(a)
	}
	b, _ := hex.DecodeString(s)
	return b
}

func TestBatchValidateSign(t *testing.T) {
	digest := sha256.Sum256([]byte("message"))
	sign := func(n int) ([][]byte, []wallet.Address) {
		var s [][]byte
		var o []wallet.Address
		for i := range n {
			k := keyOf(t, i+1)
			sig := k.Sign(digest)
			s, o = append(s, sig[:]), append(o, k.Address())
		}
		return s, o
	}
	mask := func(bytes ...int) string {
		var w [32]byte
		for _, b := range bytes {
			w[b] = 1
		}
		return hex.EncodeToString(w[:])
	}
	both(t, func(t *testing.T, w *world, now bool) {
		s, o := sign(3)
		want(t, "three", w.output(9, batchInput(digest, s, o)), mask(0, 1, 2))
		s[1] = append([]byte(nil), s[0]...)
		want(t, "the second is another's", w.output(9, batchInput(digest, s, o)), mask(0, 2))
		low := append([]byte(nil), s[0]...)
		low[64] -= 27
		want(t, "v 0 or 1", w.output(9, batchInput(digest, [][]byte{low}, o[:1])), mask(0))
		s, o = sign(17)
		want(t, "sixteen", w.output(9, batchInput(digest, s[:16], o[:16])), mask(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
		want(t, "seventeen", w.output(9, batchInput(digest, s, o)), mask())
		malformed := map[bool]string{true: "failed", false: mask()}[now]
		want(t, "none", w.output(9, batchInput(digest, nil, nil)), malformed)
		want(t, "no input", w.output(9, nil), malformed)
		want(t, "unequal", w.output(9, batchInput(digest, s[:1], o[:2])), malformed)
		short := s[0][:64]
		want(t, "64 bytes", w.output(9, batchInput(digest, [][]byte{short}, o[:1])), malformed)
		_, _, three := w.precompile(9, batchInput(digest, s[:3], o[:3]))
		_, _, one := w.precompile(9, batchInput(digest, s[:1], o[:1]))
		want(t, "1,500 a signature", three-one, 3000)
	})
	p := vm.Mainnet480()
	w := newWorld(t, p)
	s, o := sign(1)
	longer := append(s[0], 7)
	want(t, "66 bytes", w.output(9, batchInput(digest, [][]byte{longer}, o)), mask(0))
	for _, offset := range []uint64{1 << 40, 1 << 62, 31, 64} {
		data := append(digest[:], unhex(t, wordHex(offset)+wordHex(offset)+wordHex(5)+wordHex(5)+wordHex(0))...)
		want(t, "offsets", w.output(9, data), mask())
	}
}

func multiInput(owner wallet.Address, id uint64, data [32]byte, signatures [][]byte) []byte {
	b, _ := hex.DecodeString(addressWordHex(owner) + wordHex(id) + hex.EncodeToString(data[:]) + wordHex(128) + bytesArray(signatures))
	return b
}

func multiDigest(owner wallet.Address, id uint32, data [32]byte) [32]byte {
	return sha256.Sum256(append(binary.BigEndian.AppendUint32(append([]byte(nil), owner[:]...), id), data[:]...))
}

func TestValidateMultiSign(t *testing.T) {
	data := sha256.Sum256([]byte("data"))
	a, b := keyOf(t, 1), keyOf(t, 2)
	signed := func(k *wallet.Key, id uint32) []byte {
		s := k.Sign(multiDigest(a.Address(), id, data))
		return s[:]
	}
	both(t, func(t *testing.T, w *world, now bool) {
		w.ledger.Fund(a.Address(), 1)
		check := func(what, expect string, id uint64, signatures ...[]byte) {
			t.Helper()
			want(t, what, w.output(10, multiInput(a.Address(), id, data, signatures)), expect)
		}
		yes, no := wordHex(1), wordHex(0)
		check("owner", yes, 0, signed(a, 0))
		check("active", yes, 2, signed(a, 2))
		check("witness permission of no witness", no, 1, signed(a, 1))
		check("no such permission", no, 7, signed(a, 7))
		check("a stranger", no, 0, signed(b, 0))
		check("own and a stranger", no, 0, signed(a, 0), signed(b, 0))
		check("twice the same", yes, 0, signed(a, 0), signed(a, 0))
		six := make([][]byte, 6)
		for i := range six {
			six[i] = signed(a, 0)
		}
		check("six", no, 0, six...)
		want(t, "missing account", w.output(10, multiInput(bob, 0, data, [][]byte{signed(a, 0)})), no)
		w.ledger.SetPermission(a.Address(), 0, vm.Permission{Threshold: 3, Keys: []vm.PermissionKey{{Address: a.Address(), Weight: 1}, {Address: b.Address(), Weight: 2}}})
		check("below the threshold", no, 0, signed(b, 0))
		check("both", yes, 0, signed(a, 0), signed(b, 0))
		// a high s is a second signature by the same key
		sig := a.Sign(multiDigest(a.Address(), 0, data))
		c := w.contract(addr(0xe002), "CALLDATASIZE 0 0 CALLDATACOPY 0 0 CALLDATASIZE 0 0 10 GAS CALL")
		r := w.call(c, multiInput(a.Address(), 0, data, [][]byte{sig[:], highS(sig)}))
		want(t, "two signatures of one key", r.Outcome, vm.OutOfTime)
		if now {
			want(t, "no input", w.output(10, nil), "failed")
			want(t, "no signature", w.output(10, multiInput(a.Address(), 0, data, nil)), "failed")
			return
		}
		check("no signature", no, 0)
		r = w.call(c, nil)
		want(t, "no input", r.RuntimeError, "Index 0 out of bounds for length 0")
		want(t, "no input", r.Exception, "java.lang.ArrayIndexOutOfBoundsException")
		r = w.call(c, make([]byte, 32))
		want(t, "one word", r.RuntimeError, "Index 1 out of bounds for length 1")
		want(t, "four words", w.output(10, make([]byte, 128)), no)
		// Java runs out of memory over these lengths, which no frame catches
		huge := strings.Repeat("ff", 32)
		forward := "CALLDATASIZE 0 0 CALLDATACOPY 0 0 CALLDATASIZE 0 0"
		inner := w.contract(addr(0xe003), raw(callTo(bob, "CALL", 0)), forward, "10 GAS CALL")
		outer := w.contract(addr(0xe004), forward, inner, "GAS CALL")
		for _, input := range []string{huge, wordHex(1) + wordHex(32) + huge} {
			data := unhex(t, wordHex(0)+wordHex(0)+wordHex(0)+wordHex(128)+input)
			r = w.call(c, data)
			want(t, "array of any length", r.RuntimeError, "Unknown Throwable")
			want(t, "array of any length", r.EnergyUsed, 1_000_000)
			want(t, "0x09 catches it", w.output(9, data), strings.Repeat("00", 32))
		}
		r = w.call(outer, unhex(t, wordHex(0)+wordHex(0)+wordHex(0)+wordHex(128)+huge))
		want(t, "from a child", r.Outcome, vm.Unknown)
		want(t, "the child's own records are lost", len(r.Internal), 1)
	})
}

// highS is the other signature that the same key could have made.
func highS(s wallet.Signature) []byte {
	order := unhexWord("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
	old := num(0).SetBytes(s[32:64])
	flipped := order.Sub(order, old).Bytes32()
	out := append(append([]byte(nil), s[:32]...), flipped[:]...)
	return append(out, 55-s[64])
}
