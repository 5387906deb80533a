package explorer

import (
	"encoding/hex"
	"strings"
	"sync"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/tx"
)

// value is a decoded argument or result.
type value struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

// call is a contract call as its ABI reads it.
type call struct {
	Method    string  `json:"method"`
	Signature string  `json:"signature"`
	Arguments []value `json:"arguments"`
}

// event is a log of a contract; Name is empty when no ABI tells it.
type event struct {
	Contract  string   `json:"contract"`
	Name      string   `json:"name"`
	Arguments []value  `json:"arguments,omitempty"`
	Topics    []string `json:"topics"`
	Data      string   `json:"data"`
}

// standard is what tokens have in common: it reads contracts that were deployed without an ABI.
var standard = sync.OnceValue(func() *abi.Interface {
	return abi.MustJSON([]byte(`[
 {"type":"function","name":"transfer","stateMutability":"nonpayable","inputs":[{"name":"to","type":"address"},{"name":"amount","type":"uint256"}],"outputs":[{"type":"bool"}]},
 {"type":"function","name":"approve","stateMutability":"nonpayable","inputs":[{"name":"spender","type":"address"},{"name":"amount","type":"uint256"}],"outputs":[{"type":"bool"}]},
 {"type":"function","name":"transferFrom","stateMutability":"nonpayable","inputs":[{"name":"from","type":"address"},{"name":"to","type":"address"},{"name":"amount","type":"uint256"}],"outputs":[{"type":"bool"}]},
 {"type":"event","name":"Transfer","inputs":[{"name":"from","type":"address","indexed":true},{"name":"to","type":"address","indexed":true},{"name":"value","type":"uint256"}]},
 {"type":"event","name":"Approval","inputs":[{"name":"owner","type":"address","indexed":true},{"name":"spender","type":"address","indexed":true},{"name":"value","type":"uint256"}]}
]`))
})

// interfaceOf is a contract's stored ABI; nil when it has none that can be read.
func (e *Explorer) interfaceOf(a wallet.Address) *abi.Interface {
	record := e.chain.Contract(chain.Head, a[:])
	if len(record.GetAbi().GetEntrys()) == 0 {
		return nil
	}
	parsed, err := abi.ParseJSON([]byte(javajson.Print(record.GetAbi(), false)))
	if err != nil {
		return nil
	}
	return parsed
}

// interfaces are the ABIs that may read what a contract is given or says: its own, then the tokens'.
func (e *Explorer) interfaces(a wallet.Address) []*abi.Interface {
	if own := e.interfaceOf(a); own != nil {
		return []*abi.Interface{own, standard()}
	}
	return []*abi.Interface{standard()}
}

func values(params abi.Params, decoded []any) []value {
	list := make([]value, len(decoded))
	for i, v := range decoded {
		list[i] = value{params[i].Name, params[i].Type.String(), abi.FormatValue(params[i].Type, v)}
	}
	return list
}

// declared are parameters without values.
func declared(params abi.Params) []value {
	list := make([]value, len(params))
	for i, p := range params {
		list[i] = value{Name: p.Name, Type: p.Type.String()}
	}
	return list
}

// callOf reads the call that a contract is given; nil when no ABI tells it.
func (e *Explorer) callOf(a wallet.Address, data []byte) *call {
	for _, known := range e.interfaces(a) {
		m, ok := known.MethodOf(data)
		if !ok {
			continue
		}
		if decoded, err := m.DecodeInput(data); err == nil {
			return &call{m.Name, m.String(), values(m.Inputs, decoded)}
		}
	}
	return nil
}

// eventOf reads a log.
func (e *Explorer) eventOf(log *tronpb.TransactionInfo_Log) event {
	a := addressOf(log.GetAddress())
	shown := event{Contract: a.String(), Topics: []string{}, Data: hex.EncodeToString(log.GetData())}
	topics := make([][32]byte, len(log.GetTopics()))
	for i, t := range log.GetTopics() {
		copy(topics[i][:], t)
		shown.Topics = append(shown.Topics, hex.EncodeToString(t))
	}
	for _, known := range e.interfaces(a) {
		ev, ok := known.EventOf(topics)
		if !ok {
			continue
		}
		if decoded, err := ev.Decode(topics, log.GetData()); err == nil {
			shown.Name, shown.Arguments = ev.Name, values(ev.Inputs, decoded)
			break
		}
	}
	return shown
}

// addressOf takes both forms that a node has, 21 bytes and 20.
func addressOf(raw []byte) wallet.Address {
	if len(raw) == 20 {
		return wallet.AddressFromEVM([20]byte(raw))
	}
	a, err := wallet.AddressFromBytes(raw)
	if err != nil {
		return wallet.Address{}
	}
	return a
}

// addressText is empty for no address.
func addressText(raw []byte) string {
	a := addressOf(raw)
	if a == (wallet.Address{}) {
		return ""
	}
	return a.String()
}

// contractIn is what a transaction wants; nil when its bytes cannot be read.
func contractIn(t *tronpb.Transaction) tx.Contract {
	list := t.GetRawData().GetContract()
	if len(list) == 0 {
		return nil
	}
	c, err := tx.DecodeContract(tx.Type(list[0].GetType()), list[0].GetParameter().GetValue())
	if err != nil {
		return nil
	}
	return c
}

// amountOf is what a transaction moves, and to whom, for lists; both may be empty.
func (e *Explorer) amountOf(c tx.Contract) (to, amount string) {
	switch c := c.(type) {
	case *tx.Transfer:
		return c.To.String(), c.Amount.String() + " TRX"
	case *tx.TransferAsset:
		return c.To.String(), e.tokenAmount(c.Asset, c.Amount)
	case *tx.TriggerSmartContract:
		if c.CallValue > 0 {
			amount = c.CallValue.String() + " TRX"
		}
		return c.Contract.String(), amount
	}
	return "", ""
}

// tokenAmount shows an amount of a TRC-10 token with its decimals and short name.
func (e *Explorer) tokenAmount(id string, amount wallet.Units) string {
	token := e.chain.Asset(chain.Head, id)
	if token == nil {
		return amount.String() + " of token " + id
	}
	return wallet.FormatUnits(amount, int(token.GetPrecision())) + " " + text(token.GetAbbr())
}

// text is what a stranger called something; what is no UTF-8 in it becomes U+FFFD, as JSON would have it.
func text(raw []byte) string { return strings.ToValidUTF8(string(raw), "\uFFFD") }
