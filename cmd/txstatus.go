package cmd

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// txStatusShown is what became of a transaction.
type txStatusShown struct {
	TxID       string `json:"txid"`
	State      string `json:"state"` // unknown · submitted · in a block · solid · expired
	Failed     bool   `json:"failed"`
	Block      int64  `json:"block,omitempty"`
	Expiration string `json:"expiration,omitempty"`
	Meaning    string `json:"meaning"`
	FeeSun     string `json:"fee_sun,omitempty"`
	FeeTRX     string `json:"fee_trx,omitempty"`
}

func (t txStatusShown) schema() string { return "piecework.tx.status.v1" }

func (t txStatusShown) table() table {
	rows := [][]string{{"txid", t.TxID}, {"state", t.State}}
	if t.Block != 0 {
		rows = append(rows, []string{"block", fmt.Sprint(t.Block)}, []string{"TRX burnt", t.FeeTRX})
	}
	if t.Expiration != "" {
		rows = append(rows, []string{"valid until", t.Expiration})
	}
	return table{rows: rows, notes: []string{t.Meaning}}
}

func txStatus(c *cli.Context) error {
	id, known, err := whichTransaction(c)
	if err != nil {
		return err
	}
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	if err := sentOn(c, s, id); err != nil {
		return err
	}
	if known == nil {
		known = transactionAt(c, s, id)
	}
	out := txStatusShown{TxID: id.String()}
	var body tx.Body
	if known != nil {
		body = known.Body()
		out.Expiration = body.Expiration.Format("2006-01-02 15:04:05 UTC")
	}
	status, err := s.node.Status(c.Context, id, body.Expiration)
	if err != nil {
		return err
	}
	if known != nil {
		if err := madeFor(c, s, known, status); err != nil {
			return err
		}
	}
	out.State, out.Meaning = status.State.String(), meaning(status, known != nil)
	if status.Receipt != nil {
		out.Block, out.Failed = status.Receipt.Block, status.Receipt.Failed
		out.FeeSun, out.FeeTRX = sunText(status.Receipt.Fee), status.Receipt.Fee.String()
	}
	if err := printResult(c, out); err != nil {
		return err
	}
	forgetSettled(c, id, status)
	return verdict(id, status)
}

// whichTransaction is the id that is asked about, and the transaction itself where this machine has it.
func whichTransaction(c *cli.Context) (tx.ID, *tx.Transaction, error) {
	if c.String("tx") != "" {
		t, err := readTransaction(c, c.String("tx"))
		if err != nil {
			return tx.ID{}, nil, err
		}
		return t.ID(), t, nil
	}
	text, err := subject(c, "txid")
	if err != nil {
		return tx.ID{}, nil, err
	}
	id, err := tx.ParseID(text)
	if err != nil {
		return id, nil, usagef("%s", err)
	}
	journal, err := openJournal(c)
	if err != nil {
		return id, nil, err
	}
	_, t, err := journal.find(id)
	if err != nil && !isMissingFile(err) {
		return id, nil, err
	}
	return id, t, nil
}

// transactionAt is the transaction as the node has it; nil when it does not, or cannot be read.
func transactionAt(c *cli.Context, s *session, id tx.ID) *tx.Transaction {
	held, err := s.node.Transaction(c.Context, node.Head, id)
	if err != nil {
		return nil
	}
	t, err := tx.Decode(held.Signed)
	if err != nil || t.ID() != id {
		return nil
	}
	return t
}

// meaning says what a status is good for.
func meaning(s node.Status, expiryKnown bool) string {
	switch {
	case s.Failed() != nil:
		return "It is in a block and failed there: paid for, without effect."
	case s.State == node.Final:
		return "It happened and cannot be undone."
	case s.State == node.InBlock:
		return "It happened; for about a minute a fork could still undo it. Do not make it again."
	case s.State == node.Submitted:
		return "The node holds it, no block does yet. Ask again in a few seconds; do not make it again."
	case s.State == node.Expired:
		return "No block holds it and none ever can: it is safe to make it again."
	case expiryKnown:
		return "The node has not seen it, but it is still valid. Send the same bytes again (`piecework tx send --txid`), or ask again after it has expired."
	}
	return "The node has not seen it, and nobody knows when it expires. Ask on the machine that sent it, or give the transaction with --tx FILE. A day after it was made it is void."
}

// verdict turns a status into the exit code.
func verdict(id tx.ID, s node.Status) error {
	var failed *node.FailedError
	switch err := s.Failed(); {
	case errors.As(err, &failed):
		return withHint(fmt.Errorf("transaction %s: %w", id, failure(failed)), "`piecework tx explain --txid %s` tells more.", id)
	case s.State == node.Expired:
		return withHint(fmt.Errorf("%w: transaction %s is void", errNotFound, id), makeAnew)
	case s.State == node.Unknown, s.State == node.Submitted:
		return withHint(fmt.Errorf("%w: transaction %s is %s", node.ErrOutcomeUnknown, id, s.State), "Ask again: `piecework tx status --txid %s`.", id)
	}
	return nil
}

// forgetSettled drops from the journal what can change no more. What is void stays, to be made anew.
func forgetSettled(c *cli.Context, id tx.ID, s node.Status) {
	if s.State != node.Final {
		return
	}
	if journal, err := openJournal(c); err == nil {
		journal.drop(id)
	}
}
