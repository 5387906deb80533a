package abi

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrOtherCode is wrapped when the code on the chain is not what the compiler wrote.
var ErrOtherCode = errors.New("the code is another")

// Comparison is how code on the chain is like an artifact.
type Comparison struct {
	Metadata   bool     // the compiler's metadata is the same too: the very same sources, comments included
	Immutables [][]byte // what the constructor put in, in the order of the places
}

// Compare holds code that the chain runs against the artifact. Places of immutables may differ, as may the metadata that solc appends
// (a hash of the sources with their comments and file names). Anything else is ErrOtherCode, with the first byte that differs.
//
// Where the compiler does not tell the places of immutables (TronBox, Hardhat), a PUSH32 of zeros counts as one, which is what solc writes there.
// The address that a library's code begins with counts as well.
func (a *Artifact) Compare(code []byte) (Comparison, error) {
	if len(a.Runtime) == 0 {
		return Comparison{}, fmt.Errorf("%w: the artifact has no runtime code to compare with", ErrType)
	}
	want, wantMeta := splitMetadata(a.Runtime)
	got, gotMeta := splitMetadata(code)
	if len(want) != len(got) {
		return Comparison{}, fmt.Errorf("%w: %d bytes without metadata, the artifact has %d", ErrOtherCode, len(got), len(want))
	}
	places := a.Immutables
	if len(places) == 0 {
		places = zeroPushes(want)
	}
	masked := bytes.Clone(got)
	out := Comparison{Metadata: bytes.Equal(wantMeta, gotMeta)}
	for _, s := range places {
		if s.Start+s.Length > len(masked) {
			return Comparison{}, fmt.Errorf("%w: an immutable lies in the metadata", ErrOtherCode)
		}
		out.Immutables = append(out.Immutables, bytes.Clone(masked[s.Start:s.Start+s.Length]))
		copy(masked[s.Start:s.Start+s.Length], want[s.Start:])
	}
	for i := range want {
		if want[i] != masked[i] {
			return Comparison{}, fmt.Errorf("%w: byte %d is %02x, the artifact has %02x", ErrOtherCode, i, masked[i], want[i])
		}
	}
	return out, nil
}

// splitMetadata parts code from the CBOR map that solc appends, whose length is in the last two bytes (Solidity documentation, "Contract Metadata").
func splitMetadata(code []byte) (plain, metadata []byte) {
	if len(code) < 2 {
		return code, nil
	}
	length := int(binary.BigEndian.Uint16(code[len(code)-2:]))
	start := len(code) - 2 - length
	if start < 0 || length < 4 {
		return code, nil
	}
	known := false
	for _, key := range []string{"\x64ipfs", "\x65bzzr0", "\x65bzzr1", "\x64solc", "\x6cexperimental"} {
		known = known || bytes.HasPrefix(code[start+1:], []byte(key))
	}
	if code[start]>>5 != 5 || !known { // 5 is the major type of a map
		return code, nil
	}
	return code[:start], code[start:]
}

// zeroPushes are the operands of PUSH32 0, and the address of a library that its code begins with (PUSH20 of its own address, zero before).
func zeroPushes(code []byte) []Span {
	var places []Span
	if len(code) > 21 && code[0] == 0x73 && isZero(code[1:21]) {
		places = append(places, Span{1, 20})
	}
	for i := 0; i < len(code); i++ {
		op := code[i]
		if op < 0x60 || op > 0x7f {
			continue
		}
		size := int(op-0x60) + 1
		if op == 0x7f && i+33 <= len(code) && isZero(code[i+1:i+33]) {
			places = append(places, Span{i + 1, 32})
		}
		i += size
	}
	return places
}

func isZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }
