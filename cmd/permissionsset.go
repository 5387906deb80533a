package cmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// changePermissions reads the permissions, lets change alter a copy, shows the difference, and writes all of them back: the chain forgets what is left out.
func changePermissions(c *cli.Context, change func(*session, *tx.Permissions) error) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	account, err := s.node.Account(c.Context, node.Head, s.from)
	if err != nil {
		return err
	}
	before, next := account.Permissions, copyPermissions(account.Permissions)
	if err := change(s, &next); err != nil {
		return err
	}
	effects := before.Diff(next)
	if len(effects) == 0 {
		return withHint(&refusedErr{fmt.Errorf("the permissions of %s are so already", s.from)}, nothingSent)
	}
	call, err := next.Update(s.from)
	if err != nil {
		return withHint(&refusedErr{err}, nothingSent)
	}
	if err := checkLockout(c, s, next); err != nil {
		return err
	}
	return sendAndPrint(c, s, sending{call: call, effects: append([]string{fmt.Sprintf("changes who may sign for %s", s.from)}, effects...)})
}

func copyPermissions(p tx.Permissions) tx.Permissions {
	p.Owner.Keys = slices.Clone(p.Owner.Keys)
	if p.Witness != nil {
		witness := *p.Witness
		witness.Keys = slices.Clone(witness.Keys)
		p.Witness = &witness
	}
	p.Actives = slices.Clone(p.Actives)
	for i := range p.Actives {
		p.Actives[i].Keys, p.Actives[i].Operations = slices.Clone(p.Actives[i].Keys), slices.Clone(p.Actives[i].Operations)
	}
	return p
}

// checkLockout refuses permissions that the keys of this machine could not change again.
func checkLockout(c *cli.Context, s *session, next tx.Permissions) error {
	held, err := heldKeys(c, s)
	if err != nil {
		return err
	}
	lockout := next.Lockout(held...)
	if lockout == nil {
		return nil
	}
	if c.Bool("accept-lockout") {
		s.warnings, s.doubtful = append(s.warnings, lockout.Error()), true
		return nil
	}
	return withHint(&refusedErr{lockout}, "If the other keys exist and their holders are reachable, give --accept-lockout. "+nothingSent)
}

// heldKeys are the addresses that this machine can sign for.
func heldKeys(c *cli.Context, s *session) ([]wallet.Address, error) {
	store, err := keystore(c)
	if err != nil {
		return nil, err
	}
	entries, err := store.List()
	if err != nil {
		return nil, err
	}
	var held []wallet.Address
	if s.signer != nil {
		held = append(held, s.signer.Address())
	}
	for _, e := range entries {
		if !e.Watch {
			held = append(held, e.Address)
		}
	}
	if s.network.Name == localNetwork {
		for _, a := range wallet.DevAccounts() {
			held = append(held, a.Key.Address())
		}
	}
	return held, nil
}

func permissionsSet(c *cli.Context) error {
	return changePermissions(c, func(s *session, p *tx.Permissions) error {
		id, err := permissionFlag(c, "id")
		if err != nil {
			return err
		}
		permission := p.ByID(id)
		if permission == nil {
			return withHint(usagef("--id %d: %s has no such permission", id, s.from), "`piecework account permissions show` lists them; `add` makes an active one.")
		}
		return alter(c, s, permission)
	})
}

func permissionsAdd(c *cli.Context) error {
	return changePermissions(c, func(s *session, p *tx.Permissions) error {
		if c.String("name") == "" || len(c.StringSlice("key")) == 0 || len(c.StringSlice("allow")) == 0 {
			return usagef("--name, --key and --allow are needed; see `%s --help`", c.Command.HelpName)
		}
		none := tx.NewOperations()
		permission := tx.Permission{Kind: tx.PermissionActive, ID: int32(2 + len(p.Actives)), Threshold: 1, Operations: none[:]}
		if err := alter(c, s, &permission); err != nil {
			return err
		}
		p.Actives = append(p.Actives, permission)
		return nil
	})
}

func permissionsRemove(c *cli.Context) error {
	return changePermissions(c, func(s *session, p *tx.Permissions) error {
		id, err := permissionFlag(c, "id")
		if err != nil {
			return err
		}
		before := len(p.Actives)
		p.Actives = slices.DeleteFunc(p.Actives, func(a tx.Permission) bool { return a.ID == id })
		if len(p.Actives) == before {
			return usagef("--id %d: %s has no such active permission", id, s.from)
		}
		return nil
	})
}

// alter applies what the flags say to one permission.
func alter(c *cli.Context, s *session, p *tx.Permission) error {
	if c.IsSet("name") {
		p.Name = c.String("name")
	}
	if c.IsSet("threshold") {
		p.Threshold = c.Int64("threshold")
	}
	for _, text := range c.StringSlice("remove-key") {
		address, err := resolve(c, s.network, text)
		if err != nil {
			return err
		}
		if p.Weight(address) == 0 {
			return usagef("--remove-key %s: %s is no key of permission %d", text, address, p.ID)
		}
		p.Keys = slices.DeleteFunc(p.Keys, func(k tx.PermissionKey) bool { return k.Address == address })
	}
	for _, text := range c.StringSlice("key") {
		if err := putKey(c, s, p, text); err != nil {
			return err
		}
	}
	return alterOperations(c, p)
}

func putKey(c *cli.Context, s *session, p *tx.Permission, text string) error {
	name, number, ok := strings.Cut(text, "=")
	weight, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil {
		return usagef("--key %q: want ADDRESS=WEIGHT", text)
	}
	address, err := resolve(c, s.network, name)
	if err != nil {
		return err
	}
	alike, err := lookAlike(c, address)
	if err != nil {
		return err
	}
	if alike != nil {
		s.warnings, s.doubtful = append(s.warnings, alike.Error()), true
	}
	p.Keys = slices.DeleteFunc(p.Keys, func(k tx.PermissionKey) bool { return k.Address == address })
	p.Keys = append(p.Keys, tx.PermissionKey{Address: address, Weight: weight})
	return nil
}

func alterOperations(c *cli.Context, p *tx.Permission) error {
	allow, deny := c.StringSlice("allow"), c.StringSlice("deny")
	if len(allow)+len(deny) == 0 {
		return nil
	}
	if p.Kind != tx.PermissionActive {
		return usagef("--allow and --deny: only an active permission has a list of what it may sign")
	}
	operations, err := tx.OperationsFromBytes(p.Operations)
	if err != nil {
		return err
	}
	for _, name := range allow {
		if name == "all" {
			operations = tx.AvailableOperations()
			continue
		}
		t, err := tx.ParseType(name)
		if err != nil {
			return usagef("--allow: %s", err)
		}
		operations = operations.With(t)
	}
	for _, name := range deny {
		t, err := tx.ParseType(name)
		if err != nil {
			return usagef("--deny: %s", err)
		}
		operations = operations.Without(t)
	}
	p.Operations = operations[:]
	return nil
}
