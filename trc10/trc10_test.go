package trc10

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

var (
	alice = wallet.AddressFromEVM([20]byte{1})
	bob   = wallet.AddressFromEVM([20]byte{2})
	carol = wallet.AddressFromEVM([20]byte{3}) // never activated

	head = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
)

// ledger is a chain of a few tokens and accounts.
type ledger struct {
	tokens   []*tx.AssetIssue
	balances map[wallet.Address]wallet.Sun
	holdings map[wallet.Address]map[int64]wallet.Units
	down     error // every question fails with it
}

func (l *ledger) AssetByID(_ context.Context, id int64) (*tx.AssetIssue, error) {
	for _, t := range l.tokens {
		if t.ID == ID(id).String() {
			return t, l.down
		}
	}
	return nil, l.down
}

func (l *ledger) AssetsByName(_ context.Context, name string) (found []*tx.AssetIssue, err error) {
	for _, t := range l.tokens {
		if t.Name == name {
			found = append(found, t)
		}
	}
	return found, l.down
}

func (l *ledger) AssetIssuedBy(_ context.Context, issuer wallet.Address) (*tx.AssetIssue, error) {
	for _, t := range l.tokens {
		if t.Owner == issuer {
			return t, l.down
		}
	}
	return nil, l.down
}

func (l *ledger) Balance(_ context.Context, a wallet.Address) (wallet.Sun, bool, error) {
	b, ok := l.balances[a]
	return b, ok, l.down
}

func (l *ledger) AssetBalance(_ context.Context, a wallet.Address, id int64) (wallet.Units, error) {
	return l.holdings[a][id], l.down
}

func (l *ledger) HeadTime(context.Context) (time.Time, error) { return head, l.down }

func (l *ledger) ChainParameter(_ context.Context, key string) (int64, error) {
	return map[string]int64{"getAssetIssueFee": int64(IssueFee), "getCreateNewAccountFeeInSystemContract": int64(wallet.TRX)}[key], l.down
}

func goodIssue() Issue {
	return Issue{
		Issuer: bob, Name: "Acme", Abbr: "ACM", URL: "https://acme.example", Description: "coyotes' choice", Decimals: 6,
		Supply: wallet.UnitsFromUint64(1_000_000_000_000), Price: Price{Sun: 1, Units: 100},
		SaleStart: head.Add(time.Minute), SaleEnd: head.Add(7 * 24 * time.Hour),
		Frozen: []tx.FrozenPart{{Amount: wallet.UnitsFromUint64(500_000_000_000), Days: 30}, {Amount: wallet.UnitsFromUint64(500_000_000_000), Days: 1}},
	}
}

// aliceToken is on sale since an hour.
func aliceToken() *tx.AssetIssue {
	i := goodIssue()
	i.Issuer, i.SaleStart, i.Frozen = alice, head.Add(-time.Hour), []tx.FrozenPart{{Amount: wallet.UnitsFromUint64(5), Days: 1}}
	c := i.Contract()
	c.ID = "1000001"
	return c
}

func testLedger() *ledger {
	return &ledger{
		tokens:   []*tx.AssetIssue{aliceToken()},
		balances: map[wallet.Address]wallet.Sun{alice: 5 * wallet.TRX, bob: 2000 * wallet.TRX},
		holdings: map[wallet.Address]map[int64]wallet.Units{alice: {1000001: wallet.UnitsFromUint64(1_000_000)}},
	}
}

