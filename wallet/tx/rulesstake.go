package tx

import "github.com/piecework/piecework/wallet"

// mustResource: TRON_POWER cannot be staked for while the chain parameter AllowNewResourceModel is off, as it is on mainnet.
func mustResource(r Resource) error {
	return must(r == Bandwidth || r == Energy, "there is no resource %s", r)
}

func mustOneTRX(amount wallet.Sun) error {
	return must(amount >= wallet.TRX, "the amount is %s TRX, at least 1", amount)
}

func (c *FreezeBalanceV2) check() error { return first(mustOneTRX(c.Amount), mustResource(c.Resource)) }

func (c *UnfreezeBalanceV2) check() error {
	return first(must(c.Amount > 0, "the amount is %s TRX", c.Amount), mustResource(c.Resource))
}

func (c *DelegateResource) check() error {
	return first(mustOneTRX(c.Amount), mustResource(c.Resource), mustRecipient("receiver", c.Owner, c.Receiver),
		must(c.LockPeriod >= 0, "the lock takes %d blocks", c.LockPeriod), must(c.Lock || c.LockPeriod == 0, "there is a lock period and no lock"))
}

func (c *UnDelegateResource) check() error {
	return first(must(c.Amount > 0, "the amount is %s TRX", c.Amount), mustResource(c.Resource), mustRecipient("receiver", c.Owner, c.Receiver))
}

func (c *FreezeBalance) check() error {
	return refuse("staking of this kind ended with Stake 2.0; use FreezeBalanceV2")
}

func (c *VoteWitness) check() error {
	if err := must(len(c.Votes) >= 1 && len(c.Votes) <= maxVotes, "%d candidates, want 1 to %d", len(c.Votes), maxVotes); err != nil {
		return err
	}
	for _, v := range c.Votes {
		if err := first(must(!v.Candidate.IsZero(), "a vote names no candidate"), must(v.Count > 0, "%s gets %d votes", v.Candidate, v.Count)); err != nil {
			return err
		}
	}
	return nil
}

func (c *VoteAsset) check() error { return refuse("the chain has no such contract any more") }

func (c *WitnessCreate) check() error { return mustURL(c.URL) }

func (c *WitnessUpdate) check() error { return mustURL(c.URL) }

func (c *UpdateBrokerage) check() error { return mustPercent("the brokerage", int64(c.Brokerage)) }

func (c *ProposalCreate) check() error { return must(len(c.Parameters) > 0, "it proposes nothing") }

func (c *ExchangeCreate) check() error {
	return first(mustExchangeToken(c.FirstToken), mustExchangeToken(c.SecondToken), must(c.FirstToken != c.SecondToken, "both tokens are the same"),
		must(!c.FirstBalance.IsZero() && !c.SecondBalance.IsZero(), "a balance is 0"))
}

func (c *ExchangeInject) check() error {
	return first(mustExchangeToken(c.Token), must(!c.Amount.IsZero(), "the amount is 0"))
}

func (c *ExchangeWithdraw) check() error {
	return first(mustExchangeToken(c.Token), must(!c.Amount.IsZero(), "the amount is 0"))
}

func (c *ExchangeTransaction) check() error {
	return first(mustExchangeToken(c.Token), must(!c.Amount.IsZero(), "the amount is 0"), must(!c.Expected.IsZero(), "nothing is expected for it"))
}

func (c *MarketSellAsset) check() error {
	return first(mustExchangeToken(c.SellToken), mustExchangeToken(c.BuyToken), must(c.SellToken != c.BuyToken, "both tokens are the same"),
		must(!c.SellAmount.IsZero() && !c.BuyAmount.IsZero(), "an amount is 0"))
}

func (c *MarketCancelOrder) check() error {
	return must(len(c.Order) == 32, "an order id of %d bytes, want 32", len(c.Order))
}

func (c *ShieldedTransfer) check() error { return refuse("shielded transfers are off") }
