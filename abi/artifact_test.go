package abi

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A tiny contract as solc writes it: PUSH32 of an immutable, some code, and metadata.
const (
	tinyABI     = `[{"type":"function","name":"owner","inputs":[],"outputs":[{"name":"","type":"address"}],"stateMutability":"view"}]`
	tinyCode    = "60806040526001600055"
	tinyZeros   = "0000000000000000000000000000000000000000000000000000000000000000"
	tinyFilled  = "000000000000000000000000928c9af0651632157ef27a2cf17ca72c575a4d21"
	tinyMeta    = "a264697066735822122011111111111111111111111111111111111111111111111111111111111111116473" + "6f6c63430008140033"
	tinyRuntime = "7f" + tinyZeros + "6000f3fe" + tinyMeta
)

// The same contract in the spelling of every compiler.
func artifacts() map[string]string {
	places := `{"3":[{"start":1,"length":32}]}`
	return map[string]string{
		"TronBox, Hardhat": fmt.Sprintf(`{"contractName":"Tiny","abi":%s,"bytecode":"0x%s","deployedBytecode":"0x%s"}`, tinyABI, tinyCode, tinyRuntime),
		"Truffle":          fmt.Sprintf(`{"contractName":"Tiny","abi":%s,"bytecode":"0x%s","deployedBytecode":"0x%s","immutableReferences":%s}`, tinyABI, tinyCode, tinyRuntime, places),
		"Foundry":          fmt.Sprintf(`{"abi":%s,"bytecode":{"object":"0x%s"},"deployedBytecode":{"object":"0x%s","immutableReferences":%s}}`, tinyABI, tinyCode, tinyRuntime, places),
		"solc standard": fmt.Sprintf(`{"contracts":{"a.sol":{"Tiny":{"abi":%s,"evm":{"bytecode":{"object":"%s"},"deployedBytecode":{"object":"%s","immutableReferences":%s}}},
			"I":{"abi":[],"evm":{"bytecode":{"object":""}}}}}}`, tinyABI, tinyCode, tinyRuntime, places),
		"solc combined": fmt.Sprintf(`{"contracts":{"a.sol:Tiny":{"abi":%s,"bin":"%s","bin-runtime":"%s"}}}`, tinyABI, tinyCode, tinyRuntime),
	}
}

func TestArtifactsOfEveryCompiler(t *testing.T) {
	onChain, _ := hex.DecodeString(strings.Replace(tinyRuntime, tinyZeros, tinyFilled, 1))
	for compiler, text := range artifacts() {
		a, err := ParseArtifact([]byte(text), "")
		if err != nil || hex.EncodeToString(a.Creation) != tinyCode {
			t.Errorf("%s: %+v, %v", compiler, a, err)
			continue
		}
		if known, err := ParseJSON(a.ABI); err != nil || len(known.Methods) != 1 {
			t.Errorf("%s: its ABI: %v", compiler, err)
		}
		same, err := a.Compare(onChain)
		if err != nil || !same.Metadata || len(same.Immutables) != 1 || hex.EncodeToString(same.Immutables[0]) != tinyFilled {
			t.Errorf("%s: comparing: %+v, %v", compiler, same, err)
		}
	}
}

func TestCompareTellsWhatDiffers(t *testing.T) {
	a, err := ParseArtifact([]byte(artifacts()["Truffle"]), "Tiny")
	if err != nil {
		t.Fatal(err)
	}
	otherMeta, _ := hex.DecodeString(strings.Replace(tinyRuntime, "1111", "2222", 1))
	if same, err := a.Compare(otherMeta); err != nil || same.Metadata {
		t.Errorf("other comments in the sources: %+v, %v", same, err)
	}
	for name, code := range map[string]string{
		"another opcode":  strings.Replace(tinyRuntime, "6000f3fe", "6001f3fe", 1),
		"code appended":   strings.Replace(tinyRuntime, "6000f3fe", "6000f3fe00", 1),
		"no code":         "",
		"only metadata":   tinyMeta,
		"odd metadata":    tinyRuntime + "ffff",
		"shorter by half": tinyRuntime[:len(tinyRuntime)/4*2],
	} {
		b, _ := hex.DecodeString(code)
		if _, err := a.Compare(b); !errors.Is(err, ErrOtherCode) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestArtifactsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, contract, says string }{
		"not JSON":           {`x`, "", "not an ABI"},
		"nothing in it":      {`{"a":1}`, "", "neither an ABI nor bytecode"},
		"unlinked library":   {`{"abi":[],"bytecode":"0x6080__$abcdef$__6000"}`, "", "not linked"},
		"several contracts":  {`{"contracts":{"a:A":{"abi":[],"bin":"00"},"a:B":{"abi":[],"bin":"00"}}}`, "", "choose one of a:A, a:B"},
		"no such contract":   {`{"contracts":{"a:A":{"abi":[],"bin":"00"}}}`, "C", "no contract"},
		"another contract":   {`{"contractName":"A","abi":[],"bytecode":"00"}`, "B", "it is of A"},
		"immutable outside":  {`{"abi":[],"bytecode":"00","deployedBytecode":{"object":"0011","immutableReferences":{"1":[{"start":1,"length":32}]}}}`, "", "outside"},
		"immutable overflow": {`{"abi":[],"bytecode":"00","deployedBytecode":{"object":"0011","immutableReferences":{"1":[{"start":9223372036854775807,"length":1}]}}}`, "", "outside"},
	} {
		if _, err := ParseArtifact([]byte(c.text), c.contract); !errors.Is(err, ErrType) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzArtifact(f *testing.F) {
	for _, text := range artifacts() {
		f.Add([]byte(text), []byte{0x7f, 0, 0x64, 0xa2, 0, 4})
	}
	f.Fuzz(func(t *testing.T, text, code []byte) {
		a, err := ParseArtifact(text, "")
		if err != nil {
			if !errors.Is(err, ErrType) {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		if _, err := a.Compare(code); err != nil && !errors.Is(err, ErrOtherCode) && !errors.Is(err, ErrType) {
			t.Errorf("comparing: %v", err)
		}
		if len(a.Runtime) > 0 {
			if _, err := a.Compare(a.Runtime); err != nil && len(a.Immutables) == 0 {
				t.Errorf("it is not like itself: %v", err)
			}
		}
	})
}
