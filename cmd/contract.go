package cmd

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// What a deployment says when nobody does: callers pay their energy.
const (
	defaultCallerPercent = 100
	defaultEnergyLimit   = 10_000_000
)

func contractCommand() *cli.Command {
	argument := func() cli.Flag {
		return textsFlag("arg", "one `VALUE` per parameter: 5, T… or a name, true, 0xab, [1,2], (T…,5); repeat it")
	}
	to := &cli.StringFlag{Name: "to", Usage: "`ADDRESS` of the contract, or the symbol of a token in trc20 list", Required: true}
	abiFile := &cli.StringFlag{Name: "abi", Usage: "take definitions from `FILE` (a JSON ABI or artifact), not from the chain"}
	return &cli.Command{
		Name: "contract", Usage: "deploy, call and verify any smart contract",
		Subcommands: []*cli.Command{
			{
				Name: "deploy", Usage: "deploy what a compiler wrote (TronBox, Hardhat, Foundry, solc), or bytecode",
				Description: "piecework contract deploy --artifact build/contracts/Vault.json --arg 5 --from alice\n" +
					"piecework contract deploy --bytecode Vault.bin --abi Vault.abi --arg '[1,2]' --value 10 --from alice --dry-run",
				Flags: append(append(sendFlags(), artifactFlags()...), argument(),
					&cli.StringFlag{Name: "bytecode", Usage: "`FILE` with the creation code in hex, as of solc --bin, in place of --artifact"},
					&cli.StringFlag{Name: "abi", Usage: "`FILE` with its JSON ABI, for --bytecode"},
					&cli.StringFlag{Name: "name", Usage: "`NAME` to store with it, at most 32 bytes", DefaultText: "the artifact's"},
					valueFlag(), tokenFlag(), tokenAmountFlag(),
					&cli.Int64Flag{Name: "energy-percent", Usage: "the callers' share of the energy, 0 to 100 `PERCENT`; your stake pays the rest", Value: defaultCallerPercent},
					&cli.Int64Flag{Name: "energy-limit", Usage: "the most `ENERGY` that your stake gives to one call", Value: defaultEnergyLimit},
				),
				Action: contractDeploy,
			},
			{
				Name: "call", Usage: "call a function without a transaction, and print what it returns", ArgsUsage: "SIGNATURE",
				Description: "piecework contract call --to TXYZ… 'balanceOf(address)(uint256)' --arg TPL66V…\n" +
					"piecework contract call --to TXYZ… balanceOf --arg alice -o json",
				Flags: append(nodeFlags(), to, abiFile, argument(), valueFlag(),
					&cli.StringFlag{Name: "from", Usage: "the caller that the contract sees: a `NAME` or address"},
					&cli.BoolFlag{Name: "solid", Usage: "on the state that can no longer be undone"},
				),
				Action: contractCall,
			},
			{
				Name: "send", Usage: "call a function by a transaction", ArgsUsage: "SIGNATURE",
				Description: "piecework contract send --to TXYZ… 'transfer(address,uint256)' --arg TPL66V… --arg 5000000 --from alice\n" +
					"piecework contract send --to TXYZ… deposit --value 10 --from alice --dry-run",
				Flags:  append(sendFlags(), to, abiFile, argument(), valueFlag(), tokenFlag(), tokenAmountFlag()),
				Action: contractSend,
			},
			{
				Name: "verify", Usage: "hold the code on the chain against what a compiler wrote",
				Description: "piecework contract verify --to TXYZ… --artifact build/contracts/Vault.json\n" +
					"piecework contract verify --to TXYZ… --artifact solc-output.json --contract Vault -o json",
				Flags: append(append(nodeFlags(), to), artifactFlags()...), Action: contractVerify,
			},
		},
	}
}

func artifactFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "artifact", Usage: "`FILE` of a compiler: TronBox, Hardhat, Foundry, solc's JSON"},
		&cli.StringFlag{Name: "contract", Usage: "`NAME` of the contract, where the file has several"},
	}
}

func valueFlag() cli.Flag {
	return &cli.StringFlag{Name: "value", Usage: "`TRX` to send along, as in 12.5"}
}

func tokenFlag() cli.Flag {
	return &cli.StringFlag{Name: "token", Usage: "a TRC-10 token to send along: its `ID`, or its name when no other has it"}
}

func tokenAmountFlag() cli.Flag {
	return &cli.StringFlag{Name: "token-amount", Usage: "how many whole tokens of --token, as in 12.5"}
}

// along is the money that goes with a call.
type along struct {
	value  wallet.Sun
	token  int64
	tokens wallet.Units
	text   string // for the plan: " with 5 TRX and 2 ACM", or nothing
}

