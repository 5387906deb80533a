package ledger

import (
	"errors"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
)

// A channel that another server has recorded as closed does not stay in memory, with payments on their way to it or without; who asks for it again is answered from the store.
func TestWhatAnotherServerClosedIsLetGo(t *testing.T) {
	where, key := storetest.Postgres(t), wallettest.Numbered(1)
	now, domain := time.Unix(1_800_000_000, 0), channel.Domain{ChainID: 9, Contract: key.Address()}
	var list [2]*Ledger
	for i := range list {
		s, err := store.Open(t.Context(), where)
		if err != nil {
			t.Fatal(err)
		}
		if list[i], err = Open(t.Context(), Config{Store: s, Domain: domain, Log: wallettest.Log(t), Now: func() time.Time { return now }}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = list[i].Close(), s.Close() })
	}
	follow := func(l *Ledger, number int64, facts ...channel.Event) {
		t.Helper()
		for i := range facts {
			facts[i].Block, facts[i].Index = number, i
		}
		block := channel.Block{Number: number, Time: now.UnixMilli()}
		if err := l.Follow(t.Context(), channel.View{Head: block, Solid: block, Facts: facts, SeenAt: now}); err != nil && !errors.Is(err, ErrMoved) {
			t.Fatal(err)
		}
	}
	var ids [3]channel.ID
	var opened, closed []channel.Event
	for i := range ids {
		terms := channel.Terms{Payer: key.Address(), Payee: wallettest.Numbered(2).Address(), Signer: key.Address(), Challenge: time.Hour, Seed: [32]byte{byte(i)}}
		ids[i] = terms.ID()
		opened = append(opened, channel.Event{Kind: channel.EventOpened, Channel: ids[i], Terms: terms, Deposit: channel.NewAmount(100)})
		closed = append(closed, channel.Event{Kind: channel.EventClosed, Channel: ids[i]})
	}
	first, second := list[0], list[1]
	pay := func(i int, paid uint64) error {
		v := channel.Voucher{Channel: ids[i], Cumulative: channel.NewAmount(paid)}.Sign(key, domain)
		_, err := second.Accept(t.Context(), channel.Payment{Channel: v.Channel, Voucher: &v})
		return err
	}
	follow(first, 1, opened...)
	follow(second, 1)
	follow(second, 1)
	for i := range ids {
		if err := pay(i, 1); err != nil {
			t.Fatal(err)
		}
	}
	kept := func(i int) bool { _, ok := second.byID.Load(ids[i]); return ok }

	follow(first, 2, closed[:2]...)
	if err := pay(1, 2); !errors.Is(err, channel.ErrClosed) || kept(1) { // found out by a payment, before the block is seen
		t.Errorf("kept %v: %v", kept(1), err)
	}
	follow(second, 2, closed[:2]...)
	if kept(0) || !kept(2) {
		t.Errorf("kept: %v of what is closed, %v of what is live", kept(0), kept(2))
	}
	if r, err := second.Record(t.Context(), ids[0]); err != nil || r.State != channel.Closed || r.Paid() != channel.NewAmount(1) {
		t.Errorf("%+v %v", r, err)
	}
	if err := pay(0, 2); !errors.Is(err, channel.ErrClosed) || kept(0) {
		t.Errorf("kept %v: %v", kept(0), err)
	}
}
