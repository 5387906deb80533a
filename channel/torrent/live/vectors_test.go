package live

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"flag"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/channel/torrent/wire"
)

var update = flag.Bool("update", false, "write the vectors anew")

const document = "../LIVE.md"

// sample is a stream with a list, from a fixed key.
func sample() (ed25519.PrivateKey, Stream, *List) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	s := Stream{Key: [ed25519.PublicKeySize]byte(key.Public().(ed25519.PublicKey)), Salt: []byte("talk")}
	return key, s, &List{First: 41, Format: MPEGTS, At: time.UnixMilli(1767225600123), Chunks: []Chunk{
		{Hash: [20]byte(bytes.Repeat([]byte{0x11}, 20)), Bytes: 1_048_576, Length: 4 * time.Second},
		{Hash: [20]byte(bytes.Repeat([]byte{0x22}, 20)), Bytes: 999_999, Length: 3960 * time.Millisecond, Break: true},
	}}
}

// TestVectors compares the test vectors in LIVE.md with what the code says.
func TestVectors(t *testing.T) {
	have, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- begin vectors -->\n", "<!-- end vectors -->"
	before, rest, _ := strings.Cut(string(have), begin)
	_, after, found := strings.Cut(rest, end)
	if !found {
		t.Fatal("LIVE.md has no place for the vectors")
	}
	key, s, list := sample()
	it := sign(list, key, s.Salt)
	d := it.dict(s.Key[:], s.Salt)
	d.SetBytes("peers", compact([]netip.AddrPort{netip.MustParseAddrPort("203.0.113.7:6881"), netip.MustParseAddrPort("[2001:db8::1]:51413")}))
	link := Link{Stream: s, Name: "talk", Board: "https://live.example", Peers: []string{"203.0.113.7:6881"}}
	want := before + begin + fmt.Sprintf("| what | value |\n| --- | --- |\n| seed of the publisher's key | `07…07`, 32 bytes |\n| key | `%x` |\n| salt | `talk` |\n"+
		"| place in the DHT | `%x` |\n| seq | %d |\n\nChunks 41 and 42, of 1,048,576 bytes and 4 s and of 999,999 bytes and 3.96 s, the second after a restart; "+
		"info hashes `11…11` and `22…22`.\n\n`v`:\n\n```\n%x\n```\n\n`sig`:\n\n```\n%x\n```\n\nA board's answer, with the peers 203.0.113.7:6881 and [2001:db8::1]:51413:\n\n```\n%x\n```\n\n"+
		"A link:\n\n```\n%s\n```\n", s.Key, s.Hash(), it.seq, it.value, it.signature, d.Append(nil), link) + end + after
	if *update {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(have) {
		t.Error("the vectors in LIVE.md are not what the code says")
	}
	_, got, peers, err := s.parseAnswer(d.Append(nil))
	if err != nil || fmt.Sprint(got) != fmt.Sprint(list) || fmt.Sprint(peers) != "[203.0.113.7:6881 [2001:db8::1]:51413]" {
		t.Errorf("the answer is read as %v with %v (%v)", got, peers, err)
	}
	if again, err := ParseLink(link.String()); err != nil || fmt.Sprint(again) != fmt.Sprint(link) || !IsLink(link.String()) {
		t.Errorf("the link is read as %v (%v)", again, err)
	}
}

// TestListsThatAreRefused have one thing wrong each.
func TestListsThatAreRefused(t *testing.T) {
	key, s, _ := sample()
	for name, change := range map[string]func(l *List, it *item){
		"an empty chunk":            func(l *List, _ *item) { l.Chunks[0].Bytes = 0 },
		"a chunk that is too large": func(l *List, _ *item) { l.Chunks[0].Bytes = MaxChunkBytes + 1 },
		"a chunk that is too long":  func(l *List, _ *item) { l.Chunks[0].Length = MaxChunkTime + time.Millisecond },
		"too many chunks":           func(l *List, _ *item) { l.Chunks = make([]Chunk, 40) },
		"another signature":         func(_ *List, it *item) { it.signature[3] ^= 1 },
		"another number":            func(_ *List, it *item) { it.seq++ },
		"half a chunk":              func(_ *List, it *item) { it.value = bytes.Replace(it.value, []byte("54:"), []byte("53:"), 1) },
	} {
		_, _, list := sample()
		change(list, &item{value: []byte{}})
		it := sign(list, key, s.Salt)
		change(&List{Chunks: make([]Chunk, 1)}, it)
		if _, _, err := s.open(it.dict(s.Key[:], s.Salt)); !errors.Is(err, ErrList) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLinksThatAreRefused(t *testing.T) {
	key := strings.Repeat("ab", 32)
	for _, text := range []string{
		"", "magnet:?xt=urn:btih:" + strings.Repeat("a", 40), "http://live.example", "magnet:?xs=urn:btpk:abcd&x.live=http://a", "magnet:?xs=urn:btpk:" + key,
		"magnet:?xs=urn:btpk:" + key + "&x.live=file:///etc/passwd", "magnet:?xs=urn:btpk:" + key + "&x.live=http://u:p@host",
		"magnet:?xs=urn:btpk:" + key + "&x.live=http://a&x.pe=nowhere", "magnet:?xs=urn:btpk:" + key + "&x.live=http://a&s=zz",
		"magnet:?xs=urn:btpk:" + key + "&x.live=http://a&s=" + strings.Repeat("00", 65), "magnet:?xs=urn:btpk:" + key + "&x.live=http://a" + strings.Repeat("&x.pe=a:1", 17),
	} {
		if l, err := ParseLink(text); !errors.Is(err, ErrLink) {
			t.Errorf("%q is read as %v (%v)", text, l, err)
		}
	}
}

// TestBoard: strangers who ask too much, or claim too many addresses, get nothing for it.
func TestBoard(t *testing.T) {
	key, s, list := sample()
	b := NewBoard(s)
	ask := func(from, query string) (int, []string) {
		r := httptest.NewRequest("GET", "/v1/live?"+query, nil)
		r.RemoteAddr = from
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if w.Code != 200 {
			return w.Code, nil
		}
		_, _, peers, err := s.parseAnswer(w.Body.Bytes())
		if err != nil {
			t.Error(err)
		}
		return w.Code, peers
	}
	b.pin(sign(list, key, s.Salt))
	for port := range 2 * perAddress {
		if code, _ := ask("203.0.113.7:1234", fmt.Sprintf("port=%d", 1000+port)); code != 200 {
			t.Fatalf("request %d: status %d", port, code)
		}
	}
	if n := b.Viewers(); n != perAddress {
		t.Errorf("%d viewers are remembered of one address, want %d", n, perAddress)
	}
	_, peers := ask("203.0.113.8:1234", "port=1")
	if len(peers) != perAddress || strings.Contains(strings.Join(peers, " "), "203.0.113.8") {
		t.Errorf("named: %v", peers)
	}
	refused := 0
	for range 3 * requestBurst {
		if code, _ := ask("203.0.113.9:1234", "port=0"); code == 429 {
			refused++
		}
	}
	if refused < requestBurst {
		t.Errorf("%d of %d requests were refused", refused, 3*requestBurst)
	}
	for _, query := range []string{"after=x", "port=99999", "port=-1", "after=99999999999999999999"} {
		if code, _ := ask("203.0.113.10:1", query); code != 400 {
			t.Errorf("%s: status %d", query, code)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	key, s, list := sample()
	it := sign(list, key, s.Salt)
	f.Add(it.dict(s.Key[:], s.Salt).Append(nil))
	f.Add([]byte("de"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, l, peers, err := s.parseAnswer(b)
		if err == nil && (l == nil || len(l.Chunks) > MaxListed || len(peers) > namedPeers) {
			t.Errorf("list %v, %d peers", l, len(peers))
		}
		d, err := wire.ParseDict(b)
		if err != nil {
			return
		}
		if list, err := parseValue(d["v"]); err == nil { // as if it were signed
			if again, err := parseValue(list.value()); err != nil || fmt.Sprint(again) != fmt.Sprint(list) {
				t.Errorf("%v is written as %v (%v)", list, again, err)
			}
		}
	})
}

func FuzzLink(f *testing.F) {
	_, s, _ := sample()
	f.Add(Link{Stream: s, Name: "a", Board: "http://a:1", Peers: []string{"b:2"}}.String())
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ParseLink(text)
		if err != nil {
			return
		}
		if again, err := ParseLink(l.String()); err != nil || fmt.Sprint(again) != fmt.Sprint(l) {
			t.Errorf("%v is written as %v (%v)", l, again, err)
		}
	})
}

// FuzzTransportStream feeds what is almost MPEG-TS to the cutter.
func FuzzTransportStream(f *testing.F) {
	packet := append([]byte{syncByte, 0x40, 0, 0x10, 0, 0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe1, 0}, make([]byte, packetBytes-17)...)
	f.Add(bytes.Repeat(packet, 4), 100)
	f.Fuzz(func(t *testing.T, b []byte, split int) {
		s := &packets{}
		taken := 0
		take := func(p []byte) error {
			if s.key(p); len(p) != packetBytes || p[0] != syncByte {
				t.Errorf("%d bytes are taken for a packet", len(p))
			}
			taken += len(p)
			return nil
		}
		split = max(0, min(split, len(b)))
		_ = s.feed(b[:split], take)
		_ = s.feed(b[split:], take)
		if taken > len(b) || len(s.part) > 4*packetBytes {
			t.Errorf("%d of %d bytes taken, %d kept back", taken, len(b), len(s.part))
		}
	})
}
