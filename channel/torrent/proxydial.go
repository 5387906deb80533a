package torrent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/piecework/piecework/channel/torrent/gate"
)

// Connect dials a peer of a torrent for the client, which never dials itself.
func (p *Proxy) Connect(ctx context.Context, infoHash [20]byte, peer string) error {
	own, err := p.probe(ctx, infoHash)
	if err != nil {
		return err
	}
	var d net.Dialer
	conn, err := dialPeer(p.gates.ctx, p.config.Encryption, func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, "tcp", peer) })
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", peer, err)
	}
	stop := context.AfterFunc(p.gates.ctx, func() { _ = conn.Close() })
	defer stop()
	if _, err := conn.Write(own[:]); err != nil {
		_ = conn.Close()
		return fmt.Errorf("shaking hands with %s: %w", peer, err)
	}
	l := newLink(p.gates.ctx, conn, conn, p.gates.rules, p.config.House, nil, p.config.Log)
	l.greeted = own
	p.gates.add(l)
	l.start()
	p.tasks.Go(func() { p.forward(p.gates.ctx, l) })
	return nil
}

// probe asks the client for the handshake that it answers with, so that the gate can say it to a peer first.
func (p *Proxy) probe(ctx context.Context, infoHash [20]byte) (*gate.Handshake, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	conn, err := p.dialClient(ctx, &net.TCPAddr{IP: net.IPv4zero})
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	var ask, answer gate.Handshake
	copy(ask[:], gate.Protocol)
	ask[25], ask[27] = 0x10, 0x04
	copy(ask[28:], infoHash[:])
	copy(ask[48:], fmt.Sprintf("-PW0001-%012d", time.Now().UnixNano()%1e12))
	if _, err := conn.Write(ask[:]); err != nil {
		return nil, fmt.Errorf("shaking hands with the client behind the gate: %w", err)
	}
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return nil, fmt.Errorf("the client behind the gate does not seed %x: %w", infoHash, err)
	}
	if string(answer[:len(gate.Protocol)]) != gate.Protocol {
		return nil, errors.New("what listens behind the gate is no BitTorrent client")
	}
	return &answer, nil
}

// Examine asks the client whether it seeds a torrent, and says what is wrong when it does not.
func (p *Proxy) Examine(ctx context.Context, infoHash [20]byte) error {
	_, err := p.probe(ctx, infoHash)
	return err
}
