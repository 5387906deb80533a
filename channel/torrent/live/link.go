package live

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/anacrolix/dht/v2/bep44"

	"github.com/piecework/piecework/channel/torrent/sponsor"
)

// Stream names a live stream: its publisher's key, and a salt by which one key may publish several (BEP 44).
type Stream struct {
	Key  [ed25519.PublicKeySize]byte
	Salt []byte // at most 64 bytes
}

// Hash is the stream's place in the DHT, and its name wherever one of 20 bytes is wanted.
func (s Stream) Hash() [20]byte { return bep44.MakeMutableTarget(s.Key, s.Salt) }

// Link is how viewers find a stream. As text it is a magnet link in the manner of BEP 46.
type Link struct {
	Stream
	Name    string   // for people
	Board   string   // http or https URL of a Board
	Peers   []string // host:port of peers that have the chunks
	Sponsor string   // http or https URL of who pays for viewers; "": nobody
}

// MaxPeers is how many peers a link names at most.
const MaxPeers = 16

const (
	maxSalt  = 64
	prefix   = "urn:btpk:"
	boardKey = "x.live"
)

// ErrLink says that text is no live link.
var ErrLink = errors.New("not a live link")

// IsLink says whether text is a live link, and not that of a torrent.
func IsLink(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "magnet" && strings.HasPrefix(u.Query().Get("xs"), prefix)
}

// String is the link. The key stays readable: it is what a viewer compares.
func (l Link) String() string {
	q := url.Values{boardKey: {l.Board}, "x.pe": l.Peers}
	if len(l.Salt) > 0 {
		q.Set("s", hex.EncodeToString(l.Salt))
	}
	if l.Name != "" {
		q.Set("dn", l.Name)
	}
	if l.Sponsor != "" {
		q.Set(sponsor.Parameter, l.Sponsor)
	}
	return "magnet:?xs=" + prefix + hex.EncodeToString(l.Key[:]) + "&" + q.Encode()
}

// ParseLink reads a live link.
func ParseLink(text string) (Link, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "magnet" {
		return Link{}, fmt.Errorf("%w: want magnet:?xs=%s…", ErrLink, prefix)
	}
	q := u.Query()
	l := Link{Name: q.Get("dn"), Board: strings.TrimSuffix(q.Get(boardKey), "/"), Peers: q["x.pe"], Sponsor: sponsor.InMagnet(text)}
	key, is := strings.CutPrefix(q.Get("xs"), prefix)
	if raw, err := hex.DecodeString(key); !is || err != nil || len(raw) != len(l.Key) {
		return Link{}, fmt.Errorf("%w: no publisher's key of 64 hex digits", ErrLink)
	} else {
		copy(l.Key[:], raw)
	}
	if l.Salt, err = hex.DecodeString(q.Get("s")); err != nil || len(l.Salt) > maxSalt {
		return Link{}, fmt.Errorf("%w: a salt of at most %d bytes in hex is wanted", ErrLink, maxSalt)
	}
	if sponsor.CheckURL(l.Board) != nil {
		return Link{}, fmt.Errorf("%w: %q is no address of a list; want http://HOST:PORT or https://HOST", ErrLink, l.Board)
	}
	if len(l.Peers) > MaxPeers {
		return Link{}, fmt.Errorf("%w: more than %d peers", ErrLink, MaxPeers)
	}
	for _, p := range l.Peers {
		if _, _, err := net.SplitHostPort(p); err != nil {
			return Link{}, fmt.Errorf("%w: peer %q is no HOST:PORT", ErrLink, p)
		}
	}
	return l, nil
}
