package abi

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// Interface is what a contract's JSON ABI says.
type Interface struct {
	Constructor Params // of the arguments appended to the creation code; nil when there are none
	Payable     bool   // the constructor takes TRX
	Methods     []Method
	Events      []Event
	Errors      []CustomError
	Fallback    bool // has a fallback function
	Receive     bool // has a receive function

	// Unreadable are the names of functions, events and errors with a tuple whose components are not told: Tron's nodes keep only the word "tuple".
	Unreadable []string
}

// ParseJSON reads a JSON ABI: solc's array, an object with an "abi" field around it (an artifact), or the {"entrys": […]} that Tron's nodes answer.
// Errors wrap ErrType.
func ParseJSON(data []byte) (*Interface, error) {
	if len(data) > MaxJSON {
		return nil, fmt.Errorf("JSON ABI: %w: larger than %d bytes", ErrType, MaxJSON)
	}
	entries, err := jsonEntries(data, 0)
	if err != nil {
		return nil, fmt.Errorf("JSON ABI: %w", err)
	}
	var c Interface
	for i, e := range entries {
		err := c.add(e)
		if errors.Is(err, errNoComponents) {
			c.Unreadable = append(c.Unreadable, e.Name)
		} else if err != nil {
			return nil, fmt.Errorf("JSON ABI, entry %d (%s): %w", i, wallet.Clip(e.Name), err)
		}
	}
	return &c, nil
}

// MustJSON is ParseJSON for embedded artifacts; it panics on bad JSON.
func MustJSON(data []byte) *Interface {
	c, err := ParseJSON(data)
	if err != nil {
		panic(err)
	}
	return c
}

// Method finds a function by its name, or by its signature where the name is overloaded.
func (c *Interface) Method(name string) (Method, error) {
	var found []Method
	for _, m := range c.Methods {
		if m.Name == name || m.Signature() == name {
			found = append(found, m)
		}
	}
	switch len(found) {
	case 0:
		return Method{}, fmt.Errorf("%w: the contract has no function %q", ErrType, wallet.Clip(name))
	case 1:
		return found[0], nil
	}
	list := make([]string, len(found))
	for i, m := range found {
		list[i] = m.Signature()
	}
	return Method{}, fmt.Errorf("%w: %q may be %s", ErrType, name, strings.Join(list, " or "))
}

// MustMethod is Method for embedded artifacts; it panics when there is none.
func (c *Interface) MustMethod(name string) Method {
	m, err := c.Method(name)
	if err != nil {
		panic(err)
	}
	return m
}

// MethodOf finds the function that calldata calls.
func (c *Interface) MethodOf(calldata []byte) (Method, bool) {
	for _, m := range c.Methods {
		if id := m.Selector(); len(calldata) >= len(id) && id == [4]byte(calldata) {
			return m, true
		}
	}
	return Method{}, false
}

// Event finds an event by its name or signature.
func (c *Interface) Event(name string) (Event, error) {
	for _, e := range c.Events {
		if e.Name == name || e.Signature() == name {
			return e, nil
		}
	}
	return Event{}, fmt.Errorf("%w: the contract has no event %q", ErrType, wallet.Clip(name))
}

// MustEvent is Event for embedded artifacts; it panics when there is none.
func (c *Interface) MustEvent(name string) Event {
	e, err := c.Event(name)
	if err != nil {
		panic(err)
	}
	return e
}

// EventOf finds the event of a log; anonymous events are found only when nothing else fits.
func (c *Interface) EventOf(topics [][32]byte) (Event, bool) {
	for _, anonymous := range []bool{false, true} {
		for _, e := range c.Events {
			if e.Anonymous == anonymous && e.Matches(topics) {
				return e, true
			}
		}
	}
	return Event{}, false
}

// DecodeRevert explains revert data with the errors that the contract declares.
func (c *Interface) DecodeRevert(data []byte) *RevertError { return DecodeRevert(data, c.Errors...) }

// jsonEntry is one element of a JSON ABI.
type jsonEntry struct {
	Type            string      `json:"type"`
	Name            string      `json:"name"`
	Inputs          []jsonParam `json:"inputs"`
	Outputs         []jsonParam `json:"outputs"`
	StateMutability string      `json:"stateMutability"`
	Constant        bool        `json:"constant"` // before Solidity 0.6
	Payable         bool        `json:"payable"`
	Anonymous       bool        `json:"anonymous"`
}

type jsonParam struct {
	Name         string      `json:"name"`
	Type         string      `json:"type"`
	InternalType string      `json:"internalType"`
	Components   []jsonParam `json:"components"`
	Indexed      bool        `json:"indexed"`
}

