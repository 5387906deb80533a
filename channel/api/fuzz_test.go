package api

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/channel/channelpb"
)

// FuzzHexJSON: whatever text comes to the gateway, what is read writes itself the same again.
func FuzzHexJSON(f *testing.F) {
	f.Add(`{"channel":"00ff","payment":{"voucher":{"cumulative":"7","tails":[{"anchor":"` + strings.Repeat("ab", 32) + `"}]}}}`)
	f.Add(`{"channel":"AP8="}`)
	f.Add(`{"payment":null,"channel":[1]}`)
	j := newHexJSON()
	f.Fuzz(func(t *testing.T, text string) {
		m := &channelpb.SubmitRequest{}
		if j.Unmarshal([]byte(text), m) != nil {
			return
		}
		written, err := j.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		again := &channelpb.SubmitRequest{}
		if err := j.Unmarshal(written, again); err != nil || !proto.Equal(m, again) {
			t.Errorf("%s came back as %s (%v)", protojson.Format(m), protojson.Format(again), err)
		}
	})
}

// FuzzSmallReaders: page tokens, tokens and paths.
func FuzzSmallReaders(f *testing.F) {
	f.Add("pw_0123456789ab_secret")
	f.Add("/v1/channels/" + strings.Repeat("0f", 32) + ":watch")
	f.Fuzz(func(t *testing.T, text string) {
		if id, ok := tokenID(text); ok && len(id) != 12 {
			t.Errorf("token id %q", id)
		}
		_, _, _ = toPlace(text)
		_ = checkKey(text)
		if path := hexPath(text); strings.Count(path, "/") < strings.Count(text, "/") {
			t.Errorf("path %q lost a part of %q", path, text)
		}
	})
}
