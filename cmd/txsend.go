package cmd

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

func txSend(c *cli.Context) error {
	until, err := waitFlag(c)
	if err != nil {
		return err
	}
	transaction, err := toSend(c)
	if err != nil {
		return err
	}
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	if err := sentOn(c, s, transaction.ID()); err != nil {
		return err
	}
	s.from = transaction.Contract().Sender()
	showTransaction(c, transaction)
	if c.Bool("resign") {
		return resend(c, s, transaction)
	}
	status, err := s.node.Status(c.Context, transaction.ID(), transaction.Body().Expiration)
	if err != nil {
		return err
	}
	if status.Receipt != nil {
		return sentAlready(c, s, transaction, status, until)
	}
	if err := checkSignatures(c, s, transaction); err != nil {
		return err
	}
	plan, err := s.node.Plan(c.Context, transaction.Raw(), len(transaction.Signatures()))
	if err != nil {
		return fmt.Errorf("planning: %w", unsent(err))
	}
	showPlan(c, s, nil, transaction, plan)
	if err := checkFeeLimit(c, s, transaction, plan); err != nil {
		return err
	}
	if missing := plan.Missing(); missing > 0 {
		return fmt.Errorf("%w TRX: %s has %s and needs %s more", errShort, s.from, plan.Balance, missing)
	}
	if c.Bool("dry-run") {
		return printResult(c, transactionResult{*planned(transaction, plan, "planned, nothing sent")})
	}
	if err := confirm(c, s); err != nil {
		return err
	}
	result, err := broadcast(c, s, transaction, until)
	var refused *node.RefusedError
	if errors.As(err, &refused) && (refused.Code == node.CodeExpiration || refused.Code == node.CodeReferenceBlock) {
		return withHint(err, "Once it is void, --resign makes it anew and signs it again: `piecework tx status` tells.")
	}
	if err != nil {
		return err
	}
	return printResult(c, transactionResult{*result})
}

// sentAlready tells how a transaction ended that is in a block. A plan would reckon with a balance that it has been paid from, and miss what it took.
func sentAlready(c *cli.Context, s *session, t *tx.Transaction, status node.Status, until node.State) error {
	say(c, "• it is in block %d already; nothing is sent again\n", status.Receipt.Block)
	result, err := await(c, s, t, max(until, node.InBlock))
	if err != nil {
		return err
	}
	return printResult(c, transactionResult{*result})
}

// toSend is the transaction of --tx or --qr-in, or one that this machine has sent before: the same bytes, so it cannot count twice.
func toSend(c *cli.Context) (*tx.Transaction, error) {
	if c.String("txid") == "" {
		return takeTransaction(c)
	}
	id, err := tx.ParseID(c.String("txid"))
	if err != nil {
		return nil, usagef("--txid: %s", err)
	}
	journal, err := openJournal(c)
	if err != nil {
		return nil, err
	}
	_, transaction, err := journal.find(id)
	if isMissingFile(err) {
		return nil, withHint(fmt.Errorf("%w: this machine has not sent %s", errNotFound, id), "Give the signed transaction with --tx FILE.")
	}
	return transaction, err
}

// checkSignatures explains a SIGERROR before the node says it.
func checkSignatures(c *cli.Context, s *session, t *tx.Transaction) error {
	account, err := s.node.Account(c.Context, node.Head, s.from)
	if errors.Is(err, node.ErrNotFound) {
		return nil // the plan says what is missing
	}
	if err != nil {
		return err
	}
	permission := account.Permissions.ByID(t.Body().PermissionID)
	if permission == nil {
		return withHint(&refusedErr{fmt.Errorf("%s has no permission %d", s.from, t.Body().PermissionID)}, nothingSent)
	}
	if err := t.CheckSignatures(*permission); err != nil {
		return withHint(&refusedErr{fmt.Errorf("checking the signatures: %w", err)}, "`piecework wallet multisig show` tells who has signed and who still can. "+nothingSent)
	}
	return nil
}
