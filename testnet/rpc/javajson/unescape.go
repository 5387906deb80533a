package javajson

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf16"
)

// unescape is JsonFormat.unescapeText.
func unescape(s string) (text, problem string) {
	if !strings.ContainsRune(s, '\\') {
		return s, ""
	}
	var out []uint16
	units := utf16.Encode([]rune(s))
	for i := 0; i < len(units); i++ {
		if units[i] != '\\' {
			out = append(out, units[i])
			continue
		}
		i++
		if i == len(units) {
			return "", errEscapeAtEnd
		}
		c := units[i]
		if c == 'u' {
			if i+4 >= len(units) {
				return "", errUnicodeAtEnd
			}
			code, err := strconv.ParseUint(string(utf16.Decode(units[i+1:i+5])), 16, 16)
			if err != nil {
				return "", `For input string: "` + string(utf16.Decode(units[i+1:i+5])) + `"`
			}
			out, i = append(out, uint16(code)), i+4
			continue
		}
		at := -1
		if c < 0x80 {
			at = strings.IndexByte(textEscapes, byte(c))
		}
		if at < 0 {
			return "", "Invalid escape sequence: '\\" + string(utf16.Decode([]uint16{c})) + "'"
		}
		out = append(out, uint16(textEscaped[at]))
	}
	return string(utf16.Decode(out)), ""
}

const (
	textEscapes = `bfnrt\"'`
	textEscaped = "\b\f\n\r\t\\\"'"
)

// HexBytes is ByteArray.fromHexString: an optional 0x, an odd digit gets a 0 before it, white space is passed over. Null (ok false) is nothing.
func HexBytes(text string, ok bool) ([]byte, error) {
	if !ok {
		return nil, nil
	}
	text = strings.TrimPrefix(text, "0x")
	if len(text)%2 != 0 {
		text = "0" + text
	}
	return DecodeHex(text)
}

// DecodeHex is Bouncy Castle's Hex.decode: white space between digits does not count.
func DecodeHex(text string) ([]byte, error) {
	clean := strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\r', '\t', ' ':
			return -1
		}
		return r
	}, text)
	raw, err := hex.DecodeString(clean)
	if err == nil {
		return raw, nil
	}
	for _, r := range clean {
		if !isDigit(r) && !(r >= 'a' && r <= 'f') && !(r >= 'A' && r <= 'F') {
			return nil, Throw(DecoderException, "exception decoding Hex string: invalid characters encountered in Hex string")
		}
	}
	return nil, Throw(DecoderException, "exception decoding Hex string: String index out of range: "+strconv.Itoa(len(text)))
}
