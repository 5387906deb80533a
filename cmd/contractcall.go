package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// called is what a function returned. Its table is the bare value, for $(…), when there is one.
type called struct {
	Contract  wallet.Address  `json:"contract"`
	Signature string          `json:"signature"`
	Values    json.RawMessage `json:"values,omitempty"`
	Raw       string          `json:"raw"`
	Energy    int64           `json:"energy"`

	outputs abi.Params
	values  []any
}

func (r called) schema() string { return "piecework.contract.call.v1" }

func (r called) table() table {
	switch len(r.outputs) {
	case 0:
		return table{notes: []string{r.Raw}}
	case 1:
		return table{notes: []string{plainText(r.outputs[0].Type, r.values[0])}}
	}
	t := table{}
	for i, p := range r.outputs {
		t.rows = append(t.rows, []string{orDefault(p.Name, fmt.Sprint(i)), abi.FormatValue(p.Type, r.values[i])})
	}
	return t
}

// plainText is a value that stands alone: a string without quotes, if nothing in it could act on a terminal.
func plainText(t abi.Type, value any) string {
	text, ok := value.(string)
	if quoted := abi.FormatValue(t, value); !ok || quoted != `"`+text+`"` {
		return quoted
	}
	return text
}

func contractCall(c *cli.Context) error {
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	target, err := targetOf(c, s)
	if err != nil {
		return err
	}
	call := node.Call{Contract: target.address, Data: target.data}
	if text := c.String("value"); text != "" {
		if call.Value, err = wallet.ParseTRX(text); err != nil {
			return usagef("--value: %s", err)
		}
	}
	if from := c.String("from"); from != "" {
		if call.From, err = resolve(c, s.network, from); err != nil {
			return err
		}
	}
	view := node.Head
	if c.Bool("solid") {
		view = node.Solid
	}
	answer, err := s.node.Simulate(c.Context, view, call)
	if err != nil {
		return target.explain(err)
	}
	out := called{Contract: target.address, Signature: target.method.Signature(), Raw: fmt.Sprintf("0x%x", answer.Output), Energy: answer.Energy}
	if out.outputs = target.method.Outputs; len(out.outputs) > 0 {
		if out.values, err = target.method.Decode(answer.Output); err != nil {
			return fmt.Errorf("%s returned something else than %s (0x%x): %w", target.address, out.outputs, answer.Output, err)
		}
		if out.Values, err = out.outputs.JSON(out.values); err != nil {
			return err
		}
	}
	return printResult(c, out)
}

// target is the function of a contract that a command calls.
type target struct {
	address wallet.Address
	known   *abi.Interface // from --abi or the chain; nil when there is none
	method  abi.Method
	values  []any
	data    []byte
}

func targetOf(c *cli.Context, s *session) (target, error) {
	var t target
	var err error
	if t.address, err = tokenAddress(c, s, c.String("to")); err != nil {
		return t, err
	}
	stored, err := s.node.Contract(c.Context, t.address)
	if err != nil {
		return t, withHint(err, "Is %s a contract, and on %s?", t.address, s.network.Name)
	}
	if t.known, err = interfaceFlag(c); err != nil {
		return t, err
	}
	if t.known == nil {
		if known, err := abi.ParseJSON(stored.ABI); err == nil { // an ABI that makes no sense is as good as none
			t.known = known
		}
	}
	if t.method, err = methodOf(c.Args().First(), t.known); err != nil {
		return t, err
	}
	if t.values, err = t.method.Inputs.ParseArgsBy(textsOf(c, "arg"), naming(c, s)); err != nil {
		return t, usagef("%s: %s", t.method.Signature(), err)
	}
	t.data, err = t.method.Encode(t.values...)
	return t, asUsage(err)
}

// naming reads an address among arguments, or the name of an account or contact.
func naming(c *cli.Context, s *session) func(string) (wallet.Address, error) {
	return func(text string) (wallet.Address, error) { return resolve(c, s.network, text) }
}

// explain decodes why a call failed, with the errors that the contract declares.
func (t target) explain(err error) error {
	var failed *node.FailedError
	if !errors.As(err, &failed) {
		return err
	}
	err = fmt.Errorf("%s: %w", t.method.Signature(), failure(failed, t.declared()...))
	if t.known != nil && len(t.known.Methods) > 0 && !t.has() {
		return withHint(err, "The interface of %s has no such function.", t.address)
	}
	return err
}

