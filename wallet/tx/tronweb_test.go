package tx_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// patience with Node: a few seconds are usual, on a busy machine many.
const patience = 2 * time.Minute

// node runs a script of testdata/tronweb, or skips the test where Node or the packages of its lock file are missing.
func node(t testing.TB, stdin []byte, script string, args ...string) []byte {
	t.Helper()
	const dir = "testdata/tronweb"
	program, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node 20 is not installed (apt-get install nodejs); the golden file stands in for TronWeb")
	}
	if _, err := os.Stat(dir + "/node_modules/tronweb"); err != nil {
		t.Skip("TronWeb is not installed (npm ci --prefix wallet/tx/testdata/tronweb); the golden file stands in for it")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append([]string{script}, args...)...)
	cmd.Dir, cmd.Stdin, cmd.WaitDelay = dir, bytes.NewReader(stdin), time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stderr.Bytes())
	}
	return out
}

// What is committed is what TronWeb says today.
func TestGoldenIsWhatTronWebMakes(t *testing.T) {
	for script, file := range map[string]string{"generate.mjs": "testdata/golden.json", "bip39.mjs": "../testdata/bip39-languages.json"} {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := node(t, nil, script); !bytes.Equal(got, want) {
			t.Errorf("%s does not print %s", script, file)
		}
	}
}

type ourTransaction struct {
	JSON    *tx.Transaction  `json:"json"`
	Address wallet.Address   `json:"address"`
	Signers []wallet.Address `json:"signers"`
}

type ourMessage struct {
	Form      wallet.MessageForm `json:"form"`
	Message   string             `json:"message"`
	Signature string             `json:"signature"`
	Address   wallet.Address     `json:"address"`
}

type ourKeyFile struct {
	File     json.RawMessage `json:"file"`
	Password string          `json:"password"`
	Address  wallet.Address  `json:"address"`
}

// TronWeb rebuilds our transactions from their JSON byte for byte, recovers our signers, verifies our messages and opens our key files.
func TestTronWebAgreesWithUs(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	var ours struct {
		Transactions []ourTransaction `json:"transactions"`
		Messages     []ourMessage     `json:"messages"`
		Keystores    []ourKeyFile     `json:"keystores"`
	}
	for _, kind := range tronWebTypes() {
		for range 6 {
			ours.Transactions = append(ours.Transactions, randomTransaction(t, random, kind))
		}
	}
	for range 20 {
		for _, form := range wallet.MessageForms() {
			ours.Messages = append(ours.Messages, randomMessage(t, random, form))
		}
	}
	for _, password := range []string{"secret", "pässwörd 🙂"} {
		ours.Keystores = append(ours.Keystores, randomKeyFile(t, random, password))
	}
	stdin, err := json.Marshal(ours)
	if err != nil {
		t.Fatal(err)
	}
	said := strings.TrimSpace(string(node(t, stdin, "verify.mjs")))
	complaints, summary := "", said
	if at := strings.LastIndexByte(said, '\n'); at >= 0 {
		complaints, summary = said[:at], said[at+1:]
	}
	if complaints != "" || !strings.HasPrefix(summary, "checked ") {
		t.Errorf("TronWeb says:\n%s", said)
	}
	t.Log(summary)
}

// tronWebTypes are the types that TronWeb rebuilds from JSON.
func tronWebTypes() []tx.Type {
	var list []tx.Type
	for _, t := range tx.Types() {
		switch t {
		case tx.TypeVoteAsset, tx.TypeUnfreezeAsset, tx.TypeShieldedTransfer, tx.TypeMarketSellAsset, tx.TypeMarketCancelOrder:
		default:
			list = append(list, t)
		}
	}
	return list
}

func randomKey(t testing.TB, random *rand.Rand) *wallet.Key {
	t.Helper()
	var secret [32]byte
	fill(random, secret[:])
	key, err := wallet.KeyFromBytes(secret[:])
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func randomTransaction(t testing.TB, random *rand.Rand, kind tx.Type) ourTransaction {
	t.Helper()
	var block tx.BlockID
	fill(random, block[4:])
	c := randomContract(random, kind)
	forTronWeb(c)
	opts := tx.Options{
		Expiry: time.Duration(1+random.IntN(1000)) * time.Second, FeeLimit: wallet.Sun(random.Int64N(1e10)),
		PermissionID: int32(random.IntN(5)), Memo: []byte("memo ✓"),
	}
	built, err := tx.Build(c, tx.Reference{Block: block, Time: time.UnixMilli(1 + random.Int64N(1<<42))}, opts)
	if err != nil {
		t.Fatal(err)
	}
	out := ourTransaction{JSON: built, Address: c.Sender()}
	for range 1 + random.IntN(tx.MaxSignatures) {
		key := randomKey(t, random)
		if err := built.Sign(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		out.Signers = append(out.Signers, key.Address())
	}
	return out
}

// forTronWeb drops the fields that TronWeb leaves out: those that the chain writes or does not use.
func forTronWeb(c tx.Contract) {
	switch c := c.(type) {
	case *tx.AccountCreate:
		c.Kind = tx.AccountNormal
	case *tx.AssetIssue:
		c.Frozen, c.Order, c.ID = c.Frozen[:1], 0, ""
	case *tx.VoteWitness:
		c.Support = false
	case *tx.CreateSmartContract:
		c.New.Address, c.New.CodeHash, c.New.TransactionHash, c.New.Version = wallet.Address{}, nil, nil, 0
	case *tx.AccountPermissionUpdate:
		all := []*tx.Permission{c.Owners, c.Witness}
		for i := range c.Actives {
			all = append(all, &c.Actives[i])
		}
		for _, p := range all {
			p.Parent = 0
		}
	case *tx.ProposalCreate: // a map: TronWeb sorts its keys as text
		c.Parameters = c.Parameters[:1]
	}
}

func randomMessage(t testing.TB, random *rand.Rand, form wallet.MessageForm) ourMessage {
	t.Helper()
	raw := make([]byte, 1+random.IntN(100))
	fill(random, raw)
	text := hex.EncodeToString(raw)
	if form == wallet.MessageV2 {
		text = "✓ " + text
	}
	key := randomKey(t, random)
	signature, err := wallet.SignMessage(t.Context(), key, form, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return ourMessage{Form: form, Message: text, Signature: "0x" + signature.String(), Address: key.Address()}
}

func randomKeyFile(t testing.TB, random *rand.Rand, password string) ourKeyFile {
	t.Helper()
	key := randomKey(t, random)
	file, err := wallet.EncryptKey(key, []byte(password), wallet.Cost{N: 1024, P: 1})
	if err != nil {
		t.Fatal(err)
	}
	file.Name, file.Path = "alice", wallet.AccountPath(3)
	data, err := file.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return ourKeyFile{File: data, Password: password, Address: key.Address()}
}

// BenchmarkTronWebRatio builds and signs with both safety checks, and reports how many times TronWeb takes for the same with its own two checks, in this run on these cores.
func BenchmarkTronWebRatio(b *testing.B) {
	theirs, err := strconv.ParseFloat(strings.TrimSpace(string(node(b, nil, "bench.mjs", "1000"))), 64)
	if err != nil {
		b.Fatal(err)
	}
	key := keyOne(b)
	want := tx.Expected{Contract: transferOf(key.Address())}
	ref := reference()
	var ours []time.Duration
	for b.Loop() {
		start := time.Now()
		buildAndSign(b, key, want, ref)
		ours = append(ours, time.Since(start))
	}
	b.ReportMetric(theirs/float64(median(ours)), "×TronWeb(≥15)")
}
