package javajson

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
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
	if Length(text)%2 != 0 {
		text = "0" + text
	}
	return DecodeHex(text)
}

// Length is String.length: characters beyond 16 bits count twice.
func Length(text string) (n int) {
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// DecodeHex is Bouncy Castle's Hex.decode: white space before a digit and at the end does not count. What is wrong is found two characters at a time.
func DecodeHex(text string) ([]byte, error) {
	if raw, err := hex.DecodeString(text); err == nil {
		return raw, nil
	}
	chars := utf16.Encode([]rune(text))
	end := len(chars)
	for end > 0 && isBlank(chars[end-1]) {
		end--
	}
	var raw []byte
	for i := 0; i < end; {
		var digits [2]int
		for j := range digits {
			for i < end && isBlank(chars[i]) {
				i++
			}
			switch {
			case i >= len(chars):
				return nil, badHex("String index out of range: " + strconv.Itoa(i))
			case chars[i] >= utf8.RuneSelf:
				return nil, badHex(fmt.Sprintf("Index %d out of bounds for length %d", chars[i], utf8.RuneSelf))
			}
			digits[j] = strings.IndexByte("0123456789abcdef", byte(chars[i])|0x20)
			if chars[i] < '0' { // only letters have a lower case
				digits[j] = -1
			}
			i++
		}
		if digits[0] < 0 || digits[1] < 0 {
			return nil, badHex("invalid characters encountered in Hex string")
		}
		raw = append(raw, byte(digits[0]<<4|digits[1]))
	}
	return raw, nil
}

func isBlank(char uint16) bool { return char == '\n' || char == '\r' || char == '\t' || char == ' ' }

func badHex(why string) error { return Throw(DecoderException, "exception decoding Hex string: "+why) }
