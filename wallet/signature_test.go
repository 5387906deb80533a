package wallet_test

import (
	"bytes"
	"errors"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/piecework/piecework/wallet"
)

// twin is the other spelling of a signature: n − s and the other v.
func twin(s wallet.Signature) wallet.Signature {
	high := new(big.Int).Sub(crypto.S256().Params().N, new(big.Int).SetBytes(s[32:64]))
	high.FillBytes(s[32:64])
	s[64] = 27 + 28 - s[64]
	return s
}

// The same answers with libsecp256k1 (cgo) and without: the pure Go implementation of btcec is the reference for both.
func TestSigningAgreesWithBtcec(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var secret, digest [32]byte
		fill(random, secret[:])
		fill(random, digest[:])
		key, err := wallet.KeyFromBytes(secret[:])
		if err != nil {
			t.Fatal(err)
		}
		private, public := btcec.PrivKeyFromBytes(secret[:])
		reference := ecdsa.SignCompact(private, digest[:], false)
		got := key.Sign(digest)
		if !bytes.Equal(got[:64], reference[1:]) || got[64] != reference[0] {
			t.Fatalf("signature %s, want %x", got, reference)
		}
		if recovered, err := got.RecoverKey(digest); err != nil || !bytes.Equal(recovered[:], public.SerializeUncompressed()) {
			t.Fatalf("recovered %x, %v", recovered, err)
		}
		if !got.LowS() || !key.Public().Verify(digest, got) {
			t.Fatal("our own signature is refused")
		}
	}
}

