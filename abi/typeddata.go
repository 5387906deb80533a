package abi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"

	"github.com/piecework/piecework/wallet"
)

// domainName is the struct type of the domain.
const domainName = "EIP712Domain"

// ErrTypedData is wrapped by errors about a typed-data document.
var ErrTypedData = errors.New("not typed data")

// TypedData is a structured message to be signed (TIP-712, which is EIP-712 with Tron addresses and the type trcToken).
//
// Values in Domain and Message are what JSON gives (strings, json.Number, bool, []any, map[string]any) or the Go values of the package documentation.
// Addresses may be in any form and are hashed as 20 bytes; whole numbers may be JSON numbers, or decimal or 0x strings.
type TypedData struct {
	Types   map[string][]Field `json:"types"`       // struct types; EIP712Domain may be left out, then it is what Domain has
	Primary string             `json:"primaryType"` // of Message; may be left out when only one struct is no part of another
	Domain  map[string]any     `json:"domain"`
	Message map[string]any     `json:"message"`
}

// Field is a component of a struct type.
type Field struct {
	Name string `json:"name"`
	Type string `json:"type"` // elementary, a struct's name, or an array of those
}

// The fields that a domain can have, in the order of TIP-712.
var domainFields = []Field{{"name", "string"}, {"version", "string"}, {"chainId", "uint256"}, {"verifyingContract", "address"}, {"salt", "bytes32"}}

// ParseTypedData reads a document as wallets exchange it. Everything in it must be covered by the signature: names that no type has are refused, as is a
// name that occurs twice. Errors wrap ErrTypedData.
func ParseTypedData(document []byte) (*TypedData, error) {
	if len(document) > MaxTypedData {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrTypedData, MaxTypedData)
	}
	if err := refuseTwice(document); err != nil {
		return nil, err
	}
	d, err := readTypedData(document)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTypedData, err)
	}
	if _, err := d.Digest(); err != nil {
		return nil, err
	}
	return d, nil
}

