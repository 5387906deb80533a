package tx_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// What TronWeb builds passes, but for the two kinds of staking that ended.
func TestCheckTakesWhatTheChainTakes(t *testing.T) {
	for name, r := range requests() {
		if err := tx.Check(r.contract); (err != nil) != (r.contract.Type() == tx.TypeFreezeBalance) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckRefusesWhatTheChainRefuses(t *testing.T) {
	long := strings.Repeat("x", 257)
	deploy := func(change func(c *tx.CreateSmartContract)) tx.Contract {
		c := deployment(true, "Acme", 100)
		change(c)
		return c
	}
	for name, c := range map[string]tx.Contract{
		"no owner":              &tx.Transfer{To: you, Amount: 1},
		"opaque":                &tx.Opaque{Number: 200},
		"to itself":             &tx.Transfer{Owner: me, To: me, Amount: 1},
		"to nobody":             &tx.Transfer{Owner: me, Amount: 1},
		"nothing":               &tx.Transfer{Owner: me, To: you},
		"less than nothing":     &tx.Transfer{Owner: me, To: you, Amount: -5},
		"an asset by name":      &tx.TransferAsset{Asset: "BTT", Owner: me, To: you, Amount: units(1)},
		"no units":              &tx.TransferAsset{Asset: "1000001", Owner: me, To: you},
		"buying for nothing":    &tx.ParticipateAssetIssue{Owner: me, To: you, Asset: "1000001"},
		"a long page":           &tx.UpdateAsset{Owner: me, URL: long},
		"no page":               &tx.WitnessCreate{Owner: me},
		"a long page of an SR":  &tx.WitnessUpdate{Owner: me, URL: long},
		"a limit":               &tx.UpdateAsset{Owner: me, URL: "u", FreeLimit: 57_600_000_000},
		"a negative limit":      &tx.UpdateAsset{Owner: me, URL: "u", PublicLimit: -1},
		"itself again":          &tx.AccountCreate{Owner: me, Account: me},
		"a long name":           &tx.AccountUpdate{Owner: me, Name: long},
		"a short id":            &tx.SetAccountID{Owner: me, ID: "alice"},
		"an id with a space":    &tx.SetAccountID{Owner: me, ID: "alice 0001"},
		"no owner permission":   &tx.AccountPermissionUpdate{Owner: me},
		"no key":                &tx.AccountPermissionUpdate{Owner: me, Owners: &tx.Permission{Threshold: 1}},
		"no contract":           &tx.CreateSmartContract{Owner: me},
		"another origin":        deploy(func(c *tx.CreateSmartContract) { c.New.Origin = you }),
		"no code":               deploy(func(c *tx.CreateSmartContract) { c.New.Bytecode = nil }),
		"a long contract name":  deploy(func(c *tx.CreateSmartContract) { c.New.Name = strings.Repeat("x", 33) }),
		"101 %":                 deploy(func(c *tx.CreateSmartContract) { c.New.CallerEnergyPercent = 101 }),
		"a negative value":      deploy(func(c *tx.CreateSmartContract) { c.New.CallValue = -1 }),
		"no energy":             deploy(func(c *tx.CreateSmartContract) { c.New.OriginEnergyLimit = 0 }),
		"units of no token":     deploy(func(c *tx.CreateSmartContract) { c.CallTokenValue = units(1) }),
		"token 1000000":         &tx.TriggerSmartContract{Owner: me, Contract: usdt, TokenID: 1_000_000},
		"a call of nothing":     &tx.TriggerSmartContract{Owner: me},
		"−1 %":                  &tx.UpdateSetting{Owner: me, Contract: usdt, CallerEnergyPercent: -1},
		"a limit of no energy":  &tx.UpdateEnergyLimit{Owner: me, Contract: usdt},
		"the ABI of nothing":    &tx.ClearABI{Owner: me},
		"less than a TRX":       &tx.FreezeBalanceV2{Owner: me, Amount: wallet.TRX - 1},
		"tron power":            &tx.FreezeBalanceV2{Owner: me, Amount: wallet.TRX, Resource: tx.TronPower},
		"unstaking nothing":     &tx.UnfreezeBalanceV2{Owner: me},
		"lending to itself":     &tx.DelegateResource{Owner: me, Receiver: me, Amount: wallet.TRX},
		"a period, no lock":     &tx.DelegateResource{Owner: me, Receiver: you, Amount: wallet.TRX, LockPeriod: 5},
		"a period below 0":      &tx.DelegateResource{Owner: me, Receiver: you, Amount: wallet.TRX, Lock: true, LockPeriod: -5},
		"taking back nothing":   &tx.UnDelegateResource{Owner: me, Receiver: you},
		"old staking":           &tx.FreezeBalance{Owner: me, Amount: wallet.TRX, Days: 3},
		"no votes":              &tx.VoteWitness{Owner: me},
		"31 votes":              &tx.VoteWitness{Owner: me, Votes: make([]tx.Vote, 31)},
		"a vote of nothing":     &tx.VoteWitness{Owner: me, Votes: []tx.Vote{{Candidate: you}}},
		"a vote for nobody":     &tx.VoteWitness{Owner: me, Votes: []tx.Vote{{Count: 1}}},
		"a vote of old":         &tx.VoteAsset{Owner: me},
		"all of the brokerage":  &tx.UpdateBrokerage{Owner: me, Brokerage: 101},
		"proposing nothing":     &tx.ProposalCreate{Owner: me},
		"a pair of one":         &tx.ExchangeCreate{Owner: me, FirstToken: "_", SecondToken: "_", FirstBalance: units(1), SecondBalance: units(1)},
		"an empty pair":         &tx.ExchangeCreate{Owner: me, FirstToken: "_", SecondToken: "1000001", FirstBalance: units(1)},
		"injecting nothing":     &tx.ExchangeInject{Owner: me, Token: "_"},
		"withdrawing what":      &tx.ExchangeWithdraw{Owner: me, Token: "x", Amount: units(1)},
		"trading for nothing":   &tx.ExchangeTransaction{Owner: me, Token: "_", Amount: units(1)},
		"selling for nothing":   &tx.MarketSellAsset{Owner: me, SellToken: "_", BuyToken: "1000001", SellAmount: units(1)},
		"an order without name": &tx.MarketCancelOrder{Owner: me},
		"shielded":              &tx.ShieldedTransfer{},
	} {
		if err := tx.Check(c); !errors.Is(err, tx.ErrRule) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMerge(t *testing.T) {
	a, b := vector(t), vector(t)
	sign := func(to *tx.Transaction, keys ...byte) {
		for _, k := range keys {
			if err := to.Sign(t.Context(), testKey(t, k)); err != nil {
				t.Fatal(err)
			}
		}
	}
	sign(a, 1, 2)
	sign(b, 2, 3)
	if err := a.Merge(b); err != nil {
		t.Fatal(err)
	}
	signers, err := a.Signers()
	if err != nil || len(signers) != 3 || signers[2] != testKey(t, 3).Address() {
		t.Errorf("%v, %v", signers, err)
	}
	if err := a.Merge(b); err != nil || len(a.Signatures()) != 3 {
		t.Errorf("merged twice: %d signatures, %v", len(a.Signatures()), err)
	}
	full := vector(t)
	sign(full, 4, 5, 6)
	if err := a.Merge(full); !errors.Is(err, tx.ErrSignatures) || len(a.Signatures()) != 3 {
		t.Errorf("six signatures: %d, %v", len(a.Signatures()), err)
	}
	another, err := tx.Build(transferOf(me), reference(), tx.Options{Memo: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Merge(another); !errors.Is(err, tx.ErrOtherTransaction) {
		t.Errorf("another transaction: %v", err)
	}
}
