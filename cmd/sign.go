package cmd

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// sign signs what was asked and nothing else, with a key that may: so that the node's SIGERROR explains itself before it happens.
func sign(c *cli.Context, s *session, transaction *tx.Transaction, want tx.Contract) error {
	permission, err := permissionFor(c, s)
	if err != nil {
		return err
	}
	body := transaction.Body()
	expected := tx.Expected{Contract: want, PermissionID: body.PermissionID, FeeLimit: body.FeeLimit, Memo: []byte(c.String("memo")), Permission: permission}
	if err := transaction.SignExpected(c.Context, s.signer, expected); err != nil {
		return withHint(&refusedErr{fmt.Errorf("signing: %w", err)}, "`piecework account permissions show --account %s` lists who may sign. "+nothingSent, s.from)
	}
	if permission == nil {
		return nil
	}
	var weight *tx.WeightError
	switch err := transaction.CheckSignatures(*permission); {
	case errors.As(err, &weight):
		return withHint(&refusedErr{fmt.Errorf("signing: %w", err)},
			"Write it with --unsigned FILE and let each sign it: `piecework wallet multisig sign`. "+nothingSent)
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

// permissionFor is the account's permission that --permission-id names; nil for an account that does not exist yet.
func permissionFor(c *cli.Context, s *session) (*tx.Permission, error) {
	account, err := s.node.Account(c.Context, node.Head, s.from)
	if errors.Is(err, node.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	id, err := permissionFlag(c, "permission-id")
	if err != nil {
		return nil, err
	}
	permission := account.Permissions.ByID(id)
	if permission == nil {
		return nil, withHint(usagef("--permission-id %d: %s has no such permission", id, s.from), "`piecework account permissions show --account %s` lists them.", s.from)
	}
	return permission, nil
}

// signaturesNeeded is how many keys have to sign, for the price of it: one, unless the transaction goes out unsigned to several.
func signaturesNeeded(c *cli.Context, s *session, elsewhere bool) (int, error) {
	if !elsewhere {
		return 1, nil
	}
	permission, err := permissionFor(c, s)
	if err != nil || permission == nil {
		return 1, err
	}
	return permission.Fewest(), nil
}
