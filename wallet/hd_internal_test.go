package wallet

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/mr-tron/base58"
	"golang.org/x/crypto/ripemd160" //nolint:staticcheck // BIP-32 fingerprints are RIPEMD-160
)

// extended is the serialisation of BIP-32, which only its vectors need.
func extended(version uint32, depth int, parent []byte, step uint32, chain [32]byte, key []byte) string {
	b := binary.BigEndian.AppendUint32(nil, version)
	b = append(append(b, byte(depth)), parent...)
	b = binary.BigEndian.AppendUint32(b, step)
	b = append(append(b, chain[:]...), key...)
	sum := checksum(b)
	return base58.Encode(append(b, sum[:]...))
}

func publicOf(h *HDKey) []byte {
	return btcec.PrivKeyFromScalar(&h.node.private).PubKey().SerializeCompressed()
}

func fingerprint(h *HDKey) []byte {
	sum := sha256.Sum256(publicOf(h))
	r := ripemd160.New()
	r.Write(sum[:])
	return r.Sum(nil)[:4]
}

func TestBIP32Vectors(t *testing.T) {
	var file struct {
		Vectors []struct{ Seed, Path, XPub, XPrv string }
	}
	data, err := os.ReadFile("testdata/bip32.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	for _, v := range file.Vectors {
		seed, _ := hex.DecodeString(v.Seed)
		path, err := ParsePath(v.Path)
		if err != nil {
			t.Fatal(err)
		}
		node, err := NewMaster(seed)
		if err != nil {
			t.Fatal(err)
		}
		parent, step := make([]byte, 4), uint32(0)
		for _, s := range path {
			parent, step = fingerprint(node), s
			if node, err = node.child(s); err != nil {
				t.Fatal(err)
			}
		}
		private := node.node.private.Bytes()
		if got := extended(0x0488ade4, len(path), parent, step, node.node.chain, append([]byte{0}, private[:]...)); got != v.XPrv {
			t.Errorf("%s %s: %s, want %s", v.Seed[:8], v.Path, got, v.XPrv)
		}
		if got := extended(0x0488b21e, len(path), parent, step, node.node.chain, publicOf(node)); v.XPub != "" && got != v.XPub {
			t.Errorf("%s %s: %s, want %s", v.Seed[:8], v.Path, got, v.XPub)
		}
	}
}
