package cmd

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// unsignedExpiry is how long a transaction lives that goes to another machine to be signed: the longest that the chain takes.
const unsignedExpiry = tx.MaxExpiry

// sendFlags are those of every command that sends a transaction.
func sendFlags() []cli.Flag {
	flags := append(nodeFlags(),
		&cli.StringFlag{Name: "from", Usage: "the account that pays: a `NAME` or address", Required: true},
		&cli.StringFlag{Name: "signer", Usage: "the account whose key signs for --from: a `NAME` or address of the keystore", DefaultText: "--from"},
		&cli.IntFlag{Name: "permission-id", Usage: "sign by the permission `ID` of --from: 0 is its owner, 2 its first active one"},
		&cli.StringFlag{Name: "memo", Usage: "a `TEXT` that is stored with the transaction (costs 1 TRX)"},
		&cli.StringFlag{Name: "fee-limit", Usage: "burn at most `TRX` for energy", DefaultText: "1.3 x the simulation"},
		&cli.DurationFlag{Name: "expires", Usage: "the transaction is void after `TIME`, 24h at most", DefaultText: "1m, with --unsigned 24h"},
		&cli.BoolFlag{Name: "dry-run", Usage: "show what would be sent and what it would cost; send nothing"},
		&cli.StringFlag{Name: "unsigned", Usage: "write the transaction unsigned to `FILE` (- is stdout) for `piecework tx sign`; send nothing"},
	)
	return append(append(flags, passwordFlags()...), waitFlags()...)
}

// waitFlags are those of every command that gives a transaction to a node.
func waitFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "wait", Value: "block", Usage: "wait for `WHAT`: none, block, solid"},
		&cli.DurationFlag{Name: "timeout", Value: 3 * time.Minute, Usage: "stop waiting after `TIME`; the exit code is 6 then"},
		&cli.BoolFlag{Name: "yes", Usage: "do not ask; where real money moves --network must be given too"},
	}
}

// sending is what a command wants to do on chain.
type sending struct {
	call tx.Contract
	// effects is what will happen, in words, for the plan and for the question on mainnet.
	effects []string
	// foresee says more about it once it was simulated; nil where there is nothing to say. It is not asked where nothing is simulated.
	foresee func(*node.Simulation) []string
	// feeLimit caps what a contract call may burn; 0 means --fee-limit, or 1.3 × the simulation.
	feeLimit wallet.Sun
	// brings is the TRX that it brings in, where that is known: doing it for less than it burns deserves a word.
	brings wallet.Sun
	// declared are the errors of the contract's interface, to say why it reverts.
	declared []abi.CustomError
	// elsewhere: it is signed on other machines, by as many keys as the permission wants.
	elsewhere bool
	// again is the void transaction that this one takes the place of: memo, fee limit and permission are its, not the flags'.
	again *tx.Transaction
}

// foreseen are the effects, those included that only the simulation shows.
func (w sending) foreseen(plan *node.Plan) []string {
	if w.foresee == nil || plan.Simulation == nil {
		return w.effects
	}
	return slices.Concat(w.effects, w.foresee(plan.Simulation))
}

// sent is the part of a result that every sent transaction has.
type sent struct {
	TxID   string `json:"txid,omitempty"`
	State  string `json:"state"` // planned, nothing sent · unsigned, nothing sent · submitted · in a block · solid · unknown
	Block  int64  `json:"block,omitempty"`
	*spent        // nil as long as nobody knows

	receipt     *node.Receipt
	transaction *tx.Transaction
}

// spent is what a transaction costs, or cost.
type spent struct {
	Bandwidth    int64      `json:"bandwidth"`                // bytes: of a plan all, of a receipt those that the account had
	BandwidthFee wallet.Sun `json:"bandwidth_fee_sun,string"` // burnt where it had not enough
	Energy       int64      `json:"energy"`
	FeeSun       wallet.Sun `json:"fee_sun,string"` // burnt in all
	FeeTRX       string     `json:"fee_trx"`
}

// id is the transaction's, empty of one that was only planned.
func (s sent) id() string { return s.TxID }

