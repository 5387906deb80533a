package cmd

import (
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

func accountDelegate(c *cli.Context) error {
	s, amount, resource, err := stakeFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	call := &tx.DelegateResource{Owner: s.from, Resource: resource, Amount: amount}
	if call.Receiver, err = borrower(c, s); err != nil {
		return err
	}
	until := "it can be taken back at any time"
	if lock := c.String("lock"); lock != "" {
		if call.LockPeriod, until, err = lockOf(c, s, lock); err != nil {
			return err
		}
		call.Lock = true
	}
	lendable, err := s.node.Lendable(c.Context, s.from, node.Resource(resource))
	if err != nil {
		return err
	}
	if lendable < amount {
		return withHint(fmt.Errorf("%w: %s can lend the %s of %s TRX, not of %s", errShort, s.from, node.Resource(resource), lendable, amount),
			"Stake more, or wait until what it has used itself has recovered. "+nothingSent)
	}
	return sendCall(c, s, call, until)
}

// borrower is a recipient that resources can be lent to: an account that exists and is no contract.
func borrower(c *cli.Context, s *session) (wallet.Address, error) {
	to, err := recipient(c, s, c.String("to"))
	if err != nil {
		return to, err
	}
	account, err := s.node.Account(c.Context, node.Head, to)
	switch {
	case errors.Is(err, node.ErrNotFound):
		return to, withHint(&refusedErr{fmt.Errorf("%s is not activated, so nothing can be lent to it", to)}, "`piecework account activate --account %s` does that. "+nothingSent, to)
	case err != nil:
		return to, err
	case account.Contract:
		return to, withHint(&refusedErr{fmt.Errorf("%s is a contract; the chain lends nothing to contracts", to)}, nothingSent)
	}
	return to, nil
}

// lockOf is a lock in blocks, as the chain counts it.
func lockOf(c *cli.Context, s *session, text string) (blocks int64, until string, err error) {
	period, err := parsePeriod(text)
	if err != nil {
		return 0, "", usagef("--lock: %s", err)
	}
	params, err := s.node.Params(c.Context)
	if err != nil {
		return 0, "", err
	}
	blocks = int64(period / blockPeriod)
	if blocks < 1 || blocks > params.MaxDelegateLock {
		return 0, "", usagef("--lock %s: want 3s to %s", text, formatPeriod(time.Duration(params.MaxDelegateLock)*blockPeriod))
	}
	return blocks, fmt.Sprintf("it cannot be taken back for %s, nor can an earlier loan to the same account of the same kind", period), nil
}

func accountUndelegate(c *cli.Context) error {
	s, amount, resource, err := stakeFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	to, err := resolve(c, s.network, c.String("to"))
	if err != nil {
		return err
	}
	free, locked, until, err := loansTo(c, s, to, node.Resource(resource))
	if err != nil {
		return err
	}
	if free < amount {
		err := fmt.Errorf("%w: the %s of %s TRX can be taken back from %s, not of %s", errShort, node.Resource(resource), free, to, amount)
		if locked > 0 {
			return withHint(err, "%s TRX are locked until %s. "+nothingSent, locked, until.Format(time.RFC3339))
		}
		return withHint(err, "`piecework account loans` lists what is lent. "+nothingSent)
	}
	return sendCall(c, s, &tx.UnDelegateResource{Owner: s.from, Resource: resource, Amount: amount, Receiver: to})
}

// loansTo sums what is lent to an account, apart what is locked still.
func loansTo(c *cli.Context, s *session, to wallet.Address, resource node.Resource) (free, locked wallet.Sun, until time.Time, err error) {
	loans, err := s.node.Loans(c.Context, s.from, to)
	if err != nil {
		return 0, 0, until, err
	}
	now, err := s.node.HeadTime(c.Context)
	if err != nil {
		return 0, 0, until, err
	}
	for _, l := range loans {
		switch {
		case l.Resource != resource:
		case l.Until.After(now):
			locked += l.Amount
			if l.Until.After(until) {
				until = l.Until
			}
		default:
			free += l.Amount
		}
	}
	return free, locked, until, nil
}

// loansShown is what an account lends and borrows.
type loansShown struct {
	Loans []loanShown `json:"loans"`
}

type loanShown struct {
	From     wallet.Address `json:"from"`
	To       wallet.Address `json:"to"`
	Resource string         `json:"resource"`
	Amount   string         `json:"amount_sun"`
	Until    *time.Time     `json:"locked_until,omitempty"`
	trx      string
}

func (l loansShown) schema() string { return "piecework.loans.v1" }

func (l loansShown) table() table {
	if len(l.Loans) == 0 {
		return table{notes: []string{"It lends and borrows nothing."}}
	}
	t := table{heading: []string{"FROM", "TO", "RESOURCE", "STAKED TRX", "LOCKED UNTIL"}}
	for _, loan := range l.Loans {
		until := "-"
		if loan.Until != nil {
			until = loan.Until.Format(time.RFC3339)
		}
		t.rows = append(t.rows, []string{loan.From.String(), loan.To.String(), loan.Resource, loan.trx, until})
	}
	return t
}

func accountLoans(c *cli.Context) error {
	s, address, err := dialAccount(c)
	if err != nil {
		return err
	}
	defer s.close()
	borrowers, lenders, err := s.node.LoanPartners(c.Context, address)
	if err != nil {
		return err
	}
	out := loansShown{Loans: []loanShown{}}
	add := func(from, to wallet.Address) error {
		loans, err := s.node.Loans(c.Context, from, to)
		for _, l := range loans {
			out.Loans = append(out.Loans, loanShown{l.From, l.To, l.Resource.String(), sunText(l.Amount), known(l.Until), l.Amount.String()})
		}
		return err
	}
	for _, to := range borrowers {
		if err := add(address, to); err != nil {
			return err
		}
	}
	for _, from := range lenders {
		if err := add(from, address); err != nil {
			return err
		}
	}
	return printResult(c, out)
}
