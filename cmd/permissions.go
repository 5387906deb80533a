package cmd

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

func permissionsCommand() *cli.Command {
	id := func(required bool) cli.Flag {
		return &cli.IntFlag{Name: "id", Usage: "the permission `ID`: 0 owner, 1 witness, 2 and above active", Required: required}
	}
	changes := func() []cli.Flag {
		return []cli.Flag{
			&cli.StringFlag{Name: "name", Usage: "call it `NAME`"},
			&cli.Int64Flag{Name: "threshold", Usage: "signatures must weigh `N`", DefaultText: "as it is, 1 for a new one"},
			&cli.StringSliceFlag{Name: "key", Usage: "`ADDRESS=WEIGHT` of a key that may sign; repeat it for more"},
			&cli.StringSliceFlag{Name: "allow", Usage: "an active permission may sign contracts of `TYPE`, as in TransferContract; all for everything"},
			&cli.BoolFlag{Name: "accept-lockout", Usage: "go on even if the keys of your keystore could not change it any more"},
		}
	}
	return &cli.Command{
		Name: "permissions", Usage: "who may sign for an account: show and change",
		Subcommands: []*cli.Command{
			{
				Name: "show", Usage: "list the permissions of an account", ArgsUsage: "[ACCOUNT]",
				Description: "piecework account permissions show alice\npiecework account permissions show alice -o json",
				Flags:       append(nodeFlags(), accountFlag()), Action: permissionsShow,
			},
			{
				Name: "set", Usage: "change one permission; everything else stays as it is (100 TRX)",
				Description: "piecework account permissions set --id 0 --threshold 2 --key bob=1 --key carol=1 --from alice\n" +
					"piecework account permissions set --id 2 --deny AccountUpdateContract --from alice --dry-run",
				Flags: append(append(sendFlags(), changes()...), id(true),
					&cli.StringSliceFlag{Name: "remove-key", Usage: "`ADDRESS` that may not sign any more"},
					&cli.StringSliceFlag{Name: "deny", Usage: "contracts of `TYPE` may not be signed any more"},
				),
				Action: permissionsSet,
			},
			{
				Name: "add", Usage: "add an active permission (100 TRX)",
				Description: "piecework account permissions add --name payments --key bob=1 --allow TransferContract --from alice\n" +
					"piecework account permissions add --name desk --threshold 2 --key bob=1 --key carol=1 --allow TransferContract --allow TriggerSmartContract --from alice --dry-run",
				Flags: append(sendFlags(), changes()...), Action: permissionsAdd,
			},
			{
				Name: "remove", Usage: "remove an active permission; later ones move up and get other ids (100 TRX)",
				Description: "piecework account permissions remove --id 3 --from alice\npiecework account permissions remove --id 3 --from alice --dry-run",
				Flags:       append(sendFlags(), id(true), &cli.BoolFlag{Name: "accept-lockout", Usage: "go on even if your keys could not change it any more"}), Action: permissionsRemove,
			},
		},
	}
}

// permissionShown is a permission as it is printed.
type permissionShown struct {
	ID         int32      `json:"id"`
	Kind       string     `json:"kind"`
	Name       string     `json:"name"`
	Threshold  int64      `json:"threshold"`
	Keys       []keyShown `json:"keys"`
	Operations []string   `json:"operations,omitempty"`
}

type keyShown struct {
	Address wallet.Address `json:"address"`
	Weight  int64          `json:"weight"`
}

type permissionsShown struct {
	Address     wallet.Address    `json:"address"`
	Permissions []permissionShown `json:"permissions"`
}

func (p permissionsShown) schema() string { return "piecework.permissions.v1" }

func (p permissionsShown) table() table {
	t := table{heading: []string{"ID", "KIND", "NAME", "THRESHOLD", "KEYS", "MAY SIGN"}}
	for _, one := range p.Permissions {
		may := "everything"
		switch {
		case one.Kind == "witness":
			may = "blocks"
		case one.Kind == "active":
			may = fmt.Sprintf("%d types of contract (-o json lists them)", len(one.Operations))
			if len(one.Operations) <= 3 {
				may = strings.Join(one.Operations, ", ")
			}
		}
		for i, k := range one.Keys {
			key := fmt.Sprintf("%s weight %d", k.Address, k.Weight)
			if i > 0 {
				t.rows = append(t.rows, []string{"", "", "", "", key, ""})
				continue
			}
			t.rows = append(t.rows, []string{fmt.Sprint(one.ID), one.Kind, one.Name, fmt.Sprint(one.Threshold), key, may})
		}
	}
	return t
}

func permissionsShow(c *cli.Context) error {
	s, address, err := dialAccount(c)
	if err != nil {
		return err
	}
	defer s.close()
	account, err := s.node.Account(c.Context, node.Head, address)
	if err != nil {
		return err
	}
	out := permissionsShown{Address: address}
	add := func(kind string, p tx.Permission) {
		shown := permissionShown{ID: p.ID, Kind: kind, Name: p.Name, Threshold: p.Threshold}
		for _, k := range p.Keys {
			shown.Keys = append(shown.Keys, keyShown(k))
		}
		if operations, err := tx.OperationsFromBytes(p.Operations); err == nil {
			for _, t := range operations.Types() {
				shown.Operations = append(shown.Operations, t.String())
			}
		}
		out.Permissions = append(out.Permissions, shown)
	}
	add("owner", account.Permissions.Owner)
	if w := account.Permissions.Witness; w != nil {
		add("witness", *w)
	}
	for _, p := range account.Permissions.Actives {
		add("active", p)
	}
	return printResult(c, out)
}
