package sponsor

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzMessages: nothing that a stranger sends makes a decoder panic, and what it takes means the same when written again.
func FuzzMessages(f *testing.F) {
	f.Add([]byte(`{"torrent":"0000000000000000000000000000000000000001","payee":"TG3XXyExBkPp9nzdajDZsozEu4BkaSJozs","price_per_mib":"1000","unit":"250","length":4,"anchor":"0000000000000000000000000000000000000000000000000000000000000001","viewer":"0000000000000000000000000000000000000000000000000000000000000001","signature":""}`))
	f.Add([]byte(`{"voucher":{"channel":"0000000000000000000000000000000000000000000000000000000000000001","cumulative":"5","tails":[{"anchor":"0000000000000000000000000000000000000000000000000000000000000001","unit":"1","length":5,"expiry":9}],"signature":"00"}}`))
	f.Add([]byte(`{"channel":"00","reveals":[{"tail":"","count":1,"preimage":""}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, into := range []any{new(Ask), new(Redeem), new(Close), new(Session), new(Offer), new(Refusal), new(Statement)} {
			if decode(bytes.NewReader(b), into) != nil {
				continue
			}
			if _, err := json.Marshal(into); err != nil {
				t.Errorf("%T was read and cannot be written: %v", into, err)
			}
			switch m := into.(type) {
			case *Ask:
				_ = m.check()
			case *Session:
				if v, err := m.Voucher.Signed(); err == nil && len(v.Tails) != len(m.Voucher.Tails) {
					t.Error("tails were lost")
				}
			case *Statement:
				_ = m.Check()
			}
		}
	})
}

// FuzzLinks: magnet links and torrent files are anybody's.
func FuzzLinks(f *testing.F) {
	f.Add([]byte("magnet:?xt=urn:btih:00&x.pw=http%3A%2F%2F10.0.0.1%3A80"))
	f.Add([]byte("de")) // once an assignment to a nil map
	f.Add([]byte("d4:infod4:name1:ae2:pwd7:sponsor9:http://a/ee"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, found := range []string{InMagnet(string(b)), InTorrent(b)} {
			if found != "" && CheckURL(found) != nil {
				t.Errorf("%q is no address", found)
			}
		}
		if tagged, err := Tag(b, "http://a.example"); err == nil && InTorrent(tagged) != "http://a.example" {
			t.Errorf("a tagged torrent lost its tag: %q", tagged)
		}
	})
}
