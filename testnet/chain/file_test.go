package chain

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/piecework/piecework/wallet"
)

// TestStateFile keeps a chain in a file that is then found as a killed process leaves it: whole, and with the last write cut off.
func TestStateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	n, alice, bob := newTestNode(t, Config{})
	if err := n.Keep(path); err != nil {
		t.Fatal(err)
	}
	pay(t, n, alice, bob.Address(), 5*wallet.TRX)
	id := n.Snapshot()
	pay(t, n, alice, bob.Address(), 7*wallet.TRX)
	if err := n.Revert(id); err != nil {
		t.Fatal(err)
	}
	before := dumpOf(t, n)
	pay(t, n, alice, bob.Address(), wallet.TRX)
	after := dumpOf(t, n)
	raw, err := os.ReadFile(path) // nothing was closed: as after kill -9
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ file, want []byte }{"whole": {raw, after}, "cut off": {raw[:len(raw)-3], before}} {
		other := filepath.Join(t.TempDir(), "copy")
		if err := os.WriteFile(other, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		m, _, _ := newTestNode(t, Config{})
		if err := m.Keep(other); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(dumpOf(t, m), c.want) {
			t.Errorf("%s: the state is not what it was", name)
		}
		m.Mine(1)
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}

func FuzzLoad(f *testing.F) {
	n, err := New(Config{})
	if err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if err := n.Dump(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, dump []byte) {
		m, err := Load(Config{}, bytes.NewReader(dump))
		if err == nil {
			m.NowBlock(Head)
		}
	})
}
