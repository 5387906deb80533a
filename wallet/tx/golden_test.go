package tx_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// golden is what TronWeb made; testdata/tronweb/generate.mjs makes it again.
type golden struct {
	Origin       string
	Transactions []struct {
		Name string
		JSON json.RawMessage
	}
	Messages []struct {
		Form      wallet.MessageForm
		Message   string
		Signature string
	}
	Keystores []struct {
		Password string
		File     json.RawMessage
	}
}

func readGolden(t testing.TB) golden {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// The addresses of the golden transactions.
var (
	me    = wallet.MustParseAddress("TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC")
	you   = wallet.MustParseAddress("TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV")
	other = wallet.MustParseAddress("TPjjvMwjPoDC32V2dGDYTkLH4E5LAtBZ6C")
	third = wallet.MustParseAddress("TB7mhtkvfhsRBRhe5FuRa4tFXSEyGDe4eA")
	usdt  = wallet.MustParseAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
)

// golden case: what we say to get the transaction that TronWeb makes.
type request struct {
	contract tx.Contract
	options  tx.Options
}

func units(n uint64) wallet.Units { return wallet.UnitsFromUint64(n) }

func keys(of ...any) []tx.PermissionKey {
	var list []tx.PermissionKey
	for i := 0; i < len(of); i += 2 {
		list = append(list, tx.PermissionKey{Address: of[i].(wallet.Address), Weight: int64(of[i+1].(int))})
	}
	return list
}

func requests() map[string]request {
	start := time.UnixMilli(4102444800000).UTC()
	token := tx.AssetIssue{
		Owner: me, Name: "Acme", Abbr: "ACM", Description: "a token", URL: "https://acme.example",
		TotalSupply: units(1000000), TRXNum: 1, Num: 100, Start: start, End: start.Add(24 * time.Hour),
	}
	rich := token
	rich.Precision, rich.FreeLimit, rich.PublicLimit, rich.VoteScore = 6, 1000, 2000, 7
	rich.Frozen = []tx.FrozenPart{{Amount: units(500), Days: 30}}
	by := func(permission int32) tx.Options { return tx.Options{PermissionID: permission} }
	fee := func(sun wallet.Sun) tx.Options { return tx.Options{FeeLimit: sun} }
	data := append(unhex("a9059cbb0000000000000000000000001111111111111111111111111111111111111111"), make([]byte, 29)...)
	data = append(data, unhex("bebc20")...) // 12.5 USDT
	return map[string]request{
		"transfer":                          {contract: &tx.Transfer{Owner: me, To: you, Amount: wallet.TRX}},
		"transfer 1 sun":                    {contract: &tx.Transfer{Owner: me, To: you, Amount: 1}},
		"transfer 2^53-1 sun":               {contract: &tx.Transfer{Owner: me, To: you, Amount: 1<<53 - 1}},
		"transfer by permission 2":          {&tx.Transfer{Owner: me, To: you, Amount: wallet.TRX}, by(2)},
		"transfer with memo":                {&tx.Transfer{Owner: me, To: you, Amount: wallet.TRX}, tx.Options{Memo: []byte("für Ørsted: 谢谢 🙂")}},
		"transfer asset":                    {contract: &tx.TransferAsset{Asset: "1000001", Owner: me, To: you, Amount: units(5)}},
		"transfer asset by permission 3":    {&tx.TransferAsset{Asset: "1002000", Owner: me, To: you, Amount: units(1<<53 - 1)}, by(3)},
		"issue":                             {contract: &token},
		"issue with everything":             {contract: &rich},
		"participate":                       {contract: &tx.ParticipateAssetIssue{Owner: me, To: you, Asset: "1000001", Amount: 20}},
		"update asset":                      {contract: &tx.UpdateAsset{Owner: me, Description: "better", URL: "https://acme.example/2", FreeLimit: 10, PublicLimit: 20}},
		"update asset to no limits":         {contract: &tx.UpdateAsset{Owner: me, Description: "better", URL: "https://acme.example/2"}},
		"unfreeze asset":                    {contract: &tx.UnfreezeAsset{Owner: me}},
		"create account":                    {contract: &tx.AccountCreate{Owner: me, Account: you}},
		"name account":                      {contract: &tx.AccountUpdate{Owner: me, Name: "alice ✓"}},
		"set account id":                    {contract: &tx.SetAccountID{Owner: me, ID: "alice-01"}},
		"stake for bandwidth":               {contract: &tx.FreezeBalanceV2{Owner: me, Amount: wallet.TRX, Resource: tx.Bandwidth}},
		"stake for energy":                  {contract: &tx.FreezeBalanceV2{Owner: me, Amount: 2 * wallet.TRX, Resource: tx.Energy}},
		"unstake bandwidth":                 {contract: &tx.UnfreezeBalanceV2{Owner: me, Amount: wallet.TRX, Resource: tx.Bandwidth}},
		"unstake energy by permission 2":    {&tx.UnfreezeBalanceV2{Owner: me, Amount: wallet.TRX, Resource: tx.Energy}, by(2)},
		"cancel unstaking":                  {contract: &tx.CancelAllUnfreezeV2{Owner: me}},
		"withdraw unstaked":                 {contract: &tx.WithdrawExpireUnfreeze{Owner: me}},
		"delegate bandwidth":                {contract: &tx.DelegateResource{Owner: me, Resource: tx.Bandwidth, Amount: wallet.TRX, Receiver: you}},
		"delegate energy, locked":           {contract: &tx.DelegateResource{Owner: me, Resource: tx.Energy, Amount: wallet.TRX, Receiver: you, Lock: true, LockPeriod: 86400}},
		"undelegate energy":                 {contract: &tx.UnDelegateResource{Owner: me, Resource: tx.Energy, Amount: wallet.TRX, Receiver: you}},
		"undelegate bandwidth":              {contract: &tx.UnDelegateResource{Owner: me, Resource: tx.Bandwidth, Amount: wallet.TRX, Receiver: you}},
		"old stake for another":             {contract: &tx.FreezeBalance{Owner: me, Amount: wallet.TRX, Days: 3, Resource: tx.Energy, Receiver: you}},
		"old unstake":                       {contract: &tx.UnfreezeBalance{Owner: me}},
		"old unstake of energy for another": {contract: &tx.UnfreezeBalance{Owner: me, Resource: tx.Energy, Receiver: you}},
		"withdraw rewards":                  {contract: &tx.WithdrawBalance{Owner: me}},
		"vote":                              {contract: &tx.VoteWitness{Owner: me, Votes: []tx.Vote{{Candidate: you, Count: 3}, {Candidate: other, Count: 4000000000}}}},
		"become witness":                    {contract: &tx.WitnessCreate{Owner: me, URL: "https://sr.example"}},
		"update witness":                    {contract: &tx.WitnessUpdate{Owner: me, URL: "https://sr.example/2"}},
		"update brokerage":                  {contract: &tx.UpdateBrokerage{Owner: me, Brokerage: 20}},
		"update brokerage to nothing":       {contract: &tx.UpdateBrokerage{Owner: me}},
		"propose":                           {contract: &tx.ProposalCreate{Owner: me, Parameters: []tx.Parameter{{Number: 10, Value: 0}, {Number: 11, Value: 100}}}},
		"approve proposal":                  {contract: &tx.ProposalApprove{Owner: me, Proposal: 7, Approve: true}},
		"disapprove proposal":               {contract: &tx.ProposalApprove{Owner: me, Proposal: 7}},
		"delete proposal":                   {contract: &tx.ProposalDelete{Owner: me, Proposal: 7}},
		"deploy":                            {deployment(true, "Acme", 100), fee(1000 * wallet.TRX)},
		"deploy with value":                 {deployWithValue(), tx.Options{FeeLimit: 1000 * wallet.TRX, PermissionID: 2}},
		"deploy without abi":                {deployment(false, "", 100), fee(1000 * wallet.TRX)},
		"call":                              {&tx.TriggerSmartContract{Owner: me, Contract: usdt, Data: data}, fee(100 * wallet.TRX)},
		"call with value":                   {&tx.TriggerSmartContract{Owner: me, Contract: usdt, CallValue: 5, Data: unhex("1b9265b8"), CallTokenValue: units(6), TokenID: 1000001}, tx.Options{FeeLimit: 1, PermissionID: 4}},
		"call with data alone":              {&tx.TriggerSmartContract{Owner: me, Contract: usdt, Data: unhex("deadbeef")}, fee(15000 * wallet.TRX)},
		"update setting":                    {contract: &tx.UpdateSetting{Owner: me, Contract: usdt, CallerEnergyPercent: 30}},
		"update setting to nothing":         {contract: &tx.UpdateSetting{Owner: me, Contract: usdt}},
		"update energy limit":               {contract: &tx.UpdateEnergyLimit{Owner: me, Contract: usdt, OriginEnergyLimit: 9000000}},
		"clear abi":                         {contract: &tx.ClearABI{Owner: me, Contract: usdt}},
		"create TRX exchange":               {contract: &tx.ExchangeCreate{Owner: me, FirstToken: "1000001", FirstBalance: units(100), SecondToken: "_", SecondBalance: units(200)}},
		"create token exchange":             {contract: &tx.ExchangeCreate{Owner: me, FirstToken: "1000001", FirstBalance: units(100), SecondToken: "1000002", SecondBalance: units(200)}},
		"inject":                            {contract: &tx.ExchangeInject{Owner: me, Exchange: 1, Token: "1000001", Amount: units(50)}},
		"withdraw from exchange":            {contract: &tx.ExchangeWithdraw{Owner: me, Exchange: 1, Token: "1000001", Amount: units(50)}},
		"trade":                             {contract: &tx.ExchangeTransaction{Owner: me, Exchange: 1, Token: "1000001", Amount: units(50), Expected: units(60)}},
		"permissions":                       {contract: permissions()},
		"permissions of a witness":          {contract: witnessPermissions()},
	}
}

func deployment(withABI bool, name string, percent int64) *tx.CreateSmartContract {
	abi := &tx.ABI{}
	code := unhex("6080604052")
	if withABI {
		code = append(code, append(make([]byte, 30), 0x03, 0xe8)...) // the constructor's 1000
		abi = &tx.ABI{Entries: []tx.ABIEntry{
			{Kind: tx.ABIConstructor, Inputs: []tx.ABIParam{{Name: "supply", Type: "uint256"}}, Mutability: tx.MutabilityPayable},
			{Kind: tx.ABIFunction, Name: "balanceOf", Inputs: []tx.ABIParam{{Name: "who", Type: "address"}}, Outputs: []tx.ABIParam{{Type: "uint256"}}, Mutability: tx.MutabilityView},
			{Kind: tx.ABIFunction, Name: "pure", Mutability: tx.MutabilityPure, Constant: true},
			{Kind: tx.ABIFunction, Name: "pay", Inputs: []tx.ABIParam{{Name: "to", Type: "address"}, {Name: "items", Type: "tuple[]"}}, Mutability: tx.MutabilityPayable, Payable: true},
			{Kind: tx.ABIEvent, Name: "Paid", Anonymous: true, Inputs: []tx.ABIParam{{Name: "to", Type: "address", Indexed: true}, {Name: "n", Type: "uint256"}}},
			{Kind: tx.ABIError, Name: "Broke", Inputs: []tx.ABIParam{{Name: "short", Type: "uint256"}}},
			{Kind: tx.ABIFallback, Mutability: tx.MutabilityNonpayable},
			{Kind: tx.ABIReceive, Mutability: tx.MutabilityPayable},
		}}
	}
	return &tx.CreateSmartContract{Owner: me, New: &tx.SmartContract{
		Origin: me, ABI: abi, Bytecode: code, CallerEnergyPercent: percent, Name: name, OriginEnergyLimit: 10000000,
	}}
}

func deployWithValue() *tx.CreateSmartContract {
	c := deployment(true, "Acme", 0)
	c.New.CallValue, c.CallTokenValue, c.TokenID = 10, units(20), 1000001
	return c
}

func permissions() *tx.AccountPermissionUpdate {
	most := unhex("7fff1fc0033ec30f" + strings.Repeat("0", 48))
	return &tx.AccountPermissionUpdate{
		Owner:   me,
		Owners:  &tx.Permission{Name: "owner", Threshold: 1, Keys: keys(me, 1)},
		Actives: []tx.Permission{{Kind: tx.PermissionActive, Name: "active", Threshold: 2, Operations: most, Keys: keys(me, 1, you, 1)}},
	}
}

func witnessPermissions() *tx.AccountPermissionUpdate {
	most := unhex("7fff1fc0033ec30f" + strings.Repeat("0", 48))
	return &tx.AccountPermissionUpdate{
		Owner:   me,
		Owners:  &tx.Permission{Name: "owner", Threshold: 2, Keys: keys(me, 1, you, 1, other, 2)},
		Witness: &tx.Permission{Kind: tx.PermissionWitness, Name: "witness", Threshold: 1, Keys: keys(third, 1)},
		Actives: []tx.Permission{
			{Kind: tx.PermissionActive, Name: "a", Threshold: 1, Operations: most, Keys: keys(me, 1)},
			{Kind: tx.PermissionActive, Name: "b", Threshold: 3, Operations: unhex("02" + strings.Repeat("0", 62)), Keys: keys(you, 3)},
		},
	}
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// Our builder makes TronWeb's bytes, id and signature.
func TestBuildMakesTronWebsBytes(t *testing.T) {
	wanted := requests()
	for _, c := range readGolden(t).Transactions {
		want, ok := wanted[c.Name]
		if !ok {
			t.Errorf("%s: golden.json has it, this test has not", c.Name)
			continue
		}
		delete(wanted, c.Name)
		theirs, err := tx.ParseJSON(c.JSON)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		ours, err := tx.Build(want.contract, reference(), want.options)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		if !bytes.Equal(ours.Raw(), theirs.Raw()) || ours.ID() != theirs.ID() {
			t.Errorf("%s:\n%x, TronWeb has\n%x", c.Name, ours.Raw(), theirs.Raw())
		}
		if err := ours.Sign(t.Context(), keyOne(t)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(ours.Bytes(), theirs.Bytes()) {
			t.Errorf("%s: another signature", c.Name)
		}
	}
	for name := range wanted {
		t.Errorf("%s: this test has it, golden.json has not", name)
	}
}

// TronWeb's bytes read as the contract that was asked for, and nothing else.
func TestDecodeReadsTronWebsBytes(t *testing.T) {
	wanted := requests()
	for _, c := range readGolden(t).Transactions {
		want := wanted[c.Name]
		theirs, err := tx.ParseJSON(c.JSON)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		if !reflect.DeepEqual(theirs.Contract(), want.contract) {
			t.Errorf("%s reads as %+v, want %+v", c.Name, theirs.Contract(), want.contract)
		}
		expected := tx.Expected{Contract: want.contract, PermissionID: want.options.PermissionID, FeeLimit: want.options.FeeLimit, Memo: want.options.Memo}
		if err := theirs.Matches(expected); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		if !theirs.Canonical() {
			t.Errorf("%s is not canonical", c.Name)
		}
		if signers, err := theirs.Signers(); err != nil || len(signers) != 1 || signers[0] != me {
			t.Errorf("%s is signed by %v, %v", c.Name, signers, err)
		}
	}
}

func TestTronWebsMessagesVerify(t *testing.T) {
	for _, m := range readGolden(t).Messages {
		signature, err := wallet.ParseSignature(m.Signature)
		if err != nil {
			t.Fatal(err)
		}
		if form, err := wallet.VerifyMessage([]byte(m.Message), signature, me); err != nil || form != m.Form {
			t.Errorf("%s message %q verifies as %q, %v", m.Form, m.Message, form, err)
		}
		ours, err := wallet.SignMessage(t.Context(), keyOne(t), m.Form, []byte(m.Message))
		if err != nil || ours != signature {
			t.Errorf("%s message %q: our signature differs, %v", m.Form, m.Message, err)
		}
	}
}

func TestTronWebsKeyFilesOpen(t *testing.T) {
	for _, k := range readGolden(t).Keystores {
		file, err := wallet.ReadKeyFile(k.File)
		if err != nil {
			t.Fatal(err)
		}
		if key, err := file.Decrypt([]byte(k.Password)); err != nil || key.Address() != me {
			t.Errorf("%v, %v", key, err)
		}
	}
}
