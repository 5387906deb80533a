package abi

import (
	"fmt"

	"github.com/piecework/piecework/wallet"
)

// MaxTopics is how many topics a log can have (LOG4).
const MaxTopics = 4

// TopicHash stands for an indexed value of a dynamic type, an array or a tuple: the log has only its Keccak-256 hash.
type TopicHash [32]byte

// Event is an event of a contract, made by ParseEvent or ParseJSON. Its fields are to be read, not changed.
type Event struct {
	Name      string
	Inputs    Params
	Anonymous bool // its logs have no topic that tells the event

	id hashOnce
}

// ParseEvent reads a declaration: "Transfer(address indexed from, address indexed to, uint256 value)", with or without "event" before and "anonymous" behind.
func ParseEvent(declaration string) (Event, error) {
	p := &parser{text: declaration}
	e, err := p.event()
	if err == nil {
		err = e.check()
	}
	if err != nil {
		return Event{}, fmt.Errorf("event %q: %w", wallet.Clip(declaration), err)
	}
	e.id = hashOf(e.Signature())
	return e, nil
}

// MustEvent is ParseEvent for constants; it panics on bad text.
func MustEvent(declaration string) Event {
	e, err := ParseEvent(declaration)
	if err != nil {
		panic(err)
	}
	return e
}

// Signature is what the topic is the hash of: "Transfer(address,address,uint256)".
func (e Event) Signature() string { return e.Name + e.Inputs.String() }

// Topic is the first topic of the event's logs. Logs of anonymous events do not have it.
func (e Event) Topic() [32]byte { return e.id.hash(e) }

// String is the whole declaration in Solidity's spelling.
func (e Event) String() string {
	s := "event " + e.Name + e.Inputs.Declaration()
	if e.Anonymous {
		s += " anonymous"
	}
	return s
}

// Matches says whether a log's topics are of this event. It is true for every log with the right number of topics when the event is anonymous,
// and false for an event of the same signature that indexes a different number of parameters.
func (e Event) Matches(topics [][32]byte) bool {
	indexed := e.indexed()
	if e.Anonymous {
		return len(topics) == indexed
	}
	return len(topics) == indexed+1 && topics[0] == e.Topic()
}

// Decode reads a log into one value per parameter, in the order of the declaration. An indexed value of a dynamic type, an array or a tuple is a TopicHash.
// Errors wrap ErrData.
func (e Event) Decode(topics [][32]byte, data []byte) ([]any, error) {
	values, err := e.decode(topics, data)
	if err != nil {
		return nil, fmt.Errorf("decoding event %s: %w", e.Name, err)
	}
	return values, nil
}

// DecodeInto reads a log into pointers, one per parameter; nil skips one. The target of an indexed value of a dynamic type is a *TopicHash.
func (e Event) DecodeInto(topics [][32]byte, data []byte, targets ...any) error {
	values, err := e.Decode(topics, data)
	if err != nil {
		return err
	}
	if err := e.logged().assign(values, targets); err != nil {
		return fmt.Errorf("decoding event %s: %w", e.Name, err)
	}
	return nil
}

func (e Event) decode(topics [][32]byte, data []byte) ([]any, error) {
	if !e.Matches(topics) {
		return nil, fmt.Errorf("%w: the topics are not of %s", ErrData, e)
	}
	if !e.Anonymous {
		topics = topics[1:]
	}
	plain, err := e.plain().Decode(data)
	if err != nil {
		return nil, err
	}
	values := make([]any, len(e.Inputs))
	for i := range e.Inputs {
		if !e.Inputs[i].Indexed {
			values[i], plain = plain[0], plain[1:]
			continue
		}
		if values[i], err = topicValue(&e.Inputs[i].Type, topics[0]); err != nil {
			return nil, fmt.Errorf("%s %s: %w", e.Inputs[i].Type, e.Inputs.label(i), err)
		}
		topics = topics[1:]
	}
	return values, nil
}

// topicValue reads an indexed parameter.
func topicValue(t *Type, topic [32]byte) (any, error) {
	if hashedTopic(t) {
		return TopicHash(topic), nil
	}
	return wordValue(t, topic[:])
}

func hashedTopic(t *Type) bool { return t.dynamic || t.kind == KindArray || t.kind == KindTuple }

func (e Event) indexed() int {
	n := 0
	for i := range e.Inputs {
		if e.Inputs[i].Indexed {
			n++
		}
	}
	return n
}

// plain are the parameters that the log's data holds.
func (e Event) plain() Params {
	var p Params
	for _, in := range e.Inputs {
		if !in.Indexed {
			p = append(p, in)
		}
	}
	return p
}

// logged are the parameters as a log has them: bytes32 where only a hash is left.
func (e Event) logged() Params {
	p := make(Params, len(e.Inputs))
	for i, in := range e.Inputs {
		if p[i] = in; in.Indexed && hashedTopic(&in.Type) {
			p[i].Type = Type{kind: KindFixedBytes, size: 32, words: 1, depth: 1}
		}
	}
	return p
}

func (e Event) check() error {
	most := MaxTopics - 1
	if e.Anonymous {
		most = MaxTopics
	}
	if n := e.indexed(); n > most {
		return fmt.Errorf("%w: %d indexed parameters, a log has room for %d", ErrType, n, most)
	}
	return nil
}

// event reads a declaration to its end.
func (p *parser) event() (Event, error) {
	var e Event
	if e.Name = p.word(); e.Name == "event" {
		e.Name = p.word()
	}
	if e.Name == "" {
		return Event{}, p.unexpected("a name")
	}
	var err error
	if e.Inputs, err = p.params(); err != nil {
		return Event{}, err
	}
	switch word := p.word(); word {
	case "":
	case "anonymous":
		e.Anonymous = true
	default:
		return Event{}, fmt.Errorf("%w: %q is no modifier of an event", ErrType, wallet.Clip(word))
	}
	p.take(';')
	return e, p.end()
}
