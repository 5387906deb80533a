package abi

import (
	"math/big"
	"testing"

	ethabi "github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/piecework/piecework/wallet"
)

// The same work by go-ethereum stands beside each benchmark as the measure.

var (
	benchTransfer = MustMethod("transfer(address to, uint256 amount) returns (bool)")
	benchTails    = MustParams("(bytes32 anchor, uint256 unit, uint256 length, uint256 expiry)[] tails, bytes signature, address payer")
	benchEvent    = MustEvent("Transfer(address indexed from, address indexed to, uint256 value)")
)

type benchTail struct {
	Anchor               [32]byte
	Unit, Length, Expiry *big.Int
}

func benchValues() ([]benchTail, []byte, [20]byte) {
	tails := make([]benchTail, 16)
	for i := range tails {
		tails[i] = benchTail{Anchor: [32]byte{byte(i)}, Unit: big.NewInt(5), Length: big.NewInt(256), Expiry: big.NewInt(1_700_000_000)}
	}
	return tails, make([]byte, 65), [20]byte{7}
}

func BenchmarkEncodeTransfer(b *testing.B) {
	to, amount := wallet.AddressFromEVM([20]byte{1}), wallet.UnitsFromUint64(1_000_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := benchTransfer.Encode(to, amount); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeTransferGoEthereum(b *testing.B) {
	to, amount := common.Address{1}, big.NewInt(1_000_000)
	method := ethabi.NewMethod("transfer", "transfer", ethabi.Function, "", false, false, ethArgumentsOf(benchTransfer.Inputs), nil)
	b.ReportAllocs()
	for b.Loop() {
		data, err := method.Inputs.Pack(to, amount)
		if err != nil {
			b.Fatal(err)
		}
		_ = append(append(make([]byte, 0, 4+len(data)), method.ID...), data...)
	}
}

func BenchmarkEncodeTails(b *testing.B) {
	tails, signature, payer := benchValues()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := benchTails.Encode(tails, signature, payer); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeTailsGoEthereum(b *testing.B) {
	tails, signature, payer := benchValues()
	arguments := ethArgumentsOf(benchTails)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := arguments.Pack(tails, signature, common.Address(payer)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeTails(b *testing.B) {
	tails, signature, payer := benchValues()
	data, _ := benchTails.Encode(tails, signature, payer)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := benchTails.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeTailsInto(b *testing.B) {
	tails, signature, payer := benchValues()
	data, _ := benchTails.Encode(tails, signature, payer)
	b.ReportAllocs()
	for b.Loop() {
		if err := benchTails.DecodeInto(data, &tails, &signature, &payer); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeTailsGoEthereum(b *testing.B) {
	tails, signature, payer := benchValues()
	data, _ := benchTails.Encode(tails, signature, payer)
	arguments := ethArgumentsOf(benchTails)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := arguments.Unpack(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeEvent(b *testing.B) {
	topics := [][32]byte{benchEvent.Topic(), {31: 1}, {31: 2}}
	var from, to wallet.Address
	var amount wallet.Units
	data := make([]byte, 32)
	b.ReportAllocs()
	for b.Loop() {
		if err := benchEvent.DecodeInto(topics, data, &from, &to, &amount); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTypedData(b *testing.B) {
	d, err := ParseTypedData([]byte(tip712Vector))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Digest(); err != nil {
			b.Fatal(err)
		}
	}
}
