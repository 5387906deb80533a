package testnet

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"regexp"
	"strings"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

var longHex = regexp.MustCompile(`^[0-9a-f]{64}$`)

// know names a transaction id by the order of appearance.
func (c *caseRun) know(id string) {
	if _, ok := c.names.known[id]; !ok {
		c.txs++
		c.names.add(id, fmt.Sprintf("<tx:%d>", c.txs))
	}
}

// learn names what an answer introduces: transactions, tokens, internal transactions, contracts that will be or seem to be made.
func (c *caseRun) learn(s *recordedStep, have any) {
	object, ok := have.(map[string]any)
	if !ok {
		return
	}
	label, building := strings.CutSuffix(s.Step, ".build")
	inner, _ := object["transaction"].(map[string]any)
	if building {
		built := object
		if inner != nil {
			built = inner
		}
		c.built[label], c.lastBuilt = built, built
		c.learnDeployment(label, built)
	}
	result, _ := object["result"].(map[string]any)
	called, _ := result["transaction"].(map[string]any)
	for _, tx := range []map[string]any{object, inner, called} {
		for _, key := range []string{"txID", "txid"} {
			if id, _ := tx[key].(string); longHex.MatchString(id) {
				c.know(id)
			}
		}
	}
	if token, _ := object["assetIssueID"].(string); token != "" && c.names.numbers[token] == "" {
		name := fmt.Sprintf("token:%d", len(c.names.numbers)+1)
		if strings.HasPrefix(label, "issue ") || strings.HasPrefix(s.Step, "issue ") {
			name, _, _ = strings.Cut(strings.TrimPrefix(s.Step, "issue "), ".")
		}
		c.names.token(token, name)
	}
	list, _ := object["internal_transactions"].([]any)
	for i, item := range list {
		hash, _ := item.(map[string]any)["hash"].(string)
		if _, ok := c.names.known[hash]; hash != "" && !ok {
			c.names.add(hash, fmt.Sprintf("<itx:%d.%d>", c.txs, i))
		}
	}
	if inner != nil && strings.HasSuffix(s.Request.Path, "triggerconstantcontract") {
		c.learnConstant(s, inner, list)
	}
}

// learnDeployment names the contract that a built deployment will make, by the name it has in the recording.
func (c *caseRun) learnDeployment(label string, built map[string]any) {
	name, ok := strings.CutPrefix(label, "deploy ")
	if !ok {
		name = label
	}
	id, _ := built["txID"].(string)
	if _, deploys := built["contract_address"]; !deploys || id == "" {
		return
	}
	owner := ownerOf(built)
	a := deployed(id, owner)
	for _, next := range c.recorded.Steps {
		text := string(next.raw["request"]) + string(next.raw["body"])
		if strings.Contains(text, "<contract:"+name+">") || strings.Contains(text, "<contract:"+name+":") {
			c.names.account(a, "contract:"+name)
			break
		}
	}
	c.names.account(a, "contract:"+name)
	if ok {
		c.contracts = append(c.contracts, name)
	}
}

func ownerOf(built map[string]any) wallet.Address {
	raw, _ := built["raw_data"].(map[string]any)
	contracts, _ := raw["contract"].([]any)
	if len(contracts) == 0 {
		return wallet.Address{}
	}
	parameter, _ := contracts[0].(map[string]any)["parameter"].(map[string]any)
	value, _ := parameter["value"].(map[string]any)
	text, _ := value["owner_address"].(string)
	a, err := wallet.ParseAddress(text)
	if err != nil {
		return wallet.Address{}
	}
	return a
}

// learnConstant names the contract that a constant deployment pretends to make, and those that it makes itself.
func (c *caseRun) learnConstant(s *recordedStep, inner map[string]any, list []any) {
	id, _ := inner["txID"].(string)
	if _, deploys := s.Request.Body.(map[string]any)["contract_address"]; deploys || id == "" {
		return
	}
	c.names.account(deployed(id, ownerOf(inner)), "here")
	raw, _ := hex.DecodeString(id)
	for nonce := range uint64(3) {
		sum := wallet.Keccak256(append(append([]byte{}, raw...), binary.BigEndian.AppendUint64(nil, nonce)...))
		c.names.account(wallet.AddressFromEVM([20]byte(sum[12:])), fmt.Sprintf("created %d", nonce))
	}
	for _, item := range list {
		object, _ := item.(map[string]any)
		to, _ := object["transferTo_address"].(string)
		if _, known := c.names.known[to]; object["note"] == hex.EncodeToString([]byte("create")) && !known {
			if a, err := wallet.ParseAddress(to); err == nil {
				c.names.account(a, "created2")
			}
		}
	}
}

// recall takes the value of a name that the recording shows whole and that nothing has told so far, such as a filter's id.
func (c *caseRun) recall(want, have any) {
	switch w := want.(type) {
	case map[string]any:
		h, _ := have.(map[string]any)
		for k := range w {
			if item, ok := h[k]; ok {
				c.recall(w[k], item)
			}
		}
	case []any:
		h, _ := have.([]any)
		for i := range min(len(w), len(h)) {
			c.recall(w[i], h[i])
		}
	case string:
		name := placeholder.FindString(w)
		text, isText := have.(string)
		if number, ok := have.(json.Number); ok {
			text = number.String()
		}
		if _, known := c.names.values[name]; name != w || known || text == "" || isHidden(name) {
			return
		}
		bare := strings.Trim(name, "<>")
		if a, err := wallet.ParseAddress(text); err == nil && !strings.HasPrefix(text, "0x") {
			c.names.account(a, strings.TrimSuffix(strings.TrimSuffix(bare, ":20"), ":b58"))
			return
		}
		c.names.values[name] = text
		if isText && len(text) > 8 {
			c.names.add(text, name)
		} else {
			c.names.exact[text] = name
		}
	}
}

