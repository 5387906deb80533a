package rpc

import (
	"net/http"
	"strings"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet/tronpb"
)

// wantsText says whether a client asked for 64-bit numbers as text, which java-tron 4.8.2 does for GET and TronWeb's raw calls ask for.
func (r *request) wantsText() bool {
	v, _ := r.query.first("int64_as_string")
	return r.Method == http.MethodGet && strings.EqualFold(v, "true")
}

// longsAsText turns the 64-bit numbers of an answer into text.
func longsAsText(text string) string {
	value, err := javajson.Parse(text)
	if err != nil {
		return text
	}
	switch v := quoted("", value, false).(type) {
	case *javajson.Object:
		return v.String()
	case javajson.Array:
		return v.String()
	}
	return text
}

func quoted(name string, value any, inAsset bool) any {
	switch v := value.(type) {
	case javajson.Number:
		if shortFields()[name] || inAsset && name == "num" {
			return v
		}
		return string(v)
	case *javajson.Object:
		asset := v.Has("trx_num")
		for _, key := range v.Keys() {
			v.Put(key, quoted(key, v.Get(key), asset))
		}
	case javajson.Array:
		for i := range v {
			v[i] = quoted(name, v[i], inAsset)
		}
	}
	return value
}

// shortFields are the names of fields that have 32 bits wherever they occur.
var shortFields = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{"Permission_id": true}
	long := map[string]bool{}
	for _, file := range []protoreflect.FileDescriptor{
		tronpb.File_wallet_tronpb_account_proto, tronpb.File_wallet_tronpb_asset_proto, tronpb.File_wallet_tronpb_block_proto,
		tronpb.File_wallet_tronpb_contract_proto, tronpb.File_wallet_tronpb_transaction_proto, tronpb.File_wallet_tronpb_query_proto,
	} {
		collect(file.Messages(), names, long)
	}
	for name := range long {
		delete(names, name)
	}
	return names
})

func collect(messages protoreflect.MessageDescriptors, short, long map[string]bool) {
	for i := range messages.Len() {
		m := messages.Get(i)
		for j := range m.Fields().Len() {
			f := m.Fields().Get(j)
			switch f.Kind() {
			case protoreflect.Int32Kind:
				short[string(f.Name())] = true
			case protoreflect.Int64Kind:
				long[string(f.Name())] = true
			}
		}
		collect(m.Messages(), short, long)
	}
}
