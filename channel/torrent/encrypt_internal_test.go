package torrent

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/anacrolix/torrent/mse"

	"github.com/piecework/piecework/channel/torrent/gate"
)

// TestOnlyAWholeHandshakeOpensAConnection: the time for a handshake ends when a stream is open, so it is not before all of it came, in the clear or not. The gate would otherwise keep
// half of one, and a connection to its client, for as long as a stranger likes.
func TestOnlyAWholeHandshakeOpensAConnection(t *testing.T) {
	hash := [20]byte{7}
	shake := append([]byte(gate.Protocol), make([]byte, 48)...)
	copy(shake[28:], hash[:])
	for name, open := range map[string]func(net.Conn) (io.ReadWriter, error){
		"plain": func(c net.Conn) (io.ReadWriter, error) { return c, nil },
		"encrypted": func(c net.Conn) (io.ReadWriter, error) {
			rw, _, err := mse.InitiateHandshake(c, hash[:], nil, mse.AllSupportedCrypto)
			return rw, err
		},
	} {
		for _, said := range [][]byte{shake[:20], shake[:67], shake, append(shake, 0, 0, 0, 0)} {
			t.Run(name, func(t *testing.T) {
				near, far := net.Pipe()
				defer near.Close()
				go func() {
					defer far.Close()
					if rw, err := open(far); err == nil {
						_, _ = rw.Write(said)
					}
				}()
				rw, err := receive(t.Context(), near, func(f func([]byte) bool) { f(hash[:]) })
				if len(said) < len(shake) {
					if err == nil {
						t.Fatalf("%d bytes opened it", len(said))
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if got, _ := io.ReadAll(rw); string(got) != string(said) {
					t.Errorf("%d bytes came, want %d", len(got), len(said))
				}
			})
		}
	}
}

// TestAClosedConnectionTriesNoOtherWay: who closes a connection while the other side says nothing does not have it dialled once more, and a socket that was being opened is closed.
func TestAClosedConnectionTriesNoOtherWay(t *testing.T) {
	for _, during := range []string{"the wait", "the second dial"} {
		t.Run(during, func(t *testing.T) {
			near, far := net.Pipe()
			again, other := net.Pipe()
			defer func() { _, _, _, _ = near.Close(), far.Close(), again.Close(), other.Close() }()
			dials := 0
			var d *dialed
			d, err := dialPeer(t.Context(), PlainFirst, func(context.Context) (net.Conn, error) {
				if dials++; dials == 1 {
					return near, nil
				}
				_ = d.Close()
				return again, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				_, _ = io.ReadFull(far, make([]byte, 68))
				if during == "the wait" {
					_ = d.Close()
				} else {
					_ = far.Close() // hangs up
				}
			}()
			if _, err := d.Write(append([]byte(gate.Protocol), make([]byte, 48)...)); err == nil {
				t.Error("it was opened")
			}
			if during == "the wait" {
				if dials != 1 {
					t.Errorf("dialled %d times", dials)
				}
				return
			}
			if _, err := again.Write([]byte{0}); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("the second socket is open: %v", err)
			}
		})
	}
}
