package testnet

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc"
	"github.com/piecework/piecework/wallet"
)

// recordedCase is a scripted case and what java-tron answered.
type recordedCase struct {
	Name     string
	Group    string
	Accounts map[string]*json.Number
	Steps    []recordedStep
}

type recordedStep struct {
	Step    string
	Request *struct {
		Method, Path string
		Body         any
		ContentType  *string `json:"content_type"`
	}
	Status      int
	Body        any
	Text        *string
	ContentType *string `json:"content_type"`
	Check       any
	raw         map[string]json.RawMessage
}

func readGz(t *testing.T, path string, into any) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(z)
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// UnmarshalJSON keeps which keys were there: a body of null is not the same as none.
func (s *recordedStep) UnmarshalJSON(b []byte) error {
	type plain recordedStep
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode((*plain)(s)); err != nil {
		return err
	}
	return json.Unmarshal(b, &s.raw)
}

// caseRun performs one case on a network of its own.
type caseRun struct {
	t         *testing.T
	n         *Network
	h         http.Handler
	recorded  *recordedCase
	names     *names
	keys      map[string]*wallet.Key
	built     map[string]map[string]any
	lastBuilt map[string]any
	sent      map[string][32]byte
	txs       int
	balances  map[string]map[string]int64
	contracts []string
	start     int64
	end       int64
	amount    string
	request   string // as it was recorded
	init      string // the init code of the contract Child
}

// TestRecorded performs what java-tron was recorded with and compares every answer.
func TestRecorded(t *testing.T) {
	files, err := filepath.Glob("testdata/recorded/*.json.gz")
	if err != nil || len(files) < 13 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	var artifacts map[string]struct{ Bytecode, Runtime string }
	readGz(t, "testdata/recorded/artifacts.json.gz", &artifacts)
	checkParameters(t)
	for _, file := range files {
		group := strings.TrimSuffix(filepath.Base(file), ".json.gz")
		if group == "artifacts" {
			continue
		}
		var cases []recordedCase
		readGz(t, file, &cases)
		t.Run(group, func(t *testing.T) {
			t.Parallel()
			for i := range cases {
				_, name, _ := strings.Cut(cases[i].Name, "/")
				t.Run(name, func(t *testing.T) {
					c := startCase(t, &cases[i])
					for name, a := range artifacts {
						c.names.add(a.Bytecode, "<code:"+name+">")
						if len(a.Runtime) > 60 {
							c.names.add(a.Runtime, "<runtime:"+name+">")
						}
					}
					c.init = artifacts["Child"].Bytecode
					c.perform()
				})
			}
		})
	}
}

func startCase(t *testing.T, r *recordedCase) *caseRun {
	c := &caseRun{
		t: t, recorded: r, names: newNames(), keys: map[string]*wallet.Key{}, built: map[string]map[string]any{}, sent: map[string][32]byte{},
		balances: map[string]map[string]int64{},
	}
	var accounts []chain.Funded
	for _, name := range sortedKeys(r.Accounts) {
		k := c.addAccount(name)
		if amount := r.Accounts[name]; amount != nil {
			trx, err := wallet.ParseTRX(amount.String())
			if err != nil {
				t.Fatal(err)
			}
			accounts = append(accounts, chain.Funded{Address: k.Address(), Balance: trx})
		}
	}
	n, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	c.n = n
	rich := n.Accounts()[0]
	n.Node().SetResources(rich.Address(), 1000*wallet.TRX, 1000*wallet.TRX)
	for _, a := range accounts {
		n.Node().SetBalance(a.Address, a.Balance)
	}
	n.Mine(3)
	c.names.account(n.Node().ActiveWitnesses()[0], "witness")
	c.h = rpc.New(n.Node(), rpc.Config{})
	c.deltas()
	return c
}

