package torrent

import (
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
