package store_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
)

// A crash of the machine while a commit is being written: of the log file, what was synced by the last acknowledged commit is there; of what came after, any part, cut or garbled.
// What was acknowledged must be read back, and of the commit that was not, all or nothing.
func TestTornWrites(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	for round := range 40 {
		where := storetest.SQLite(t)
		s := open(t, where)
		var all []channel.Record
		for n := range byte(3) {
			r := record(n, 100)
			put(t, s, &r)
			all = append(all, r)
		}
		for range rng.IntN(5) {
			raise(t, s, all)
		}
		acked := size(t, where+"-wal")
		raise(t, s, all)      // this one is not acknowledged
		if rng.IntN(2) == 0 { // a transaction instead of a batch, with another after it
			all[0].Settled = channel.NewAmount(1)
			put(t, s, &all[0])
		}
		image := crash(t, rng, where, acked)
		checkImage(t, round, image, all)
	}
}

func raise(t *testing.T, s *store.Store, all []channel.Record) {
	t.Helper()
	for i := range all {
		all[i].Held.Cumulative = all[i].Held.Cumulative.Add(channel.NewAmount(1))
	}
	if lost, err := s.SaveEvidence(ctx, all); err != nil || len(lost) > 0 {
		t.Fatal(lost, err)
	}
	for i := range all {
		all[i].Version++
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// crash copies the files as a disk may hold them after a power cut.
func crash(t *testing.T, rng *rand.Rand, where string, synced int64) string {
	t.Helper()
	image := filepath.Join(t.TempDir(), "image.db")
	raw, err := os.ReadFile(where)
	if err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(where + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	late := wal[synced:]
	switch rng.IntN(4) {
	case 0:
		late = late[:0]
	case 1:
		late = late[:rng.IntN(len(late)+1)]
	case 2: // blocks of the disk that were never written
		for i := 0; i < len(late); i += 512 {
			if rng.IntN(2) == 0 {
				clear(late[i:min(i+512, len(late))])
			}
		}
	case 3:
		late[rng.IntN(len(late))] ^= 1
	}
	if err := os.WriteFile(image, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(image+"-wal", append(wal[:synced:synced], late...), 0o600); err != nil {
		t.Fatal(err)
	}
	return image
}

// checkImage opens what is left: every channel stands where the last acknowledged commit left it, or every one a commit further.
func checkImage(t *testing.T, round int, image string, all []channel.Record) {
	t.Helper()
	s := open(t, image)
	further := 0
	for _, want := range all {
		got := get(t, s, want.ID)
		switch {
		case got.Held.Cumulative == want.Held.Cumulative:
			further++
		case got.Held.Cumulative.Add(channel.NewAmount(1)) != want.Held.Cumulative:
			t.Fatalf("round %d: %s is there, %s or one less was written", round, got.Held.Cumulative, want.Held.Cumulative)
		}
	}
	if further != 0 && further != len(all) {
		t.Fatalf("round %d: %d of %d channels of one commit", round, further, len(all))
	}
}
