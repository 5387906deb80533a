package cmd

import (
	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
)

func accountCommand() *cli.Command {
	return &cli.Command{
		Name: "account", Usage: "balances, resources, staking, permissions; send TRX",
		Subcommands: append(append([]*cli.Command{
			{
				Name: "show", Usage: "what the chain holds of an account", ArgsUsage: "[ACCOUNT]",
				Description: "piecework account show alice\npiecework account show TPL66VK2gCXNCD7EJg9pgJRfqcRazjhUZY --network mainnet -o json",
				Flags:       append(nodeFlags(), accountFlag()), Action: accountShow,
			},
			{
				Name: "resources", Usage: "bandwidth, energy and votes that it can use now", ArgsUsage: "[ACCOUNT]",
				Description: "piecework account resources alice\npiecework account resources --account alice -o json",
				Flags:       append(nodeFlags(), accountFlag()), Action: accountResources,
			},
			{
				Name: "history", Usage: "transactions that concern it, in the newest blocks", ArgsUsage: "[ACCOUNT]",
				Description: "piecework account history alice\npiecework account history alice --blocks 500 -o jsonl",
				Flags: append(nodeFlags(), accountFlag(),
					&cli.Int64Flag{Name: "blocks", Value: 100, Usage: "look through `N` blocks back from the newest"},
				),
				Action: accountHistory,
			},
			{
				Name: "send", Usage: "send TRX",
				Description: "piecework account send --to bob --amount 12.5 --from alice\npiecework account send --to TPL66V… --amount 1 --from alice --memo \"invoice 7\" --dry-run",
				Flags: append(sendFlags(),
					&cli.StringFlag{Name: "to", Usage: "`ADDRESS` or name of the recipient", Required: true},
					&cli.StringFlag{Name: "amount", Usage: "`TRX`, as in 12.5", Required: true},
				),
				Action: accountSend,
			},
			{
				Name: "activate", Usage: "make an account exist on chain without sending it anything (1 TRX and bandwidth)",
				Description: "piecework account activate --account TPL66V… --from alice\npiecework account activate --account cold --from alice --dry-run",
				Flags:       append(sendFlags(), &cli.StringFlag{Name: "account", Usage: "the `ADDRESS` to activate", Required: true}), Action: accountActivate,
			},
		}, stakeCommands()...), permissionsCommand()),
	}
}

func accountFlag() cli.Flag {
	return &cli.StringFlag{Name: "account", Usage: "a `NAME` or address; --from when it is not given"}
}

// dialAccount is dial for a command that looks at one account: its argument, --account, or --from of the profile or environment.
func dialAccount(c *cli.Context) (*session, wallet.Address, error) {
	name, err := subject(c, "account")
	if err != nil {
		return nil, wallet.Address{}, err
	}
	s, err := dial(c)
	if err != nil {
		return nil, wallet.Address{}, err
	}
	address, err := resolve(c, s.network, name)
	if err != nil {
		return nil, address, closing(s, err)
	}
	return s, address, nil
}

// subject is what a command that reads is about: its one argument, or the flag that says the same.
func subject(c *cli.Context, flag string) (string, error) {
	given, argument := c.String(flag), c.Args().First()
	switch {
	case argument != "" && given != "" && named(c, flag):
		return "", usagef("%q and --%s %s: one of them is enough", argument, flag, given)
	case argument != "":
		return argument, nil
	case given != "":
		return given, nil
	}
	return "", missingFlags(c, flag)
}
