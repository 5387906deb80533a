package torrent

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
	"github.com/piecework/piecework/wallet"
)

// empty is a ledger and a purse that know no channel.
type empty struct{}

func (empty) Accept(context.Context, channel.Payment) (channel.Receipt, error) {
	return channel.Receipt{}, channel.ErrUnknownChannel
}

func (empty) AcceptLater(context.Context, channel.Payment) (channel.Pending, error) {
	return nil, channel.ErrUnknownChannel
}

func (empty) Record(context.Context, channel.ID) (channel.Record, error) {
	return channel.Record{}, channel.ErrUnknownChannel
}

func (empty) For(context.Context, *wire.Terms) (Purse, error) { return nil, ErrNoPurse }

// FuzzLink is a connection whose both ends say anything at all, however it is cut, both as payee and as payer: nothing panics, and what comes out for either is a stream that
// a splitter reads.
func FuzzLink(f *testing.F) {
	domain := channel.Domain{ChainID: 1, Contract: wallet.MustParseAddress("TG3XXyExBkPp9nzdajDZsozEu4BkaSJozs")}
	offer := Offer{Domain: domain, Payee: domain.Contract, Price: channel.NewAmount(1000)}
	house := NewTollhouse(TollhouseConfig{Ledger: empty{}, Offers: []Offer{offer}})
	f.Cleanup(house.Close)
	log := slog.New(slog.DiscardHandler)
	m, h := wire.Dict{}, wire.Dict{}
	m.SetInt(wire.Extension, 255)
	h.SetDict("m", m)
	hello := gate.ExtendedFrame(0, h.Append(nil))
	for _, message := range []wire.Message{&wire.Terms{Domain: domain, Payee: domain.Contract, UnitBytes: 1}, &wire.Accept{}, &wire.Ack{}, &wire.Need{Due: 5}, &wire.Error{}, &wire.Close{}, &wire.Pay{Reveal: &channel.Reveal{}}} {
		f.Add(append(hello, gate.ExtendedFrame(255, wire.Marshal(message))...), append(hello, gate.RequestFrame(gate.Request{Length: 5})...), uint16(30))
	}
	m.SetInt(extensionInfo, 3)
	h.SetDict("m", m)
	f.Add(append(hello, gate.ExtendedFrame(3, []byte("d8:msg_typei1e5:piecei0e10:total_sizei4einfo"))...), gate.ExtendedFrame(0, h.Append(nil)), uint16(60))
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 0, 1, 1}, append(gate.UnchokeFrame, gate.RejectFrame(gate.Request{Length: 9})...), uint16(3))
	shake := append([]byte(gate.Protocol), make([]byte, 48)...)
	shake[25], shake[27] = 0x10, 0x04
	f.Fuzz(func(t *testing.T, fromPeer, fromClient []byte, cut uint16) {
		near, far := net.Pipe()
		defer far.Close()
		var sent recorder
		spend := NewSpender(empty{}, Limits{MaxPrice: channel.NewAmount(5000), Budget: channel.NewAmount(1 << 30)}, Want{Domain: domain, Assets: []channel.Asset{channel.TRX}}, log)
		toll, want := house, newWantedInfo()
		if cut%2 == 1 {
			toll = nil
		}
		l := newLink(context.Background(), near, struct {
			io.Reader
			io.Writer
		}{near, &sent}, &rules{
			padding: func([20]byte) (padding, bool) { return padding{0: {5, 100}}, true },
			info:    func([20]byte) *wantedInfo { return want },
		}, toll, spend, log)
		defer func() { close(l.served); l.end(nil) }()
		in, out := append(shake[:len(shake):len(shake)], fromPeer...), append(shake[:len(shake):len(shake)], fromClient...)
		for len(in)+len(out) > 0 {
			if n := min(len(out), 1+int(cut)); n > 0 {
				if _, err := l.Write(out[:n]); err != nil {
					return
				}
				out = out[n:]
			}
			if n := min(len(in), 1+int(cut)); n > 0 {
				if err := l.feedIn(in[:n]); err != nil {
					return
				}
				in = in[n:]
			}
			for message := l.mail.take(); message != nil && l.handle(message); message = l.mail.take() {
			}
			l.look()
			for _, k := range l.alarms.ring(time.Now().Add(time.Minute)) {
				l.rang(k)
			}
		}
		var again gate.Splitter
		if err := again.Feed(sent.bytes, &discard{}); err != nil {
			t.Fatalf("what the peer is sent is no stream: %v", err)
		}
	})
}

// recorder keeps what is written.
type recorder struct{ bytes []byte }

func (r *recorder) Write(b []byte) (int, error) {
	r.bytes = append(r.bytes, b...)
	return len(b), nil
}

// discard is a sink that lets everything pass.
type discard struct{}

func (discard) Handshake(*gate.Handshake) error    { return nil }
func (discard) Frame(raw []byte) ([]byte, error)   { return raw, nil }
func (discard) Piece(gate.Request) (uint32, error) { return 0, nil }
func (discard) Other(byte) bool                    { return true }
func (discard) Boundary() []byte                   { return nil }
func (discard) Pass([]byte)                        {}
