package cmd

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// sendFlags are those of every command that sends a transaction.
func sendFlags() []cli.Flag {
	return append(nodeFlags(),
		&cli.StringFlag{Name: "from", Usage: "the account that signs and pays: a `NAME` or address of the keystore", EnvVars: []string{"PIECEWORK_FROM"}, Required: true},
		&cli.StringFlag{Name: "password-file", Usage: "read the key's password from `FILE` instead of asking", EnvVars: []string{"PIECEWORK_PASSWORD_FILE"}},
		&cli.BoolFlag{Name: "dry-run", Usage: "show what would be sent and what it would cost; send nothing"},
		&cli.StringFlag{Name: "wait", Value: "block", Usage: "wait for `WHAT`: none, block, solid"},
		&cli.StringFlag{Name: "memo", Usage: "a `TEXT` that is stored with the transaction (costs 1 TRX)"},
		&cli.BoolFlag{Name: "yes", Usage: "do not ask, also on mainnet (then --network must be given)"},
	)
}

// sending is what a command wants to do on chain.
type sending struct {
	call tx.Contract
	// effects is what will happen, in words, for the plan and for the question on mainnet.
	effects []string
	// feeLimit caps what a contract call may burn; 0 means 1.3 × the simulation.
	feeLimit wallet.Sun
}

// sent is the part of a result that every sent transaction has.
type sent struct {
	TxID      string     `json:"txid,omitempty"`
	State     string     `json:"state"` // planned, submitted, in block, solid
	Block     int64      `json:"block,omitempty"`
	Bandwidth int64      `json:"bandwidth"`
	Energy    int64      `json:"energy"`
	FeeSun    wallet.Sun `json:"fee_sun"`
	FeeTRX    string     `json:"fee_trx"`

	receipt     *node.Receipt
	transaction *tx.Transaction
}

// rows are the table form of a sent transaction.
func (s *sent) rows() [][]string {
	rows := [][]string{{"state", s.State}}
	if s.TxID != "" {
		rows = append(rows, []string{"txid", s.TxID})
	}
	if s.Block != 0 {
		rows = append(rows, []string{"block", fmt.Sprint(s.Block)})
	}
	return append(rows,
		[]string{"bandwidth", fmt.Sprint(s.Bandwidth)},
		[]string{"energy", fmt.Sprint(s.Energy)},
		[]string{"TRX burnt", s.FeeTRX})
}

// send plans, asks, signs, broadcasts and waits, as the flags say.
func send(c *cli.Context, s *session, what sending) (*sent, error) {
	until, err := waitFlag(c)
	if err != nil {
		return nil, err
	}
	transaction, plan, err := s.node.Build(c.Context, what.call, tx.Options{FeeLimit: what.feeLimit, Memo: []byte(c.String("memo"))})
	if err != nil {
		return nil, fmt.Errorf("planning: %w", err)
	}
	showPlan(c, what.effects, transaction, plan)
	if missing := plan.Missing(); missing > 0 {
		return nil, withHint(fmt.Errorf("%w TRX: %s has %s and needs %s more", errShort, s.from, plan.Balance, missing),
			"Send it %s TRX, or stake for bandwidth and energy.", missing)
	}
	if c.Bool("dry-run") {
		return planned(transaction, plan), nil
	}
	if err := confirm(c, s); err != nil {
		return nil, err
	}
	if err := transaction.Sign(c.Context, s.signer); err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return broadcast(c, s, transaction, until)
}

// broadcast gives the signed transaction to the node and waits. From here on every error says the txid, because something may have happened.
func broadcast(c *cli.Context, s *session, transaction *tx.Transaction, until node.State) (*sent, error) {
	result := &sent{TxID: transaction.ID().String(), State: node.Submitted.String(), transaction: transaction}
	if _, err := s.node.Broadcast(c.Context, transaction.Bytes()); err != nil {
		return nil, fmt.Errorf("broadcasting %s: %w", result.TxID, err)
	}
	if until == node.Submitted {
		return result, nil
	}
	receipt, err := s.node.Wait(c.Context, transaction.ID(), transaction.Body().Expiration, until)
	var failed *node.FailedError
	switch {
	case errors.As(err, &failed):
		return nil, fmt.Errorf("transaction %s is in block %d and failed: %w", result.TxID, receipt.Block, err)
	case errors.Is(err, node.ErrExpired):
		return nil, fmt.Errorf("transaction %s: %w", result.TxID, err)
	case err != nil:
		return nil, fmt.Errorf("%w: transaction %s: %w", node.ErrOutcomeUnknown, result.TxID, err)
	}
	result.State, result.receipt, result.Block = until.String(), receipt, receipt.Block
	result.Bandwidth, result.Energy = receipt.Cost.Bandwidth, receipt.Cost.Energy
	result.FeeSun, result.FeeTRX = receipt.Fee, receipt.Fee.String()
	return result, nil
}

func planned(transaction *tx.Transaction, plan *node.Plan) *sent {
	return &sent{
		State: "planned, nothing sent", Bandwidth: plan.Size, Energy: plan.Energy, FeeSun: plan.Burn(), FeeTRX: plan.Burn().String(), transaction: transaction,
	}
}

// showPlan tells on stderr what is about to happen and what it costs.
func showPlan(c *cli.Context, effects []string, transaction *tx.Transaction, plan *node.Plan) {
	w := c.App.ErrWriter
	for _, effect := range effects {
		fmt.Fprintln(w, "• "+effect)
	}
	fmt.Fprintf(w, "• costs %d bandwidth, %d energy; burns about %s TRX", plan.Size, plan.Energy, plan.Burn())
	if limit := transaction.Body().FeeLimit; limit > 0 {
		fmt.Fprintf(w, " (fee limit %s TRX)", limit)
	}
	fmt.Fprintln(w)
	if !plan.Activates.IsZero() {
		fmt.Fprintf(w, "• %s is not activated yet: that costs %s TRX more (included)\n", plan.Activates, plan.ActivationFee)
	}
}

// confirm asks before real money moves.
func confirm(c *cli.Context, s *session) error {
	if !s.network.RealMoney {
		return nil
	}
	if c.Bool("yes") {
		if !c.IsSet("network") {
			return usagef("--yes on %s needs --network %s to be given", s.network.Name, s.network.Name)
		}
		return nil
	}
	fmt.Fprintf(c.App.ErrWriter, "This is %s. Send it? [y/N] ", s.network.Name)
	answer, err := bufio.NewReader(c.App.Reader).ReadString('\n')
	if err != nil || !strings.EqualFold(strings.TrimSpace(answer), "y") {
		return errDeclined
	}
	return nil
}

func waitFlag(c *cli.Context) (node.State, error) {
	switch w := c.String("wait"); w {
	case "none":
		return node.Submitted, nil
	case "block", "":
		return node.InBlock, nil
	case "solid":
		return node.Final, nil
	default:
		return 0, usagef("--wait %s: want none, block or solid", w)
	}
}
