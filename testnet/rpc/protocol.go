package rpc

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/piecework/piecework/testnet/rpc/javajson"
)

// What Java's protobuf says of broken bytes.
const (
	protocolTruncated = "While parsing a protocol message, the input ended unexpectedly in the middle of a field.  " +
		"This could mean either that the input has been truncated or that an embedded message misreported its own length."
	protocolTag      = "Protocol message contained an invalid tag (zero)."
	protocolWireType = "Protocol message tag had invalid wire type."
	protocolVarint   = "CodedInputStream encountered a malformed varint."
	protocolNegative = "CodedInputStream encountered an embedded string or message which claimed to have negative size."
	protocolEndGroup = "Protocol message end-group tag did not match expected tag."
	protocolUTF8     = "Protocol message had invalid UTF-8."
	protocolDepth    = "Protocol message had too many levels of nesting.  May be malicious.  Use setRecursionLimit() to increase the recursion depth limit."
)

// wireTypeException is the class of a bad wire type, which is one of its own.
const wireTypeException = javajson.InvalidProtocol + "$InvalidWireTypeException"

// maxProtocolDepth is Java's recursion limit.
const maxProtocolDepth = 100

// badProtocol says why Java cannot read bytes that are no message of a type.
func badProtocol(raw []byte, m proto.Message) *javajson.Exception {
	text := protocolProblem(raw, m.ProtoReflect().Descriptor(), 0)
	switch text {
	case "":
		text = protocolTruncated
	case protocolWireType:
		return javajson.Throw(wireTypeException, text)
	}
	return javajson.Throw(javajson.InvalidProtocol, text)
}

// protocolProblem walks over a message in the order in which Java reads it; empty means that it found nothing wrong.
func protocolProblem(raw []byte, d protoreflect.MessageDescriptor, depth int) string {
	_, problem := protocolFields(raw, d, 0, depth)
	return problem
}

// protocolFields walks to the end of raw, or of a group, and says how far it came. d is nil within groups, whose fields nobody knows.
func protocolFields(raw []byte, d protoreflect.MessageDescriptor, group protowire.Number, depth int) (at int, problem string) {
	if depth > maxProtocolDepth {
		return 0, protocolDepth
	}
	for at < len(raw) {
		tag, n, problem := protocolNumber(raw[at:])
		if problem != "" {
			return 0, problem
		}
		at += n
		number, kind := protowire.Number(uint32(tag)>>3), protowire.Type(tag&7)
		switch {
		case number == 0:
			return 0, protocolTag
		case kind == protowire.EndGroupType && number == group:
			return at, ""
		case kind == protowire.EndGroupType:
			return 0, protocolEndGroup
		}
		var f protoreflect.FieldDescriptor
		if d != nil {
			f = d.Fields().ByNumber(number)
		}
		if n, problem = protocolField(raw[at:], number, kind, f, depth); problem != "" {
			return 0, problem
		}
		at += n
	}
	if group != 0 {
		return 0, protocolEndGroup
	}
	return at, ""
}

// protocolField is the length of a field's value, or what is wrong with it. f is nil for a field that the message does not have.
func protocolField(raw []byte, number protowire.Number, kind protowire.Type, f protoreflect.FieldDescriptor, depth int) (n int, problem string) {
	switch kind {
	case protowire.VarintType:
		_, n, problem = protocolNumber(raw)
		return n, problem
	case protowire.Fixed32Type:
		return fixedSize(raw, 4)
	case protowire.Fixed64Type:
		return fixedSize(raw, 8)
	case protowire.BytesType:
		return protocolBytes(raw, f, depth)
	case protowire.StartGroupType:
		return protocolFields(raw, nil, number, depth+1)
	}
	return 0, protocolWireType
}

func fixedSize(raw []byte, n int) (int, string) {
	if len(raw) < n {
		return 0, protocolTruncated
	}
	return n, ""
}

func protocolBytes(raw []byte, f protoreflect.FieldDescriptor, depth int) (int, string) {
	size, n, problem := protocolNumber(raw)
	switch {
	case problem != "":
		return 0, problem
	case int32(uint32(size)) < 0:
		return 0, protocolNegative
	case int(uint32(size)) > len(raw)-n:
		return 0, protocolTruncated
	}
	end := n + int(uint32(size))
	value := raw[n:end]
	switch {
	case f == nil:
	case f.Kind() == protoreflect.MessageKind:
		return end, protocolProblem(value, f.Message(), depth+1)
	case f.Kind() == protoreflect.StringKind && !utf8.Valid(value):
		return end, protocolUTF8
	}
	return end, ""
}

// protocolNumber reads a varint: one of more than ten bytes is malformed.
func protocolNumber(raw []byte) (value uint64, n int, problem string) {
	for n < len(raw) && n < 10 {
		value |= uint64(raw[n]&0x7f) << (7 * n)
		n++
		if raw[n-1] < 0x80 {
			return value, n, ""
		}
	}
	if n < 10 {
		return 0, 0, protocolTruncated
	}
	return 0, 0, protocolVarint
}
