package torrent

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/anacrolix/torrent/mse"

	"github.com/piecework/piecework/channel/torrent/gate"
)

// handshakeTime is how long a peer may take until the stream is open.
const handshakeTime = 10 * time.Second

// plainTime is how long an answer to an unencrypted handshake is waited for before an encrypted one is tried.
const plainTime = 4 * time.Second

// Encryption is how connections to peers are opened.
type Encryption int

// The ways. Incoming connections are taken either way.
const (
	PlainFirst    Encryption = iota // unencrypted; encrypted when the peer hangs up on that
	OnlyEncrypted                   // MSE with RC4
	OnlyPlain                       // unencrypted
)

// receive opens the stream of an incoming connection, plain, or MSE under one of the info hashes, once a whole handshake has come in it.
func receive(ctx context.Context, conn net.Conn, hashes func(func([]byte) bool)) (io.ReadWriter, error) {
	var head [20]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, fmt.Errorf("reading a handshake: %w", err)
	}
	rw := plainStream{io.MultiReader(bytes.NewReader(head[:]), conn), conn}
	if string(head[:]) == gate.Protocol {
		shaken, err := shaking(rw)
		return plainStream{shaken, conn}, err
	}
	stream, _, err := mse.ReceiveHandshake(ctx, rw, hashes, mse.DefaultCryptoSelector)
	if err != nil {
		return nil, fmt.Errorf("opening an encrypted stream: %w", err)
	}
	shaken, err := shaking(stream)
	return struct {
		io.Reader
		io.Writer
	}{shaken, stream}, err
}

// shaking waits for a whole handshake, and gives the stream from its beginning on.
func shaking(from io.Reader) (io.Reader, error) {
	var shake gate.Handshake
	if _, err := io.ReadFull(from, shake[:]); err != nil {
		return nil, fmt.Errorf("reading a handshake: %w", err)
	}
	return io.MultiReader(bytes.NewReader(shake[:]), from), nil
}

// plainStream is an unencrypted stream of which something was read already.
type plainStream struct {
	io.Reader
	conn net.Conn
}

// Write writes to the socket.
func (p plainStream) Write(b []byte) (int, error) { return p.conn.Write(b) }

// writeAll writes slices by one call of the system.
func (p plainStream) writeAll(list [][]byte) error {
	all := net.Buffers(list)
	_, err := all.WriteTo(p.conn)
	return err
}

// dialed is an outgoing connection that chooses its encryption when the first handshake is written, because MSE needs the info hash in it.
type dialed struct {
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	dial   func(ctx context.Context) (net.Conn, error)
	how    Encryption
	chosen func(encrypted bool) // told what the other side took; may be nil

	mu     sync.Mutex
	conn   net.Conn
	closed bool
	opened chan struct{} // closed once rw or err is set
	gone   chan struct{} // closed by Close, so that nobody waits for a handshake that will not be written
	rw     io.ReadWriter
	err    error
}

// dialPeer connects, so that an unreachable peer is known at once.
func dialPeer(ctx context.Context, how Encryption, dial func(ctx context.Context) (net.Conn, error)) (*dialed, error) {
	conn, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	return &dialed{ctx: own, cancel: cancel, dial: dial, how: how, conn: conn, opened: make(chan struct{}), gone: make(chan struct{})}, nil
}

// Read gives what the peer says once the stream is open.
func (d *dialed) Read(b []byte) (int, error) {
	select {
	case <-d.opened:
	case <-d.gone:
		return 0, net.ErrClosed
	}
	if d.err != nil {
		return 0, d.err
	}
	return d.rw.Read(b)
}

// Write writes; the first write must be a whole handshake, and opens the stream.
func (d *dialed) Write(b []byte) (int, error) {
	select {
	case <-d.opened:
		if d.err != nil {
			return 0, d.err
		}
		return d.rw.Write(b)
	default:
	}
	rw, err := d.open(b)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rw, d.err = rw, err; d.closed && err == nil {
		d.err = net.ErrClosed
	}
	close(d.opened)
	if d.err != nil {
		return 0, d.err
	}
	return len(b), nil
}

func (d *dialed) open(handshake []byte) (io.ReadWriter, error) {
	if d.how != OnlyEncrypted {
		rw, err := plain(d.conn, handshake)
		if err == nil {
			d.choose(false)
		}
		if err == nil || d.how == OnlyPlain || d.ctx.Err() != nil {
			return rw, err
		}
		d.conn.Close()
		ctx, cancel := context.WithTimeout(d.ctx, handshakeTime)
		defer cancel()
		conn, err := d.dial(ctx)
		if err != nil {
			return nil, err
		}
		if !d.replace(conn) {
			conn.Close()
			return nil, net.ErrClosed
		}
	}
	rw, err := initiate(d.ctx, d.conn, handshake)
	d.choose(err == nil)
	return rw, err
}

// replace goes on with another socket, unless the connection was closed meanwhile.
func (d *dialed) replace(conn net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.conn = conn
	}
	return !d.closed
}

func (d *dialed) choose(encrypted bool) {
	if d.chosen != nil {
		d.chosen(encrypted)
	}
}

// plain writes the handshake as it is and waits for the first byte of the answer.
func plain(conn net.Conn, handshake []byte) (io.ReadWriter, error) {
	if _, err := conn.Write(handshake); err != nil {
		return nil, err
	}
	var first [1]byte
	_ = conn.SetReadDeadline(time.Now().Add(plainTime))
	if _, err := io.ReadFull(conn, first[:]); err != nil {
		return nil, fmt.Errorf("waiting for a handshake: %w", err)
	}
	_ = conn.SetReadDeadline(time.Time{})
	return plainStream{io.MultiReader(bytes.NewReader(first[:]), conn), conn}, nil
}

// initiate opens an MSE stream and writes the handshake into it.
func initiate(ctx context.Context, conn net.Conn, handshake []byte) (io.ReadWriter, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	_ = conn.SetDeadline(time.Now().Add(handshakeTime))
	shake := gate.Handshake(handshake[:len(gate.Handshake{})])
	hash := shake.InfoHash()
	rw, _, err := mse.InitiateHandshakeContext(ctx, conn, hash[:], nil, mse.AllSupportedCrypto)
	if err != nil {
		return nil, fmt.Errorf("opening an encrypted stream: %w", err)
	}
	_ = conn.SetDeadline(time.Time{})
	if _, err := rw.Write(handshake); err != nil {
		return nil, err
	}
	return rw, nil
}

func (d *dialed) current() net.Conn {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.conn
}

// Close closes the socket.
func (d *dialed) Close() error {
	d.mu.Lock()
	if !d.closed {
		close(d.gone)
		d.cancel()
	}
	d.closed = true
	conn := d.conn
	d.mu.Unlock()
	return conn.Close()
}

// LocalAddr is the socket's.
func (d *dialed) LocalAddr() net.Addr { return d.current().LocalAddr() }

// RemoteAddr is the socket's.
func (d *dialed) RemoteAddr() net.Addr { return d.current().RemoteAddr() }

// SetDeadline is the socket's.
func (d *dialed) SetDeadline(t time.Time) error { return d.current().SetDeadline(t) }

// SetReadDeadline is the socket's.
func (d *dialed) SetReadDeadline(t time.Time) error { return d.current().SetReadDeadline(t) }

// SetWriteDeadline is the socket's.
func (d *dialed) SetWriteDeadline(t time.Time) error { return d.current().SetWriteDeadline(t) }
