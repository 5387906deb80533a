package abi

import (
	"errors"
	"strings"
	"testing"

	"github.com/piecework/piecework/wallet"
)

const sampleABI = `[
 {"type":"constructor","inputs":[{"name":"owner","type":"address"}],"stateMutability":"payable"},
 {"type":"function","name":"open","inputs":[{"name":"terms","type":"tuple[]","internalType":"struct Channels.Terms[]","components":[{"name":"payer","type":"address"},{"name":"ids","type":"uint256[2]"}]}],"outputs":[{"name":"","type":"bytes32"}],"stateMutability":"payable"},
 {"type":"function","name":"get","inputs":[],"outputs":[],"constant":true},
 {"type":"function","name":"get","inputs":[{"name":"i","type":"uint256"}],"outputs":[],"stateMutability":"pure"},
 {"type":"event","name":"Opened","inputs":[{"name":"id","type":"bytes32","indexed":true},{"name":"note","type":"string"}]},
 {"type":"event","name":"Raw","anonymous":true,"inputs":[{"name":"id","type":"bytes32","indexed":true}]},
 {"type":"error","name":"Stale","inputs":[{"name":"settled","type":"uint256"}]},
 {"type":"fallback","stateMutability":"payable"},{"type":"receive","stateMutability":"payable"}]`

func TestParseJSON(t *testing.T) {
	for name, text := range map[string]string{
		"solc's list":        sampleABI,
		"an artifact":        `{"contractName":"Channels","abi":` + sampleABI + `}`,
		"a node's answer":    `{"entrys":` + strings.NewReplacer(`"function"`, `"Function"`, `"event"`, `"Event"`, `"view"`, `"View"`).Replace(sampleABI) + `}`,
		"both in each other": `{"abi":{"entrys":` + sampleABI + `}}`,
	} {
		c, err := ParseJSON([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		open, err := c.Method("open")
		if err != nil || open.String() != "function open((address payer, uint256[2] ids)[] terms) payable returns (bytes32)" || open.Inputs[0].Type.Elem().Name() != "Terms" {
			t.Errorf("%s: %s, %v", name, open, err)
		}
		if len(c.Constructor) != 1 || !c.Payable || !c.Fallback || !c.Receive || len(c.Methods) != 3 || len(c.Events) != 2 || len(c.Errors) != 1 {
			t.Errorf("%s: %+v", name, c)
		}
		if _, err := c.Method("get"); err == nil || !strings.Contains(err.Error(), "get() or get(uint256)") {
			t.Errorf("%s: %v", name, err)
		}
		if m, err := c.Method("get()"); err != nil || !m.Constant() {
			t.Errorf("%s: %v %v", name, m, err)
		}
		id := c.Methods[2].Selector()
		if m, ok := c.MethodOf(id[:]); !ok || m.Signature() != "get(uint256)" {
			t.Errorf("%s: %v", name, m)
		}
		if e, ok := c.EventOf([][32]byte{c.Events[0].Topic(), {}}); !ok || e.Name != "Opened" {
			t.Errorf("%s: %v", name, e)
		}
		if e, ok := c.EventOf([][32]byte{{1}}); !ok || e.Name != "Raw" {
			t.Errorf("%s: %v", name, e)
		}
		if _, ok := c.EventOf([][32]byte{{1}, {2}}); ok {
			t.Errorf("%s: an event of nobody", name)
		}
	}
}

// Tron's nodes store no components. One function that cannot be called must not hide the others.
func TestTupleWithoutComponents(t *testing.T) {
	c, err := ParseJSON([]byte(`{"entrys":[{"name":"open","inputs":[{"name":"terms","type":"tuple"}],"type":"Function"},{"name":"get","type":"Function","stateMutability":"View"}]}`))
	if err != nil || len(c.Methods) != 1 || len(c.Unreadable) != 1 || c.Unreadable[0] != "open" {
		t.Errorf("%+v %v", c, err)
	}
}

func TestParseJSONRefuses(t *testing.T) {
	deep := strings.Repeat(`{"type":"tuple","components":[`, MaxDepth+2) + `{"type":"bool"}` + strings.Repeat(`]}`, MaxDepth+2)
	for _, text := range []string{
		``, `5`, `{}`, `{"abi":5}`, `{"abi":{"abi":{"abi":[]}}}`, `[{"type":"function","name":"f","inputs":[{"type":"uint7"}]}]`, `[{"type":"modifier","name":"f"}]`,
		`[{"type":"function","name":""}]`, `[{"type":"function","name":"f g"}]`, `[{"type":"event","name":"\u001b[2J"}]`, `[{"type":"error"}]`,
		`[{"type":"function","name":"f","inputs":[{"name":"a b","type":"bool"}]}]`, `[{"type":"function","name":"f","inputs":[{"type":"tuplex","components":[{"type":"bool"}]}]}]`,
		`[{"type":"function","name":"f","inputs":[` + deep + `]}]`,
		`[{"type":"event","name":"E","inputs":[` + strings.Repeat(`{"type":"bool","indexed":true},`, 3) + `{"type":"bool","indexed":true}]}]`,
		strings.Repeat(" ", MaxJSON+1),
	} {
		if c, err := ParseJSON([]byte(text)); !errors.Is(err, ErrType) {
			t.Errorf("%s: %+v %v", wallet.Clip(text), c, err)
		}
	}
}
