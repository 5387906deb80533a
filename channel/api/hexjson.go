package api

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// hexJSON is protobuf's JSON with bytes in hex, as explorers and people write ids. Base64 is read too: no id, preimage or signature in base64 has only hex digits, and no
// transaction either.
type hexJSON struct{ runtime.JSONPb }

func newHexJSON() *hexJSON {
	return &hexJSON{runtime.JSONPb{MarshalOptions: protojson.MarshalOptions{EmitUnpopulated: true}}}
}

// Marshal implements runtime.Marshaler.
func (j *hexJSON) Marshal(v any) ([]byte, error) {
	text, err := j.JSONPb.Marshal(v)
	if err != nil {
		return nil, err
	}
	return rewrite(text, v, toHex)
}

// NewEncoder implements runtime.Marshaler.
func (j *hexJSON) NewEncoder(w io.Writer) runtime.Encoder {
	return runtime.EncoderFunc(func(v any) error {
		text, err := j.Marshal(v)
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	})
}

// Unmarshal implements runtime.Marshaler.
func (j *hexJSON) Unmarshal(text []byte, v any) error {
	text, err := rewrite(text, v, fromHex)
	if err != nil {
		return err
	}
	return j.JSONPb.Unmarshal(text, v)
}

// NewDecoder implements runtime.Marshaler. A request is one value.
func (j *hexJSON) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		var text json.RawMessage
		if err := json.NewDecoder(r).Decode(&text); err != nil {
			return err
		}
		return j.Unmarshal(text, v)
	})
}

func toHex(text string) (string, bool) {
	raw, err := base64.StdEncoding.DecodeString(text)
	return hex.EncodeToString(raw), err == nil
}

func fromHex(text string) (string, bool) {
	raw, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	return base64.StdEncoding.EncodeToString(raw), err == nil
}

// rewrite changes the text of every bytes field of a message, or of the messages in a map, which is how streams are framed.
func rewrite(text []byte, v any, change func(string) (string, bool)) ([]byte, error) {
	parts := map[string]protoreflect.MessageDescriptor{}
	whole, isMessage := v.(proto.Message)
	framed, isMap := v.(map[string]any)
	for key, part := range framed {
		if m, is := part.(proto.Message); is {
			parts[key] = m.ProtoReflect().Descriptor()
		}
	}
	if !isMessage && !isMap {
		return text, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return nil, err
	}
	if isMessage {
		walk(tree, whole.ProtoReflect().Descriptor(), change)
	} else if fields, is := tree.(map[string]any); is {
		for key, d := range parts {
			walk(fields[key], d, change)
		}
	}
	return json.Marshal(tree)
}

// walk changes the bytes fields of a message's JSON tree in place. encoding/json bounds how deep it is.
func walk(tree any, d protoreflect.MessageDescriptor, change func(string) (string, bool)) {
	fields, is := tree.(map[string]any)
	if !is {
		return
	}
	if d.FullName() == "google.protobuf.Any" {
		name, _ := fields["@type"].(string)
		found, err := protoregistry.GlobalTypes.FindMessageByURL(name)
		if err != nil {
			return
		}
		d = found.Descriptor()
	}
	for name, value := range fields {
		f := d.Fields().ByJSONName(name)
		if f == nil {
			f = d.Fields().ByTextName(name)
		}
		if f == nil || f.IsMap() {
			continue
		}
		if list, is := value.([]any); is {
			for i := range list {
				list[i] = changed(list[i], f, change)
			}
			continue
		}
		fields[name] = changed(value, f, change)
	}
}

func changed(value any, f protoreflect.FieldDescriptor, change func(string) (string, bool)) any {
	switch f.Kind() {
	case protoreflect.BytesKind:
		if text, is := value.(string); is {
			if other, ok := change(text); ok {
				return other
			}
		}
	case protoreflect.MessageKind:
		walk(value, f.Message(), change)
	default:
	}
	return value
}