func TestSignatureForms(t *testing.T) {
	key := testKey(t, 1)
	digest := wallet.Keccak256([]byte("digest"))
	good := key.Sign(digest)
	with := func(change func(s *wallet.Signature)) wallet.Signature {
		s := good
		change(&s)
		return s
	}
	order := crypto.S256().Params().N.FillBytes(make([]byte, 32))
	for name, test := range map[string]struct {
		signature               wallet.Signature
		recovers, low, verifies bool
	}{
		"as made":       {good, true, true, true},
		"v 0 or 1":      {with(func(s *wallet.Signature) { s[64] -= 27 }), true, true, true},
		"v 29":          {with(func(s *wallet.Signature) { s[64] = 29 }), false, false, false},
		"v 2":           {with(func(s *wallet.Signature) { s[64] = 2 }), false, false, false},
		"v 26":          {with(func(s *wallet.Signature) { s[64] = 26 }), false, false, false},
		"v 255":         {with(func(s *wallet.Signature) { s[64] = 255 }), false, false, false},
		"the other v":   {with(func(s *wallet.Signature) { s[64] ^= 7 }), false, true, true}, // 27 and 28 differ by three bits; v is not verified
		"high s":        {twin(good), true, false, false},
		"r zero":        {with(func(s *wallet.Signature) { clear(s[:32]) }), false, false, false},
		"s zero":        {with(func(s *wallet.Signature) { clear(s[32:64]) }), false, false, false},
		"r is n":        {with(func(s *wallet.Signature) { copy(s[:32], order) }), false, false, false},
		"s is n":        {with(func(s *wallet.Signature) { copy(s[32:64], order) }), false, false, false},
		"a bit changed": {with(func(s *wallet.Signature) { s[40] ^= 1 }), false, true, false},
	} {
		by, err := test.signature.Recover(digest)
		if got := err == nil && by == key.Address(); got != test.recovers {
			t.Errorf("%s: recovers %v, %v", name, by, err)
		}
		if err != nil && !errors.Is(err, wallet.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
		if got := test.signature.LowS(); got != test.low {
			t.Errorf("%s: low s %v", name, got)
		}
		// Whatever v was, a signature that the key verifies can be shown to who recovers.
		switch shown := test.signature.Recovering(digest, key.Address()); {
		case test.verifies && shown != good:
			t.Errorf("%s: is shown as %s", name, shown)
		case !test.verifies && shown == good && !bytes.Equal(test.signature[:64], good[:64]):
			t.Errorf("%s: became another signature", name)
		}
		if got := key.Public().Verify(digest, test.signature); got != test.verifies {
			t.Errorf("%s: verifies %v", name, got)
		}
	}
}

func TestNormal(t *testing.T) {
	digest := wallet.Keccak256([]byte("digest"))
	made := testKey(t, 1).Sign(digest)
	zeroOne := made
	zeroOne[64] -= 27
	for _, s := range []wallet.Signature{made, zeroOne} {
		if got, err := s.Normal(); err != nil || got != made {
			t.Errorf("%s becomes %s, %v", s, got, err)
		}
	}
	if _, err := twin(made).Normal(); !errors.Is(err, wallet.ErrSignature) {
		t.Errorf("high s: %v", err)
	}
}

func TestLowSAgreesWithGoEthereum(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	edges := [][]byte{make([]byte, 32), bytes.Repeat([]byte{0xff}, 32)}
	n := crypto.S256().Params().N
	for _, d := range []int64{-1, 0, 1} {
		edges = append(edges, new(big.Int).Add(n, big.NewInt(d)).FillBytes(make([]byte, 32)),
			new(big.Int).Add(new(big.Int).Rsh(n, 1), big.NewInt(d)).FillBytes(make([]byte, 32)))
	}
	for range 2000 {
		var s wallet.Signature
		fill(random, s[:])
		s[64] = []byte{0, 1, 27, 28, 2, 29}[random.IntN(6)]
		if random.IntN(2) == 0 {
			copy(s[:32], edges[random.IntN(len(edges))])
		}
		if random.IntN(2) == 0 {
			copy(s[32:64], edges[random.IntN(len(edges))])
		}
		want := s[64]%27 <= 1 && crypto.ValidateSignatureValues(0, new(big.Int).SetBytes(s[:32]), new(big.Int).SetBytes(s[32:64]), true)
		if s.LowS() != want {
			t.Fatalf("%s: %v, want %v", s, s.LowS(), want)
		}
	}
}

func TestParseSignature(t *testing.T) {
	good := testKey(t, 1).Sign([32]byte{1})
	for _, text := range []string{good.String(), "0x" + good.String()} {
		if got, err := wallet.ParseSignature(text); err != nil || got != good {
			t.Errorf("%s reads as %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0x", good.String()[2:], good.String() + "00", "zz" + good.String()[2:]} {
		if _, err := wallet.ParseSignature(text); !errors.Is(err, wallet.ErrSignature) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestPublicKeys(t *testing.T) {
	key := testKey(t, 1)
	public := key.Public()
	if public.Address() != key.Address() {
		t.Error("the public key has another address")
	}
	compressed := append([]byte{2 + public[64]&1}, public[1:33]...)
	for name, b := range map[string][]byte{"uncompressed": public[:], "compressed": compressed} {
		if got, err := wallet.PublicKeyFromBytes(b); err != nil || got != public {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, b := range map[string][]byte{"empty": nil, "short": public[:64], "off the curve": append(append([]byte{4}, public[1:64]...), public[64]^1)} {
		if _, err := wallet.PublicKeyFromBytes(b); !errors.Is(err, wallet.ErrPublicKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if (wallet.PublicKey{}).Verify([32]byte{1}, key.Sign([32]byte{1})) {
		t.Error("the zero public key verifies")
	}
}

func fill(random *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(random.Uint32())
	}
}

func BenchmarkSign(b *testing.B) {
	key := testKey(b, 1)
	digest := wallet.Keccak256([]byte("digest"))
	b.ReportAllocs()
	for b.Loop() {
		key.Sign(digest)
	}
}

func BenchmarkRecover(b *testing.B) {
	digest := wallet.Keccak256([]byte("digest"))
	signature := testKey(b, 1).Sign(digest)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := signature.Recover(digest); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	digest := wallet.Keccak256([]byte("digest"))
	signature, public := testKey(b, 1).Sign(digest), testKey(b, 1).Public()
	b.ReportAllocs()
	for b.Loop() {
		if !public.Verify(digest, signature) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkLowS(b *testing.B) {
	signature := testKey(b, 1).Sign([32]byte{1})
	b.ReportAllocs()
	for b.Loop() {
		if !signature.LowS() {
			b.Fatal("refused")
		}
	}
}
