package rpc

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// encoded is a message as java-tron writes it: fields in order, unknown ones last.
func encoded(m proto.Message) []byte {
	if isNil(m) {
		return nil
	}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil // only a string that is no UTF-8 could do that, and parsers refuse those
	}
	return raw
}

func txID(t *tronpb.Transaction) [32]byte { return sha256.Sum256(encoded(t.GetRawData())) }

// contractMessage is an empty message of a contract type, nil for types without one (TransactionFactory.getContract).
func contractMessage(t tronpb.Transaction_Contract_ContractType) proto.Message {
	switch t {
	case tronpb.Transaction_Contract_GetContract, tronpb.Transaction_Contract_CustomContract, tronpb.Transaction_Contract_VoteAssetContract:
		return nil
	}
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName("protocol." + t.String()))
	if err != nil {
		return nil
	}
	return kind.New().Interface()
}

// unpacked is Any.unpack: nil when the type or the bytes are others.
func unpacked(c *tronpb.Transaction_Contract) proto.Message {
	m := contractMessage(c.GetType())
	if m == nil || c.GetParameter().MessageName() != m.ProtoReflect().Descriptor().FullName() {
		return nil
	}
	if proto.Unmarshal(c.GetParameter().GetValue(), m) != nil {
		return nil
	}
	return m
}

// txObject is Util.printTransactionToJSON.
func txObject(t *tronpb.Transaction, visible bool) *javajson.Object {
	o := javajson.ObjectOf(t, visible)
	contracts := javajson.Array{}
	for _, c := range t.GetRawData().GetContract() {
		m := unpacked(c)
		if m == nil && contractMessage(c.GetType()) != nil {
			continue // InvalidProtocolBufferException, only logged
		}
		if deploy, ok := m.(*tronpb.CreateSmartContract); ok {
			o.Put("contract_address", hex.EncodeToString(deployAddress(t, deploy.GetOwnerAddress())))
		}
		contracts = append(contracts, contractObject(c, m, visible))
	}
	raw, ok := o.Get("raw_data").(*javajson.Object)
	if !ok {
		raw = javajson.NewObject()
	}
	raw.Put("contract", contracts)
	id := txID(t)
	return o.Put("raw_data", raw).
		Put("raw_data_hex", hex.EncodeToString(encoded(t.GetRawData()))).
		Put("txID", hex.EncodeToString(id[:]))
}

func contractObject(c *tronpb.Transaction_Contract, m proto.Message, visible bool) *javajson.Object {
	parameter := javajson.NewObject()
	if m != nil {
		parameter.Put("value", javajson.ObjectOf(m, visible))
	}
	parameter.Put("type_url", c.GetParameter().GetTypeUrl())
	o := javajson.NewObject().Put("parameter", parameter).Put("type", c.GetType().String())
	if c.GetPermissionId() > 0 {
		o.Put("Permission_id", int64(c.GetPermissionId()))
	}
	return o
}

// deployAddress is where a contract goes: 41 and the last 20 bytes of the Keccak-256 of the transaction's id and the owner's address.
func deployAddress(t *tronpb.Transaction, owner []byte) []byte {
	id := txID(t)
	sum := wallet.Keccak256(id[:], owner)
	return append([]byte{wallet.AddressPrefix}, sum[12:]...)
}

// createdText is Util.printCreateTransaction.
func createdText(t *tronpb.Transaction, visible bool) string {
	return txObject(t, visible).Put("visible", visible).String()
}

// packed is Util.packTransaction: a transaction from its JSON. What cannot be read of a contract is left out without a word;
// nil means that the whole could not be read.
func packed(text string, visible bool) (*tronpb.Transaction, error) {
	o, err := object(text)
	if err != nil {
		return nil, err
	}
	raw, err := childObject(o, "raw_data")
	if err != nil {
		return nil, err
	}
	list, err := childArray(raw, "contract")
	if err != nil {
		return nil, err
	}
	contracts := javajson.Array{}
	for _, entry := range list {
		if c := packedContract(entry, visible); c != nil {
			contracts = append(contracts, c)
		}
	}
	raw.Put("contract", contracts)
	o.Put("raw_data", raw)
	t := &tronpb.Transaction{}
	if javajson.Merge(o.String(), t, visible) != nil {
		return nil, nil
	}
	return t, nil
}

// childObject is getJSONObject for those who go on to use it.
func childObject(o *javajson.Object, key string) (*javajson.Object, error) {
	return objectOf(o.Get(key))
}

func objectOf(value any) (*javajson.Object, error) {
	switch v := value.(type) {
	case *javajson.Object:
		return v, nil
	case nil:
		return nil, javajson.Null()
	case string:
		return object(v)
	}
	return nil, javajson.BadCast(value, javajson.NewObject())
}

func childArray(o *javajson.Object, key string) (javajson.Array, error) {
	switch v := o.Get(key).(type) {
	case javajson.Array:
		return v, nil
	case nil:
		return nil, javajson.Null()
	case string:
		return arrayIn(v)
	}
	return nil, javajson.BadCast(o.Get(key), javajson.Array{})
}

// arrayIn is (JSONArray) JSON.parse.
func arrayIn(text string) (javajson.Array, error) {
	switch v, err := javajson.Parse(text); v := v.(type) {
	case javajson.Array:
		return v, nil
	case nil:
		return nil, cmp.Or(err, error(javajson.Null()))
	default:
		return nil, javajson.BadCast(v, javajson.Array{})
	}
}

// packedContract turns parameter.value from JSON to the hex of its encoding.
func packedContract(entry any, visible bool) *javajson.Object {
	c, err := objectOf(entry)
	if err != nil {
		return nil
	}
	parameter, err := childObject(c, "parameter")
	if err != nil {
		return nil
	}
	name, _ := c.Text("type")
	number, ok := tronpb.Transaction_Contract_ContractType_value[name]
	if !ok {
		return nil
	}
	m := contractMessage(tronpb.Transaction_Contract_ContractType(number))
	if m == nil {
		return nil
	}
	value, err := childObject(parameter, "value")
	if err != nil || javajson.Merge(value.String(), m, visible) != nil {
		return nil
	}
	packed, err := anypb.New(m)
	if err != nil {
		return nil
	}
	parameter.Put("value", hex.EncodeToString(packed.GetValue()))
	return c.Put("parameter", parameter)
}