// jsonEntries finds the list of entries in any of the forms it comes in.
func jsonEntries(data []byte, depth int) ([]jsonEntry, error) {
	var entries []jsonEntry
	listErr := json.Unmarshal(data, &entries)
	if listErr == nil {
		return entries, nil
	}
	var object struct {
		ABI    json.RawMessage `json:"abi"`
		Entrys json.RawMessage `json:"entrys"`
	}
	if err := json.Unmarshal(data, &object); err != nil || depth > 1 {
		return nil, fmt.Errorf("%w: %w", ErrType, listErr)
	}
	switch {
	case object.ABI != nil:
		return jsonEntries(object.ABI, depth+1)
	case object.Entrys != nil:
		return jsonEntries(object.Entrys, depth+1)
	default:
		return nil, fmt.Errorf("%w: no list of functions in it", ErrType)
	}
}

// add takes one entry. Tron's nodes write types and mutabilities with a capital, and leave out what is a function.
func (c *Interface) add(e jsonEntry) error {
	inputs, err := jsonParams(e.Inputs, 0)
	if err != nil {
		return err
	}
	kind := strings.ToLower(e.Type)
	switch kind {
	case "constructor", "fallback", "receive":
	default:
		if err := checkName(e.Name); err != nil {
			return err
		}
	}
	switch kind {
	case "function", "", "unknownentrytype":
		m := Method{Name: e.Name, Inputs: inputs, Mutability: e.mutability()}
		if m.Outputs, err = jsonParams(e.Outputs, 0); err != nil {
			return err
		}
		m.id = hashOf(m.Signature())
		c.Methods = append(c.Methods, m)
	case "event":
		ev := Event{Name: e.Name, Inputs: inputs, Anonymous: e.Anonymous}
		if err := ev.check(); err != nil {
			return err
		}
		ev.id = hashOf(ev.Signature())
		c.Events = append(c.Events, ev)
	case "error":
		custom := CustomError{Name: e.Name, Inputs: inputs}
		custom.id = hashOf(custom.Signature())
		c.Errors = append(c.Errors, custom)
	case "constructor":
		c.Constructor, c.Payable = inputs, e.mutability() == Payable
	case "fallback":
		c.Fallback = true
	case "receive":
		c.Receive = true
	default:
		return fmt.Errorf("%w: an entry of type %q", ErrType, wallet.Clip(e.Type))
	}
	return nil
}

func (e jsonEntry) mutability() Mutability {
	switch m := Mutability(strings.ToLower(e.StateMutability)); {
	case m == Pure || m == View || m == Payable || m == NonPayable:
		return m
	case e.Payable:
		return Payable
	case e.Constant:
		return View
	default:
		return NonPayable
	}
}

func jsonParams(list []jsonParam, depth int) (Params, error) {
	if depth > MaxDepth || len(list) > MaxParams {
		return nil, fmt.Errorf("%w: more than %d parameters, or nested deeper than %d", ErrType, MaxParams, MaxDepth)
	}
	var params Params
	for _, p := range list {
		t, err := p.typ(depth)
		if err == nil && p.Name != "" {
			err = checkName(p.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", wallet.Clip(p.Name), err)
		}
		params = append(params, Param{Name: p.Name, Type: t, Indexed: p.Indexed})
	}
	return params, params.check()
}

// typ builds the type; a tuple's components stand beside its name: "tuple[2][]".
func (p jsonParam) typ(depth int) (Type, error) {
	suffix, isTuple := strings.CutPrefix(p.Type, "tuple")
	if !isTuple || strings.HasPrefix(suffix, "(") {
		return ParseType(p.Type)
	}
	if len(p.Components) == 0 {
		return Type{}, errNoComponents
	}
	fields, err := jsonParams(p.Components, depth+1)
	if err != nil {
		return Type{}, err
	}
	t, err := tupleOf(fields)
	if err != nil {
		return Type{}, err
	}
	t.name = structName(p.InternalType)
	parser := &parser{text: suffix}
	if t, err = parser.suffixes(t); err == nil {
		err = parser.end()
	}
	return t, err
}

// structName takes "Terms" out of solc's "struct PaymentChannels.Terms[]".
func structName(internal string) string {
	if m := structPattern.FindStringSubmatch(internal); m != nil {
		return m[1]
	}
	return ""
}

var errNoComponents = fmt.Errorf("%w: a tuple without components", ErrType)

var structPattern = regexp.MustCompile(`^struct (?:[\w$]+\.)*([\w$]+)(?:\[\d*\])*$`)

func checkName(name string) error {
	p := &parser{text: name}
	if p.word() == "" || p.at != len(name) {
		return fmt.Errorf("%w: %q is no name", ErrType, wallet.Clip(name))
	}
	return nil
}
