package cmd

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/wallet"
)

// channelClaim settles from a kit. Anybody may: the money goes to the payee.
func channelClaim(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	kit, err := openKit(c, s, c.Args().First())
	if err != nil {
		return err
	}
	out := claimedKit{Channels: []claimedChannel{}, Transactions: []sent{}}
	var due []channel.Record
	for _, r := range kit.records {
		figures, err := kit.figures(c, s, &r)
		if err != nil {
			return err
		}
		row := claimedChannel{ID: r.ID.String(), Asset: r.Terms.Asset.String(), Payee: r.Terms.Payee.String(), State: r.State.String(), Settled: r.Settled.String(), Due: r.Due(time.Now()).String()}
		if !figures.Exists() {
			row.State = "unknown to the contract"
		}
		out.Channels = append(out.Channels, row)
		if figures.Exists() && !r.Due(time.Now()).IsZero() {
			due = append(due, r)
		}
	}
	for _, batch := range inBatches(due) {
		result, err := claimBatch(c, s, kit.domain, batch)
		if err != nil {
			return fmt.Errorf("after %d transactions: %w", len(out.Transactions), err)
		}
		out.Transactions = append(out.Transactions, *result)
	}
	return printResult(c, out)
}

// inBatches cuts what is due into transactions: of one payee and asset each, as many channels as one may settle.
func inBatches(due []channel.Record) (batches [][]channel.Record) {
	type key struct {
		payee wallet.Address
		asset channel.Asset
	}
	open := map[key]int{}
	for _, r := range due {
		k := key{r.Terms.Payee, r.Terms.Asset}
		i, begun := open[k]
		if !begun || len(batches[i]) == settle.DefaultBatch {
			i = len(batches)
			open[k] = i
			batches = append(batches, nil)
		}
		batches[i] = append(batches[i], r)
	}
	return batches
}

func claimBatch(c *cli.Context, s *session, domain channel.Domain, batch []channel.Record) (*sent, error) {
	var claims []contract.Claim
	total, now, separator := channel.Amount{}, time.Now(), domain.Separator()
	for i := range batch {
		claims = append(claims, contract.ClaimOf(separator, &batch[i], now))
		total = total.Add(batch[i].Due(now))
	}
	call, err := contract.SettleBatch(claims)
	if err != nil {
		return nil, err
	}
	terms := batch[0].Terms
	amount := total.String() + " units of " + terms.Asset.String()
	if coin, err := openMoney(c.Context, s.node, terms.Asset); err == nil {
		amount = coin.format(total)
	}
	effect := fmt.Sprintf("settles %d channel(s): pays %s to %s", len(batch), amount, terms.Payee)
	return send(c, s, sending{call: call.Trigger(s.from, domain.Contract), effects: []string{effect}, brings: trxOf(terms.Asset, total)})
}

// trxOf is an amount of TRX; 0 of any other asset, whose worth only its owner knows.
func trxOf(asset channel.Asset, amount channel.Amount) wallet.Sun {
	prices := settle.Prices{}
	if asset != channel.TRX {
		return 0
	}
	worth, _ := prices.Worth(asset, amount)
	return worth
}

// claimedKit is what a kit was good for.
type claimedKit struct {
	Channels     []claimedChannel `json:"channels"`
	Transactions []sent           `json:"transactions"`
}

type claimedChannel struct {
	ID      string `json:"id"`
	Asset   string `json:"asset"`
	Payee   string `json:"payee"`
	State   string `json:"state"`
	Settled string `json:"settled_before_units"`
	Due     string `json:"due_units"`
}

func (x claimedKit) schema() string { return "piecework.channel.claim.v1" }

func (x claimedKit) table() table {
	t := table{heading: []string{"CHANNEL", "STATE", "ASSET", "SETTLED BEFORE", "DUE"}}
	for _, r := range x.Channels {
		t.rows = append(t.rows, []string{r.ID[:16], r.State, r.Asset, r.Settled, r.Due})
	}
	for _, one := range x.Transactions {
		note := one.TxID + " " + one.State
		if one.spent != nil {
			note += fmt.Sprintf(", %d energy, %s TRX burnt", one.Energy, one.FeeTRX)
		}
		t.notes = append(t.notes, note)
	}
	if len(x.Transactions) == 0 {
		t.notes = append(t.notes, "Nothing is due.")
	}
	return t
}

// channelVerify compares the contract's code on the chain with what this program was built with.
func channelVerify(c *cli.Context) error {
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	at, err := resolve(c, s.network, c.String("contract"))
	if err != nil {
		return err
	}
	if err := verifyContract(c, s, at); err != nil {
		return err
	}
	return printResult(c, verifiedChannels{Contract: at.String(), Bytes: len(contract.RuntimeCode()), Hash: fmt.Sprintf("%x", wallet.Keccak256(contract.RuntimeCode()))})
}

func verifyContract(c *cli.Context, s *session, at wallet.Address) error {
	found, err := s.node.Contract(c.Context, at)
	if err != nil {
		return fmt.Errorf("reading the contract at %s: %w", at, err)
	}
	if err := contract.Verify(found.Code); err != nil {
		return withHint(&refusedErr{fmt.Errorf("%s is not the PaymentChannels contract of this version: %w", at, err)},
			"Do not lock money in it: its code is not what this program knows.")
	}
	return nil
}

type verifiedChannels struct {
	Contract string `json:"contract"`
	Bytes    int    `json:"bytes"`
	Hash     string `json:"code_hash"`
}

func (v verifiedChannels) schema() string { return "piecework.channel.verify.v1" }

func (v verifiedChannels) table() table {
	return table{rows: [][]string{{"contract", v.Contract}, {"code", fmt.Sprintf("%d bytes, the same as ours", v.Bytes)}, {"keccak256", v.Hash}}}
}
