package vm

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/wallet"
)

// What the two signature precompiles accept.
const (
	batchSigners    = 16
	multiSigners    = 5
	signatureHeader = 5
	signatureSize   = 65
	signaturePrice  = 1500
	wordSize        = 32
)

// batchValidateSign (0x09) says for each of up to 16 signatures over one hash whether it is by the address beside it.
var batchValidateSign = precompile{
	func(_ *Params, input []byte) int64 {
		return signaturePrice * int64((len(input)/wordSize-signatureHeader)/6)
	},
	func(c *precompileCall) ([]byte, bool, *fault) {
		if c.m.params.Osaka && !wellFormed(c.input, 6) {
			return nil, false, nil
		}
		return batchSignatures(c), true, nil
	},
}

// validateMultiSign (0x0a) says whether signatures reach the threshold of a permission of an account.
var validateMultiSign = precompile{
	func(_ *Params, input []byte) int64 {
		return signaturePrice * int64((len(input)/wordSize-signatureHeader)/5)
	},
	func(c *precompileCall) ([]byte, bool, *fault) {
		if c.m.params.Osaka && !wellFormed(c.input, 5) {
			return nil, false, nil
		}
		yes, err := multiSignatures(c)
		return boolWord(yes), true, err
	},
}

// wellFormed is TIP-854: the input is a header of five words and at least one item.
func wellFormed(input []byte, itemWords int) bool {
	tail := len(input) - signatureHeader*wordSize
	return len(input)%wordSize == 0 && tail > 0 && tail%(itemWords*wordSize) == 0
}

// abiWords reads an input by words as java-tron does, where a step past the end is an exception.
type abiWords struct {
	data []byte
	// exact: signatures are 65 bytes whatever their length word says (parameter 94).
	exact bool
	err   *fault
}

func (a *abiWords) count() int { return len(a.data) / wordSize }

// word is the n-th word; past the end it is zero and the error is kept.
func (a *abiWords) word(n int) *uint256.Int {
	if n < 0 || n >= a.count() {
		if a.err == nil {
			a.err = faultIndex(n, a.count())
		}
		return new(uint256.Int)
	}
	return inputWord(a.data, n)
}

// signatures reads the array of byte strings that begins at a word. Of a longer array only the first most+1 are read.
func (a *abiWords) signatures(at, most int) [][]byte {
	if at > a.count()-1 {
		return nil
	}
	n := saturate31(a.word(at))
	if n >= javaArrayLimit {
		a.err = faultThrowable()
		return nil
	}
	list := make([][]byte, 0, min(n, most+1))
	for i := 0; i < n && a.err == nil; i++ {
		start := saturate31(a.word(at+i+1)) / wordSize
		size := signatureSize
		if !a.exact {
			size = saturate31(a.word(at + start + 1))
		}
		s := a.bytes((start+at+2)*wordSize, size)
		if len(list) <= most {
			list = append(list, s)
		}
	}
	return list
}

// bytes is a part of the data, with zeros past its end. Of what is long only the beginning is kept: 65 bytes count.
func (a *abiWords) bytes(from, size int) []byte {
	if size >= javaArrayLimit && a.err == nil {
		a.err = faultThrowable()
	}
	if from > len(a.data) {
		if a.err == nil {
			a.err = &fault{
				outcome: Unknown, class: "java.lang.ArrayIndexOutOfBoundsException",
				format: "arraycopy: length %d is negative", args: []any{len(a.data) - from},
			}
		}
		return nil
	}
	there := a.data[from:min(len(a.data), from+size)]
	if len(there) == size {
		return there
	}
	return append(bytes.Clone(there), make([]byte, min(size, max(signatureSize, len(there)))-len(there))...)
}

// batchSignatures answers a word whose byte i is 1 when signature i is good. Anything malformed is a word of zeros.
func batchSignatures(c *precompileCall) []byte {
	result := make([]byte, wordSize)
	a := &abiWords{data: c.input, exact: c.m.params.SelfdestructRestriction}
	digest := a.word(0).Bytes32()
	signed, addressed := saturate31(a.word(1))/wordSize, saturate31(a.word(2))/wordSize
	if a.err != nil || signed >= a.count() || addressed >= a.count() {
		return result
	}
	n := saturate31(a.word(signed))
	if n == 0 || n > batchSigners || saturate31(a.word(addressed)) != n {
		return result
	}
	signatures := a.signatures(signed, batchSigners)
	owners := make([]wallet.Address, n)
	for i := range owners {
		owners[i] = wordAddress(a.word(addressed + 1 + i))
	}
	if a.err != nil {
		return result
	}
	for i, s := range signatures {
		if by, ok := signer(digest, s); ok && by == owners[i] {
			result[i] = 1
		}
	}
	return result
}

// signer is whose key made a signature r ‖ s ‖ v; v may be 0 or 1 too, and what follows the 65th byte does not count.
func signer(digest [32]byte, s []byte) (wallet.Address, bool) {
	if len(s) < signatureSize {
		return wallet.Address{}, false
	}
	v := s[64]
	if v < 27 {
		v += 27
	}
	return recoverAddress(digest, s[:64], v)
}

// multiSignatures weighs signatures over sha256(address ‖ permission id ‖ data).
func multiSignatures(c *precompileCall) (bool, *fault) {
	a := &abiWords{data: c.input, exact: c.m.params.SelfdestructRestriction}
	owner := wordAddress(a.word(0))
	id := saturate31(a.word(1))
	data := a.word(2).Bytes32()
	at := saturate31(a.word(3)) / wordSize
	if a.err != nil {
		return false, a.err
	}
	if a.exact && saturate31(a.word(at)) > multiSigners && a.err == nil {
		return false, nil
	}
	signatures := a.signatures(at, multiSigners)
	if a.err != nil {
		return false, a.err
	}
	if len(signatures) == 0 || len(signatures) > multiSigners {
		return false, nil
	}
	permission, ok := c.m.state.Permission(owner, int32(id))
	if !ok {
		return false, nil
	}
	message := binary.BigEndian.AppendUint32(bytes.Clone(owner[:]), uint32(id))
	return weigh(&permission, signatures, sha256.Sum256(append(message, data[:]...)))
}

// weigh sums the weights of the signers. The same signature twice counts once; two different ones by the same key end the transaction.
func weigh(p *Permission, signatures [][]byte, digest [32]byte) (bool, *fault) {
	var total int64
	for i, s := range signatures {
		by, ok := signer(digest, s)
		if !ok {
			return false, nil
		}
		again, same := false, false
		for _, earlier := range signatures[:i] {
			if who, _ := signer(digest, earlier); who == by {
				again = true
				same = same || bytes.Equal(earlier, s)
			}
		}
		switch {
		case again && same:
			continue
		case again:
			return false, faultOutOfTime("CPU timeout for 0x0a executing")
		}
		weight := p.weight(by)
		if weight == 0 {
			return false, nil
		}
		total += weight
	}
	return total >= p.Threshold, nil
}

func (p *Permission) weight(a wallet.Address) int64 {
	for _, k := range p.Keys {
		if k.Address == a {
			return k.Weight
		}
	}
	return 0
}
