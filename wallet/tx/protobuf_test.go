package tx_test

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/piecework/piecework/wallet/tronpb" // the messages, in the registry
	"github.com/piecework/piecework/wallet/tx"
)

// Our wire code against protoc's, for every type with every field set: protoc's code knows every byte (nothing is left over as unknown), sets every field,
// and writes the same bytes again; and we read what it writes.
func TestEveryFieldAgainstProtoc(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, kind := range tx.Types() {
		for range 20 {
			ours := randomContract(random, kind)
			data, err := tx.EncodeContract(ours)
			if err != nil {
				t.Fatal(err)
			}
			theirs := message(t, kind)
			if err := proto.Unmarshal(data, theirs); err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			wholeMessage(t, kind.String(), theirs.ProtoReflect())
			again, err := proto.MarshalOptions{Deterministic: true}.Marshal(theirs)
			if err != nil {
				t.Fatal(err)
			}
			if kind != tx.TypeProposalCreate && !bytes.Equal(again, data) { // its map has an order of its own
				t.Fatalf("%s: protoc writes\n%x, we\n%x", kind, again, data)
			}
			read, err := tx.DecodeContract(kind, data)
			if err != nil || !reflect.DeepEqual(read, ours) {
				t.Fatalf("%s: reads as %+v, %v, want %+v", kind, read, err, ours)
			}
		}
	}
}

// message is protoc's empty message of a contract type.
func message(t *testing.T, kind tx.Type) proto.Message {
	found, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName("protocol." + kind.String()))
	if err != nil {
		t.Fatalf("protoc has no %s: %v", kind, err)
	}
	return found.New().Interface()
}

// wholeMessage checks that every field is set and nothing is unknown, all the way down.
func wholeMessage(t *testing.T, where string, m protoreflect.Message) {
	t.Helper()
	if len(m.GetUnknown()) > 0 {
		t.Fatalf("%s: protoc does not know %x", where, m.GetUnknown())
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if !m.Has(f) {
			t.Fatalf("%s.%s is not written", where, f.Name())
		}
		if f.Kind() != protoreflect.MessageKind || f.IsMap() {
			continue
		}
		if !f.IsList() {
			wholeMessage(t, where+"."+string(f.Name()), m.Get(f).Message())
			continue
		}
		for j := range m.Get(f).List().Len() {
			wholeMessage(t, where+"."+string(f.Name()), m.Get(f).List().Get(j).Message())
		}
	}
}