// Each case breaks one rule of AssetIssueActuator (java-tron 4.8.0); the words are the node's.
func TestIssueRules(t *testing.T) {
	facts := IssueFacts{Head: head, Fee: IssueFee, Exists: true, Balance: IssueFee}
	if err := CheckIssue(goodIssue().Contract(), facts); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 300)
	type C = tx.AssetIssue
	for _, c := range []struct {
		rule string
		do   func(*C, *IssueFacts)
	}{
		{"Invalid ownerAddress", func(c *C, _ *IssueFacts) { c.Owner = wallet.Address{} }},
		{"Invalid assetName", func(c *C, _ *IssueFacts) { c.Name = "" }},
		{"Invalid assetName", func(c *C, _ *IssueFacts) { c.Name = "two words" }},
		{"Invalid assetName", func(c *C, _ *IssueFacts) { c.Name = "münze" }},
		{"Invalid assetName", func(c *C, _ *IssueFacts) { c.Name = long[:33] }},
		{"assetName can't be trx", func(c *C, _ *IssueFacts) { c.Name = "tRx" }},
		{"precision cannot exceed 6", func(c *C, _ *IssueFacts) { c.Precision = 7 }},
		{"precision cannot exceed 6", func(c *C, _ *IssueFacts) { c.Precision = -1 }},
		{"Invalid abbreviation for token", func(c *C, _ *IssueFacts) { c.Abbr = long[:33] }},
		{"Invalid url", func(c *C, _ *IssueFacts) { c.URL = "" }},
		{"Invalid url", func(c *C, _ *IssueFacts) { c.URL = long[:257] }},
		{"Invalid description", func(c *C, _ *IssueFacts) { c.Description = long[:201] }},
		{"Start time should be not empty", func(c *C, _ *IssueFacts) { c.Start = time.Time{} }},
		{"End time should be not empty", func(c *C, _ *IssueFacts) { c.End = time.Time{} }},
		{"End time should be greater than start time", func(c *C, _ *IssueFacts) { c.End = c.Start }},
		{"Start time should be greater than HeadBlockTime", func(c *C, _ *IssueFacts) { c.Start = head }},
		{"TotalSupply must greater than 0!", func(c *C, _ *IssueFacts) { c.TotalSupply = wallet.Units{} }},
		{"TotalSupply must greater than 0!", func(c *C, _ *IssueFacts) { c.TotalSupply = wallet.UnitsFromUint64(1 << 63) }},
		{"TrxNum must greater than 0!", func(c *C, _ *IssueFacts) { c.TRXNum = 0 }},
		{"Num must greater than 0!", func(c *C, _ *IssueFacts) { c.Num = -1 }},
		{"PublicFreeAssetNetUsage must be 0!", func(c *C, _ *IssueFacts) { c.PublicUsage = 1 }},
		{"Frozen supply list length is too long", func(c *C, _ *IssueFacts) { c.Frozen = make([]tx.FrozenPart, 11) }},
		{"Invalid FreeAssetNetLimit", func(c *C, _ *IssueFacts) { c.FreeLimit = 57_600_000_000 }},
		{"Invalid PublicFreeAssetNetLimit", func(c *C, _ *IssueFacts) { c.PublicLimit = -1 }},
		{"Frozen supply must be greater than 0!", func(c *C, _ *IssueFacts) { c.Frozen[1].Amount = wallet.Units{} }},
		{"Frozen supply cannot exceed total supply", func(c *C, _ *IssueFacts) { c.Frozen[1].Amount = wallet.UnitsFromUint64(500_000_000_001) }},
		{"Frozen supply cannot exceed total supply", func(c *C, _ *IssueFacts) { c.Frozen[1].Amount = wallet.UnitsFromUint64(1 << 63) }},
		{"frozenDuration must be less than 3652 days and more than 1 days", func(c *C, _ *IssueFacts) { c.Frozen[0].Days = 0 }},
		{"frozenDuration must be less than 3652 days and more than 1 days", func(c *C, _ *IssueFacts) { c.Frozen[0].Days = 3653 }},
		{"Account not exists", func(_ *C, f *IssueFacts) { f.Exists = false }},
		{"An account can only issue one asset", func(_ *C, f *IssueFacts) { f.Issued = FirstID }},
		{"No enough balance for fee!", func(_ *C, f *IssueFacts) { f.Balance-- }},
	} {
		contract, f := goodIssue().Contract(), facts
		c.do(contract, &f)
		wantRule(t, CheckIssue(contract, f), c.rule)
	}
}

