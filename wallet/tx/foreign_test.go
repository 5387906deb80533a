package tx_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

func bytesField(b []byte, n protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), v)
}

func varintField(b []byte, n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}

// contractMessage is a Contract with the parts that a stranger may choose.
func contractMessage(kind uint64, url string, value []byte) []byte {
	parameter := bytesField(bytesField(nil, 1, []byte(url)), 2, value)
	return bytesField(varintField(nil, 1, kind), 2, parameter)
}

const transferURL = "type.googleapis.com/protocol.TransferContract"

// hiding holds transactions that would show as an honest transfer in a careless reader.
func hiding(t *testing.T) map[string][]byte {
	honest := vector(t).Raw()
	value, err := tx.EncodeContract(vector(t).Contract())
	if err != nil {
		t.Fatal(err)
	}
	twice := func(second []byte) []byte { return append(bytes.Clone(value), second...) }
	return map[string][]byte{
		"an unknown field behind":         varintField(bytes.Clone(honest), 99, 1),
		"a fee limit of nothing, spelled": varintField(bytes.Clone(honest), 18, 0),
		"the memo twice":                  bytesField(bytesField(bytes.Clone(honest), 10, []byte("a")), 10, nil),
		"two amounts":                     rawAround(contractMessage(1, transferURL, twice(varintField(nil, 3, 1000000)))),
		"an unknown field in it":          rawAround(contractMessage(1, transferURL, twice(varintField(nil, 77, 1)))),
		"a provider":                      rawAround(bytesField(contractMessage(1, transferURL, value), 3, []byte("x"))),
		"a long varint":                   rawAround(contractMessage(1, transferURL, append(bytes.Clone(value[:len(value)-3]), 0xc0, 0x84, 0xbd, 0x80, 0x00))),
	}
}

