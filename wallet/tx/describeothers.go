package tx

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// String says what the contract does.
func (c *VoteWitness) String() string {
	votes := make([]string, len(c.Votes))
	for i, v := range c.Votes {
		votes[i] = fmt.Sprintf("%d for %s", v.Count, v.Candidate)
	}
	return fmt.Sprintf("replace all votes of %s by %s", c.Owner, strings.Join(votes, ", "))
}

// String says what the contract does.
func (c *VoteAsset) String() string { return "vote in a way that the chain does not know any more" }

// String says what the contract does.
func (c *WitnessCreate) String() string {
	return fmt.Sprintf("make %s a candidate for super representative, page %q", c.Owner, wallet.Clip(c.URL))
}

// String says what the contract does.
func (c *WitnessUpdate) String() string {
	return fmt.Sprintf("change the page of the candidate %s to %q", c.Owner, wallet.Clip(c.URL))
}

// String says what the contract does.
func (c *WithdrawBalance) String() string { return fmt.Sprintf("pay out the rewards of %s", c.Owner) }

// String says what the contract does.
func (c *UpdateBrokerage) String() string {
	return fmt.Sprintf("let %s keep %d %% of the rewards", c.Owner, c.Brokerage)
}

// String says what the contract does.
func (c *ProposalCreate) String() string {
	parameters := make([]string, len(c.Parameters))
	for i, p := range c.Parameters {
		parameters[i] = fmt.Sprintf("%d = %d", p.Number, p.Value)
	}
	return fmt.Sprintf("propose, as %s, the chain parameters %s", c.Owner, strings.Join(parameters, ", "))
}

// String says what the contract does.
func (c *ProposalApprove) String() string {
	if c.Approve {
		return fmt.Sprintf("approve of proposal %d as %s", c.Proposal, c.Owner)
	}
	return fmt.Sprintf("take back the approval of proposal %d as %s", c.Proposal, c.Owner)
}

// String says what the contract does.
func (c *ProposalDelete) String() string {
	return fmt.Sprintf("withdraw proposal %d of %s", c.Proposal, c.Owner)
}

// String says what the contract does.
func (c *ExchangeCreate) String() string {
	return fmt.Sprintf("open a pair with %s and %s of %s", exchanged(c.FirstBalance.String(), c.FirstToken), exchanged(c.SecondBalance.String(), c.SecondToken), c.Owner)
}

// String says what the contract does.
func (c *ExchangeInject) String() string {
	return fmt.Sprintf("add %s of %s to pair %d", exchanged(c.Amount.String(), c.Token), c.Owner, c.Exchange)
}

// String says what the contract does.
func (c *ExchangeWithdraw) String() string {
	return fmt.Sprintf("take %s out of pair %d for %s", exchanged(c.Amount.String(), c.Token), c.Exchange, c.Owner)
}

// String says what the contract does.
func (c *ExchangeTransaction) String() string {
	return fmt.Sprintf("sell %s of %s to pair %d for at least %s units of the other token", exchanged(c.Amount.String(), c.Token), c.Owner, c.Exchange, c.Expected)
}

// String says what the contract does.
func (c *MarketSellAsset) String() string {
	return fmt.Sprintf("offer %s of %s for at least %s", exchanged(c.SellAmount.String(), c.SellToken), c.Owner, exchanged(c.BuyAmount.String(), c.BuyToken))
}

// String says what the contract does.
func (c *MarketCancelOrder) String() string {
	return fmt.Sprintf("take back order %x of %s", c.Order[:min(len(c.Order), 32)], c.Owner)
}

// String says what the contract does.
func (c *ShieldedTransfer) String() string { return "move a token in zero knowledge" }

// String says that the contract cannot be read.
func (c *Opaque) String() string {
	return fmt.Sprintf("something that cannot be read (%s): %v", c.Number, c.Why)
}

// exchanged is an amount of a token of the exchange, where "_" is TRX.
func exchanged(amount, token string) string {
	if token == "_" {
		return amount + " sun"
	}
	return fmt.Sprintf("%s units of token %s", amount, tokenLabel(token))
}

// tokenLabel is a token's id, or what stands in its place in quotes: a stranger's text must not move the cursor.
func tokenLabel(id string) string {
	if mustAssetID(id) == nil {
		return wallet.Clip(id)
	}
	return strconv.QuoteToGraphic(wallet.Clip(id))
}
