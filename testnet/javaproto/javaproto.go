// Package javaproto says what Java's protobuf says of bytes that are no message: java-tron's answers carry those texts.
package javaproto

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// What Java's protobuf says of broken bytes.
const (
	truncated = "While parsing a protocol message, the input ended unexpectedly in the middle of a field.  " +
		"This could mean either that the input has been truncated or that an embedded message misreported its own length."
	badTag    = "Protocol message contained an invalid tag (zero)."
	badVarint = "CodedInputStream encountered a malformed varint."
	negative  = "CodedInputStream encountered an embedded string or message which claimed to have negative size."
	endGroup  = "Protocol message end-group tag did not match expected tag."
	badUTF8   = "Protocol message had invalid UTF-8."
	tooDeep   = "Protocol message had too many levels of nesting.  May be malicious.  Use setRecursionLimit() to increase the recursion depth limit."
)

// WireType is the only text whose exception has a class of its own.
const WireType = "Protocol message tag had invalid wire type."

// maxDepth is Java's recursion limit.
const maxDepth = 100

// Problem says why Java cannot read bytes that are no message of a type. Where Java could, it takes the end for the fault.
func Problem(raw []byte, d protoreflect.MessageDescriptor) string {
	_, text := fields(raw, d, 0, 0)
	if text == "" {
		return truncated
	}
	return text
}

// fields walks to the end of raw, or of a group, and says how far it came. d is nil within groups, whose fields nobody knows.
func fields(raw []byte, d protoreflect.MessageDescriptor, group protowire.Number, depth int) (at int, problem string) {
	if depth > maxDepth {
		return 0, tooDeep
	}
	for at < len(raw) {
		tag, n, problem := varint(raw[at:])
		if problem != "" {
			return 0, problem
		}
		at += n
		number, kind := protowire.Number(uint32(tag)>>3), protowire.Type(tag&7)
		switch {
		case number == 0:
			return 0, badTag
		case kind == protowire.EndGroupType && number == group:
			return at, ""
		case kind == protowire.EndGroupType:
			return 0, endGroup
		}
		var f protoreflect.FieldDescriptor
		if d != nil {
			f = d.Fields().ByNumber(number)
		}
		if n, problem = field(raw[at:], number, kind, f, depth); problem != "" {
			return 0, problem
		}
		at += n
	}
	if group != 0 {
		return 0, endGroup
	}
	return at, ""
}

// field is the length of a field's value, or what is wrong with it. f is nil for a field that the message does not have.
func field(raw []byte, number protowire.Number, kind protowire.Type, f protoreflect.FieldDescriptor, depth int) (n int, problem string) {
	switch kind {
	case protowire.VarintType:
		_, n, problem = varint(raw)
		return n, problem
	case protowire.Fixed32Type:
		return fixedSize(raw, 4)
	case protowire.Fixed64Type:
		return fixedSize(raw, 8)
	case protowire.BytesType:
		return sized(raw, f, depth)
	case protowire.StartGroupType:
		return fields(raw, nil, number, depth+1)
	}
	return 0, WireType
}

func fixedSize(raw []byte, n int) (int, string) {
	if len(raw) < n {
		return 0, truncated
	}
	return n, ""
}

func sized(raw []byte, f protoreflect.FieldDescriptor, depth int) (int, string) {
	size, n, problem := varint(raw)
	switch {
	case problem != "":
		return 0, problem
	case int32(uint32(size)) < 0:
		return 0, negative
	case int(uint32(size)) > len(raw)-n:
		return 0, truncated
	}
	end := n + int(uint32(size))
	value := raw[n:end]
	switch {
	case f == nil:
	case f.Kind() == protoreflect.MessageKind:
		_, problem = fields(value, f.Message(), 0, depth+1)
		return end, problem
	case f.Kind() == protoreflect.StringKind && !utf8.Valid(value):
		return end, badUTF8
	}
	return end, ""
}

// varint reads a varint: one of more than ten bytes is malformed.
func varint(raw []byte) (value uint64, n int, problem string) {
	for n < len(raw) && n < 10 {
		value |= uint64(raw[n]&0x7f) << (7 * n)
		n++
		if raw[n-1] < 0x80 {
			return value, n, ""
		}
	}
	if n < 10 {
		return 0, 0, truncated
	}
	return 0, 0, badVarint
}