func TestRulesOfAnExistingToken(t *testing.T) {
	l := testLedger()
	token, err := Open(t.Context(), l, FirstID)
	if err != nil {
		t.Fatal(err)
	}
	one := wallet.UnitsFromUint64(1)
	url := func(s string) Change { return Change{URL: &s} }
	poor := wallet.AddressFromEVM([20]byte{4})
	l.balances[poor] = 0
	l.holdings[poor] = map[int64]wallet.Units{1000001: one}
	for _, c := range []struct {
		contract tx.Contract
		rule     string // "" when it holds
	}{
		{token.Transfer(alice, bob, one), ""},
		{token.Transfer(alice, carol, one), ""},
		{token.Transfer(alice, bob, wallet.Units{}), "Amount must be greater than 0."},
		{token.Transfer(alice, alice, one), "Cannot transfer asset to yourself."},
		{token.Transfer(carol, bob, one), "No owner account!"},
		{&tx.TransferAsset{Asset: "Acme", Owner: alice, To: bob, Amount: one}, "No asset!"},
		{&tx.TransferAsset{Asset: "1000002", Owner: alice, To: bob, Amount: one}, "No asset!"},
		{token.Transfer(bob, alice, one), "assetBalance must be greater than 0."},
		{token.Transfer(alice, bob, wallet.UnitsFromUint64(1_000_001)), "assetBalance is not sufficient."},
		{token.Transfer(poor, carol, one), "Validate TransferAssetActuator error, insufficient fee."},

		{token.Participate(bob, 10), ""},
		{token.Participate(bob, 0), "Amount must greater than 0!"},
		{token.Participate(alice, 1), "Cannot participate asset Issue yourself !"},
		{token.Participate(carol, 1), "Account does not exist!"},
		{token.Participate(bob, 3000*wallet.TRX), "No enough balance !"},
		{&tx.ParticipateAssetIssue{Owner: bob, To: alice, Asset: "7", Amount: 1}, "No asset named 7"},
		{&tx.ParticipateAssetIssue{Owner: bob, To: poor, Asset: "1000001", Amount: 1}, "The asset is not issued by " + poor.Hex()},
		{token.Participate(bob, 10_001), "Asset balance is not enough !"},

		{token.Unfreeze(), "It's not time to unfreeze asset supply"},
		{&tx.UnfreezeAsset{Owner: bob}, "no frozen supply balance"},
		{&tx.UnfreezeAsset{Owner: carol}, "Account[" + carol.Hex() + "] does not exist"},

		{token.Update(url("https://new.example")), ""},
		{token.Update(url("")), "Invalid url"},
		{token.Update(Change{Description: ptr(strings.Repeat("x", 201))}), "Invalid description"},
		{token.Update(Change{HolderBandwidth: ptr(int64(-1))}), "Invalid FreeAssetNetLimit"},
		{token.Update(Change{PublicBandwidth: ptr(int64(57_600_000_000))}), "Invalid PublicFreeAssetNetLimit"},
		{&tx.UpdateAsset{Owner: bob, URL: "x"}, "Account has not issued any asset"},
		{&tx.UpdateAsset{Owner: carol, URL: "x"}, "Account does not exist"},

		{goodIssue().Contract(), ""},
	} {
		err := Check(t.Context(), l, c.contract)
		if c.rule == "" && err != nil {
			t.Errorf("%s %+v: %v", c.contract.Type(), c.contract, err)
		} else if c.rule != "" {
			wantRule(t, err, c.rule)
		}
	}
	if err := Check(t.Context(), l, &tx.Transfer{}); err == nil {
		t.Error("a TRX transfer is no TRC-10 contract")
	}
	l.down = errors.New("node away")
	for _, c := range []tx.Contract{token.Transfer(alice, bob, one), token.Participate(bob, 1), token.Unfreeze(), token.Update(Change{}), goodIssue().Contract()} {
		if err := Check(t.Context(), l, c); !errors.Is(err, l.down) {
			t.Errorf("%s with the node away: %v", c.Type(), err)
		}
	}
}

func TestSaleClosesAtItsEnd(t *testing.T) {
	l := testLedger()
	l.tokens[0].End = head
	token, _ := Open(t.Context(), l, FirstID)
	wantRule(t, Check(t.Context(), l, token.Participate(bob, 1)), "No longer valid period!")
	l.tokens[0].End = head.Add(time.Millisecond)
	l.tokens[0].TRXNum, l.tokens[0].Num = 1000, 1
	token, _ = Open(t.Context(), l, FirstID)
	wantRule(t, Check(t.Context(), l, token.Participate(bob, 999)), "Can not process the exchange!")
}

func TestUpdateKeepsWhatIsNotChanged(t *testing.T) {
	token, _ := TokenFrom(aliceToken())
	got := token.Update(Change{HolderBandwidth: ptr(int64(7))})
	if got.URL != token.URL || got.Description != token.Description || got.FreeLimit != 7 || got.PublicLimit != token.PublicBandwidth || got.Owner != alice {
		t.Errorf("%+v", got)
	}
}