func isHidden(name string) bool {
	for _, p := range []string{"<n", "<t", "<tx:", "<itx:", "<ref", "<sig", "<op", "<code", "<runtime", "<token", "<tok", "<fastjson", "<html", "<i>", "<someone", "<hash"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// check compares an observation of the recording's script.
func (c *caseRun) check(s *recordedStep) {
	switch {
	case strings.HasSuffix(s.Step, ".delta"):
		changes := map[string]any{}
		for name, d := range c.deltas() {
			changes[name] = d
		}
		if d := difference("", s.Check, any(changes)); d != "" {
			c.t.Errorf("%s: %s", s.Step, d)
		}
	case strings.HasSuffix(s.Step, ".address"):
		if want, _ := s.Check.(map[string]any)["formula_holds"].(bool); !want {
			c.t.Errorf("%s: %v", s.Step, s.Check)
		}
	default:
		c.t.Logf("%s: not compared: an observation of the script", s.Step)
	}
}

// deltas is how the accounts and contracts of the case changed since it was last asked.
func (c *caseRun) deltas() map[string]any {
	addresses := map[string]wallet.Address{}
	for name, k := range c.keys {
		addresses[name] = k.Address()
	}
	for _, name := range c.contracts {
		addresses[name], _ = wallet.ParseAddress(c.names.values["<contract:"+name+">"])
	}
	changes := map[string]any{}
	for name, a := range addresses {
		request := httptest.NewRequest("POST", "/wallet/getaccount", strings.NewReader(`{"address":"`+a.Hex()+`"}`))
		answer := httptest.NewRecorder()
		c.h.ServeHTTP(answer, request)
		var account struct {
			Address string
			Balance int64
			AssetV2 []struct {
				Key   string
				Value int64
			} `json:"assetV2"`
		}
		if err := json.Unmarshal(answer.Body.Bytes(), &account); err != nil {
			c.t.Fatal(err)
		}
		flat := map[string]int64{"TRX": account.Balance}
		if account.Address != "" {
			flat["exists"] = 1
		}
		for _, held := range account.AssetV2 {
			flat["token:"+held.Key] = held.Value
		}
		diff := map[string]any{}
		old := c.balances[name]
		all := maps.Clone(flat)
		maps.Copy(all, old)
		for k := range all {
			if d := flat[k] - old[k]; d != 0 {
				diff[c.names.text(k)] = json.Number(fmt.Sprint(d))
			}
		}
		c.balances[name] = flat
		if len(diff) > 0 {
			changes[name] = diff
		}
	}
	return changes
}

// prepare does what a case did before a step without recording it.
func (c *caseRun) prepare(s *recordedStep) {
	if c.recorded.Name != "resources/unfreeze_33_times" || s.Step != "getavailableunfreezecount" {
		return
	}
	owner := c.keys["a"].Address()
	for i := range int64(32) {
		t, err := c.n.Node().Build(tronpb.Transaction_Contract_UnfreezeBalanceV2Contract, &tronpb.UnfreezeBalanceV2Contract{
			OwnerAddress: owner[:], UnfreezeBalance: 1_000_000 + i,
		})
		if err != nil {
			c.t.Fatal(err)
		}
		signature := c.keys["a"].Sign(chain.TxID(t))
		t.Signature = [][]byte{signature[:]}
		if r := c.n.Node().Broadcast(t); !r.GetResult() {
			c.t.Fatalf("unfreezing: %s", r.GetMessage())
		}
	}
}

// untold are steps that cannot be compared, with the reason.
var untold = map[string]string{
	"contracts/call_out_of_time loop.info":                           "a limit of CPU time, which this network does not have",
	"contracts/call_out_of_time loop.transaction":                    "a limit of CPU time, which this network does not have",
	"contracts/constant_endless view forever":                        "a limit of CPU time, which this network does not have",
	"contracts/constant_endless estimate forever":                    "a limit of CPU time, which this network does not have",
	"vm_ops/jumps empty loop":                                        "a limit of CPU time, which this network does not have",
	"transactions/head_block visible":                                "only the length of an address was recorded",
	"transactions/head_block visible in body":                        "only the length of an address was recorded",
	"accounts/witness_list visible in query":                         "only the length of an address was recorded",
	"transactions/get_block detail text":                             "the order of the request's keys was not recorded",
	"http/bodies_of_lists listproposals empty":                       "the recorded network had proposals",
	"http/bodies_of_lists listproposals broken":                      "the recorded network had proposals",
	"http/bodies_of_lists listexchanges empty":                       "the recorded network had exchanges",
	"http/bodies_of_lists listexchanges broken":                      "the recorded network had exchanges",
	"transactions/pending_lists gettransactionlistfrompending":       "the script put its own words into an empty answer",
	"transactions/genesis_block getblockbyid":                        "the id of the recorded network's genesis block",
	"vm_ops/environment_chain CHAINID is the tail of the genesis id": "the id of the recorded network's genesis block",
}
