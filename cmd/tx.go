package cmd

import (
	"slices"

	"github.com/urfave/cli/v2"
)

func txCommand() *cli.Command {
	return &cli.Command{
		Name: "tx", Usage: "build, sign and send on three machines; look up, decode, explain",
		Subcommands: []*cli.Command{
			{
				Name: "build", Usage: "make a transaction without a key, to be signed elsewhere",
				Description: "piecework tx build --to bob --amount 12.5 --from T… --out payment.json\n" +
					"piecework tx build --to bob --amount 5 --token 1000001 --from T… --qr\n" +
					"piecework tx build --type VoteWitnessContract --value '{\"owner_address\":\"T…\",\"votes\":[{\"vote_address\":\"T…\",\"vote_count\":5}]}' --from T…",
				Flags: append(append(nodeFlags(), whatFlags()...),
					&cli.StringFlag{Name: "from", Usage: "the account that pays: a `NAME` or address", Required: true},
					&cli.IntFlag{Name: "permission-id", Usage: "to be signed by the permission `ID` of --from"},
					&cli.StringFlag{Name: "memo", Usage: "a `TEXT` that is stored with the transaction (costs 1 TRX)"},
					&cli.StringFlag{Name: "fee-limit", Usage: "burn at most `TRX` for energy", DefaultText: "1.3 x the simulation"},
					&cli.DurationFlag{Name: "expires", Value: unsignedExpiry, Usage: "the transaction is void after `TIME`, 24h at most"},
					outFlag(), qrFlag(), qrFileFlag(),
				),
				Action: txBuild,
			},
			{
				Name: "sign", Usage: "sign a transaction that was built elsewhere; no network is needed",
				Description: "piecework tx sign --tx payment.json --from cold --out signed.json\n" +
					"piecework tx sign --qr-in photo.png --to TPL66V… --amount 12.5 --from cold --qr-file signed.png",
				Flags: append(append(offlineFlags(), whatFlags()...), signFlags()...), Action: txSign,
			},
			{
				Name: "send", Usage: "give a signed transaction to the network; no key is needed",
				Description: "piecework tx send --tx signed.json --network mainnet\npiecework tx send --qr-in signed.png --wait solid\n" +
					"piecework tx send --txid 97b58862… --resign",
				Flags: slices.Concat(nodeFlags(), inFlags(), waitFlags(), passwordFlags(), []cli.Flag{
					&cli.BoolFlag{Name: "dry-run", Usage: "check signatures and cost; send nothing"},
					&cli.StringFlag{Name: "txid", Usage: "send the transaction `TXID` again, byte for byte, that this machine has sent before"},
					&cli.BoolFlag{Name: "resign", Usage: "it has expired without being mined: make it anew, sign it again and send that"},
					&cli.StringFlag{Name: "signer", Usage: "with --resign, the account whose key signs: a `NAME` or address of the keystore", DefaultText: "the transaction's own"},
				}),
				Action: txSend,
			},
			{
				Name: "status", Usage: "what became of a transaction: submitted, in a block, solid, failed, or void", ArgsUsage: "[TXID]",
				Description: "piecework tx status 97b58862…\npiecework tx status --txid 97b58862… --network mainnet -o json\n\n" +
					"Exit code 0: it is in a block and did what it should. 5: it failed there. 6: nothing is decided yet. 3: it is void and can safely be made again.",
				Flags: append(nodeFlags(), txidFlag(), &cli.StringFlag{Name: "tx", Usage: "the transaction itself in `FILE`, when this machine has not sent it"}), Action: txStatus,
			},
			{
				Name: "decode", Usage: "show what a transaction says, without a network", ArgsUsage: "[HEX]",
				Description: "piecework tx decode --tx payment.json\npiecework tx decode 0a85010a02…",
				Flags:       append(inFlags(), outputFlag), Action: txDecode,
			},
			{
				Name: "explain", Usage: "what a transaction did, what it cost, why it failed, what to do next", ArgsUsage: "[TXID]",
				Description: "piecework tx explain 97b58862…\npiecework tx explain 97b58862… --network mainnet -o json",
				Flags:       append(nodeFlags(), txidFlag()), Action: txExplain,
			},
		},
	}
}

// whatFlags say what a transaction does: a transfer, or any contract in java-tron's JSON.
func whatFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "to", Usage: "`ADDRESS` or name of the recipient"},
		&cli.StringFlag{Name: "amount", Usage: "whole TRX or tokens, as in 12.5"},
		&cli.StringFlag{Name: "token", Usage: "a TRC-10 `ID` or the address of a TRC-20 token; TRX when it is not given"},
		&cli.StringFlag{Name: "type", Usage: "any other contract: java-tron's `NAME`, as in VoteWitnessContract"},
		&cli.StringFlag{Name: "value", Usage: "its fields as `JSON` with java-tron's names; texts plain, addresses in any form"},
		&cli.StringFlag{Name: "value-file", Usage: "its fields in `FILE`"},
	}
}

// offlineFlags are those of commands that need keys and no node.
func offlineFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "network", Value: localNetwork, Usage: "`NAME` of the network that it is for"},
		dataFlag(), outputFlag,
	}
}

func signFlags() []cli.Flag {
	return append(append(inFlags(), passwordFlags()...),
		&cli.StringFlag{Name: "from", Usage: "the account whose key signs: a `NAME` or address of the keystore", Required: true},
		&cli.IntFlag{Name: "decimals", Usage: "of the token, for --amount", Value: -1, DefaultText: "6 for TRX"},
		&cli.StringFlag{Name: "max-fee-limit", Usage: "refuse a fee limit over `TRX`"},
		&cli.BoolFlag{Name: "yes", Usage: "do not ask"},
		outFlag(), qrFlag(), qrFileFlag(),
	)
}

func inFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "tx", Usage: "the transaction in `FILE` (- is stdin): JSON of TronWeb or hex"},
		&cli.StringFlag{Name: "qr-in", Usage: "the transaction as a QR code in a picture, `FILE` (PNG)"},
	}
}

func outFlag() cli.Flag {
	return &cli.StringFlag{Name: "out", Value: "-", Usage: "write the transaction to `FILE`; - is stdout"}
}

func qrFlag() cli.Flag {
	return &cli.BoolFlag{Name: "qr", Usage: "show it as a QR code on the terminal (stderr)"}
}

func qrFileFlag() cli.Flag {
	return &cli.StringFlag{Name: "qr-file", Usage: "write it as a QR code to `FILE` (PNG)"}
}

func txidFlag() cli.Flag { return &cli.StringFlag{Name: "txid", Usage: "the transaction's `ID`"} }