// rows are the table form of a sent transaction.
func (s *sent) rows() [][]string {
	rows := [][]string{{"state", s.State}}
	if s.TxID != "" {
		rows = append(rows, []string{"txid", s.TxID})
	}
	if s.Block != 0 {
		rows = append(rows, []string{"block", fmt.Sprint(s.Block)})
	}
	if s.spent == nil {
		return rows
	}
	bandwidth := fmt.Sprint(s.Bandwidth)
	if s.Bandwidth == 0 && s.BandwidthFee > 0 {
		bandwidth = fmt.Sprintf("0, %s TRX burnt for it", s.BandwidthFee)
	}
	return append(rows,
		[]string{"bandwidth", bandwidth},
		[]string{"energy", fmt.Sprint(s.Energy)},
		[]string{"TRX burnt", s.FeeTRX})
}

// transactionResult is the result of a command that only sends.
type transactionResult struct{ sent }

func (t transactionResult) schema() string { return "piecework.transaction.v1" }

func (t transactionResult) table() table { return table{rows: t.rows()} }

// sendAndPrint is send for a command with nothing more to say than the transaction.
func sendAndPrint(c *cli.Context, s *session, what sending) error {
	result, err := send(c, s, what)
	if err != nil {
		return err
	}
	return printResult(c, transactionResult{*result})
}

// send plans, asks, signs, broadcasts and waits, as the flags say. Every command that moves money goes this way.
func send(c *cli.Context, s *session, what sending) (*sent, error) {
	until, err := waitFlag(c)
	if err != nil {
		return nil, err
	}
	if err := tx.Check(what.call); err != nil {
		return nil, withHint(&refusedErr{err}, nothingSent)
	}
	transaction, plan, err := buildAndPrice(c, s, what)
	if err != nil {
		return nil, err
	}
	showPlan(c, s, what.foreseen(plan), transaction, plan)
	if burnt := plan.Burn(); what.brings > 0 && burnt >= what.brings {
		warn(c, fmt.Sprintf("it burns %s TRX to bring in %s TRX: it pays when more is due, or has to be when the time for it ends", burnt, what.brings))
	}
	if err := checkFeeLimit(c, s, transaction, plan); err != nil {
		return nil, err
	}
	if missing := plan.Missing(); missing > 0 {
		return nil, withHint(fmt.Errorf("%w TRX: %s has %s and needs %s more", errShort, s.from, plan.Balance, missing),
			"Send it %s TRX, or stake for bandwidth and energy. "+nothingSent, missing)
	}
	switch {
	case c.Bool("dry-run"):
		return planned(transaction, plan, "planned, nothing sent"), nil
	case c.String("unsigned") != "":
		return planned(transaction, plan, "unsigned, nothing sent"), writeTransaction(c, c.String("unsigned"), transaction)
	}
	if err := confirm(c, s); err != nil {
		return nil, err
	}
	if err := sign(c, s, transaction, what); err != nil {
		return nil, err
	}
	if err := replaces(c, s, what.again, transaction); err != nil {
		return nil, err
	}
	result, err := broadcast(c, s, transaction, until, what.declared...)
	return result, giveBack(c, s, what.again, err)
}

const (
	nothingSent = "Nothing was sent and nothing is burnt."
	makeAnew    = "It can never count. `piecework tx send --resign --txid TXID`, or `piecework tx send --resign --tx FILE`, makes it anew and signs it again."
	lookItUp    = "Do not make it again: `piecework tx status --txid %s` tells what became of it."
)

// buildAndPrice makes the transaction. One whose simulation fails is stopped with the contract's reason.
func buildAndPrice(c *cli.Context, s *session, what sending) (*tx.Transaction, *node.Plan, error) {
	options, err := optionsFrom(c, what)
	if err != nil {
		return nil, nil, err
	}
	transaction, plan, err := s.node.Build(c.Context, what.call, options)
	switch {
	case errors.Is(err, tx.ErrExpiry), errors.Is(err, tx.ErrPermission), errors.Is(err, tx.ErrFeeLimit):
		return nil, nil, usagef("planning: %s", err)
	case err != nil:
		return nil, nil, fmt.Errorf("planning: %w", unsent(err, what.declared...))
	}
	if signatures, err := signaturesNeeded(c, s, options.PermissionID, what.elsewhere || c.String("unsigned") != ""); err != nil {
		return nil, nil, err
	} else if signatures > 1 {
		if plan, err = s.node.Plan(c.Context, transaction.Raw(), signatures); err != nil {
			return nil, nil, fmt.Errorf("planning: %w", unsent(err, what.declared...))
		}
	}
	return transaction, plan, nil
}

