package store_test

import (
	"sync"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
)

// A server that is stopped in the middle of a transaction, by a debugger or with its virtual machine, loses its locks: the others go on, and it finds out when it wakes up.
func TestStoppedServerKeepsNoLocks(t *testing.T) {
	t.Parallel() // it waits for PostgreSQL's patience to end
	where := storetest.Postgres(t)
	other, stopped := open(t, where), open(t, where)
	r := record(1, 100)
	put(t, other, &r)
	holds, wake, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var once sync.Once
	go func() {
		mine := r.Clone()
		mine.Held.Cumulative = channel.NewAmount(101)
		ended <- stopped.Update(ctx, func(t *store.Tx) error {
			err := t.PutChannel(&mine)
			once.Do(func() { close(holds) })
			<-wake
			return err
		})
	}()
	<-holds
	r.Held.Cumulative = channel.NewAmount(102)
	put(t, other, &r)
	close(wake)
	if err := <-ended; err == nil {
		t.Error("the stopped server believes that it has written")
	}
	equal(t, get(t, other, r.ID), r)
}
