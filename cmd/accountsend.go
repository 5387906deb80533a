package cmd

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// accountSend sends TRX. Its result has the schema of a transfer of tokens.
func accountSend(c *cli.Context) error {
	amount, err := wallet.ParseTRX(c.String("amount"))
	if err != nil {
		return usagef("--amount: %s", err)
	}
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	to, err := recipient(c, s, c.String("to"))
	if err != nil {
		return err
	}
	call := &tx.Transfer{Owner: s.from, To: to, Amount: amount}
	result, err := send(c, s, sending{call: call, effects: []string{fmt.Sprintf("sends %s TRX from %s to %s", amount, s.from, to)}})
	if err != nil {
		return err
	}
	return printResult(c, transferred{sent: *result, Asset: "TRX", From: s.from, To: to, Amount: amount.String() + " TRX", Units: sunText(amount)})
}

func accountActivate(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	address, err := resolve(c, s.network, c.String("account"))
	if err != nil {
		return err
	}
	_, err = s.node.Account(c.Context, node.Head, address)
	if err == nil {
		return withHint(&refusedErr{fmt.Errorf("%s is activated already", address)}, nothingSent)
	}
	if !errors.Is(err, node.ErrNotFound) {
		return err
	}
	return sendAndPrint(c, s, sending{call: &tx.AccountCreate{Owner: s.from, Account: address}, effects: []string{fmt.Sprintf("activates %s, paid by %s", address, s.from)}})
}
