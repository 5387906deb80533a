package cmd

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// showPlan tells on stderr what is about to happen and what it costs.
func showPlan(c *cli.Context, s *session, effects []string, transaction *tx.Transaction, plan *node.Plan) {
	for _, effect := range effects {
		say(c, "• %s\n", effect)
	}
	say(c, "• costs %d bandwidth, %d energy; burns about %s TRX", plan.Size, plan.Energy, plan.Burn())
	if limit := transaction.Body().FeeLimit; limit > 0 {
		say(c, " (fee limit %s TRX)", limit)
	}
	say(c, "\n")
	if !plan.Activates.IsZero() {
		say(c, "• %s is not activated yet: that costs %s TRX more (included)\n", plan.Activates, plan.ActivationFee)
	}
	for _, fee := range []struct {
		what string
		sun  fmt.Stringer
		is   bool
	}{
		{"the memo", plan.MemoFee, plan.MemoFee > 0},
		{"more than one signature", plan.MultiSignFee, plan.MultiSignFee > 0},
		{"this kind of transaction", plan.ContractFee, plan.ContractFee > 0},
	} {
		if fee.is {
			say(c, "• %s costs %s TRX (included)\n", fee.what, fee.sun)
		}
	}
	for _, warning := range s.warnings {
		warn(c, warning)
	}
}

// confirm asks before real money moves, and on any network where the request looks like a trap.
func confirm(c *cli.Context, s *session) error {
	if !s.network.RealMoney && !s.doubtful {
		return nil
	}
	if c.Bool("yes") {
		if s.network.RealMoney && !named(c, "network") {
			return usagef("--yes on %s needs --network %s on the command line", s.network.Name, s.network.Name)
		}
		return nil
	}
	return ask(c, fmt.Sprintf("This is %s. Send it?", s.network.Name))
}

// ask wants a yes from a person; everything else, Ctrl-C and the end of stdin included, is a no.
func ask(c *cli.Context, question string) error {
	say(c, "%s [y/N] ", question)
	in, typed := lines(c), make(chan string, 1)
	go func() {
		answer, _ := in.ReadString('\n') // the end of stdin is an answer without a line end
		typed <- answer
	}()
	select {
	case answer := <-typed:
		if !strings.HasSuffix(answer, "\n") {
			say(c, "\n")
		}
		if answer = strings.ToLower(strings.TrimSpace(answer)); answer == "y" || answer == "yes" {
			return nil
		}
	case <-c.Context.Done(): // what is typed from now on is read by nobody
		say(c, "\n")
	}
	return errDeclined
}
