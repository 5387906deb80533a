package cmd

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/torrent/wire"
	"github.com/piecework/piecework/wallet"
)

// A seeder with a channel is paid while one to another seeder is being opened, which takes a minute.
func TestOpenChannelWaitsForNoOther(t *testing.T) {
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "purses.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	key, payee := wallet.DevAccounts()[0].Key, wallet.DevAccounts()[1].Key.Address()
	o := &opener{purses: &client.Purses{Store: file, Signer: key}}
	terms := channel.Terms{Payer: key.Address(), Payee: payee, Signer: key.Address(), Challenge: time.Hour}
	if err := o.purses.Add(t.Context(), terms, channel.NewAmount(100)); err != nil {
		t.Fatal(err)
	}
	o.mu.Lock() // as while a channel is being opened
	defer o.mu.Unlock()
	found := make(chan error, 1)
	go func() {
		_, err := o.For(t.Context(), &wire.Terms{Asset: channel.TRX, Payee: payee})
		found <- err
	}()
	select {
	case err := <-found:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for the other one")
	}
}
