package vm_test

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/testnet/vm/bare"
	"github.com/piecework/piecework/wallet"
)

// replay is one case on a ledger of its own.
type replay struct {
	t      *testing.T
	file   *recording
	ledger *bare.Ledger
	env    *vm.Env
	names  map[string]string
	txs    byte
	tokens map[string]vm.TokenID
}

func TestRecorded(t *testing.T) {
	file := readRecordings(t, "vm_ops", "vm_state", "contracts", "trc20")
	ran := 0
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			r := newReplay(t, file)
			for name, trx := range c.Accounts {
				a := r.person(name)
				if trx != nil {
					r.ledger.Fund(a, wallet.Sun(*trx*1e6))
				}
			}
			for i := range c.Steps {
				if r.step(&c.Steps[i]) {
					ran++
				}
			}
		})
	}
	t.Logf("%d steps", ran)
}

func newReplay(t *testing.T, file *recording) *replay {
	r := &replay{t: t, file: file, ledger: bare.New(), names: make(map[string]string), tokens: make(map[string]vm.TokenID)}
	r.env = &vm.Env{Params: vm.Mainnet480(), Block: vm.Block{Number: 1000, Time: 1_700_000_000_000}}
	r.env.GenesisID = [32]byte{28: 0x39, 29: 0x2f, 30: 0xde, 31: 0xdb} // of the recorded chain, the part that CHAINID shows
	r.ledger.Now = r.env.Block.Time
	r.ledger.Sums = vm.Totals{NetLimit: 43_200_000_000, EnergyLimit: 180_000_000_000}
	for n := range int64(1000) {
		id := wallet.Keccak256([]byte{byte(n), byte(n >> 8)})
		binary.BigEndian.PutUint64(id[:], uint64(n))
		r.ledger.SetBlockID(n, id)
	}
	w := r.person("witness")
	r.env.Block.Witness = w
	r.ledger.Fund(w, 0)
	r.ledger.MakeWitness(w)
	for name, code := range file.Codes {
		r.names["code:"+name], r.names["runtime:"+name] = code, file.Runtimes[name]
	}
	return r
}

func (r *replay) person(name string) wallet.Address {
	sum := wallet.Keccak256([]byte(name))
	a := wallet.AddressFromEVM([20]byte(sum[:20]))
	r.name(name, a)
	return a
}

func (r *replay) name(name string, a wallet.Address) {
	r.names[name], r.names[name+":20"], r.names[name+":b58"] = a.Hex(), a.Hex()[2:], a.String()
}

var placeholder = regexp.MustCompile(`<[^>]*>`)

// fill replaces names by what they stand for; it leaves those it does not know.
func (r *replay) fill(s string) string {
	return placeholder.ReplaceAllStringFunc(s, func(p string) string {
		if v, ok := r.names[p[1:len(p)-1]]; ok {
			return v
		}
		return p
	})
}

