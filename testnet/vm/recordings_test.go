package vm_test

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// The recordings of a running java-tron 4.8.0 (mainnet's parameters without 94, 95 and 96) lie in ../testdata/recorded, whose README tells
// their form. Here they are read for what the VM alone decides: constant calls, deployments and calls.

const recordings = "../testdata/recorded/"

// recording is the cases of some groups, and the code that they name.
type recording struct {
	Cases           []recordedCase
	Codes, Runtimes map[string]string
}

type recordedCase struct {
	Name     string
	Accounts map[string]*float64
	Steps    []recordedStep
}

// recordedStep is one thing that a case did.
type recordedStep struct {
	Step, Do, From, To, Data, Name string
	// Value is the TRX that comes along, for a system contract all that it says.
	Value, Token      json.RawMessage
	TokenValue, Limit int64
	Percent           int64
	Want              recordedWant
}

type recordedWant struct {
	Energy, Penalty                int64
	Result, Return, Message, Error string
	Logs, Internal                 []map[string]any
}

// rawCase is a case as it is written.
type rawCase struct {
	Name     string
	Accounts map[string]*float64
	Steps    []struct {
		Step    string
		Status  int
		Request *struct {
			Path string
			Body json.RawMessage
		}
		Body json.RawMessage
	}
}

func readRecordings(t testing.TB, groups ...string) *recording {
	t.Helper()
	r := &recording{Codes: map[string]string{}, Runtimes: map[string]string{}}
	var artifacts map[string]struct{ Bytecode, Runtime string }
	readGzip(t, "artifacts", &artifacts)
	for name, a := range artifacts {
		r.Codes[name], r.Runtimes[name] = a.Bytecode, a.Runtime
	}
	for _, group := range groups {
		var cases []rawCase
		readGzip(t, group, &cases)
		for i := range cases {
			if c := cases[i].read(); len(c.Steps) > 0 {
				r.Cases = append(r.Cases, c)
			}
		}
	}
	return r
}

func readGzip(t testing.TB, group string, into any) {
	t.Helper()
	f, err := os.Open(recordings + group + ".json.gz")
	must(t, err)
	t.Cleanup(func() { _ = f.Close() })
	z, err := gzip.NewReader(f)
	must(t, err)
	must(t, json.NewDecoder(z).Decode(into))
}

func (c *rawCase) read() recordedCase {
	out := recordedCase{Name: c.Name, Accounts: c.Accounts}
	infos := map[string]json.RawMessage{}
	for _, s := range c.Steps {
		if name, ok := strings.CutSuffix(s.Step, ".info"); ok && len(s.Body) > 2 {
			infos[name] = s.Body
		}
	}
	for _, s := range c.Steps {
		if s.Request == nil {
			continue
		}
		switch name, sent := strings.CutSuffix(s.Step, ".broadcast"); {
		case s.Request.Path == "/wallet/triggerconstantcontract" && s.Status == 200:
			out.add(constantStep(s.Step, s.Request.Body, s.Body))
		case s.Request.Path == "/wallet/broadcasttransaction" && sent && infos[name] != nil:
			out.add(minedStep(name, s.Request.Body, infos[name]))
		}
	}
	return out
}

func (c *recordedCase) add(s recordedStep, ok bool) {
	if ok {
		c.Steps = append(c.Steps, s)
	}
}

// constantStep reads a constant call; ok is false for those whose request is not what it should be.
func constantStep(name string, request, answer json.RawMessage) (s recordedStep, ok bool) {
	var in struct {
		Owner_address, Contract_address, Data, Function_selector, Parameter string
		Visible                                                             bool
		Call_value                                                          json.RawMessage
	}
	var out struct {
		Result                      struct{ Code, Message string }
		Energy_used, Energy_penalty int64
		Constant_result             []string
		Logs, Internal_transactions []map[string]any
	}
	if json.Unmarshal(request, &in) != nil || json.Unmarshal(answer, &out) != nil || in.Visible || in.Owner_address == "" || quoted(in.Call_value) {
		return s, false
	}
	s = recordedStep{Step: name, Do: "constant", From: in.Owner_address, To: in.Contract_address, Data: in.Data, Value: in.Call_value}
	if in.Function_selector != "" {
		s.Data = "sig:" + in.Function_selector + ":" + in.Parameter
	}
	message := strings.TrimPrefix(out.Result.Message, "hex:")
	s.Want = recordedWant{Energy: out.Energy_used, Penalty: out.Energy_penalty, Message: message, Logs: out.Logs, Internal: withoutHash(out.Internal_transactions)}
	if out.Result.Code != "" {
		s.Want.Error, s.Want.Message = out.Result.Code+" "+message, ""
	}
	if len(out.Constant_result) > 0 {
		s.Want.Return = out.Constant_result[0]
	}
	return s, true
}

func quoted(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '"' }

// minedStep reads a transaction that got into a block, with its TransactionInfo.
func minedStep(name string, request, info json.RawMessage) (s recordedStep, ok bool) {
	var in struct {
		Raw_data struct {
			Fee_limit int64
			Contract  []struct {
				Type      string
				Parameter struct{ Value json.RawMessage }
			}
		}
	}
	if json.Unmarshal(request, &in) != nil || len(in.Raw_data.Contract) != 1 {
		return s, false
	}
	contract := in.Raw_data.Contract[0]
	var v struct {
		Owner_address, Contract_address, Data string
		Call_value, Token_id                  json.RawMessage
		Call_token_value                      int64
		New_contract                          struct {
			Bytecode                      string
			Call_value                    json.RawMessage
			Consume_user_resource_percent int64
		}
	}
	if json.Unmarshal(contract.Parameter.Value, &v) != nil {
		return s, false
	}
	s = recordedStep{Step: name, Do: contract.Type, From: v.Owner_address, Limit: in.Raw_data.Fee_limit / 100, Token: v.Token_id, TokenValue: v.Call_token_value}
	want, address := minedWant(info)
	switch contract.Type {
	case "CreateSmartContract":
		s.Do, s.Data, s.Value, s.Percent, s.Name = "create", v.New_contract.Bytecode, v.New_contract.Call_value, v.New_contract.Consume_user_resource_percent, address
		s.Want = want
	case "TriggerSmartContract":
		s.Do, s.To, s.Data, s.Value, s.Want = "call", v.Contract_address, v.Data, v.Call_value, want
	default:
		s.Value = contract.Parameter.Value
	}
	return s, true
}

func minedWant(raw json.RawMessage) (w recordedWant, address string) {
	var info struct {
		Receipt struct {
			Energy_usage_total, Energy_penalty_total int64
			Result                                   string
		}
		ContractResult               []string
		Contract_address, ResMessage string
		Log, Internal_transactions   []map[string]any
	}
	if json.Unmarshal(raw, &info) != nil {
		return w, ""
	}
	w = recordedWant{
		Energy: info.Receipt.Energy_usage_total, Penalty: info.Receipt.Energy_penalty_total, Result: info.Receipt.Result,
		Message: strings.TrimPrefix(info.ResMessage, "hex:"), Logs: info.Log, Internal: withoutHash(info.Internal_transactions),
	}
	if len(info.ContractResult) > 0 {
		w.Return = info.ContractResult[0]
	}
	return w, info.Contract_address
}

// withoutHash drops the hashes, which come from transaction ids.
func withoutHash(list []map[string]any) []map[string]any {
	for _, m := range list {
		delete(m, "hash")
	}
	return list
}