func sortedKeys[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

func (c *caseRun) perform() {
	for i := range c.recorded.Steps {
		s := &c.recorded.Steps[i]
		if reason, skip := untold[c.recorded.Name+" "+s.Step]; skip {
			c.t.Logf("%s: not compared: %s", s.Step, reason)
			if s.Request == nil || !strings.HasSuffix(s.Step, ".broadcast") {
				continue
			}
		}
		if s.Request == nil {
			c.check(s)
			continue
		}
		if err := c.step(i, s); err != nil {
			if errors.Is(err, errUnknown) {
				c.t.Logf("%s: not performed: %v", s.Step, err)
				continue
			}
			c.t.Errorf("%s: %v", s.Step, err)
		}
	}
}

// step performs a request and compares the answer.
func (c *caseRun) step(i int, s *recordedStep) error {
	c.hide(i, s)
	c.prepare(s)
	body, err := c.body(s)
	if err != nil {
		return err
	}
	path, err := c.fill(s.Request.Path)
	if err != nil {
		return err
	}
	request := httptest.NewRequest(s.Request.Method, path, bytes.NewReader(body))
	ctype := "application/json"
	if s.requestHas("content_type") {
		ctype = ""
		if s.Request.ContentType != nil {
			ctype = *s.Request.ContentType
		}
	}
	if ctype != "" {
		request.Header.Set("Content-Type", ctype)
	}
	answer := httptest.NewRecorder()
	c.h.ServeHTTP(answer, request)
	return c.compare(s, answer)
}

func (s *recordedStep) requestHas(key string) bool {
	var keys map[string]json.RawMessage
	_ = json.Unmarshal(s.raw["request"], &keys)
	_, ok := keys[key]
	return ok
}

func (c *caseRun) body(s *recordedStep) ([]byte, error) {
	if !s.requestHas("body") {
		return nil, nil
	}
	if text, ok := s.Request.Body.(string); ok {
		filled, err := c.fill(text)
		return []byte(filled), err
	}
	object, _ := s.Request.Body.(map[string]any)
	label, broadcast := strings.CutSuffix(s.Step, ".broadcast")
	_, hasRaw := object["raw_data_hex"]
	var filled any
	var err error
	if hasRaw && (broadcast || s.Request.Path == "/wallet/broadcasttransaction" || strings.Contains(s.Request.Path, "sign") || strings.Contains(s.Request.Path, "approved")) {
		filled, err = c.rebuilt(label, object)
	} else {
		filled, err = c.filled("", s.Request.Body)
	}
	if err != nil {
		return nil, err
	}
	return asciiJSON(filled)
}

// hide finds values of a request that a recording shows only in the bytes of the transaction that followed: times of a token's sale, and
// amounts in fields that are named balance.
func (c *caseRun) hide(i int, s *recordedStep) {
	head := c.n.Node().NowBlock(chain.Head).Time()
	if strings.HasSuffix(s.Request.Path, "/createassetissue") {
		c.start, c.end = head+3_600_000, head+7_200_000
		switch c.recorded.Name {
		case "trc10/issue end before start":
			c.end = c.start - 1
		case "trc10/issue start in the past":
			c.start = head
		}
	}
	c.request = string(s.raw["request"])
	if object, ok := s.Request.Body.(map[string]any); ok && s.Step == "raw.broadcast" {
		text, _ := object["raw_data_hex"].(string)
		c.hidden(text)
		return
	}
	label, ok := strings.CutSuffix(s.Step, ".build")
	if !ok {
		return
	}
	c.amount = ""
	for _, next := range c.recorded.Steps[i:] {
		if next.Request == nil || next.Step != label+".broadcast" {
			continue
		}
		text, _ := next.Request.Body.(map[string]any)["raw_data_hex"].(string)
		if strings.Contains(text, "<start:varint>") {
			c.start, c.end = head+12_000, head+12_000+3_600_000
			if c.recorded.Name == "trc10/sale_over" {
				c.end = c.start + 1_000
			}
			c.names.add(varint(c.start), "<start:varint>")
			c.names.add(varint(c.end), "<end:varint>")
			return
		}
		if strings.Contains(text, "48<t>") {
			c.names.add("48"+varint(c.start), "48<t>")
			c.names.add("50"+varint(c.end), "50<t>")
		}
		c.hidden(text)
		return
	}
}

func varint(n int64) string { return hex.EncodeToString(binary.AppendUvarint(nil, uint64(n))) }

func (c *caseRun) hidden(text string) {
	_, text, _ = strings.Cut(text, " 11=")
	text, _, _ = strings.Cut(text, " 14=")
	filled, err := c.fill(text)
	raw, bad := hex.DecodeString(filled)
	if err != nil || bad != nil {
		return
	}
	for _, contract := range wireFields(raw) {
		if contract.number != 2 {
			continue
		}
		for _, parameter := range wireFields(contract.bytes) {
			for _, f := range wireFields(parameter.bytes) {
				switch {
				case parameter.number != 2 || f.isBytes:
				case strings.HasSuffix(string(wireFields(contract.bytes)[0].bytes), "AssetIssueContract") && f.number == 9:
					c.start = int64(f.varint)
				case strings.HasSuffix(string(wireFields(contract.bytes)[0].bytes), "AssetIssueContract") && f.number == 10:
					c.end = int64(f.varint)
				case f.number == 3:
					c.amount = fmt.Sprint(int64(f.varint))
				}
			}
		}
	}
}

// compare learns what the answer introduces, normalises it and compares.
func (c *caseRun) compare(s *recordedStep, answer *httptest.ResponseRecorder) error {
	if s.Status != 0 && answer.Code != s.Status {
		return fmt.Errorf("status %d, want %d", answer.Code, s.Status)
	}
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var have any
	if err := d.Decode(&have); err != nil {
		text := c.names.text(strings.TrimSpace(string(raw)))
		if strings.HasPrefix(answer.Header().Get("Content-Type"), "text/html") {
			text = "<html>"
		}
		if s.Text == nil || *s.Text != text {
			return fmt.Errorf("text %q, want %v", text, s.Body)
		}
		return nil
	}
	c.learn(s, have)
	extra := map[string]bool{}
	if strings.Contains(s.Request.Path, "/getaccount") {
		extra = accountFields
	}
	if s.Request.Path == "/jsonrpc" {
		extra = rpcFields
	}
	var first string
	want := maskPlaces(s.Body)
	for _, reduced := range reductions(have, s.Body) {
		if same(shape(reduced), want) {
			c.after(s)
			return nil
		}
		c.recall(s.Body, reduced)
		normal := c.names.normal("", reduced, extra)
		if same(normal, want) {
			c.after(s)
			return nil
		}
		if first == "" {
			first = difference("", want, normal)
		}
	}
	c.after(s)
	return fmt.Errorf("%s", first)
}

// after waits for a sale to begin, as the cases do.
func (c *caseRun) after(s *recordedStep) {
	if s.Step == "issue.transaction" && strings.HasPrefix(c.recorded.Name, "trc10/sale") && c.recorded.Name != "trc10/sale_not_started" {
		c.n.Mine(6)
	}
}

func same(a, b any) bool { return reflect.DeepEqual(a, b) }
