package actuator

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/mr-tron/base58"
	"golang.org/x/text/encoding/unicode"

	"github.com/piecework/piecework/wallet/tronpb"
)

// utf8 is what Java reads from bytes as UTF-8: what is none becomes U+FFFD. Strings of messages must be valid.
func utf8(b []byte) string {
	valid, err := unicode.UTF8.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(valid)
}

// mistyped is what a contract's class says of a parameter that holds another message. The classes do not put their spaces alike, and one names
// another's message.
func mistyped(t ContractType, name string) string {
	expected, real := ",expected", ",real type["
	switch t {
	case tronpb.Transaction_Contract_TransferContract:
		expected, real = ", expected", ", real type ["
	case tronpb.Transaction_Contract_UpdateAssetContract, tronpb.Transaction_Contract_UpdateEnergyLimitContract,
		tronpb.Transaction_Contract_WitnessCreateContract, tronpb.Transaction_Contract_WitnessUpdateContract:
		expected = ", expected"
	case tronpb.Transaction_Contract_UnfreezeBalanceV2Contract:
		expected, real, name = ", expected", ", real type[", "UnfreezeBalanceContract"
	case tronpb.Transaction_Contract_AccountUpdateContract, tronpb.Transaction_Contract_TransferAssetContract,
		tronpb.Transaction_Contract_VoteWitnessContract, tronpb.Transaction_Contract_WithdrawBalanceContract,
		tronpb.Transaction_Contract_UpdateBrokerageContract, tronpb.Transaction_Contract_UpdateSettingContract,
		tronpb.Transaction_Contract_UnfreezeAssetContract, tronpb.Transaction_Contract_UnfreezeBalanceContract,
		tronpb.Transaction_Contract_WithdrawExpireUnfreezeContract, tronpb.Transaction_Contract_CancelAllUnfreezeV2Contract,
		tronpb.Transaction_Contract_UnDelegateResourceContract:
		expected, real = ", expected", ", real type["
	}
	return "contract type error" + expected + " type [" + name + "]" + real + "class com.google.protobuf.Any]"
}

// base58Check is the base58check form of bytes of any length, as java-tron puts addresses into texts.
func base58Check(b []byte) string {
	once := sha256.Sum256(b)
	twice := sha256.Sum256(once[:])
	return base58.Encode(append(append([]byte(nil), b...), twice[:4]...))
}

// byteString is what Java's ByteString prints: its identity (unknowable, so a constant stands for it), size and contents. Of more than 50 bytes it
// shows 47.
func byteString(b []byte) string {
	var contents strings.Builder
	shown, rest := b, ""
	if len(b) > 50 {
		shown, rest = b[:47], "..."
	}
	for _, c := range shown {
		switch {
		case c == '"' || c == '\'' || c == '\\':
			contents.WriteByte('\\')
			contents.WriteByte(c)
		case c >= 0x20 && c < 0x7f:
			contents.WriteByte(c)
		default:
			contents.WriteString(escape(c))
		}
	}
	return fmt.Sprintf("<ByteString@%08x size=%d contents=\"%s\">", 0, len(b), contents.String()+rest)
}

func escape(c byte) string {
	names := map[byte]string{7: `\a`, 8: `\b`, 9: `\t`, 10: `\n`, 11: `\v`, 12: `\f`, 13: `\r`}
	if name, ok := names[c]; ok {
		return name
	}
	return fmt.Sprintf(`\%03o`, c)
}
