package actuator

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/mr-tron/base58"
)

// base58Check is the base58check form of bytes of any length, as java-tron puts addresses into texts.
func base58Check(b []byte) string {
	once := sha256.Sum256(b)
	twice := sha256.Sum256(once[:])
	return base58.Encode(append(append([]byte(nil), b...), twice[:4]...))
}

// byteString is what Java's ByteString prints: its identity (unknowable, so a constant stands for it), size and contents.
func byteString(b []byte) string {
	var contents strings.Builder
	for _, c := range b {
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
	return fmt.Sprintf("<ByteString@%08x size=%d contents=\"%s\">", 0, len(b), contents.String())
}

func escape(c byte) string {
	names := map[byte]string{7: `\a`, 8: `\b`, 9: `\t`, 10: `\n`, 11: `\v`, 12: `\f`, 13: `\r`}
	if name, ok := names[c]; ok {
		return name
	}
	return fmt.Sprintf(`\%03o`, c)
}
