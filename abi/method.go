package abi

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// Mutability is what a function promises about state and money.
type Mutability string

// The four promises of Solidity. A signature that names none is NonPayable.
const (
	Pure       Mutability = "pure"
	View       Mutability = "view"
	NonPayable Mutability = "nonpayable"
	Payable    Mutability = "payable"
)

// Method is a function of a contract, made by ParseMethod or ParseJSON. Its fields are to be read, not changed.
type Method struct {
	Name       string
	Inputs     Params
	Outputs    Params
	Mutability Mutability

	id hashOnce
}

// ParseMethod reads a signature, in cast's short form or Solidity's:
//
//	transfer(address,uint256)(bool)
//	function balanceOf(address owner) external view returns (uint256)
func ParseMethod(signature string) (Method, error) {
	p := &parser{text: signature}
	m, err := p.method()
	if err == nil {
		p.take(';')
		err = p.end()
	}
	if err != nil {
		return Method{}, fmt.Errorf("function %q: %w", wallet.Clip(signature), err)
	}
	m.id = hashOf(m.Signature())
	return m, nil
}

// MustMethod is ParseMethod for constants; it panics on bad text.
func MustMethod(signature string) Method {
	m, err := ParseMethod(signature)
	if err != nil {
		panic(err)
	}
	return m
}

// Signature is what the selector is the hash of: "transfer(address,uint256)".
func (m Method) Signature() string { return m.Name + m.Inputs.String() }

// Selector is the first four bytes of calldata.
func (m Method) Selector() [4]byte { return m.id.selector(m) }

// Constant says whether the function promises not to write, so that it can be called without a transaction.
func (m Method) Constant() bool { return m.Mutability == View || m.Mutability == Pure }

// String is the whole declaration in Solidity's spelling.
func (m Method) String() string {
	s := "function " + m.Name + m.Inputs.Declaration()
	if m.Mutability != NonPayable && m.Mutability != "" {
		s += " " + string(m.Mutability)
	}
	if len(m.Outputs) > 0 {
		s += " returns " + m.Outputs.Declaration()
	}
	return s
}

// Encode gives the calldata: the selector and the arguments. Errors wrap ErrValue.
func (m Method) Encode(args ...any) ([]byte, error) {
	id := m.Selector()
	data, err := m.Inputs.appendTo(id[:], args)
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", m.Name, err)
	}
	return data, nil
}

// Decode reads what a call returned. Errors wrap ErrData; a revert's data is for DecodeRevert.
func (m Method) Decode(output []byte) ([]any, error) {
	values, err := m.Outputs.Decode(output)
	if err != nil {
		return nil, fmt.Errorf("decoding the result of %s: %w", m.Name, err)
	}
	return values, nil
}

// DecodeInto reads what a call returned into pointers, one per output; nil skips one.
func (m Method) DecodeInto(output []byte, targets ...any) error {
	if err := m.Outputs.DecodeInto(output, targets...); err != nil {
		return fmt.Errorf("decoding the result of %s: %w", m.Name, err)
	}
	return nil
}

// DecodeInput reads the arguments from calldata, which must begin with the method's selector.
func (m Method) DecodeInput(calldata []byte) ([]any, error) {
	id := m.Selector()
	if !bytes.HasPrefix(calldata, id[:]) {
		return nil, fmt.Errorf("decoding a call of %s: %w: it does not begin with the selector %x", m.Name, ErrData, id)
	}
	values, err := m.Inputs.Decode(calldata[len(id):])
	if err != nil {
		return nil, fmt.Errorf("decoding a call of %s: %w", m.Name, err)
	}
	return values, nil
}

// Declaration is the list with names, "(address indexed from, uint256 value)".
func (p Params) Declaration() string {
	list := make([]string, len(p))
	for i, param := range p {
		list[i] = param.Type.declaration()
		if param.Indexed {
			list[i] += " indexed"
		}
		if param.Name != "" {
			list[i] += " " + param.Name
		}
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// declaration is the type with the names of its components.
func (t Type) declaration() string {
	switch t.kind {
	case KindTuple:
		return t.fields.Declaration()
	case KindArray:
		return fmt.Sprintf("%s[%d]", t.elem.declaration(), t.size)
	case KindSlice:
		return t.elem.declaration() + "[]"
	default:
		return t.String()
	}
}

// hashOnce is the hash of a signature, computed when the definition was parsed. The zero hashOnce computes it every time.
type hashOnce struct {
	known bool
	sum   [32]byte
}

func hashOf(signature string) hashOnce { return hashOnce{true, wallet.Keccak256([]byte(signature))} }

func (h hashOnce) hash(of interface{ Signature() string }) [32]byte {
	if !h.known {
		h = hashOf(of.Signature())
	}
	return h.sum
}

func (h hashOnce) selector(of interface{ Signature() string }) [4]byte {
	sum := h.hash(of)
	return [4]byte(sum[:])
}

// method reads a declaration after its first word, if that is "function".
func (p *parser) method() (Method, error) {
	m := Method{Mutability: NonPayable}
	if m.Name = p.word(); m.Name == "function" {
		m.Name = p.word()
	}
	if m.Name == "" {
		return Method{}, p.unexpected("a name")
	}
	var err error
	if m.Inputs, err = p.params(); err != nil {
		return Method{}, err
	}
	for {
		switch word := p.word(); word {
		case "":
			if p.space(); !strings.HasPrefix(p.rest(), "(") {
				return m, nil
			}
			m.Outputs, err = p.params()
			return m, err
		case "returns":
			m.Outputs, err = p.params()
			return m, err
		case "external", "public", "virtual", "override", "nonpayable":
		case "view", "pure", "payable":
			m.Mutability = Mutability(word)
		case "constant":
			m.Mutability = View
		default:
			return Method{}, fmt.Errorf("%w: %q is no modifier of a function", ErrType, wallet.Clip(word))
		}
	}
}