func TestHiddenBytesAreRefused(t *testing.T) {
	want := tx.Expected{Contract: vector(t).Contract()}
	for name, raw := range hiding(t) {
		foreign, err := tx.DecodeRaw(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var mismatch *tx.MismatchError
		if err := foreign.Matches(want); !errors.As(err, &mismatch) || foreign.Canonical() {
			t.Errorf("%s: matches, %v", name, err)
		}
		if !bytes.Equal(foreign.Raw(), raw) {
			t.Errorf("%s: the bytes were rewritten", name)
		}
		if !strings.Contains(lines(foreign.Show()), "do not show") {
			t.Errorf("%s: nothing warns:\n%s", name, lines(foreign.Show()))
		}
		if err := foreign.SignExpected(t.Context(), keyOne(t), want); err == nil || len(foreign.Signatures()) != 0 {
			t.Errorf("%s: signed", name)
		}
	}
}

func TestMatchesSaysWhatDiffers(t *testing.T) {
	asked := &tx.Transfer{Owner: me, To: you, Amount: wallet.TRX}
	for name, test := range map[string]struct {
		contract tx.Contract
		options  tx.Options
		want     string
	}{
		"amount":     {&tx.Transfer{Owner: me, To: you, Amount: 2 * wallet.TRX}, tx.Options{}, "amount is 2 TRX, want 1 TRX"},
		"recipient":  {&tx.Transfer{Owner: me, To: other, Amount: wallet.TRX}, tx.Options{}, "to_address is " + other.String()},
		"owner":      {&tx.Transfer{Owner: other, To: you, Amount: wallet.TRX}, tx.Options{}, "owner_address"},
		"type":       {&tx.FreezeBalanceV2{Owner: me, Amount: wallet.TRX}, tx.Options{}, "it is FreezeBalanceV2Contract, want TransferContract"},
		"permission": {asked, tx.Options{PermissionID: 2}, "permission is 2, want 0"},
		"fee limit":  {asked, tx.Options{FeeLimit: 6 * wallet.TRX}, "fee limit is 6 TRX, at most 5"},
		"memo":       {asked, tx.Options{Memo: []byte("pay me again")}, `memo is "pay me again"`},
		"no amount":  {&tx.Transfer{Owner: me, To: you}, tx.Options{}, "amount is missing, want 1 TRX"},
		"a day":      {asked, tx.Options{Expiry: 24 * time.Hour}, "it is valid until 2023-11-15 22:13:20, want at most 2023-11-14 22:23:20"},
	} {
		foreign, err := tx.Build(test.contract, reference(), test.options)
		if err != nil {
			t.Fatal(err)
		}
		err = foreign.Matches(tx.Expected{Contract: asked, FeeLimit: 5 * wallet.TRX, Latest: reference().Time.Add(10 * time.Minute)})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func TestUnreadableContractsStayWhole(t *testing.T) {
	value, err := tx.EncodeContract(&tx.Transfer{Owner: me, To: you, Amount: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, contract := range map[string][]byte{
		"unknown type":      contractMessage(200, "type.googleapis.com/protocol.Tomorrow", []byte{8, 1}),
		"another's message": contractMessage(1, "type.googleapis.com/protocol.WithdrawBalanceContract", value),
		"no message":        contractMessage(1, "", nil),
		"a 20-byte address": contractMessage(1, transferURL, bytesField(nil, 1, make([]byte, 20))),
		"genesis's owner":   contractMessage(1, transferURL, bytesField(nil, 1, []byte("0x000000000000000000000"))),
		"not a message":     contractMessage(1, transferURL, []byte{0xff}),
		"wrong wire type":   contractMessage(1, transferURL, varintField(nil, 1, 5)),
		"negative units":    contractMessage(2, "type.googleapis.com/protocol.TransferAssetContract", varintField(nil, 4, 1<<63)),
		"text, not UTF-8":   contractMessage(6, "type.googleapis.com/protocol.AssetIssueContract", bytesField(nil, 41, []byte{0xff})),
	} {
		raw := rawAround(contract)
		foreign, err := tx.DecodeRaw(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		opaque, ok := foreign.Contract().(*tx.Opaque)
		if !ok || opaque.Why == nil || foreign.Canonical() || !bytes.Equal(foreign.Raw(), raw) {
			t.Errorf("%s reads as %+v", name, foreign.Contract())
		}
		if !strings.Contains(lines(foreign.Show()), "unreadable") {
			t.Errorf("%s shows as\n%s", name, lines(foreign.Show()))
		}
		if err := foreign.Matches(tx.Expected{Contract: foreign.Contract()}); !errors.Is(err, tx.ErrUnreadable) {
			t.Errorf("%s: matches itself, %v", name, err)
		}
		if _, err := foreign.MarshalJSON(); err == nil {
			t.Errorf("%s: has JSON", name)
		}
	}
}

func TestBrokenTransactions(t *testing.T) {
	good := vector(t)
	for name, test := range map[string]struct {
		message []byte
		want    error
	}{
		"empty":             {nil, tx.ErrContracts},
		"no wire":           {[]byte{0xff, 0xff}, tx.ErrWire},
		"no contract":       {bytesField(nil, 1, unhex("0a021234")), tx.ErrContracts},
		"two contracts":     {bytesField(nil, 1, append(good.Raw(), bytesField(nil, 11, contractMessage(13, "", nil))...)), tx.ErrContracts},
		"two bodies":        {append(good.Bytes(), good.Bytes()...), tx.ErrWire},
		"a body of varints": {varintField(nil, 1, 1), tx.ErrWire},
		"cut":               {good.Bytes()[:20], tx.ErrWire},
		"huge":              {make([]byte, tx.MaxReceived+1), tx.ErrTooBig},
	} {
		if _, err := tx.Decode(test.message); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

// A result behind the signatures, as nodes store it, stays where it is.
func TestTheResultIsKept(t *testing.T) {
	signed := vector(t)
	if err := signed.Sign(t.Context(), keyOne(t)); err != nil {
		t.Fatal(err)
	}
	stored := bytesField(signed.Bytes(), 5, varintField(nil, 3, 1))
	read, err := tx.Decode(stored)
	if err != nil || !bytes.Equal(read.Bytes(), stored) || read.ID() != signed.ID() {
		t.Errorf("%x, %v", read.Bytes(), err)
	}
	if read.Size(1) != len(signed.Bytes()) {
		t.Errorf("size %d counts the result, want %d", read.Size(1), len(signed.Bytes()))
	}
}

func TestBuildRefuses(t *testing.T) {
	good, ref := transferOf(me), reference()
	for name, test := range map[string]struct {
		contract tx.Contract
		ref      tx.Reference
		options  tx.Options
		want     error
	}{
		"no owner":          {&tx.Transfer{To: you, Amount: 1}, ref, tx.Options{}, tx.ErrOwner},
		"no reference":      {good, tx.Reference{}, tx.Options{}, tx.ErrReference},
		"no time":           {good, tx.Reference{Block: ref.Block}, tx.Options{}, tx.ErrReference},
		"a day and more":    {good, ref, tx.Options{Expiry: 24*time.Hour + 1}, tx.ErrExpiry},
		"expired":           {good, ref, tx.Options{Expiry: -1}, tx.ErrExpiry},
		"negative limit":    {good, ref, tx.Options{FeeLimit: -1}, tx.ErrFeeLimit},
		"permission −1":     {good, ref, tx.Options{PermissionID: -1}, tx.ErrPermission},
		"too big":           {good, ref, tx.Options{Memo: make([]byte, tx.MaxSize)}, tx.ErrTooBig},
		"2^63 units":        {&tx.TransferAsset{Asset: "1000001", Owner: me, To: you, Amount: units(1 << 63)}, ref, tx.Options{}, wallet.ErrAmount},
		"a name of no text": {&tx.CreateSmartContract{Owner: me, New: &tx.SmartContract{Name: "\xff"}}, ref, tx.Options{}, nil},
	} {
		_, err := tx.Build(test.contract, test.ref, test.options)
		if err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	day, err := tx.Build(good, ref, tx.Options{Expiry: tx.MaxExpiry})
	if err != nil || !day.Body().Expiration.Equal(ref.Time.Add(24*time.Hour)) {
		t.Errorf("a day exactly: %v", err)
	}
}

func TestSizeIsForetold(t *testing.T) {
	for name, r := range requests() {
		built, err := tx.Build(r.contract, reference(), r.options)
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= tx.MaxSignatures; n++ {
			foretold := built.Size(n)
			if err := built.Sign(t.Context(), testKey(t, byte(n))); err != nil {
				t.Fatal(err)
			}
			if got := len(built.Bytes()); got != foretold || built.Bandwidth(n) != int64(got+64) {
				t.Errorf("%s with %d signatures: %d bytes, foretold %d", name, n, got, foretold)
			}
		}
		if err := built.Sign(t.Context(), testKey(t, 9)); !errors.Is(err, tx.ErrSignatures) {
			t.Errorf("%s: a sixth signature: %v", name, err)
		}
	}
}

func TestSignersOfEveryForm(t *testing.T) {
	signed := vector(t)
	if err := signed.Sign(t.Context(), keyOne(t)); err != nil {
		t.Fatal(err)
	}
	signature := signed.Signatures()[0]
	for name, change := range map[string]func(s []byte) []byte{
		"27 or 28":   func(s []byte) []byte { return s },
		"0 or 1":     func(s []byte) []byte { s[64] -= 27; return s },
		"31 or 32":   func(s []byte) []byte { s[64] += 4; return s },
		"three more": func(s []byte) []byte { return append(s, 1, 2, 3) },
	} {
		message := bytesField(bytesField(nil, 1, signed.Raw()), 2, change(bytes.Clone(signature)))
		read, err := tx.Decode(message)
		if err != nil {
			t.Fatal(err)
		}
		if signers, err := read.Signers(); err != nil || signers[0] != me {
			t.Errorf("%s: %v, %v", name, signers, err)
		}
		if !bytes.Equal(read.Bytes(), message) {
			t.Errorf("%s: the signature was rewritten", name)
		}
	}
	short, err := tx.Decode(bytesField(bytesField(nil, 1, signed.Raw()), 2, signature[:64]))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := short.Signers(); !errors.Is(err, wallet.ErrSignature) {
		t.Errorf("64 bytes: %v", err)
	}
}

func TestAddSignature(t *testing.T) {
	shared := vector(t)
	signature := keyOne(t).Sign([32]byte(shared.ID()))
	if by, err := shared.AddSignature(signature); err != nil || by != me {
		t.Errorf("%s, %v", by, err)
	}
	if _, err := shared.AddSignature(signature); !errors.Is(err, tx.ErrSigned) {
		t.Errorf("again: %v", err)
	}
	if _, err := shared.AddSignature(wallet.Signature{}); !errors.Is(err, wallet.ErrSignature) {
		t.Errorf("zeros: %v", err)
	}
	if err := shared.Sign(t.Context(), keyOne(t)); !errors.Is(err, tx.ErrSigned) {
		t.Errorf("the same key: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := shared.Sign(ctx, testKey(t, 2)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func testKey(t testing.TB, n byte) *wallet.Key {
	t.Helper()
	key, err := wallet.KeyFromBytes(append(make([]byte, 31), n))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func lines(fields []tx.Field) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(f.Name + ": " + f.Value + "\n")
	}
	return b.String()
}

// mixedUp is a device that signs with another key than it says.
type mixedUp struct{ says, signs *wallet.Key }

func (m mixedUp) Address() wallet.Address { return m.says.Address() }

func (m mixedUp) SignDigest(ctx context.Context, digest [32]byte) (wallet.Signature, error) {
	return m.signs.SignDigest(ctx, digest)
}

func TestADeviceIsChecked(t *testing.T) {
	signed := vector(t)
	var wrong *tx.WrongKeyError
	if err := signed.Sign(t.Context(), mixedUp{testKey(t, 1), testKey(t, 2)}); !errors.As(err, &wrong) || wrong.Key != testKey(t, 2).Address() {
		t.Errorf("%v", err)
	}
	if len(signed.Signatures()) != 0 {
		t.Error("the wrong signature was taken")
	}
	if err := signed.Sign(t.Context(), mixedUp{testKey(t, 1), testKey(t, 1)}); err != nil {
		t.Error(err)
	}
}
