package cmd

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/abi"
)

// selected is selectors and topics.
type selected struct {
	Selectors []selector `json:"selectors"`
}

type selector struct {
	Kind      string `json:"kind"` // function, error, event
	Selector  string `json:"selector"`
	Signature string `json:"signature"`
}

func (s selected) schema() string { return "piecework.abi.selector.v1" }

func (s selected) table() table {
	if len(s.Selectors) == 1 {
		return table{notes: []string{s.Selectors[0].Selector}}
	}
	t := table{heading: []string{"SELECTOR", "KIND", "SIGNATURE"}}
	for _, one := range s.Selectors {
		t.rows = append(t.rows, []string{one.Selector, one.Kind, one.Signature})
	}
	return t
}

func abiSelector(c *cli.Context) error {
	known, err := interfaceFlag(c)
	if err != nil {
		return err
	}
	if text := c.Args().First(); text != "" {
		method, err := methodOf(text, known)
		if err != nil {
			return err
		}
		s := method.Selector()
		return printResult(c, selected{[]selector{{"function", fmt.Sprintf("0x%x", s), method.Signature()}}})
	}
	if known == nil {
		return usagef("give a SIGNATURE, or --abi FILE")
	}
	var all selected
	for _, m := range known.Methods {
		all.Selectors = append(all.Selectors, selector{"function", fmt.Sprintf("0x%x", m.Selector()), m.Signature()})
	}
	for _, e := range known.Errors {
		all.Selectors = append(all.Selectors, selector{"error", fmt.Sprintf("0x%x", e.Selector()), e.Signature()})
	}
	for _, e := range known.Events {
		all.Selectors = append(all.Selectors, selector{"event", fmt.Sprintf("0x%x", e.Topic()), e.Signature()})
	}
	return printResult(c, all)
}

// revert is why a call reverted.
type revert struct {
	Reason string          `json:"reason"`
	Name   string          `json:"name,omitempty"`
	Values json.RawMessage `json:"values,omitempty"`
}

func (r revert) schema() string { return "piecework.abi.revert.v1" }

func (r revert) table() table { return table{notes: []string{r.Reason}} }

func abiRevert(c *cli.Context) error {
	known, err := interfaceFlag(c)
	if err != nil {
		return err
	}
	text, err := subject(c, "data")
	if err != nil {
		return err
	}
	data, err := hexOf("data", text)
	if err != nil {
		return err
	}
	var custom []abi.CustomError
	if known != nil {
		custom = known.Errors
	}
	for _, text := range textsOf(c, "error") {
		e, err := abi.ParseError(text)
		if err != nil {
			return usagef("--error: %s", err)
		}
		custom = append(custom, e)
	}
	why := abi.DecodeRevert(data, custom...)
	out := revert{Reason: why.Reason, Name: why.Name}
	for _, e := range custom {
		if e.Name == why.Name && len(e.Inputs) == len(why.Values) {
			if out.Values, err = e.Inputs.JSON(why.Values); err != nil {
				return err
			}
		}
	}
	return printResult(c, out)
}

func abiEvent(c *cli.Context) error {
	known, err := interfaceFlag(c)
	if err != nil {
		return err
	}
	topics, err := topicsFlag(c)
	if err != nil {
		return err
	}
	event, err := eventFor(c.Args().First(), known, topics)
	if err != nil {
		return err
	}
	if len(topics) == 0 && !c.IsSet("data") {
		return printResult(c, selected{[]selector{{"event", fmt.Sprintf("0x%x", event.Topic()), event.Signature()}}})
	}
	data, err := hexFlag(c, "data")
	if err != nil {
		return err
	}
	values, err := event.Decode(topics, data)
	if err != nil {
		return err
	}
	out, err := decodedOf(event.Signature(), event.Inputs, values)
	if err != nil {
		return err
	}
	return printResult(c, out)
}

func topicsFlag(c *cli.Context) ([][32]byte, error) {
	var topics [][32]byte
	for _, text := range textsOf(c, "topic") {
		raw, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
		if err != nil || len(raw) != 32 {
			return nil, usagef("--topic %s: a topic is 32 bytes of hex", text)
		}
		topics = append(topics, [32]byte(raw))
	}
	return topics, nil
}

// eventFor is the event that a signature names, or that a log's topics are of.
func eventFor(text string, known *abi.Interface, topics [][32]byte) (abi.Event, error) {
	if text == "" {
		if known == nil {
			return abi.Event{}, usagef("which event? Give a SIGNATURE, or --abi FILE")
		}
		event, ok := known.EventOf(topics)
		if !ok {
			return event, fmt.Errorf("no event of the ABI has these topics")
		}
		return event, nil
	}
	if known != nil {
		if event, err := known.Event(text); err == nil || !strings.Contains(text, "(") {
			return event, asUsage(err)
		}
	}
	event, err := abi.ParseEvent(text)
	return event, asUsage(err)
}
