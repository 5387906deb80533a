package explorer

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// feeLimit is what a call from the page may burn, the most that mainnet lets a transaction say today.
const feeLimit = 15_000 * wallet.TRX

// method is a function of a contract as the page offers it.
type method struct {
	Signature string  `json:"signature"` // the declaration, with names
	Name      string  `json:"name"`
	Inputs    []value `json:"inputs"`
	Outputs   []value `json:"outputs"`
	Reads     bool    `json:"reads"`
	Payable   bool    `json:"payable"`
}

// contract is what is known of a contract and the functions that it has.
func (e *Explorer) contract(r *http.Request) (any, error) {
	a, err := wallet.ParseAddress(r.PathValue("address"))
	if err != nil {
		return nil, err
	}
	record := e.chain.Contract(chain.Head, a[:])
	if record == nil {
		return nil, fmt.Errorf(noSuchThing+": %w", "contract "+a.String(), errMissing)
	}
	methods := []method{}
	known := e.interfaceOf(a)
	if known != nil {
		for _, m := range known.Methods {
			methods = append(methods, method{m.String(), m.Name, declared(m.Inputs), declared(m.Outputs), m.Constant(), m.Mutability == abi.Payable})
		}
	}
	return map[string]any{
		"address": a.String(), "name": text([]byte(record.GetName())), "creator": addressText(record.GetOriginAddress()),
		"code": len(e.chain.Code(chain.Head, a)), "codeHash": hex.EncodeToString(record.GetCodeHash()),
		"callerPays": record.GetConsumeUserResourcePercent(), "energyLimit": record.GetOriginEnergyLimit(), "hasABI": known != nil, "methods": methods,
	}, nil
}

// ask is a call that the page wants made.
type ask struct {
	Contract  string   `json:"contract"`
	Method    string   `json:"method"`    // a declaration of the contract's ABI, or any signature: "totalSupply()(uint256)"
	Arguments []string `json:"arguments"` // as abi.Params.ParseArgs takes them
	From      string   `json:"from"`      // who calls; to write, one of the funded accounts
	Value     string   `json:"value"`     // TRX to send along
}

// prepared is an ask that was understood.
type prepared struct {
	method  abi.Method
	from    wallet.Address
	trigger *tronpb.TriggerSmartContract
}

func (e *Explorer) prepare(r *http.Request) (p prepared, err error) {
	var a ask
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		return p, fmt.Errorf("reading the call: %w", err)
	}
	to, err := wallet.ParseAddress(a.Contract)
	if err != nil {
		return p, fmt.Errorf("the contract: %w", err)
	}
	p.from = to
	if a.From != "" {
		if p.from, err = wallet.ParseAddress(a.From); err != nil {
			return p, fmt.Errorf("the caller: %w", err)
		}
	}
	if p.method, err = abi.ParseMethod(a.Method); err != nil {
		return p, err
	}
	args, err := p.method.Inputs.ParseArgs(a.Arguments)
	if err != nil {
		return p, err
	}
	data, err := p.method.Encode(args...)
	if err != nil {
		return p, err
	}
	p.trigger = &tronpb.TriggerSmartContract{OwnerAddress: p.from[:], ContractAddress: to[:], Data: data}
	if a.Value != "" {
		value, err := wallet.ParseTRX(a.Value)
		if err != nil {
			return p, fmt.Errorf("the TRX to send along: %w", err)
		}
		p.trigger.CallValue = int64(value)
	}
	return p, nil
}

// read calls a method without a transaction.
func (e *Explorer) read(r *http.Request) (any, error) {
	p, err := e.prepare(r)
	if err != nil {
		return nil, err
	}
	c, err := e.chain.Constant(chain.Head, p.trigger, nil)
	if err != nil {
		return nil, err
	}
	if c.Failure != "" {
		return nil, errors.New(e.reasonOr(addressOf(p.trigger.GetContractAddress()), c.Return, c.Failure))
	}
	answer := map[string]any{"returned": hex.EncodeToString(c.Return), "energy": c.EnergyUsed, "values": []value{}}
	if len(p.method.Outputs) > 0 {
		decoded, err := p.method.Decode(c.Return)
		if err != nil {
			return nil, err
		}
		answer["values"] = values(p.method.Outputs, decoded)
	}
	return answer, nil
}

// write sends a call, signed with the key of the funded account that makes it.
func (e *Explorer) write(r *http.Request) (any, error) {
	p, err := e.prepare(r)
	if err != nil {
		return nil, err
	}
	key, ok := e.keys[p.from]
	if !ok {
		return nil, fmt.Errorf("the key of %s is not known here; call from one of the funded accounts", p.from)
	}
	t, err := e.chain.Build(tronpb.Transaction_Contract_TriggerSmartContract, p.trigger)
	if err != nil {
		return nil, err
	}
	t = proto.CloneOf(t)
	t.RawData.FeeLimit = int64(feeLimit)
	id := chain.TxID(t)
	signature := key.Sign(id)
	t.Signature = [][]byte{signature[:]}
	if ret := e.chain.Broadcast(t); !ret.GetResult() {
		return nil, fmt.Errorf("%s: %s", ret.GetCode(), text(ret.GetMessage()))
	}
	return map[string]string{"id": hex.EncodeToString(id[:])}, nil
}

// reason explains the data of a revert by the contract's errors.
func (e *Explorer) reason(a wallet.Address, data []byte) string {
	if known := e.interfaceOf(a); known != nil {
		return known.DecodeRevert(data).Error()
	}
	return abi.DecodeRevert(data).Error()
}

func (e *Explorer) reasonOr(a wallet.Address, data []byte, failure string) string {
	if len(data) > 0 {
		return e.reason(a, data)
	}
	return failure
}
