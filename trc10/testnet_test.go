package trc10_test

import (
	"errors"
	"testing"
	"time"

	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/testnettest"
	"github.com/piecework/piecework/trc10"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// chain is a testnet with a connection to it.
type chain struct {
	*testing.T
	*node.Node
	network           *testnet.Network
	alice, bob, carol *wallet.Key
}

func startChain(t *testing.T) chain {
	t.Helper()
	network := testnettest.Start(t, testnet.Config{})
	keys := network.Accounts()
	return chain{t, testnettest.Dial(t, network), network, keys[0], keys[1], keys[2]}
}

// send signs a contract and broadcasts it, without asking for anybody's opinion first.
func (c chain) send(key *wallet.Key, contract tx.Contract) (*node.Receipt, error) {
	c.Helper()
	reference, err := c.Reference(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	transaction, err := tx.Build(contract, reference, tx.Options{})
	if err != nil {
		return nil, err
	}
	if err := transaction.Sign(c.Context(), key); err != nil {
		c.Fatal(err)
	}
	id, err := c.Broadcast(c.Context(), transaction.Bytes())
	if err != nil {
		return nil, err
	}
	return c.Wait(c.Context(), id, transaction.Body().Expiration, node.InBlock)
}

func (c chain) must(key *wallet.Key, contract tx.Contract) *node.Receipt {
	c.Helper()
	checked := trc10.Check(c.Context(), c.Node, contract)
	receipt, sent := c.send(key, contract)
	if checked != nil || sent != nil {
		c.Fatalf("%s: the check says %v, the chain %v", contract.Type(), checked, sent)
	}
	return receipt
}

// refused wants the check to say what the node says, word for word.
func (c chain) refused(key *wallet.Key, contract tx.Contract) {
	c.Helper()
	checked := trc10.Check(c.Context(), c.Node, contract)
	_, sent := c.send(key, contract)
	var rule *trc10.RuleError
	var node *node.RefusedError
	if !errors.As(checked, &rule) || !errors.As(sent, &node) || node.Message != "Contract validate error : "+rule.Rule {
		c.Errorf("%s %+v: the check says %v, the chain %v", contract.Type(), contract, checked, sent)
	}
}

func (c chain) has(token *trc10.Token, owner wallet.Address, want string) {
	c.Helper()
	units, err := c.AssetBalance(c.Context(), owner, int64(token.ID))
	if err != nil || token.Format(units) != want {
		c.Errorf("%s has %s, %v, want %s", owner, token.Format(units), err, want)
	}
}

func (c chain) acme() trc10.Issue {
	c.Helper()
	head, err := c.HeadTime(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	price, err := trc10.ParsePrice("1 TRX = 100 ACM", 6)
	if err != nil {
		c.Fatal(err)
	}
	return trc10.Issue{
		Issuer: c.alice.Address(), Name: "Acme", Abbr: "ACM", URL: "https://acme.example", Decimals: 6, Supply: wallet.UnitsFromUint64(1_000_000_000_000),
		Price: price, SaleStart: head.Add(30 * time.Second), SaleEnd: head.Add(48 * time.Hour),
		Frozen: []tx.FrozenPart{{Amount: wallet.UnitsFromUint64(400_000_000_000), Days: 1}},
	}
}

// The life of a token on a chain: issue, transfer, sale, change, and the frozen part when its day has come.
func TestTokenOnAChain(t *testing.T) {
	c := startChain(t)
	alice, bob := c.alice.Address(), c.bob.Address()
	before, _, err := c.Balance(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	receipt := c.must(c.alice, c.acme().Contract())
	if receipt.Fee < trc10.IssueFee {
		t.Errorf("the fee was %s TRX", receipt.Fee)
	}
	if after, _, _ := c.Balance(t.Context(), alice); before-after != receipt.Fee {
		t.Errorf("%s TRX paid, the receipt says %s", before-after, receipt.Fee)
	}
	id, err := trc10.ParseID(receipt.AssetID)
	if err != nil {
		t.Fatal(err)
	}
	token, err := trc10.Open(t.Context(), c.Node, id)
	if err != nil {
		t.Fatal(err)
	}
	if issued, err := trc10.IssuedBy(t.Context(), c.Node, alice); err != nil || issued.ID != id {
		t.Errorf("%v %v", issued, err)
	}
	if named, err := trc10.Resolve(t.Context(), c.Node, "Acme"); err != nil || named.ID != id {
		t.Errorf("%v %v", named, err)
	}
	c.has(token, alice, "600000 ACM")

	fresh, err := wallet.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	c.must(c.alice, token.Transfer(alice, bob, wallet.UnitsFromUint64(12_500_000)))
	c.must(c.bob, token.Transfer(bob, fresh.Address(), wallet.UnitsFromUint64(2_500_000)))
	c.has(token, bob, "10 ACM")
	c.has(token, fresh.Address(), "2.5 ACM")

	c.refused(c.bob, token.Participate(bob, wallet.TRX)) // too early
	for head, _ := c.HeadTime(t.Context()); !token.OnSale(head); head, _ = c.HeadTime(t.Context()) {
		c.network.Mine(1)
	}
	c.must(c.bob, token.Participate(bob, 3*wallet.TRX/2))
	c.has(token, bob, "160 ACM")

	url := "https://acme.example/new"
	c.must(c.alice, token.Update(trc10.Change{URL: &url}))
	if changed, err := trc10.Open(t.Context(), c.Node, id); err != nil || changed.URL != url || changed.Description != token.Description {
		t.Errorf("%+v %v", changed, err)
	}

	c.refused(c.alice, token.Unfreeze())
	c.network.Mine(24*60*20 + 20) // a day of 3-second blocks
	c.must(c.alice, token.Unfreeze())
	c.has(token, alice, "999837.5 ACM")
}

// What Check refuses the chain refuses with the same words, in the same order of rules.
func TestRefusalsOnAChain(t *testing.T) {
	c := startChain(t)
	alice, bob := c.alice.Address(), c.bob.Address()
	nobody := wallet.AddressFromEVM([20]byte{9})
	bad := func(change func(*tx.AssetIssue)) *tx.AssetIssue {
		contract := c.acme().Contract()
		change(contract)
		return contract
	}
	for _, contract := range []*tx.AssetIssue{
		bad(func(a *tx.AssetIssue) { a.Name = "two words" }), bad(func(a *tx.AssetIssue) { a.Name = "TRX" }), bad(func(a *tx.AssetIssue) { a.Precision = 7 }),
		bad(func(a *tx.AssetIssue) { a.Abbr = "A B" }), bad(func(a *tx.AssetIssue) { a.URL = "" }), bad(func(a *tx.AssetIssue) { a.Description = string(make([]byte, 201)) }),
		bad(func(a *tx.AssetIssue) { a.Start = time.Time{} }), bad(func(a *tx.AssetIssue) { a.End = time.Time{} }), bad(func(a *tx.AssetIssue) { a.End = a.Start }),
		bad(func(a *tx.AssetIssue) { a.Start = a.Start.Add(-time.Hour) }), bad(func(a *tx.AssetIssue) { a.TotalSupply = wallet.Units{} }),
		bad(func(a *tx.AssetIssue) { a.TRXNum = 0 }), bad(func(a *tx.AssetIssue) { a.Num = -1 }), bad(func(a *tx.AssetIssue) { a.PublicUsage = 1 }),
		bad(func(a *tx.AssetIssue) { a.Frozen = make([]tx.FrozenPart, 11) }), bad(func(a *tx.AssetIssue) { a.FreeLimit = -1 }), bad(func(a *tx.AssetIssue) { a.PublicLimit = 57_600_000_000 }),
		bad(func(a *tx.AssetIssue) { a.Frozen[0].Amount = wallet.Units{} }), bad(func(a *tx.AssetIssue) { a.Frozen[0].Amount = wallet.UnitsFromUint64(1_000_000_000_001) }),
		bad(func(a *tx.AssetIssue) { a.Frozen[0].Days = 3653 }),
		bad(func(a *tx.AssetIssue) { a.Name, a.Abbr, a.URL = "", "A B", "" }), // the first rule wins
	} {
		c.refused(c.alice, contract)
	}
	receipt := c.must(c.alice, c.acme().Contract())
	c.refused(c.alice, c.acme().Contract()) // one token an account
	id, err := trc10.ParseID(receipt.AssetID)
	if err != nil {
		t.Fatal(err)
	}
	token, err := trc10.Open(t.Context(), c.Node, id)
	if err != nil {
		t.Fatal(err)
	}
	one := wallet.UnitsFromUint64(1)
	c.refused(c.alice, token.Transfer(alice, bob, wallet.Units{}))
	c.refused(c.alice, token.Transfer(alice, alice, one))
	c.refused(c.bob, token.Transfer(bob, alice, one))
	c.refused(c.alice, token.Transfer(alice, bob, wallet.UnitsFromUint64(600_000_000_001)))
	c.refused(c.bob, token.Participate(bob, 0))
	c.refused(c.alice, token.Participate(alice, 1))
	c.refused(c.bob, token.Participate(bob, 10_000_000*wallet.TRX))
	c.refused(c.bob, &tx.ParticipateAssetIssue{Owner: bob, To: alice, Asset: "1999999", Amount: 1})
	c.refused(c.bob, &tx.ParticipateAssetIssue{Owner: bob, To: c.carol.Address(), Asset: token.ID.String(), Amount: 1})
	c.refused(c.bob, &tx.ParticipateAssetIssue{Owner: bob, To: nobody, Asset: token.ID.String(), Amount: 1})
	c.refused(c.bob, &tx.UnfreezeAsset{Owner: bob})
	c.refused(c.bob, &tx.UpdateAsset{Owner: bob, URL: "x"})
	c.refused(c.alice, token.Update(trc10.Change{URL: new(string)}))
}
