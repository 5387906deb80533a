package torrent

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// FuzzPeer is a peer over real TCP that says anything at all, behind its handshakes, to a seeder, and to a downloader, also before it knows what it fetches: the process
// lives, the client library in it included.
func FuzzPeer(f *testing.F) {
	dir := f.TempDir()
	content := make([]byte, 100_000)
	if err := os.WriteFile(filepath.Join(dir, "film"), content, 0o600); err != nil {
		f.Fatal(err)
	}
	plain, err := Create(filepath.Join(dir, "film"), CreateConfig{PieceLength: 16 << 10})
	if err != nil {
		f.Fatal(err)
	}
	hybrid, err := Load("testdata/hybrid-zeros.torrent")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{"a.txt", "b.bin"} {
		if err := os.MkdirAll(filepath.Join(dir, "zeros"), 0o700); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "zeros", name), content, 0o600); err != nil {
			f.Fatal(err)
		}
	}
	ctx := context.Background()
	s, err := NewSeeder(ctx, SeederConfig{House: TollhouseConfig{Ledger: empty{}}, Net: NetConfig{Listen: "127.0.0.1:0", NoTrackers: true, PEX: true}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	for _, mi := range []*metainfo.MetaInfo{plain, hybrid} {
		if err := s.Add(ctx, mi, dir); err != nil {
			f.Fatal(err)
		}
	}
	d, err := NewDownloader(ctx, DownloaderConfig{Dir: f.TempDir(), Net: NetConfig{Listen: "127.0.0.1:0", NoTrackers: true, PEX: true}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = d.Close() })
	unknown := [20]byte{1}
	fetching, stop := context.WithCancel(ctx)
	f.Cleanup(stop)
	go func() {
		_, _ = d.Get(fetching, Source{Magnet: "magnet:?xt=urn:btih:0100000000000000000000000000000000000000"})
	}()
	go func() { _, _ = d.Get(fetching, Source{Torrent: hybrid}) }()
	for d.wanted(unknown) == nil || len(d.node.hashesOf(hybrid.HashInfoBytes())) < 2 {
		time.Sleep(time.Millisecond)
	}
	targets := []struct {
		address string
		hash    [20]byte
	}{{s.Addr(), plain.HashInfoBytes()}, {s.Addr(), hybrid.HashInfoBytes()}, {d.Addr(), unknown}, {d.Addr(), hybrid.HashInfoBytes()}}

	extended := func(dict string) []byte { return gate.ExtendedFrame(0, []byte(dict)) }
	for _, b := range [][]byte{
		gate.ExtendedFrame(1, []byte("d8:msg_typei0e5:piecei-1ee")),
		gate.ExtendedFrame(1, []byte("d8:msg_typei1e5:piecei-1e10:total_sizei5eeabcde")),
		gate.ExtendedFrame(1, []byte("d8:msg_typei0e5:piecei1125899906842624ee")),
		gate.ExtendedFrame(1, []byte("d8:msg_typei1e5:piecei0e10:total_sizei5eeabcde")),
		gate.ExtendedFrame(2, []byte("d5:added6:abcdefe")), gate.ExtendedFrame(3, make([]byte, 12)), gate.ExtendedFrame(4, make([]byte, 24)),
		extended("d13:metadata_sizei1099511627776ee"), extended("d13:metadata_sizei4294967296ee"), extended("d13:metadata_sizei-1ee"), extended("d4:reqqi-5ee"),
		extended("d1:md11:ut_metadatai3ee13:metadata_sizei20000ee"),
		frameOf(21, make([]byte, 48)...), frameOf(22, make([]byte, 48)...), frameOf(22, append(make([]byte, 47), 1)...), frameOf(23, make([]byte, 48)...),
		frameOf(0), frameOf(1), frameOf(2), frameOf(3), gate.PieceFrame(gate.Request{Length: 16 << 10}, make([]byte, 16<<10)), frameOf(4, 0, 0, 0, 1), frameOf(5, 0xff, 0xff),
		frameOf(4, 0xff, 0xff, 0xff, 0xff), frameOf(5, 0xff), frameOf(14), frameOf(15), frameOf(17, 0xff, 0, 0, 0), frameOf(13, 0xff, 0, 0, 0),
		frameOf(16, make([]byte, 12)...), frameOf(7, make([]byte, 20)...), frameOf(6, append(make([]byte, 10), 0x40, 0)...), frameOf(9, 0, 1),
	} {
		for which := range targets {
			f.Add(uint8(which), b)
			f.Add(uint8(which+len(targets)*32), b)
		}
	}
	m, h := wire.Dict{}, wire.Dict{}
	m.SetInt("ut_metadata", 3)
	m.SetInt("ut_pex", 2)
	h.SetDict("m", m)
	hello := extended(string(h.Append(nil)))
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		at := targets[int(which)%len(targets)]
		conn, err := net.Dial("tcp", at.address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		shake := append([]byte(gate.Protocol), 0, 0, 0, 0, 0, 0x10, 0, 0x04)
		shake = append(append(shake, at.hash[:]...), "-FZ0001-stranger0001"...)
		_, _ = conn.Write(append(shake, hello...))
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if which < 128 { // otherwise it speaks before it has heard what is understood here
			hears(t, conn)
		}
		_, _ = conn.Write(b)
		_ = conn.(*net.TCPConn).CloseWrite()
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the connection does not end")
		}
	})
}

// hears reads up to the extended handshake.
func hears(t *testing.T, conn net.Conn) {
	_, err := io.ReadFull(conn, make([]byte, len(gate.Handshake{})))
	for body := []byte(nil); err == nil && (len(body) < 2 || body[0] != msgExtended || body[1] != 0); {
		var prefix [4]byte
		if _, err = io.ReadFull(conn, prefix[:]); err == nil {
			body = make([]byte, binary.BigEndian.Uint32(prefix[:]))
			_, err = io.ReadFull(conn, body)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

func frameOf(id byte, payload ...byte) []byte {
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(1+len(payload))), id), payload...)
}