func alongFlags(c *cli.Context, s *session) (along, error) {
	var out along
	if text := c.String("value"); text != "" {
		var err error
		if out.value, err = wallet.ParseTRX(text); err != nil {
			return out, usagef("--value: %s", err)
		}
		out.text = fmt.Sprintf(" with %s TRX", out.value)
	}
	name, amount := c.String("token"), c.String("token-amount")
	if (name == "") != (amount == "") {
		return out, usagef("--token and --token-amount go together")
	}
	if name == "" {
		return out, nil
	}
	token, err := openTRC10(c, s, name)
	if err != nil {
		return out, err
	}
	if out.tokens, err = token.Amount(amount); err != nil {
		return out, usagef("--token-amount: %s", err)
	}
	out.token = int64(token.ID)
	if out.value > 0 {
		out.text += " and " + token.Format(out.tokens)
	} else {
		out.text = " with " + token.Format(out.tokens)
	}
	return out, enoughTRC10(c, s, token, out.tokens)
}

func contractDeploy(c *cli.Context) error {
	artifact, err := deployable(c)
	if err != nil {
		return err
	}
	known, err := interfaceOf(artifact)
	if err != nil {
		return err
	}
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	arguments, err := encodeArgs(known.Constructor, textsOf(c, "arg"), naming(c, s))
	if err != nil {
		return err
	}
	money, err := alongFlags(c, s)
	if err != nil {
		return err
	}
	if string(artifact.ABI) != noABI && !known.Payable && (money.value > 0 || money.token > 0) {
		return usagef("the constructor is not payable: it would refuse the money")
	}
	if sendsTokens(artifact.Creation) {
		s.warnings = append(s.warnings, "it calls transfer of other tokens: Tron's USDT moves the money and answers false, so code that requires true works with test tokens and reverts with USDT")
	}
	call, err := deployment(c, s, artifact, append(artifact.Creation, arguments...), money)
	if err != nil {
		return err
	}
	result, err := send(c, s, sending{call: call, effects: []string{
		fmt.Sprintf("deploys %s (%d bytes) for %s%s", orDefault(call.New.Name, "a contract"), len(artifact.Creation), s.from, money.text),
	}})
	if err != nil {
		return err
	}
	address, _ := result.transaction.ContractAddress()
	return printResult(c, deployed{sent: *result, Contract: address, Name: call.New.Name})
}

func deployment(c *cli.Context, s *session, a *abi.Artifact, code []byte, money along) (*tx.CreateSmartContract, error) {
	percent, limit := c.Int64("energy-percent"), c.Int64("energy-limit")
	if percent < 0 || percent > 100 {
		return nil, usagef("--energy-percent %d: want 0 to 100", percent)
	}
	if limit <= 0 {
		return nil, usagef("--energy-limit %d: want at least 1", limit)
	}
	name := orDefault(c.String("name"), a.Name)
	if len(name) > maxContractName {
		return nil, usagef("--name: %q is longer than %d bytes", name, maxContractName)
	}
	stored, err := tx.ParseABI(a.ABI)
	if err != nil {
		return nil, usagef("the ABI: %s", err)
	}
	return &tx.CreateSmartContract{
		Owner: s.from, TokenID: money.token, CallTokenValue: money.tokens,
		New: &tx.SmartContract{
			Origin: s.from, ABI: stored, Bytecode: code, CallValue: money.value, Name: name,
			CallerEnergyPercent: percent, OriginEnergyLimit: limit,
		},
	}, nil
}

// maxContractName is java-tron's limit on a contract's name in bytes.
const maxContractName = 32

// noABI stands for bytecode of which nothing is known.
const noABI = "[]"

// deployable is what is to be deployed: an artifact, or bytecode with its ABI.
func deployable(c *cli.Context) (*abi.Artifact, error) {
	if c.String("bytecode") == "" {
		artifact, err := artifactFlag(c)
		if err == nil && len(artifact.Creation) == 0 {
			err = usagef("%s has no bytecode: an interface or an abstract contract cannot be deployed", artifact.Name)
		}
		return artifact, err
	}
	if c.String("artifact") != "" {
		return nil, usagef("give --artifact or --bytecode, not both")
	}
	text, err := readInput(c, c.String("bytecode"))
	if err != nil {
		return nil, err
	}
	out := &abi.Artifact{ABI: []byte(noABI)}
	if out.Creation, err = abi.ParseCode(text); err != nil || len(out.Creation) == 0 {
		return nil, usagef("--bytecode %s: it is no bytecode in hex (%v)", c.String("bytecode"), err)
	}
	if path := c.String("abi"); path != "" {
		if out.ABI, err = readInput(c, path); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func artifactFlag(c *cli.Context) (*abi.Artifact, error) {
	path := c.String("artifact")
	if path == "" {
		return nil, usagef("which contract? Give --artifact FILE")
	}
	data, err := readInput(c, path)
	if err != nil {
		return nil, err
	}
	artifact, err := abi.ParseArtifact(data, c.String("contract"))
	if err != nil {
		return nil, usagef("--artifact %s: %s", path, err)
	}
	return artifact, nil
}

func interfaceOf(a *abi.Artifact) (*abi.Interface, error) {
	known, err := abi.ParseJSON(a.ABI)
	if err != nil {
		return nil, usagef("the ABI: %s", err)
	}
	return known, nil
}
