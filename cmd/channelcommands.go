package cmd

import (
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
)

// payerCommands are those of a payer beside open and the ways to close.
func payerCommands(id cli.Flag) []*cli.Command {
	pay := append(nodeFlags(), passwordFlags()...)
	return []*cli.Command{
		{
			Name: "deposit", Usage: "add to the deposit of a channel of yours",
			Description: "piecework channel deposit --id 3f2a… --amount 50 --from carol\npiecework channel deposit --id 3f2a… --amount 50 --from carol --dry-run",
			Flags:       append(sendFlags(), contractFlag(), id, &cli.StringFlag{Name: "amount", Usage: "`AMOUNT` of whole tokens to add", Required: true}), Action: channelDeposit,
		},
		{
			Name: "pay", Usage: "pay over a channel: sign a voucher and hand it to the payee's server; nothing goes to the chain",
			Description: "piecework channel pay --id 3f2a… --amount 0.25 --from carol --server pay.example:7443\n" +
				"piecework channel pay --id 3f2a… --resend --from carol",
			Flags: append(pay, contractFlag(), fromFlag(), id,
				&cli.StringFlag{Name: "amount", Usage: "`AMOUNT` of whole tokens to pay"},
				&cli.BoolFlag{Name: "resend", Usage: "send the last voucher again, where the answer was lost; pays nothing more"},
				&cli.StringFlag{Name: "server", Value: "127.0.0.1:7443", Usage: "`HOST:PORT` of the payee's server; several with commas between"}, tlsCAFlag(),
				&cli.BoolFlag{Name: "dry-run", Usage: "show what would be paid; sign nothing"},
				&cli.BoolFlag{Name: "yes", Usage: "do not ask; where real money moves --network must be given too"},
			),
			Action: channelPay,
		},
		{
			Name: "recover", Usage: "as payer: find a channel again by the transaction that opened it",
			Description: "piecework channel recover --txid 9be1… --from carol\n" +
				"piecework channel recover --txid 9be1… --from carol --server pay.example:7443",
			Flags: append(append(nodeFlags(), passwordFlags()...), contractFlag(), fromFlag(),
				&cli.StringFlag{Name: "txid", Usage: "`ID` of the transaction", Required: true},
				&cli.StringFlag{Name: "server", Usage: "`HOST:PORT` of the payee's server, to go on from what was paid; its answer counts only with your own signature"}, tlsCAFlag(),
			),
			Action: channelRecover,
		},
	}
}

// claimCommands are for whoever has a claim kit, and a node.
func claimCommands() []*cli.Command {
	return []*cli.Command{
		{
			Name: "kit", Usage: "as payee: write the best evidence of your channels into a file that they can be settled from without the server",
			Description: "piecework channel kit --out kit.json\npiecework channel kit --out kit.json --server 127.0.0.1:7443 --token-file ./token",
			Flags:       append(serverFlags(), &cli.StringFlag{Name: "out", Usage: "`FILE` to write; it must not exist", Required: true}, outputFlag), Action: channelKit,
		},
		{
			Name: "claim", ArgsUsage: "KIT", Usage: "settle everything that a claim kit holds evidence for; anybody may, the payee is paid",
			Description: "piecework channel claim kit.json --from bob\npiecework channel claim kit.json --from bob --dry-run",
			Flags:       sendFlags(), Action: channelClaim,
		},
		{
			Name: "watch", ArgsUsage: "KIT…", Usage: "a watchtower: claim from kits as soon as a payer starts to close; a kit that changes is read again",
			Description: "piecework channel watch kit.json --from bob\npiecework channel watch bob.json erin.json --from tower --network nile --yes --every 1m",
			Flags: append(sendFlags(),
				&cli.DurationFlag{Name: "every", Value: 10 * time.Second, Action: within("every", time.Second, channel.MinChallenge/2), Usage: "time between two looks"},
				&cli.BoolFlag{Name: "once", Usage: "look once and end, for cron"},
			),
			Action: channelWatch,
		},
		{
			Name: "verify", Usage: "compare a contract's code on the chain with what this program was built with",
			Description: "piecework channel verify --contract T…\npiecework channel verify --contract T… --network nile -o json",
			Flags:       append(nodeFlags(), contractFlag()), Action: channelVerify,
		},
	}
}