func (r *replay) address(s string) wallet.Address {
	a, err := wallet.ParseAddress(r.fill(s))
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

func (r *replay) number(raw json.RawMessage) int64 {
	var n int64
	if len(raw) == 0 || json.Unmarshal(raw, &n) == nil {
		return n
	}
	return int64(r.tokens[strings.Trim(string(raw), `"`)])
}

func (r *replay) step(s *recordedStep) bool {
	switch s.Do {
	case "create", "call", "constant":
		return r.run(s)
	default:
		r.system(s)
		return false
	}
}

// system does what a system contract did, as far as the VM can see it.
func (r *replay) system(s *recordedStep) {
	var v map[string]any
	if err := json.Unmarshal(s.Value, &v); err != nil {
		r.t.Fatal(err)
	}
	from := r.address(s.From)
	kind := vm.Bandwidth
	if v["resource"] == "ENERGY" {
		kind = vm.Energy
	}
	number := func(key string) wallet.Sun { n, _ := v[key].(float64); return wallet.Sun(n) }
	var err error
	switch s.Do {
	case "TransferContract":
		r.funded(v["to_address"].(string))
		to := r.address(v["to_address"].(string))
		r.ledger.AddBalance(from, -number("amount"))
		r.ledger.Fund(to, number("amount"))
	case "AssetIssueContract":
		id := vm.TokenID(1_000_001)
		r.ledger.Issue(id, from, vm.TokenAmount(number("total_supply")))
		r.tokens["<tok>"] = id
		word := make([]byte, 32)
		binary.BigEndian.PutUint64(word[24:], uint64(id))
		r.names["tok"], r.names["tok:word"] = fmt.Sprint(id), hex.EncodeToString(word)
	case "FreezeBalanceV2Contract":
		err = r.ledger.Freeze(from, kind, number("frozen_balance"))
	case "UnfreezeBalanceV2Contract":
		_, err = r.ledger.Unfreeze(from, kind, number("unfreeze_balance"))
	case "DelegateResourceContract":
		err = r.ledger.Delegate(from, r.address(v["receiver_address"].(string)), kind, 50*wallet.TRX)
	case "VoteWitnessContract":
		err = r.ledger.Vote(from, []vm.Vote{{Witness: r.env.Block.Witness, Count: 30}})
	}
	if err != nil {
		r.t.Fatalf("%s: %v", s.Step, err)
	}
}

// funded makes the address known that a case pays to before a contract is there: one made by CREATE2, or one that cannot be deployed.
func (r *replay) funded(name string) {
	switch name {
	case "<child 8>":
		init, _ := hex.DecodeString(r.file.Codes["Child"] + fmt.Sprintf("%064x", 5))
		salt, factory, code := [32]byte{31: 8}, r.address("<contract:factory>"), wallet.Keccak256(init)
		sum := wallet.Keccak256(factory[:], salt[:], code[:])
		r.name("child 8", wallet.AddressFromEVM([20]byte(sum[12:])))
	case "<contract:target>":
		r.person("contract:target")
	}
}

func (r *replay) data(s string) (data []byte, ok bool) {
	s = r.fill(s)
	if rest, is := strings.CutPrefix(s, "sig:"); is {
		signature, args, _ := strings.Cut(rest, ":")
		selector := wallet.Keccak256([]byte(signature))
		s = hex.EncodeToString(selector[:4]) + args
	}
	data, err := hex.DecodeString(strings.TrimPrefix(s, "0x"))
	return data, err == nil
}

func (r *replay) run(s *recordedStep) bool {
	data, ok := r.data(s.Data)
	_, fromErr := wallet.ParseAddress(r.fill(s.From))
	_, toErr := wallet.ParseAddress(r.fill(s.To))
	if !ok || fromErr != nil || s.To != "" && toErr != nil || s.Want.Result == "OUT_OF_TIME" {
		return false // signatures, which only the real accounts can make; addresses that are none; a limit of CPU time
	}
	r.txs++
	m := vm.Message{
		TxID: [32]byte{r.txs, 0xaa}, From: r.address(s.From), Data: data, Value: wallet.Sun(r.number(s.Value)),
		TokenID: vm.TokenID(r.number(s.Token)), TokenValue: vm.TokenAmount(s.TokenValue),
		EnergyLimit: s.Limit, Constant: s.Do == "constant", Contract: vm.Contract{UserPercent: s.Percent, OriginEnergyLimit: 1},
	}
	if s.Want.Result != "SUCCESS" && s.Want.Result != "REVERT" && s.Want.Result != "TRANSFER_FAILED" {
		m.EnergyLimit = s.Want.Energy // all of it is lost; how much there is depends on stake and balance, which are the ledger's business
	}
	for n := range uint64(3) {
		var nonce [8]byte
		binary.BigEndian.PutUint64(nonce[:], n)
		sum := wallet.Keccak256(m.TxID[:], nonce[:])
		a := wallet.AddressFromEVM([20]byte(sum[12:]))
		r.name(fmt.Sprintf("created %d", n), a)
		r.name(fmt.Sprintf("%s create %d", s.Step, n), a)
	}
	if m.Constant {
		m.EnergyLimit = 100_000_000
		r.name("here", vm.AddressOf(m.TxID, m.From))
	}
	back := r.ledger.Snapshot()
	got, err := r.execute(s, &m)
	if m.Constant {
		r.ledger.Revert(back)
	}
	r.compare(s, m.Constant, got, err)
	if err == nil && !m.Constant {
		for _, a := range got.Destroyed {
			r.ledger.Delete(a)
		}
	}
	return true
}

func (r *replay) execute(s *recordedStep, m *vm.Message) (*vm.Result, error) {
	if s.To != "" {
		m.To = r.address(s.To)
		if err := vm.CheckCall(r.env, r.ledger, m); err != nil {
			return nil, err
		}
		return vm.Call(r.env, r.ledger, m)
	}
	if s.Do == "create" {
		r.name(strings.Trim(s.Name, "<>"), vm.AddressOf(m.TxID, m.From))
	}
	if err := vm.CheckCreate(r.ledger, m); err != nil {
		return nil, err
	}
	if err := vm.CheckCreateValues(r.env, m); err != nil {
		return nil, err
	}
	return vm.Create(r.env, r.ledger, m)
}

// free are the steps that no ledger of this kind can answer alike: they depend on a limit of CPU time or on a wrong request.
var free = []string{"<op>", "CPU timeout", "NullPointer", "CONTRACT_VALIDATE_ERROR", "InvalidParameter"}

func (r *replay) compare(s *recordedStep, constant bool, got *vm.Result, err error) {
	want := &s.Want
	if slices.ContainsFunc(free, func(f string) bool { return strings.Contains(want.Error, f) }) {
		return
	}
	if err != nil {
		if !strings.HasSuffix(want.Error, err.Error()) {
			r.t.Errorf("%s: %v, want %q", s.Step, err, want.Error)
		}
		return
	}
	if want.Error != "" {
		if text := fmt.Sprintf("OTHER_ERROR class %s : %s", got.Exception, got.RuntimeError); text != r.fill(want.Error) {
			r.t.Errorf("%s: %q, want %q", s.Step, text, want.Error)
		}
		return
	}
	if got.EnergyUsed != want.Energy || got.EnergyPenalty != want.Penalty {
		r.t.Errorf("%s: energy %d + %d, want %d + %d (%s %s)", s.Step, got.EnergyUsed, got.EnergyPenalty, want.Energy, want.Penalty, got.Outcome, got.RuntimeError)
	}
	if want.Result != "" && got.Outcome.String() != want.Result || got.RuntimeError != r.fill(want.Message) {
		r.t.Errorf("%s: %s %q, want %s %q", s.Step, got.Outcome, got.RuntimeError, want.Result, want.Message)
	}
	if text := hex.EncodeToString(got.Return); !r.same(want.Return, text) {
		r.t.Errorf("%s: answer\n%s, want\n%s", s.Step, text, r.fill(want.Return))
	}
	r.compareJSON(s.Step+" internal", want.Internal, r.internal(got.Internal, constant))
	logs := got.Logs
	if s.Do == "constant" {
		logs = append(logs, got.RevertedLogs...)
	}
	r.compareJSON(s.Step+" logs", want.Logs, r.logs(logs))
}

// same compares with a recorded text; a name in it that is not known yet stands for whatever is there.
func (r *replay) same(want, got string) bool {
	want = r.fill(want)
	at := placeholder.FindStringIndex(want)
	if at == nil {
		return want == got
	}
	size := 42
	if strings.HasSuffix(want[:at[1]], ":20>") {
		size = 40
	}
	if len(got) < at[0]+size || want[:at[0]] != got[:at[0]] {
		return false
	}
	name := strings.TrimSuffix(want[at[0]+1:at[1]-1], ":20")
	value := got[at[0] : at[0]+size]
	a, err := wallet.ParseAddress(value)
	if err != nil {
		return false
	}
	r.name(name, a)
	return r.same(want, got)
}

// internal is the records as java-tron answers them: without those of staking, but in constant calls with them.
func (r *replay) internal(list []vm.InternalTransaction, all bool) (out []map[string]any) {
	for _, i := range list {
		if i.Featured() && !all {
			continue
		}
		m := map[string]any{"caller_address": i.From.Hex(), "note": hex.EncodeToString([]byte(i.Note)), "transferTo_address": i.To.Hex()}
		var values []any
		for _, v := range i.Values {
			value := map[string]any{}
			if v.Amount != 0 {
				value["callValue"] = float64(v.Amount)
			}
			if v.Token != 0 {
				value["tokenId"] = fmt.Sprint(v.Token)
			}
			values = append(values, value)
		}
		m["callValueInfo"] = values
		if i.Rejected {
			m["rejected"] = true
		}
		if i.Extra != "" {
			m["extra"] = i.Extra
		}
		out = append(out, m)
	}
	return out
}

func (r *replay) logs(list []vm.Log) (out []map[string]any) {
	for _, l := range list {
		m := map[string]any{"address": l.Address.Hex()[2:]}
		if len(l.Data) > 0 {
			m["data"] = hex.EncodeToString(l.Data)
		}
		var topics []any
		for _, topic := range l.Topics {
			topics = append(topics, hex.EncodeToString(topic[:]))
		}
		if topics != nil {
			m["topics"] = topics
		}
		out = append(out, m)
	}
	return out
}

func (r *replay) compareJSON(what string, want, got []map[string]any) {
	raw, err := json.Marshal(want)
	if err != nil {
		r.t.Fatal(err)
	}
	have, err := json.Marshal(got)
	if err != nil {
		r.t.Fatal(err)
	}
	text := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(raw))
	r.same(text, string(have)) // learns names
	var filled []map[string]any
	if err := json.Unmarshal([]byte(r.fill(text)), &filled); err != nil {
		r.t.Fatal(err)
	}
	if len(filled) == 0 && len(got) == 0 {
		return
	}
	if !reflect.DeepEqual(filled, got) {
		r.t.Errorf("%s:\n%s, want\n%s", what, have, r.fill(text))
	}
}
