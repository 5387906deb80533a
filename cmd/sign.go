package cmd

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// sign signs what was asked and nothing else, with a key that may: so that the node's SIGERROR explains itself before it happens.
func sign(c *cli.Context, s *session, transaction *tx.Transaction, want sending) error {
	body := transaction.Body()
	permission, err := permissionFor(c, s, body.PermissionID)
	if err != nil {
		return err
	}
	expected := tx.Expected{Contract: want.call, PermissionID: body.PermissionID, FeeLimit: body.FeeLimit, Memo: []byte(c.String("memo")), Permission: permission}
	if want.again != nil {
		expected.Memo = want.again.Body().Memo
	}
	if err := transaction.SignExpected(c.Context, s.signer, expected); err != nil {
		return withHint(&refusedErr{fmt.Errorf("signing: %w", err)}, "`piecework account permissions show --account %s` lists who may sign. "+nothingSent, s.from)
	}
	if permission == nil {
		return nil
	}
	var weight *tx.WeightError
	switch err := transaction.CheckSignatures(*permission); {
	case errors.As(err, &weight):
		several := &refusedErr{fmt.Errorf("signing: %w", err)}
		if !hasFlag(c, "unsigned") {
			return withHint(several, "Make it with `piecework tx build`, and let each sign it: `piecework wallet multisig sign`. "+nothingSent)
		}
		return withHint(several, "Write it with --unsigned FILE and let each sign it: `piecework wallet multisig sign`. "+nothingSent)
	case err != nil:
		return withHint(&refusedErr{fmt.Errorf("signing: %w", err)}, nothingSent)
	}
	return nil
}

// permissionFlag reads a flag that names a permission of an account.
func permissionFlag(c *cli.Context, flag string) (int32, error) {
	id := c.Int(flag)
	if id < 0 || id > tx.MaxPermissionID {
		return 0, usagef("--%s %d: want 0 to %d", flag, id, tx.MaxPermissionID)
	}
	return int32(id), nil
}

// permissionFor is the account's permission of an id; nil for an account that does not exist yet.
func permissionFor(c *cli.Context, s *session, id int32) (*tx.Permission, error) {
	account, err := s.node.Account(c.Context, node.Head, s.from)
	if errors.Is(err, node.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	permission := account.Permissions.ByID(id)
	if permission == nil {
		return nil, withHint(usagef("%s has no permission %d", s.from, id), "`piecework account permissions show --account %s` lists them.", s.from)
	}
	return permission, nil
}

// signaturesNeeded is how many keys have to sign, for the price of it: one, unless the transaction goes out unsigned to several.
// A permission that the account does not have is found out here, in a dry run as well.
func signaturesNeeded(c *cli.Context, s *session, id int32, elsewhere bool) (int, error) {
	if !elsewhere && id == 0 {
		return 1, nil
	}
	permission, err := permissionFor(c, s, id)
	if err != nil || permission == nil || !elsewhere {
		return 1, err
	}
	return permission.Fewest(), nil
}
