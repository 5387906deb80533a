package tx_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/piecework/piecework/wallet/tx"
)

// FuzzDecode: whatever comes, nothing panics, the bytes are kept, and a canonical transaction survives its JSON and matches itself.
func FuzzDecode(f *testing.F) {
	for _, r := range requests() {
		built, err := tx.Build(r.contract, reference(), r.options)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(built.Bytes())
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		read, err := tx.Decode(message)
		if err != nil {
			if !errors.Is(err, tx.ErrWire) && !errors.Is(err, tx.ErrContracts) && !errors.Is(err, tx.ErrTooBig) {
				t.Fatal(err)
			}
			return
		}
		again, err := tx.Decode(read.Bytes())
		if err != nil || again.ID() != read.ID() || !bytes.Equal(again.Raw(), read.Raw()) || !bytes.Equal(again.Bytes(), read.Bytes()) {
			t.Fatalf("%x\nbecomes\n%x, %v", message, read.Bytes(), err)
		}
		if len(read.Show()) == 0 {
			t.Fatal("nothing shows")
		}
		_, _ = read.Signers()
		if read.Canonical() {
			canonical(t, read)
		}
	})
}

func canonical(t *testing.T, read *tx.Transaction) {
	body := read.Body()
	want := tx.Expected{Contract: body.Contract, PermissionID: body.PermissionID, FeeLimit: body.FeeLimit, Memo: body.Memo}
	if err := read.Matches(want); err != nil {
		t.Fatalf("%x does not match itself: %v", read.Raw(), err)
	}
	text, err := json.Marshal(read)
	if err != nil {
		t.Fatalf("%x has no JSON: %v", read.Raw(), err)
	}
	again, err := tx.ParseJSON(text)
	if err == nil && again.ID() != read.ID() {
		t.Fatalf("%s has another id", text)
	}
	if err != nil && len(read.Signatures()) <= tx.MaxSignatures {
		t.Fatalf("%s: %v", text, err)
	}
}

// FuzzContracts throws bytes at every contract type.
func FuzzContracts(f *testing.F) {
	for _, r := range requests() {
		value, err := tx.EncodeContract(r.contract)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(int32(r.contract.Type()), value)
	}
	f.Fuzz(func(t *testing.T, kind int32, value []byte) {
		c, err := tx.DecodeContract(tx.Type(kind), value)
		if err != nil {
			if !errors.Is(err, tx.ErrWire) {
				t.Fatal(err)
			}
			return
		}
		written, err := tx.EncodeContract(c)
		if err != nil {
			t.Fatalf("%x reads as %+v: %v", value, c, err)
		}
		again, err := tx.DecodeContract(tx.Type(kind), written)
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := tx.EncodeContract(again); err != nil || !bytes.Equal(twice, written) {
			t.Fatalf("%x becomes %x, then %x, %v", value, written, twice, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	text, err := json.Marshal(vector(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("0a02"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if read, err := tx.Parse(text); err == nil && len(read.Raw()) == 0 {
			t.Fatal("a transaction of no bytes")
		}
	})
}

func FuzzParseABI(f *testing.F) {
	f.Add([]byte(`[{"type":"function","name":"f","inputs":[{"name":"a","type":"tuple","components":[]}],"stateMutability":"view"}]`))
	f.Add([]byte(`{"entrys":[{"type":"Event","anonymous":true}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		abi, err := tx.ParseABI(text)
		if err != nil {
			if !errors.Is(err, tx.ErrABI) {
				t.Fatal(err)
			}
			return
		}
		c := &tx.CreateSmartContract{Owner: me, New: &tx.SmartContract{Origin: me, ABI: abi}}
		if _, err := tx.EncodeContract(c); err != nil {
			t.Fatalf("%s does not encode: %v", text, err)
		}
	})
}

func FuzzDecodeHeader(f *testing.F) {
	h := tx.Header{Number: 7, Version: 32, Witness: []byte("witness")}
	f.Add(protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), h.Raw()))
	f.Fuzz(func(t *testing.T, message []byte) {
		read, err := tx.DecodeHeader(message)
		if err != nil {
			return
		}
		if read.ID().Number() != read.Number {
			t.Fatalf("%x: the id names block %d, the header %d", message, read.ID().Number(), read.Number)
		}
		_, _ = read.Producer()
	})
}
