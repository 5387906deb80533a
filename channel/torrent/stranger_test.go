package torrent_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// TestAStrangerWhoReadThePagePays: testdata/stranger.py knows PROTOCOL.md and nothing of ours. Over real TCP it opens a session with our seeder, fetches the file and pays for
// it to the unit.
func TestAStrangerWhoReadThePagePays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const size = 3*mib + 12345
	mi, sum := w.file(size, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: noFree}})
	got := w.stranger(mi, s)
	if sha256.Sum256(got.content) != sum {
		t.Error("the file differs")
	}
	if want := channel.NewAmount(13 * 250); got.from.paid() != want || channel.NewAmount(got.Paid) != want { // 12 steps of 256 KiB, and one that was begun
		t.Errorf("the stranger paid %d, the payee holds %s, want %s", got.Paid, got.from.paid(), want)
	}
	for _, want := range []wire.Type{wire.TypeTerms, wire.TypeAccept, wire.TypeAck} {
		if !slices.Contains(got.Heard, want) {
			t.Errorf("the stranger never heard %s", want)
		}
	}
}

// bought is what a stranger got and paid.
type bought struct {
	Paid    uint64
	Heard   []wire.Type
	content []byte // as v1 has it: files and padding one after the other
	from    *payer
}

// stranger has testdata/stranger.py fetch a torrent, known to it as one of v1, from a seeder.
func (w *world) stranger(mi *metainfo.MetaInfo, s *torrent.Seeder) (b bought) {
	t := w.t
	t.Helper()
	python := installed(t, "python3", "python3")
	info, err := mi.UnmarshalInfo()
	if err != nil {
		t.Fatal(err)
	}
	size := int64(0)
	for f := range info.UpvertedV1Files() {
		size += f.Length
	}
	b.from = w.payer(channel.TRX, 10_000_000)
	rec, err := w.Record(t.Context(), b.from.id)
	if err != nil {
		t.Fatal(err)
	}
	secret, payee, asset, hash := b.from.Key.Bytes(), w.Key.Address(), rec.Terms.Asset.Word(), mi.HashInfoBytes()
	task, err := json.Marshal(map[string]any{
		"seeder": s.Addr(), "info_hash": hash.HexString(), "piece_length": info.PieceLength, "length": size, "pieces": hex.EncodeToString(info.Pieces),
		"key": hex.EncodeToString(secret[:]), "payee": hex.EncodeToString(payee[:]), "asset": hex.EncodeToString(asset[:]),
		"challenge": int64(rec.Terms.Challenge.Seconds()), "seed": hex.EncodeToString(rec.Terms.Seed[:]),
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "film.bin")
	c := exec.CommandContext(t.Context(), python, "testdata/stranger.py", path)
	c.Stdin = bytes.NewReader(task)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &said)
	}
	if err := json.Unmarshal(out, &b); err != nil {
		t.Fatal(err)
	}
	if b.content, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return b
}