// unsent gives a simulation that failed its decoded reason.
func unsent(err error, declared ...abi.CustomError) error {
	var failed *node.FailedError
	if errors.As(err, &failed) {
		return withHint(failure(failed, declared...), nothingSent)
	}
	return err
}

// failure is a failed execution with what the contract said, decoded by its interface where that is known.
func failure(failed *node.FailedError, declared ...abi.CustomError) error {
	if len(failed.Data) == 0 {
		return failed
	}
	return &decodedFailure{failed, abi.DecodeRevert(failed.Data, declared...)}
}

// decodedFailure is said in the contract's words instead of the machine's.
type decodedFailure struct {
	*node.FailedError
	reason error
}

func (d *decodedFailure) Error() string   { return d.reason.Error() }
func (d *decodedFailure) Unwrap() []error { return []error{d.FailedError, d.reason} }

func optionsFrom(c *cli.Context, what sending) (tx.Options, error) {
	if what.again != nil {
		body := what.again.Body()
		return tx.Options{FeeLimit: body.FeeLimit, Memo: body.Memo, PermissionID: body.PermissionID}, nil
	}
	id, err := permissionFlag(c, "permission-id")
	if err != nil {
		return tx.Options{}, err
	}
	if c.IsSet("expires") && c.Duration("expires") <= 0 {
		return tx.Options{}, usagef("--expires %s: want more than nothing, 24h at most", c.Duration("expires"))
	}
	options := tx.Options{FeeLimit: what.feeLimit, Memo: []byte(c.String("memo")), PermissionID: id, Expiry: c.Duration("expires")}
	if options.Expiry == 0 && c.String("unsigned") != "" {
		options.Expiry = unsignedExpiry
	}
	if limit := c.String("fee-limit"); limit != "" {
		sun, err := wallet.ParseTRX(limit)
		if err != nil {
			return options, usagef("--fee-limit: %s", err)
		}
		if sun == 0 { // to the node it would be none given
			return options, usagef("--fee-limit 0: want more than nothing; without it the limit is 1.3 x the simulation")
		}
		options.FeeLimit = sun
	}
	return options, nil
}

// checkFeeLimit refuses a limit under which the call would fail and burn it, and one that the chain does not take.
func checkFeeLimit(c *cli.Context, s *session, transaction *tx.Transaction, plan *node.Plan) error {
	limit := transaction.Body().FeeLimit
	if plan.Simulation == nil {
		return nil
	}
	params, err := s.node.Params(c.Context)
	if err != nil {
		return err
	}
	if limit > params.MaxFeeLimit {
		return usagef("the fee limit is %s TRX, the chain takes %s at most", limit, params.MaxFeeLimit)
	}
	if needs := wallet.Sun(plan.Energy-plan.EnergyByDeployer) * params.EnergyFee; limit < needs {
		short := fmt.Errorf("%w: the fee limit is %s TRX, the simulation takes %s; it would run out of energy and burn the limit", errShort, limit, needs)
		if !hasFlag(c, "fee-limit") { // it stands in what was signed
			return withHint(short, "Make another with `piecework tx build --fee-limit %s`, or more, and have that signed. "+nothingSent, plan.FeeLimit)
		}
		return withHint(short, "Give --fee-limit %s or more. "+nothingSent, plan.FeeLimit)
	}
	return nil
}

