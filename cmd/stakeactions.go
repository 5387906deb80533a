package cmd

import (
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// blockPeriod is the time between two blocks: locks of loans are counted in blocks.
const blockPeriod = 3 * time.Second

// stakeFrom reads --amount and --resource, and connects.
func stakeFrom(c *cli.Context) (*session, wallet.Sun, tx.Resource, error) {
	amount, err := wallet.ParseTRX(c.String("amount"))
	if err != nil {
		return nil, 0, 0, usagef("--amount: %s", err)
	}
	resource, ok := map[string]tx.Resource{"bandwidth": tx.Bandwidth, "energy": tx.Energy}[strings.ToLower(c.String("resource"))]
	if !ok {
		return nil, 0, 0, usagef("--resource %q: want energy or bandwidth", c.String("resource"))
	}
	s, err := dialFrom(c)
	return s, amount, resource, err
}

// sendCall sends a contract that says in a sentence what it does, and what more there is to know.
func sendCall(c *cli.Context, s *session, call tx.Contract, more ...string) error {
	return sendAndPrint(c, s, sending{call: call, effects: append([]string{fmt.Sprint(call)}, more...)})
}

func accountStake(c *cli.Context) error {
	s, amount, resource, err := stakeFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	days, err := unstakeTime(c, s)
	if err != nil {
		return err
	}
	return sendCall(c, s, &tx.FreezeBalanceV2{Owner: s.from, Amount: amount, Resource: resource}, "getting it back takes "+days)
}

func accountUnstake(c *cli.Context) error {
	s, amount, resource, err := stakeFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	account, err := s.node.Account(c.Context, node.Head, s.from)
	if err != nil {
		return err
	}
	if staked := account.Staked[node.Resource(resource)]; staked < amount {
		return withHint(fmt.Errorf("%w: %s has %s TRX staked for %s, not %s", errShort, s.from, staked, node.Resource(resource), amount),
			"What is lent has to be taken back first: `piecework account loans`. "+nothingSent)
	}
	left, err := s.node.UnstakingsLeft(c.Context, s.from)
	if err != nil {
		return err
	}
	if left == 0 {
		return withHint(&refusedErr{fmt.Errorf("%s has as many unstakings on their way as the chain allows", s.from)}, "Withdraw those that are over first: `piecework account withdraw`.")
	}
	days, err := unstakeTime(c, s)
	if err != nil {
		return err
	}
	return sendCall(c, s, &tx.UnfreezeBalanceV2{Owner: s.from, Amount: amount, Resource: resource},
		"it can be withdrawn after "+days, "its votes are taken back; what is already over is paid out")
}

func unstakeTime(c *cli.Context, s *session) (string, error) {
	params, err := s.node.Params(c.Context)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d days", params.UnstakeDays), nil
}

func accountWithdraw(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	now, err := s.node.HeadTime(c.Context)
	if err != nil {
		return err
	}
	ready, err := s.node.Withdrawable(c.Context, s.from, now)
	if err != nil {
		return err
	}
	if ready == 0 {
		return withHint(&refusedErr{fmt.Errorf("nothing of %s has finished unstaking", s.from)}, "`piecework account show` says until when it takes. "+nothingSent)
	}
	return sendCall(c, s, &tx.WithdrawExpireUnfreeze{Owner: s.from}, fmt.Sprintf("pays out %s TRX", ready))
}

func accountCancelUnstake(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	account, err := s.node.Account(c.Context, node.Head, s.from)
	if err != nil {
		return err
	}
	total := wallet.Sun(0)
	for _, u := range account.Unstaking {
		total += u.Amount
	}
	if total == 0 {
		return withHint(&refusedErr{fmt.Errorf("%s is unstaking nothing", s.from)}, nothingSent)
	}
	return sendCall(c, s, &tx.CancelAllUnfreezeV2{Owner: s.from}, fmt.Sprintf("%s TRX in all; what is over already is paid out instead", total))
}
