package actuator

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/piecework/piecework/wallet/tronpb"
)

// TestMistyped gives contracts a parameter of another message. The texts are those of java-tron's classes, spaces included.
func TestMistyped(t *testing.T) {
	for kind, want := range map[ContractType]string{
		1:  "contract type error, expected type [TransferContract], real type [class com.google.protobuf.Any]",
		0:  "contract type error,expected type [AccountCreateContract],real type[class com.google.protobuf.Any]",
		15: "contract type error, expected type [UpdateAssetContract],real type[class com.google.protobuf.Any]",
		55: "contract type error, expected type [UnfreezeBalanceContract], real type[class com.google.protobuf.Any]",
		58: "contract type error, expected type [UnDelegateResourceContract], real type[class com.google.protobuf.Any]",
	} {
		for _, url := range []string{"type.googleapis.com/protocol.Account", "protocol." + string(Empty(kind).ProtoReflect().Descriptor().Name()), ""} {
			_, err := Open(&tronpb.Transaction_Contract{Type: kind, Parameter: &anypb.Any{TypeUrl: url}})
			if err == nil || err.Error() != want {
				t.Errorf("%v of %q: %v, want %s", kind, url, err, want)
			}
		}
		url := "anything/at/all/protocol." + string(Empty(kind).ProtoReflect().Descriptor().Name())
		if _, err := Open(&tronpb.Transaction_Contract{Type: kind, Parameter: &anypb.Any{TypeUrl: url}}); err != nil {
			t.Errorf("%v of %q: %v", kind, url, err)
		}
	}
}

// TestUTF8 compares with what a Java machine made of these bytes.
func TestUTF8(t *testing.T) {
	for in, want := range map[string]string{
		"https://ä": "https://ä", "\xe2\x82": "\uFFFD", "\xff\xff": "\uFFFD\uFFFD", "a\xf0\x9f\x92b": "a\uFFFDb", "\xe2\x82\xff": "\uFFFD\uFFFD", "": "",
	} {
		if got := utf8([]byte(in)); got != want {
			t.Errorf("%q reads %q, want %q", in, got, want)
		}
	}
}

func TestByteString(t *testing.T) {
	for in, want := range map[string]string{
		"a\"\xff\x00ä":          `<ByteString@00000000 size=6 contents="a\"\377\000\303\244">`,
		strings.Repeat("a", 50): `<ByteString@00000000 size=50 contents="` + strings.Repeat("a", 50) + `">`,
		strings.Repeat("a", 51): `<ByteString@00000000 size=51 contents="` + strings.Repeat("a", 47) + `...">`,
	} {
		if got := byteString([]byte(in)); got != want {
			t.Errorf("%q prints %s, want %s", in, got, want)
		}
	}
}
