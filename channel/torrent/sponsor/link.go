package sponsor

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/anacrolix/torrent/bencode"
)

// Parameter is the magnet link's parameter with the sponsor's address, and Key the free top-level key of a torrent file with a dictionary that has it too.
const (
	Parameter = "x.pw"
	Key       = "pw"
	innerKey  = "sponsor"
)

// CheckURL says whether text is an address that a sponsor can have: http or https, a host, and nothing secret in it.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(text) > 500 {
		return fmt.Errorf("%q is no sponsor's address; want http://HOST:PORT or https://HOST", text)
	}
	return nil
}

// InMagnet finds the sponsor's address in a magnet link, "" when there is none that can be one.
func InMagnet(magnet string) string {
	u, err := url.Parse(magnet)
	if err != nil {
		return ""
	}
	return usable(u.Query().Get(Parameter))
}

// InTorrent finds the sponsor's address in the bytes of a torrent file, "" when there is none that can be one.
func InTorrent(file []byte) string {
	var top map[string]bencode.Bytes
	if err := bencode.Unmarshal(file, &top); err != nil {
		return ""
	}
	var inner struct {
		Sponsor string `bencode:"sponsor"`
	}
	if raw := top[Key]; len(raw) == 0 || bencode.Unmarshal(raw, &inner) != nil {
		return ""
	}
	return usable(inner.Sponsor)
}

func usable(address string) string {
	if CheckURL(address) != nil {
		return ""
	}
	return strings.TrimSuffix(address, "/")
}

// Tag writes a sponsor's address into a torrent file's free keys. The info dictionary, and so the info hash, stays.
func Tag(file []byte, address string) ([]byte, error) {
	if err := CheckURL(address); err != nil {
		return nil, err
	}
	var top map[string]bencode.Bytes
	if err := bencode.Unmarshal(file, &top); err != nil {
		return nil, fmt.Errorf("reading the torrent: %w", err)
	}
	if len(top["info"]) == 0 {
		return nil, errors.New("reading the torrent: it has no info dictionary")
	}
	inner, err := bencode.Marshal(map[string]string{innerKey: address})
	if err != nil {
		return nil, err
	}
	top[Key] = inner
	return bencode.Marshal(top)
}
