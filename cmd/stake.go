package cmd

import (
	"github.com/urfave/cli/v2"
)

// stakeCommands are Stake 2.0: staking, unstaking, lending and voting.
func stakeCommands() []*cli.Command {
	amount := func() cli.Flag {
		return &cli.StringFlag{Name: "amount", Usage: "`TRX` of stake, as in 100", Required: true}
	}
	resource := func() cli.Flag {
		return &cli.StringFlag{Name: "resource", Usage: "what the stake is for: energy or bandwidth", Required: true}
	}
	to := func(usage string) cli.Flag { return &cli.StringFlag{Name: "to", Usage: usage, Required: true} }
	return []*cli.Command{
		{
			Name: "stake", Usage: "stake TRX for energy or bandwidth, and a vote for each",
			Description: "piecework account stake --amount 1000 --resource energy --from alice\npiecework account stake --amount 50 --resource bandwidth --from alice --dry-run",
			Flags:       append(sendFlags(), amount(), resource()), Action: accountStake,
		},
		{
			Name: "unstake", Usage: "begin to unstake; the TRX can be withdrawn some days later",
			Description: "piecework account unstake --amount 1000 --resource energy --from alice\npiecework account unstake --amount 1 --resource bandwidth --from alice --dry-run",
			Flags:       append(sendFlags(), amount(), resource()), Action: accountUnstake,
		},
		{
			Name: "withdraw", Usage: "take the TRX whose unstaking is over",
			Description: "piecework account withdraw --from alice\npiecework account withdraw --from alice --dry-run",
			Flags:       sendFlags(), Action: accountWithdraw,
		},
		{
			Name: "cancel-unstake", Usage: "stake again everything that is being unstaked",
			Description: "piecework account cancel-unstake --from alice\npiecework account cancel-unstake --from alice --dry-run",
			Flags:       sendFlags(), Action: accountCancelUnstake,
		},
		{
			Name: "delegate", Usage: "lend the energy or bandwidth of a stake to another account",
			Description: "piecework account delegate --amount 1000 --resource energy --to bob --from alice\n" +
				"piecework account delegate --amount 1000 --resource energy --to bob --lock 7d --from alice",
			Flags: append(sendFlags(), amount(), resource(), to("`ADDRESS` or name of the borrower"),
				&cli.StringFlag{Name: "lock", Usage: "promise not to take it back for `TIME`, as in 3d"}),
			Action: accountDelegate,
		},
		{
			Name: "undelegate", Usage: "take back what was lent",
			Description: "piecework account undelegate --amount 1000 --resource energy --to bob --from alice\n" +
				"piecework account undelegate --amount 1 --resource bandwidth --to bob --from alice --dry-run",
			Flags: append(sendFlags(), amount(), resource(), to("`ADDRESS` or name of the borrower")), Action: accountUndelegate,
		},
		{
			Name: "loans", Usage: "what an account lends and borrows", ArgsUsage: "[ACCOUNT]",
			Description: "piecework account loans alice\npiecework account loans alice -o json",
			Flags:       append(nodeFlags(), accountFlag()), Action: accountLoans,
		},
		{
			Name: "vote", Usage: "vote for super representatives; replaces all earlier votes",
			Description: "piecework account vote --for TPL66V…=600 --for TWer2Y…=400 --from alice\npiecework account vote --for TPL66V…=1 --from alice --dry-run",
			Flags:       append(sendFlags(), &cli.StringSliceFlag{Name: "for", Usage: "`ADDRESS=VOTES`; a staked TRX is a vote; repeat it for more", Required: true}),
			Action:      accountVote,
		},
		{
			Name: "witnesses", Usage: "list the super representatives and candidates to vote for",
			Description: "piecework account witnesses\npiecework account witnesses --network mainnet -o json",
			Flags:       nodeFlags(), Action: accountWitnesses,
		},
		{
			Name: "rewards", Usage: "what voting has earned and nobody has taken", ArgsUsage: "[ACCOUNT]",
			Description: "piecework account rewards alice\npiecework account rewards alice -o json",
			Flags:       append(nodeFlags(), accountFlag()), Action: accountRewards,
		},
		{
			Name: "withdraw-rewards", Usage: "take the rewards of voting (once in 24 hours)",
			Description: "piecework account withdraw-rewards --from alice\npiecework account withdraw-rewards --from alice --dry-run",
			Flags:       sendFlags(), Action: accountWithdrawRewards,
		},
	}
}
