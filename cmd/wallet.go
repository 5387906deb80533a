package cmd

import (
	"github.com/urfave/cli/v2"
)

func walletCommand() *cli.Command {
	name := func() cli.Flag { return &cli.StringFlag{Name: "name", Usage: "`NAME` of the account", Required: true} }
	return &cli.Command{
		Name: "wallet", Usage: "keys: make, import, export, scan; sign and verify messages",
		Subcommands: []*cli.Command{
			{
				Name: "new", Usage: "draw a key and keep it under a name, encrypted",
				Description: "piecework wallet new --name alice\npiecework wallet new --name savings --words 24 --phrase-out ./paper.txt\npiecework wallet new --name ci --password-file ./password",
				Flags: append(append(passwordFlags(), name(), dataFlag(), outputFlag),
					&cli.IntFlag{Name: "words", Usage: "draw a mnemonic sentence of `N` words (12, 15, 18, 21, 24) and take its first account"},
					&cli.StringFlag{Name: "phrase-out", Usage: "write the sentence to `FILE` instead of showing it on the terminal"},
				),
				Action: walletNew,
			},
			{
				Name: "import", Usage: "keep a key that you have: a sentence, a private key, a key file of any Tron program, or an address to watch",
				Description: "piecework wallet import --name alice --phrase\npiecework wallet import --name hot --keystore UTC--2024….json\n" +
					"piecework wallet import --name cold --watch TPL66VK2gCXNCD7EJg9pgJRfqcRazjhUZY\npiecework wallet import --name ci --key-file /dev/fd/3 --password-file ./password",
				Flags: append(append(append(passwordFlags(), phraseFlags()...), name(), dataFlag(), outputFlag),
					&cli.StringFlag{Name: "path", Usage: "derivation `PATH` of the sentence's account; `piecework wallet scan` shows which has money", Value: "m/44'/195'/0'/0/0"},
					&cli.BoolFlag{Name: "key", Usage: "ask for a private key of 64 hex digits"},
					&cli.StringFlag{Name: "key-file", Usage: "read the private key from the first line of `FILE`; - is stdin, /dev/fd/3 a descriptor"},
					&cli.StringFlag{Name: "keystore", Usage: "a key `FILE` of another program"},
					&cli.StringFlag{Name: "old-password-file", Usage: "read the password of --keystore from `FILE` instead of asking"},
					&cli.StringFlag{Name: "watch", Usage: "an `ADDRESS` without its key"},
				),
				Action: walletImport,
			},
			{
				Name: "list", Usage: "list the accounts of the keystore",
				Description: "piecework wallet list\npiecework wallet list -o json",
				Flags:       []cli.Flag{dataFlag(), outputFlag}, Action: walletList,
			},
			{
				Name: "show", Usage: "show one account: address, derivation path, file", ArgsUsage: "[NAME]",
				Description: "piecework wallet show alice\npiecework wallet show --name alice -o json",
				Flags:       []cli.Flag{&cli.StringFlag{Name: "name", Usage: "`NAME` or address"}, dataFlag(), outputFlag}, Action: walletShow,
			},
			{
				Name: "export", Usage: "give a key away: as an encrypted key file, or bare",
				Description: "piecework wallet export --name alice --out alice.json\npiecework wallet export --name alice --as key --out alice.key",
				Flags: append(append(passwordFlags(), name(), dataFlag(), outputFlag),
					&cli.StringFlag{Name: "as", Value: "keystore", Usage: "`FORM`: keystore (encrypted with the same password), key (hex, whoever sees it has the money)"},
					&cli.StringFlag{Name: "out", Usage: "`FILE` to write it to (mode 0600), a new one; - is stdout", Required: true},
				),
				Action: walletExport,
			},
			{
				Name: "password", Usage: "encrypt a key with another password",
				Description: "piecework wallet password --name alice\npiecework wallet password --name alice --old-password-file ./old --password-file ./new",
				Flags: append(append(passwordFlags(), name(), dataFlag(), outputFlag),
					&cli.StringFlag{Name: "old-password-file", Usage: "read the present password from `FILE` instead of asking"}),
				Action: walletPassword,
			},
			{
				Name: "scan", Usage: "look where the accounts of a sentence are: programs disagree about the derivation path",
				Description: "piecework wallet scan --network mainnet\npiecework wallet scan --phrase-file ./paper.txt --count 20 -o json",
				Flags: append(append(nodeFlags(), phraseFlags()...),
					&cli.IntFlag{Name: "count", Value: 5, Usage: "look at the first `N` accounts of each style"}),
				Action: walletScan,
			},
			{
				Name: "address", Usage: "show an address in all forms, and whether you know it", ArgsUsage: "[ADDRESS]",
				Description: "piecework wallet address TPL66VK2gCXNCD7EJg9pgJRfqcRazjhUZY\npiecework wallet address 0x928c9af0651632157ef27a2cf17ca72c575a4d21\n" +
					"piecework wallet address --public-key 04…",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "of", Usage: "the address in any form, or a `NAME`"}, &cli.StringFlag{Name: "public-key", Usage: "a public key in `HEX`, 33 or 65 bytes"},
					&cli.StringFlag{Name: "network", Value: localNetwork, Usage: "`NAME`; testnet knows alice, bob …"}, dataFlag(), outputFlag,
				},
				Action: walletAddress,
			},
			signMessageCommand(), verifyMessageCommand(), signTypedCommand(), multisigCommand(),
		},
	}
}

// phraseFlags say where a mnemonic sentence comes from. It is never an argument.
func phraseFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "phrase", Usage: "ask for a mnemonic sentence of 12 to 24 words"},
		&cli.StringFlag{Name: "phrase-file", Usage: "read the sentence from the first line of `FILE`; - is stdin, /dev/fd/3 a descriptor"},
		&cli.BoolFlag{Name: "passphrase", Usage: "the sentence has a passphrase of its own (BIP-39): ask for it"},
		&cli.StringFlag{Name: "passphrase-file", Usage: "read that passphrase from `FILE`"},
	}
}