// broadcast gives the signed transaction to the node and waits. From here on every error says the txid, because something may have happened:
// so the transaction is written down first.
func broadcast(c *cli.Context, s *session, transaction *tx.Transaction, until node.State, declared ...abi.CustomError) (*sent, error) {
	result := &sent{TxID: transaction.ID().String(), State: node.Submitted.String(), transaction: transaction}
	journal, err := openJournal(c)
	if err != nil {
		return nil, err
	}
	noted, err := journal.keepNew(s.network, transaction)
	if err != nil {
		return nil, fmt.Errorf("noting the transaction before it is sent: %w", err)
	}
	signal.Ignore(syscall.SIGPIPE) // a reader that went away must not end this before the txid is told
	if _, err := s.node.Broadcast(c.Context, transaction.Bytes()); err != nil {
		if errors.Is(err, node.ErrOutcomeUnknown) || errors.Is(err, context.Canceled) {
			return nil, unknown(c, result, err)
		}
		if noted {
			journal.drop(transaction.ID())
		}
		return nil, fmt.Errorf("broadcasting %s: %w", result.TxID, err)
	}
	if until == node.Submitted {
		return result, nil
	}
	return await(c, s, transaction, until, declared...)
}

// await waits for a transaction that the node has, and tells how it ended.
func await(c *cli.Context, s *session, transaction *tx.Transaction, until node.State, declared ...abi.CustomError) (*sent, error) {
	result := &sent{TxID: transaction.ID().String(), State: node.Submitted.String(), transaction: transaction}
	receipt, err := waitFor(c, s, transaction, until)
	var failed *node.FailedError
	switch {
	case errors.As(err, &failed):
		return nil, withHint(fmt.Errorf("transaction %s is in block %d: %w", result.TxID, receipt.Block, failure(failed, declared...)),
			"It burnt %s TRX and had no other effect. `piecework tx explain --txid %s` tells more.", receipt.Fee, result.TxID)
	case errors.Is(err, node.ErrExpired):
		return nil, withHint(err, makeAnew)
	case errors.Is(err, context.DeadlineExceeded):
		return nil, unknown(c, result, fmt.Errorf("it was not %s within %s (--timeout)", until, c.Duration("timeout")))
	case errors.Is(err, context.Canceled):
		return nil, unknown(c, result, errors.New("stopped before it was "+until.String()))
	case err != nil:
		return nil, unknown(c, result, err)
	}
	if until == node.Final {
		forgetSettled(c, transaction.ID(), node.Status{State: until})
	}
	result.State, result.receipt, result.Block = until.String(), receipt, receipt.Block
	result.spent = &spent{receipt.Cost.Bandwidth, receipt.Cost.BandwidthFee, receipt.Cost.Energy, receipt.Fee, receipt.Fee.String()}
	return result, nil
}

// waitFor waits, and says now and then on a terminal that it does.
func waitFor(c *cli.Context, s *session, transaction *tx.Transaction, until node.State) (*node.Receipt, error) {
	ctx, cancel := contextFor(c, c.Duration("timeout"))
	defer cancel()
	if isTerminal(c.App.ErrWriter) {
		say(c, "Sent %s; waiting until it is %s …\n", transaction.ID(), until)
	}
	return s.node.Wait(ctx, transaction.ID(), transaction.Body().Expiration, until)
}

// unknown is the end of a command that cannot tell what became of its transaction: the txid goes to stdout, for `piecework tx status`.
func unknown(c *cli.Context, result *sent, err error) error {
	result.State = "unknown"
	if printErr := printResult(c, transactionResult{*result}); printErr != nil {
		err = errors.Join(err, printErr)
	}
	if !errors.Is(err, node.ErrOutcomeUnknown) {
		err = fmt.Errorf("%w: %w", node.ErrOutcomeUnknown, err)
	}
	return withHint(fmt.Errorf("transaction %s: %w", result.TxID, err), lookItUp, result.TxID)
}

func planned(transaction *tx.Transaction, plan *node.Plan, state string) *sent {
	cost := &spent{plan.Size, plan.BandwidthFee, plan.Energy, plan.Burn(), plan.Burn().String()}
	return &sent{State: state, spent: cost, transaction: transaction}
}

// waitFlag is what --wait asks for, once it is known that --timeout leaves time for it.
func waitFlag(c *cli.Context) (node.State, error) {
	if timeout := c.Duration("timeout"); timeout <= 0 {
		return 0, usagef("--timeout %s: want more than nothing; --wait none does not wait", timeout)
	}
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
