package state

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

func addressOf(i int) wallet.Address { return wallet.AddressFromEVM([20]byte{byte(i), 1}) }

// scramble makes random changes to rows of many kinds.
func scramble(s *State, r *rand.Rand, steps int) {
	for range steps {
		a, b := addressOf(r.IntN(8)), addressOf(r.IntN(8))
		switch r.IntN(10) {
		case 0:
			s.PutAccount(&Account{Address: a, Balance: wallet.Sun(r.IntN(1000))})
		case 1:
			s.Edit(a, func(x *Account) { x.Balance++; x.AddStake(Energy, 5) })
		case 2:
			s.SetTokenBalance(a, TokenID(1_000_001+r.IntN(3)), int64(r.IntN(3)))
		case 3:
			s.SetRow(RowKey{Contract: a, Key: [16]byte{15: byte(r.IntN(4))}}, [32]byte{31: byte(r.IntN(3))})
		case 4:
			s.SetParam(Burnt, int64(r.IntN(5)))
		case 5:
			s.SetPartners(a, b, r.IntN(2) == 0, int64(r.IntN(9)))
		case 6:
			s.DropPartners(a, b, false)
		case 7:
			s.DropContract(a)
		case 8:
			s.PutContract(a, &tronpb.SmartContract{Name: "c", ContractAddress: a[:]})
			s.SetCode(a, &Code{Bytes: []byte{byte(r.IntN(256))}})
		case 9:
			s.SetReward(RewardKey{Kind: RewardOfCycle, Owner: a, Cycle: int64(r.IntN(2))}, "7")
		}
	}
}

// lists is what the grouped reads give, for the eye: they must agree with the rows whatever was undone.
func lists(s *State) (n int) {
	for i := range 8 {
		n = n*31 + len(s.RowsOf(addressOf(i)))
		n = n*31 + len(s.Partners(addressOf(i), true, false))
		n = n*31 + len(s.Partners(addressOf(i), false, true))
	}
	return n
}

// TestGoingBack marks moments of random histories and goes back to them: the state is the same byte for byte, and so is every moment between when it is
// only looked at.
func TestGoingBack(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		s := New()
		type moment struct {
			mark  Mark
			rows  []byte
			lists int
		}
		var moments []moment
		for range 12 {
			scramble(s, r, 30)
			moments = append(moments, moment{s.Mark(), s.All().rows, lists(s)})
		}
		last := s.All().rows
		for _, m := range moments {
			s.At(m.mark, func() {
				if !bytes.Equal(s.All().rows, m.rows) || lists(s) != m.lists {
					t.Errorf("seed %d: a moment looks different", seed)
				}
				scramble(s, r, 10)
			})
			if !bytes.Equal(s.All().rows, last) {
				t.Fatalf("seed %d: looking changed the state", seed)
			}
		}
		s.Forget(moments[3].mark)
		for i := len(moments) - 1; i >= 3; i-- {
			if !s.Revert(moments[i].mark) || !bytes.Equal(s.All().rows, moments[i].rows) || lists(s) != moments[i].lists {
				t.Errorf("seed %d: moment %d is not what it was", seed, i)
			}
		}
		if s.Revert(moments[2].mark) {
			t.Error("went back to a moment that was forgotten")
		}
	}
}

// TestChangedRows follows a state by its changed rows alone.
func TestChangedRows(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	s, follower := New(), New()
	scramble(s, r, 100)
	if _, err := follower.Apply(s.All()); err != nil {
		t.Fatal(err)
	}
	s.Track()
	for range 20 {
		mark := s.Mark()
		scramble(s, r, 20)
		if r.IntN(3) == 0 {
			s.Revert(mark)
		}
		if _, err := follower.Apply(s.Changed()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(follower.All().rows, s.All().rows) || lists(follower) != lists(s) {
			t.Fatal("the follower is not where the state is")
		}
	}
}

// TestOverlay writes to an overlay whatever it likes: the state below stays as it was, and both read the same as two states would.
func TestOverlay(t *testing.T) {
	for seed := range uint64(20) {
		s, twin := New(), New()
		scramble(s, rand.New(rand.NewPCG(seed, 4)), 200)
		scramble(twin, rand.New(rand.NewPCG(seed, 4)), 200)
		before := s.All().rows
		o := s.Overlay()
		scramble(o, rand.New(rand.NewPCG(seed, 5)), 200)
		scramble(twin, rand.New(rand.NewPCG(seed, 5)), 200)
		if !bytes.Equal(s.All().rows, before) {
			t.Fatal("the state below changed")
		}
		for i := range 8 {
			a := addressOf(i)
			x, y := o.Account(a), twin.Account(a)
			if (x == nil) != (y == nil) || x != nil && x.Balance != y.Balance {
				t.Errorf("account %d: %v, want %v", i, x, y)
			}
			if (o.Contract(a) == nil) != (twin.Contract(a) == nil) || len(o.TokensOf(a)) != len(twin.TokensOf(a)) {
				t.Errorf("account %d: contract or tokens differ", i)
			}
			for k := range byte(4) {
				key := RowKey{Contract: a, Key: [16]byte{15: k}}
				got, _ := o.Row(key)
				if want, _ := twin.Row(key); got != want {
					t.Errorf("row %v: %x, want %x", key, got, want)
				}
			}
		}
	}
}

func FuzzReadBatches(f *testing.F) {
	s := New()
	scramble(s, rand.New(rand.NewPCG(1, 6)), 50)
	var b bytes.Buffer
	if err := WriteHeader(&b); err != nil {
		f.Fatal(err)
	}
	if err := WriteBatch(&b, s.All()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		read := New()
		err := ReadBatches(bytes.NewReader(file), func(b *Batch) error { _, err := read.Apply(b); return err })
		if err != nil {
			return
		}
		again := New()
		if _, err := again.Apply(read.All()); err != nil || !bytes.Equal(again.All().rows, read.All().rows) {
			t.Errorf("what was read is not read again: %v", err)
		}
	})
}