func TestNamesAreNotUnique(t *testing.T) {
	l := testLedger()
	second := aliceToken()
	second.ID, second.Owner = "1000000007", bob
	l.tokens = append([]*tx.AssetIssue{second}, l.tokens...)
	_, err := Resolve(t.Context(), l, "Acme")
	var ambiguous *AmbiguousError
	if !errors.As(err, &ambiguous) || len(ambiguous.Tokens) != 2 || ambiguous.Tokens[0].ID != FirstID {
		t.Fatalf("%v", err)
	}
	if token, err := Resolve(t.Context(), l, "1000000007"); err != nil || token.Issuer != bob {
		t.Fatalf("%v %v", token, err)
	}
	for _, text := range []string{"Nobody", "1000002", "", "01000001", "999"} {
		if _, err := Resolve(t.Context(), l, text); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestDecimalsThatMakeNoSenseStop(t *testing.T) {
	for _, precision := range []int32{-1, 7, 1 << 30} {
		bad := aliceToken()
		bad.Precision = precision
		if _, err := TokenFrom(bad); err == nil {
			t.Errorf("precision %d was taken", precision)
		}
	}
}

func TestPrices(t *testing.T) {
	for _, c := range []struct {
		text     string
		decimals int
		want     Price
		printed  string
	}{
		{"1 TRX = 100 ACM", 6, Price{1, 100}, "1 TRX = 100 ACM"},
		{"1=100", 0, Price{10_000, 1}, "1 TRX = 100 ACM"},
		{" 0.5 trx =  3 x ", 6, Price{1, 6}, "1 TRX = 6 ACM"},
		{"3 TRX = 1 ACM", 0, Price{3_000_000, 1}, "3 TRX = 1 ACM"},
		{"7 TRX = 0.000001 ACM", 6, Price{7_000_000, 1}, "7 TRX = 0.000001 ACM"},
	} {
		got, err := ParsePrice(c.text, c.decimals)
		if err != nil || got != c.want || got.Format(c.decimals, "ACM") != c.printed {
			t.Errorf("%q: %+v %q %v", c.text, got, got.Format(c.decimals, "ACM"), err)
		}
	}
	for _, text := range []string{"", "1", "=", "1 TRX =", "0 = 1", "1 = 0", "1 BTT = 2 ACM", "-1 = 2", "1 TRX = 1.0000001 ACM", "1 TRX = 2 A B", "0.000001 TRX = 3000 ACM", "2147.483648001 = 1"} {
		if p, err := ParsePrice(text, 6); !errors.Is(err, ErrPrice) {
			t.Errorf("%q: %+v %v", text, p, err)
		}
	}
}

func TestPriceRounding(t *testing.T) {
	p := Price{Sun: 3, Units: 7}
	for pay := wallet.Sun(0); pay < 50; pay++ {
		if got := p.Buys(pay).String(); got != wallet.UnitsFromUint64(uint64(pay)*7/3).String() {
			t.Errorf("%d sun buy %s", pay, got)
		}
	}
	for units := uint64(0); units < 50; units++ {
		cost, err := p.Costs(wallet.UnitsFromUint64(units))
		if err != nil || p.Buys(cost).Cmp(wallet.UnitsFromUint64(units)) < 0 || cost > 0 && p.Buys(cost-1).Cmp(wallet.UnitsFromUint64(units)) >= 0 {
			t.Errorf("%d units cost %d, %v", units, cost, err)
		}
	}
	most := wallet.UnitsFromBytes([32]byte{1})
	if _, err := p.Costs(most); !errors.Is(err, ErrPrice) {
		t.Error(err)
	}
	if _, err := (Price{}).Costs(most); !errors.Is(err, ErrPrice) {
		t.Error(err)
	}
}

func TestAmountsAreExact(t *testing.T) {
	token, _ := TokenFrom(aliceToken())
	if u, err := token.Amount("9007199254.740993"); err != nil || u.String() != "9007199254740993" || token.Format(u) != "9007199254.740993 ACM" {
		t.Errorf("%s %v", u, err)
	}
	for _, text := range []string{"0.0000001", "9223372036854.775808", "-1", "1e3", "1,5", ""} {
		if u, err := token.Amount(text); !errors.Is(err, wallet.ErrAmount) {
			t.Errorf("%q: %s %v", text, u, err)
		}
	}
}

func wantRule(t *testing.T, err error, words string) {
	t.Helper()
	var broken *RuleError
	if !errors.As(err, &broken) || broken.Rule != words || strings.Contains(err.Error(), "%!") {
		t.Errorf("want %q, got %v", words, err)
	}
}

func ptr[T any](v T) *T { return &v }
