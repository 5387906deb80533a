package demo

import (
	"context"
	"fmt"
	"math/big"

	"golang.org/x/sync/errgroup"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/sponsor"
	"github.com/piecework/piecework/trc10"
	"github.com/piecework/piecework/wallet"
)

// AtlasReport is what the Atlas run has to say at its end. Amounts are smallest units of BTT in decimal; BTT has 6 decimals here.
type AtlasReport struct {
	OK      bool          `json:"ok"`
	Seconds float64       `json:"seconds"`
	Video   File          `json:"video"`
	Asset   channel.Asset `json:"asset"`
	Nodes   []AtlasNode   `json:"nodes"`
	Viewers []AtlasViewer `json:"viewers"`
	Sponsor sponsor.Spent `json:"sponsor"`
	Checks  []Check       `json:"checks"`
}

// AtlasNode is what a node did and earned.
type AtlasNode struct {
	Name      string         `json:"name"`
	Address   wallet.Address `json:"address"`
	Uplink    int64          `json:"uplink_bytes_per_second"`
	Left      bool           `json:"left_with_the_creator"`
	PaidBytes int64          `json:"paid_bytes"`
	FreeBytes int64          `json:"free_bytes"`
	Viewers   channel.Amount `json:"from_viewers"`   // out of their own channels
	Sponsored channel.Amount `json:"from_sponsor"`   // for viewers without wallets
	Probes    channel.Amount `json:"from_probes"`    // for being there
	Rounding  channel.Amount `json:"from_vouchers"`  // smallest units that made a voucher newer
	Passed    int            `json:"probes_passed"`  //
	Fast      int            `json:"probes_fast"`    // of those: within the bound, paid twice
	Failed    int            `json:"probes_failed"`  //
	Settled   channel.Amount `json:"settled_in_btt"` // on chain
}

// AtlasViewer is how a viewer fared.
type AtlasViewer struct {
	Name    string         `json:"name"`
	Kind    string         `json:"kind"` // free, paying, sponsored
	Bytes   int64          `json:"bytes"`
	Paid    channel.Amount `json:"paid"` // by itself, or by its sponsor
	Seconds float64        `json:"seconds"`
	Whole   bool           `json:"whole"` // what the player read is the video
}

// settleUp brings everything on chain.
func (a *atlas) settleUp(ctx context.Context) error {
	offer := a.patron.service.Offer()
	group, inner := errgroup.WithContext(ctx)
	for _, n := range a.nodes {
		group.Go(func() error {
			if err := n.hangUp(); err != nil {
				return err
			}
			if err := n.redeem(inner, a.patron.client, offer, a); err != nil {
				return err
			}
			return n.settle(inner)
		})
	}
	return group.Wait()
}

// account says who earned what and why, and checks that it adds up.
func (a *atlas) account(ctx context.Context) {
	a.out.Asset, a.out.Sponsor = a.asset, a.patron.service.Spent()
	for _, n := range a.nodes {
		a.out.Nodes = append(a.out.Nodes, a.earnings(ctx, n))
	}
	paid := map[string]channel.Amount{}
	for _, v := range a.viewers {
		a.out.Viewers = append(a.out.Viewers, v.report)
		paid[v.kind] = paid[v.kind].Add(v.report.Paid)
		a.report.check(v.report.Whole, "what "+v.name+" saw", "%d bytes, %s", v.report.Bytes, v.kind)
	}
	var viewers, promised channel.Amount
	for _, n := range a.out.Nodes {
		viewers, promised = viewers.Add(n.Viewers), promised.Add(n.Sponsored)
	}
	a.report.check(viewers == paid[paying], "paying viewers", "paid %s, nodes settled %s of it", paid[paying], viewers)
	a.report.check(promised == paid[sponsored], "sponsored viewers", "paid %s with the sponsor's money, nodes earned %s", paid[sponsored], promised)
	a.report.check(paid[free].IsZero(), "free viewers", "paid %s", paid[free])
	a.report.check(!a.out.Sponsor.Budget.Less(a.out.Sponsor.Promised), "the sponsor's budget", "%s of %s", a.out.Sponsor.Promised, a.out.Sponsor.Budget)
	holds, err := a.balance(ctx, a.contract, a.asset)
	a.report.check(err == nil && holds.Sign() == 0, "contract holds BTT at the end", "%s units", holds)
	a.checkBooks(ctx)
}

// earnings explains a node's income to the last unit: what it settled is what viewers paid it, what the sponsor did for viewers and probes, and roundings.
func (a *atlas) earnings(ctx context.Context, n *atlasNode) AtlasNode {
	out := AtlasNode{Name: n.name, Address: n.key.Address(), Uplink: n.rate, Left: n.leaves, PaidBytes: n.totals.PaidBytes, FreeBytes: n.totals.FreeBytes}
	var creator channel.Amount
	for _, c := range n.channels {
		settled := c.record.Settled
		out.Settled = out.Settled.Add(settled)
		if c.who == "creator" {
			creator = creator.Add(settled)
		} else {
			out.Viewers = out.Viewers.Add(settled)
		}
		a.world.books.move(a.contract, n.key.Address(), a.asset, settled.Big(), "earned from "+c.who)
		a.world.books.move(a.contract, c.from, a.asset, c.deposit.Sub(settled).Big(), "refund from "+n.name)
	}
	statement := a.patron.service.Statement(n.key.Address())
	out.Passed, out.Failed, out.Probes, out.Sponsored = statement.Passed, statement.Failed, statement.Probes, statement.Viewers
	for _, l := range statement.Lines {
		if l.Fast {
			out.Fast++
		}
	}
	explained := out.Probes.Add(out.Sponsored)
	rest, ok := creator.SubOK(explained)
	out.Rounding = rest
	a.report.check(ok && rest.Less(channel.NewAmount(1000)) && statement.Check() == nil, "what the sponsor paid "+n.name,
		"settled %s = %s for viewers + %s for %d probes + %s of vouchers", creator, out.Sponsored, out.Probes, out.Passed, rest)
	intents, err := n.server.Settler().Intents(ctx, 100)
	if err != nil {
		a.report.check(false, "transactions of "+n.name, "%v", err)
	}
	for _, i := range intents {
		a.world.pay(n.key.Address(), i.Energy, wallet.Sun(i.Fee), i.Kind)
	}
	return out
}

// give sends BTT and books it.
func (a *atlas) give(ctx context.Context, from *wallet.Key, to wallet.Address, amount channel.Amount) error {
	token, err := trc10.Open(ctx, a.world.node, trc10.ID(a.asset.TokenID()))
	if err != nil {
		return err
	}
	_, _, err = a.world.send(ctx, from, token.Transfer(from.Address(), to, amount.Units()), fmt.Sprintf("sending %s", atlasSymbol))
	if err == nil {
		a.world.books.move(from.Address(), to, a.asset, new(big.Int).Set(amount.Big()), "handed over")
	}
	return err
}