// declared are the errors that its contract declares.
func (t target) declared() []abi.CustomError {
	if t.known == nil {
		return nil
	}
	return t.known.Errors
}

// has says whether its contract's interface has the function.
func (t target) has() bool {
	return slices.ContainsFunc(t.known.Methods, func(m abi.Method) bool { return m.Selector() == t.method.Selector() })
}

// String is the call with its arguments: "transfer(to: T…, amount: 5)".
func (t target) String() string { return t.method.Name + t.method.Inputs.Format(t.values) }

// callSent is a function that was called by a transaction.
type callSent struct {
	sent
	Contract  wallet.Address  `json:"contract"`
	Signature string          `json:"signature"`
	Values    json.RawMessage `json:"values,omitempty"`
	Events    []logShown      `json:"events,omitempty"`
}

// logShown is a log of a receipt, decoded where its event is known.
type logShown struct {
	Contract wallet.Address  `json:"contract"`
	Event    string          `json:"event,omitempty"`
	Args     json.RawMessage `json:"args,omitempty"`
	Topics   []string        `json:"topics,omitempty"`
	Data     string          `json:"data,omitempty"`

	text string
}

func (s callSent) schema() string { return "piecework.contract.send.v1" }

func (s callSent) table() table {
	rows := append([][]string{{"contract", s.Contract.String()}, {"called", s.Signature}}, s.rows()...)
	if len(s.Values) > 0 {
		rows = append(rows, []string{"returned", string(s.Values)})
	}
	for _, e := range s.Events {
		rows = append(rows, []string{"event", e.text})
	}
	return table{rows: rows}
}

func contractSend(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	t, err := targetOf(c, s)
	if err != nil {
		return err
	}
	money, err := alongFlags(c, s)
	if err != nil {
		return err
	}
	call := &tx.TriggerSmartContract{
		Owner: s.from, Contract: t.address, Data: t.data, CallValue: money.value, TokenID: money.token, CallTokenValue: money.tokens,
	}
	effect := fmt.Sprintf("calls %s of contract %s%s", t, t.address, money.text)
	result, err := send(c, s, sending{call: call, effects: []string{effect}, declared: t.declared()})
	if err != nil {
		return err
	}
	out := callSent{sent: *result, Contract: t.address, Signature: t.method.Signature()}
	if result.receipt != nil {
		out.Events = t.events(result.receipt.Logs)
		if values, err := t.method.Decode(result.receipt.Output); err == nil && len(values) > 0 {
			if out.Values, err = t.method.Outputs.JSON(values); err != nil {
				return err
			}
		}
	}
	return printResult(c, out)
}

// events decodes logs as far as the contract's ABI tells, and transfers and approvals of tokens in any case; the rest stays as it is.
func (t target) events(logs []node.Log) []logShown {
	shown := make([]logShown, 0, len(logs))
	for _, l := range logs {
		one := logShown{Contract: l.Contract, Data: fmt.Sprintf("0x%x", l.Data)}
		for _, topic := range l.Topics {
			one.Topics = append(one.Topics, fmt.Sprintf("0x%x", topic))
		}
		one.text = fmt.Sprintf("%s %s %s", l.Contract, strings.Join(one.Topics, " "), one.Data)
		known := &abi.Interface{}
		if l.Contract == t.address && t.known != nil {
			known = t.known
		}
		if !one.decode(known, l) {
			one.decode(&abi.Interface{Events: wellKnownEvents()}, l)
		}
		shown = append(shown, one)
	}
	return shown
}

func (e *logShown) decode(known *abi.Interface, l node.Log) bool {
	event, ok := known.EventOf(l.Topics)
	if !ok {
		return false
	}
	values, err := event.Decode(l.Topics, l.Data)
	if err != nil {
		return false
	}
	if e.Args, err = event.Inputs.JSON(values); err != nil {
		return false
	}
	e.Event, e.text, e.Topics, e.Data = event.Signature(), event.Name+event.Inputs.Format(values), nil, ""
	return true
}
