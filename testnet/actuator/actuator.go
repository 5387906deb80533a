package actuator

import (
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/javaproto"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Actuator is one contract of a transaction that needs no VM.
type Actuator interface {
	// Validate is the contract's own checks, in java-tron's order; the error is an *Error of kind Validate.
	Validate(s *state.State) error
	// Execute makes its effects and reports in r what the receipt shows, the fee first of all.
	Execute(s *state.State, r *tronpb.Transaction_Result) error
}

// ContractType is short for the generated name.
type ContractType = tronpb.Transaction_Contract_ContractType

// message is what every contract is: it has an owner.
type message interface {
	proto.Message
	GetOwnerAddress() []byte
}

// kind says how contracts of a type are read and run.
type kind struct {
	empty func() message
	make  func(message) Actuator
}

// contractOf is a pointer to a generated contract.
type contractOf[M any] interface {
	*M
	message
}

func kindOf[M any, P contractOf[M]](wrap func(P) Actuator) kind {
	return kind{
		empty: func() message { return P(new(M)) },
		make:  func(m message) Actuator { return wrap(m.(P)) },
	}
}

// Unpack reads the parameter of a contract. The error is what java-tron makes of bytes that are no such message.
func Unpack(c *tronpb.Transaction_Contract) (proto.Message, error) {
	k, ok := kinds[c.GetType()]
	if !ok {
		return nil, Errorf(Validate, "not exist contract null")
	}
	m := k.empty()
	want := m.ProtoReflect().Descriptor()
	if messageName(c) != string(want.FullName()) {
		return nil, Errorf(Validate, "%s", mistyped(c.GetType(), string(want.Name())))
	}
	if err := proto.Unmarshal(c.GetParameter().GetValue(), m); err != nil {
		return nil, invalid("%s", javaproto.Problem(c.GetParameter().GetValue(), want))
	}
	return m, nil
}

// messageName is the message that a contract's parameter holds: what follows the last slash of its URL.
func messageName(c *tronpb.Transaction_Contract) string {
	url := c.GetParameter().GetTypeUrl()
	slash := strings.LastIndexByte(url, '/')
	if slash < 0 {
		return ""
	}
	return url[slash+1:]
}

// Open reads a contract and gives what runs it. Contracts that need the VM have none: see Smart.
func Open(c *tronpb.Transaction_Contract) (Actuator, error) {
	if c.GetType() == Shielded {
		return nil, invalid(shieldedOff)
	}
	m, err := Unpack(c)
	if err != nil {
		return nil, err
	}
	k := kinds[c.GetType()]
	if k.make == nil {
		return nil, Errorf(Validate, "not exist contract null")
	}
	return k.make(m.(message)), nil
}

// Owner is the owner address of a contract as its bytes say; nil when they cannot be read.
func Owner(c *tronpb.Transaction_Contract) []byte {
	if c.GetType() == Shielded {
		return shieldedOwner(c)
	}
	m, err := Unpack(c)
	if err != nil {
		return nil
	}
	return m.(message).GetOwnerAddress()
}

// Known says whether contracts of a type can be put into transactions.
func Known(t ContractType) bool {
	_, ok := kinds[t]
	return ok
}

// Empty is an empty message of a contract type, or nil.
func Empty(t ContractType) proto.Message {
	k, ok := kinds[t]
	if !ok {
		return nil
	}
	return k.empty()
}

// address reads an address out of a message: 21 bytes that begin with 0x41.
func address(b []byte) (wallet.Address, bool) {
	a, err := wallet.AddressFromBytes(b)
	return a, err == nil
}
