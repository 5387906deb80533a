package cmd

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// resend makes a void transaction anew, on a fresh reference block, signs it again and sends it. Only one that no block can ever hold: of two that can,
// both would count.
func resend(c *cli.Context, s *session, void *tx.Transaction) error {
	if _, unreadable := void.Contract().(*tx.Opaque); unreadable || !void.Canonical() {
		return withHint(&refusedErr{fmt.Errorf("%w: what does not show cannot be made anew", tx.ErrUnreadable)}, nothingSent)
	}
	if n := len(void.Signatures()); n > 1 {
		return withHint(&refusedErr{fmt.Errorf("%s takes the signatures of %d keys", void.ID(), n)}, "Make it with `piecework tx build`, and let each sign it. "+nothingSent)
	}
	void, err := checkVoid(c, s, void)
	if err != nil {
		return err
	}
	if !c.Bool("dry-run") {
		key, err := unlock(c, s.network, orDefault(c.String("signer"), s.from.String()))
		if err != nil {
			return withHint(err, "--signer names the account whose key signs for %s.", s.from)
		}
		s.signer = key
	}
	effect := fmt.Sprintf("%s is void since %s; this takes its place", void.ID(), void.Body().Expiration.Format("2006-01-02 15:04:05 UTC"))
	return sendAndPrint(c, s, sending{call: void.Contract(), effects: []string{effect}, again: void})
}

// checkVoid refuses to make a transaction anew that may count still, or that was made anew before by one that may. It gives the one that is to be made anew:
// where what took its place is void as well, the last of them, so that the next takes the place of all.
func checkVoid(c *cli.Context, s *session, t *tx.Transaction) (*tx.Transaction, error) {
	journal, err := openJournal(c)
	if err != nil {
		return nil, err
	}
	for at := t; ; {
		status, err := s.node.Status(c.Context, at.ID(), at.Body().Expiration)
		if err != nil {
			return nil, err
		}
		if err := madeFor(c, s, at, status); err != nil {
			return nil, err
		}
		if status.State != node.Expired {
			return nil, notVoid(t, at, status)
		}
		entry, _, err := journal.find(at.ID())
		if isMissingFile(err) || err == nil && entry.Again == nil {
			return at, nil
		}
		if err != nil {
			return nil, err
		}
		next := *entry.Again
		if _, at, err = journal.find(next); isMissingFile(err) {
			return nil, madeAnew(t.ID(), next, "")
		} else if err != nil {
			return nil, err
		}
	}
}

// notVoid says that a transaction, or what took its place, may count still.
func notVoid(t, at *tx.Transaction, status node.Status) error {
	if at != t {
		return madeAnew(t.ID(), at.ID(), ", which is "+status.State.String())
	}
	return withHint(&refusedErr{fmt.Errorf("%s is not void, it is %s", t.ID(), status.State)}, "%s", meaning(status, true))
}

func madeAnew(void, as tx.ID, state string) error {
	return withHint(&refusedErr{fmt.Errorf("%s was made anew before, as %s%s", void, as, state)}, "`piecework tx status --txid %s` tells what became of that.", as)
}

// replaces notes which transaction takes the place of a void one, before it is sent.
func replaces(c *cli.Context, s *session, void, by *tx.Transaction) error {
	if void == nil {
		return nil
	}
	journal, err := openJournal(c)
	if err != nil {
		return err
	}
	return journal.replace(s.network, void, by.ID())
}

// giveBack undoes replaces for a transaction that the node refused: the void one can be made anew once more.
func giveBack(c *cli.Context, s *session, void *tx.Transaction, refusal error) error {
	var refused *node.RefusedError
	if void == nil || errors.Is(refusal, node.ErrOutcomeUnknown) || !errors.As(refusal, &refused) {
		return refusal
	}
	journal, err := openJournal(c)
	if err != nil {
		return errors.Join(refusal, err)
	}
	return errors.Join(refusal, journal.keep(s.network, void))
}
