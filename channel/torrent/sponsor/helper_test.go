package sponsor_test

import (
	"bytes"
	"crypto/ed25519"

	"github.com/anacrolix/torrent/metainfo"
)

type buffer struct{ b []byte }

func (w *buffer) Write(b []byte) (int, error) { w.b = append(w.b, b...); return len(b), nil }

func parse(b []byte) (*metainfo.MetaInfo, error) { return metainfo.Load(bytes.NewReader(b)) }

func viewerKeyOrPanic() ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	return key
}
