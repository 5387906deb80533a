package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/piecework/piecework/channel"
)

// The log under random work: evidence, facts written upon it, views that stay open over folding, reopening. Whatever is read is what was last written.
func TestLogRandomly(t *testing.T) {
	ctx, rounds := context.Background(), 0
	for seed := range uint64(2) {
		rng := rand.New(rand.NewPCG(seed, 7))
		path := filepath.Join(t.TempDir(), "store.db")
		s, err := Open(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		model := fill(t, s, 700) // more than one step of folding
		log := &s.kind.(*sqliteBackend).evidenceLog
		log.limit, log.step = 60_000, 100
		for range 80 {
			switch rng.IntN(8) {
			case 0: // a fact
				r := &model[rng.IntN(len(model))]
				r.Settled = r.Settled.Add(channel.NewAmount(1))
				if err := s.Update(ctx, func(t *Tx) error { return t.PutChannel(r) }); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			case 1: // a fact that is rolled back
				r := model[rng.IntN(len(model))].Clone()
				r.Frozen = true
				if err := s.Update(ctx, func(t *Tx) error { return errors.Join(t.PutChannel(&r), errors.New("stop")) }); err == nil {
					t.Fatal("not rolled back")
				}
			case 2: // a view over some commits
				view := model[rng.IntN(len(model))]
				err := s.View(ctx, func(tx *Tx) error {
					if _, err := tx.Channel(view.ID); err != nil { // the snapshot is taken
						return err
					}
					for range 5 {
						saveSome(t, s, rng, model)
					}
					return checkAll(tx, model, true)
				})
				if err != nil {
					t.Fatalf("seed %d: view: %v", seed, err)
				}
			case 3:
				if rng.IntN(4) == 0 {
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
					if s, err = Open(ctx, path); err != nil {
						t.Fatal(err)
					}
					log = &s.kind.(*sqliteBackend).evidenceLog
					log.limit, log.step = 60_000, 100
				}
			default:
				saveSome(t, s, rng, model)
			}
			if log.round != nil {
				rounds++
			}
			if err := s.View(ctx, func(tx *Tx) error { return checkAll(tx, model, false) }); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if rounds == 0 {
		t.Error("nothing was folded")
	}
}

func saveSome(t *testing.T, s *Store, rng *rand.Rand, model []channel.Record) {
	t.Helper()
	var batch []channel.Record
	for _, i := range rng.Perm(len(model))[:rng.IntN(200)+1] {
		r := &model[i]
		r.Held.Cumulative, r.Accepted = r.Held.Cumulative.Add(channel.NewAmount(1)), r.Accepted+1
		batch = append(batch, r.Clone())
		r.Version++
	}
	lost, err := s.SaveEvidence(context.Background(), batch)
	if err != nil || len(lost) > 0 {
		t.Fatal(lost, err)
	}
}

// checkAll compares with the model. In an old snapshot a channel may be as it was at its beginning or newer, never older than that.
func checkAll(tx *Tx, model []channel.Record, old bool) error {
	read := map[channel.ID]channel.Record{}
	if err := tx.Channels(channel.Query{}, func(r channel.Record) error { read[r.ID] = r; return nil }); err != nil {
		return err
	}
	for i := range model {
		got := read[model[i].ID]
		if got.Version > model[i].Version || !old && (got.Version != model[i].Version || got.Paid() != model[i].Paid() || got.Settled != model[i].Settled || got.Frozen) {
			return errors.New("read " + got.Paid().String() + ", want " + model[i].Paid().String())
		}
		if old && model[i].Version-got.Version > 5 {
			return errors.New("a view reads what is older than itself")
		}
	}
	return nil
}

func FuzzDecodeLog(f *testing.F) {
	e := &logged{version: 3, accepted: 4, since: 5, paid: [16]byte{1}, promised: [16]byte{2}, evidence: []byte("evidence")}
	f.Add(e.append(e.append(nil, channel.ID{1}), channel.ID{2}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var again []byte
		if err := decodeLog(b, func(id channel.ID, e *logged) { again = e.append(again, id) }); err == nil && string(again) != string(b) {
			t.Fatalf("%x became %x", b, again)
		}
	})
}
