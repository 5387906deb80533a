package cmd

import (
	"errors"
	"slices"

	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// arrival is what a simulated transfer gives its recipient, where that is not what is sent: a token can keep a part for itself. A simulation without a Transfer
// event of the token says nothing of it: not every node tells events, nor does every token.
func arrival(want trc20.Transfer, simulation *node.Simulation) (wallet.Units, bool) {
	logs := tokenLogs(simulation.Logs)
	told := slices.ContainsFunc(logs, func(l trc20.Log) bool {
		t, ok := trc20.ParseTransfer(l)
		return ok && t.Token == want.Token
	})
	var other *trc20.MovedError
	if !told || !errors.As(trc20.ConfirmTransfer(want, logs), &other) {
		return wallet.Units{}, false
	}
	return other.Moved.Amount, true
}

// foreseeArrival is a sending's foresee for a transfer; it leaves what arrives in arrives, where that is not what is sent.
func foreseeArrival(token *trc20.Token, want trc20.Transfer, arrives **wallet.Units) func(*node.Simulation) []string {
	return func(simulation *node.Simulation) []string {
		amount, differs := arrival(want, simulation)
		if !differs {
			return nil
		}
		*arrives = &amount
		return []string{token.Format(amount) + " of it arrives: the token keeps the rest, or gives it to others"}
	}
}

// tokenLogs are a node's logs as package trc20 takes them.
func tokenLogs(logs []node.Log) []trc20.Log {
	taken := make([]trc20.Log, len(logs))
	for i, l := range logs {
		taken[i] = trc20.Log(l)
	}
	return taken
}
