package api_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
)

// TestClientFindsAServer: of an address list the client takes one that answers, and another when that one goes.
func TestClientFindsAServer(t *testing.T) {
	w := newWorld(t, nil)
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := nobody.Addr().String()
	_ = nobody.Close()
	remote, err := client.Dial(dead+", "+w.address, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = remote.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for paid := uint64(1); paid <= 3; paid++ {
		v := w.voucher(paid)
		receipt, err := remote.Accept(ctx, channel.Payment{Channel: v.Channel, Voucher: &v})
		if err != nil || receipt.Paid != channel.NewAmount(paid) {
			t.Fatalf("payment %d: %v, %v", paid, receipt.Paid, err)
		}
	}
	if _, err := client.Dial("nowhere", client.Options{}); err == nil {
		t.Error("an address without a port was taken")
	}
}