// readTypedData takes only names that are spelled exactly: encoding/json alone would take "Message" for "message" as well, and other readers the other one.
func readTypedData(document []byte) (*TypedData, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(document, &parts); err != nil {
		return nil, err
	}
	var d TypedData
	var types map[string][]map[string]string
	into := map[string]any{"types": &types, "primaryType": &d.Primary, "domain": &d.Domain, "message": &d.Message}
	for name, part := range parts {
		target, ok := into[name]
		if !ok {
			return nil, fmt.Errorf("%q is no part of it", wallet.Clip(name))
		}
		decoder := json.NewDecoder(bytes.NewReader(part))
		decoder.UseNumber()
		if err := decoder.Decode(target); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	d.Types = make(map[string][]Field, len(types))
	for name, fields := range types {
		d.Types[name] = make([]Field, len(fields))
		for i, f := range fields {
			d.Types[name][i] = Field{Name: f["name"], Type: f["type"]}
			if len(f) != 2 {
				return nil, fmt.Errorf("a field of %s is not a name and a type", wallet.Clip(name))
			}
		}
	}
	return &d, nil
}

// Digest is what is signed: keccak256(0x19 ‖ 0x01 ‖ domain separator ‖ hash of the message).
func (d *TypedData) Digest() ([32]byte, error) {
	s, err := d.schema()
	if err != nil {
		return [32]byte{}, err
	}
	separator, err := s.separator(d.Domain)
	if err != nil {
		return [32]byte{}, err
	}
	primary, err := d.primary()
	if err != nil {
		return [32]byte{}, err
	}
	message, err := s.hash(primary, d.Message, 0)
	if err != nil {
		return [32]byte{}, fmt.Errorf("message: %w", err)
	}
	return TypedDigest(separator, message), nil
}

// TypedDigest joins a domain separator and a struct hash, for programs that keep the separator.
func TypedDigest(separator, structHash [32]byte) [32]byte {
	return wallet.Keccak256([]byte{0x19, 0x01}, separator[:], structHash[:])
}

// Separator is the hash of the domain.
func (d *TypedData) Separator() ([32]byte, error) {
	s, err := d.schema()
	if err != nil {
		return [32]byte{}, err
	}
	return s.separator(d.Domain)
}

// EncodeType is the spelling of a struct type that its hash is of: "Mail(Person from,string text)Person(address wallet)". The empty name is the primary type.
func (d *TypedData) EncodeType(name string) (string, error) {
	if name == "" {
		var err error
		if name, err = d.primary(); err != nil {
			return "", err
		}
	}
	s, err := d.schema()
	if err != nil {
		return "", err
	}
	return s.encodeType(name)
}

// ChainID is the domain's chain id; false when it has none.
func (d *TypedData) ChainID() (*big.Int, bool) {
	value, ok := d.Domain["chainId"]
	if !ok {
		return nil, false
	}
	id, err := scalarOf(&Type{kind: KindUint, size: 256, words: 1}, value)
	if err != nil {
		return nil, false
	}
	n, ok := toBig(id)
	return n, ok
}

// CheckChain refuses a document whose chain id is not that of a network (the last four bytes of its genesis block id). TIP-712 has contracts use
// block.chainid & 0xffffffff, so an id that agrees in its low 32 bits is taken; one that is missing is not checked.
func (d *TypedData) CheckChain(network uint32) error {
	id, ok := d.ChainID()
	if _, present := d.Domain["chainId"]; !present {
		return nil
	}
	low := new(big.Int)
	if ok {
		low.And(id, big.NewInt(0xffffffff))
	}
	if !ok || low.Uint64() != uint64(network) {
		return fmt.Errorf("%w: it is for chain %v, not for %d (0x%x)", ErrTypedData, d.Domain["chainId"], network, network)
	}
	return nil
}

// Sign signs the digest.
func (d *TypedData) Sign(ctx context.Context, signer wallet.Signer) (wallet.Signature, error) {
	digest, err := d.Digest()
	if err != nil {
		return wallet.Signature{}, err
	}
	return signer.SignDigest(ctx, digest)
}

// Verify says whose key made a signature over the document; compare it with who should have.
func (d *TypedData) Verify(s wallet.Signature) (wallet.Address, error) {
	digest, err := d.Digest()
	if err != nil {
		return wallet.Address{}, err
	}
	return s.Recover(digest)
}

// primary is the type of the message: the one named, or the only one that no other has as a part.
func (d *TypedData) primary() (string, error) {
	if d.Primary != "" {
		return d.Primary, nil
	}
	parts := map[string]bool{domainName: true}
	for _, fields := range d.Types {
		for _, f := range fields {
			parts[baseName(f.Type)] = true
		}
	}
	var roots []string
	for name := range d.Types {
		if !parts[name] {
			roots = append(roots, name)
		}
	}
	if len(roots) != 1 {
		slices.Sort(roots)
		return "", fmt.Errorf("%w: primaryType is missing, and may be any of %q", ErrTypedData, roots)
	}
	return roots[0], nil
}

// refuseTwice reads through a JSON document and refuses an object with the same name twice, of which one would be shown and another signed.
func refuseTwice(document []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	type level struct {
		object bool
		names  map[string]bool
		name   bool // the next string is a name
	}
	var open []level
	for {
		token, err := decoder.Token()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrTypedData, err)
		}
		if delim, ok := token.(json.Delim); ok && (delim == '{' || delim == '[') {
			if open = append(open, level{object: delim == '{', names: map[string]bool{}, name: true}); len(open) > 2*MaxDepth {
				return fmt.Errorf("%w: nested deeper than %d", ErrTypedData, 2*MaxDepth)
			}
			continue
		} else if ok {
			open = open[:len(open)-1]
		} else if n := len(open); n > 0 && open[n-1].object && open[n-1].name {
			name := token.(string)
			if open[n-1].names[name] {
				return fmt.Errorf("%w: %q occurs twice", ErrTypedData, wallet.Clip(name))
			}
			open[n-1].names[name], open[n-1].name = true, false
			continue
		}
		if len(open) == 0 {
			return refuseMore(decoder)
		}
		open[len(open)-1].name = true
	}
}

func refuseMore(decoder *json.Decoder) error {
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows the document", ErrTypedData)
	}
	return nil
}
