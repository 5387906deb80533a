package cmd

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
)

// maxInput bounds the files that a command reads whole, in bytes.
const maxInput = 16 << 20

func abiCommand() *cli.Command {
	file := &cli.StringFlag{Name: "abi", Usage: "take definitions from `FILE`: a JSON ABI, or an artifact with one in it"}
	data := &cli.StringFlag{Name: "data", Usage: "`HEX` of the data, with or without 0x", Required: true}
	argument := textsFlag("arg", "one `VALUE` per parameter: 5, T…, true, 0xab, [1,2], (T…,5); repeat it")
	return &cli.Command{
		Name: "abi", Usage: "encode and decode calls, events, reverts and typed data; no network",
		Subcommands: []*cli.Command{
			{
				Name: "encode", Usage: "encode a call's data, or, without a function's name, its arguments alone", ArgsUsage: "SIGNATURE",
				Description: "piecework abi encode 'transfer(address,uint256)' --arg TPL66VK2gCXNCD7EJg9pgJRfqcRazjhUZY --arg 5\n" +
					"piecework abi encode '(address,(uint256,string)[])' --arg TPL66VK2gCXNCD7EJg9pgJRfqcRazjhUZY --arg '[(1,\"a\"),(2,\"b\")]'",
				Flags: []cli.Flag{file, argument, outputFlag}, Action: abiEncode,
			},
			{
				Name: "decode", Usage: "decode a call's data, or with --returns what a call returned", ArgsUsage: "[SIGNATURE]",
				Description: "piecework abi decode 'transfer(address to,uint256 amount)' --data a9059cbb…\n" +
					"piecework abi decode 'balanceOf(address)(uint256)' --returns --data 0x00…05\npiecework abi decode --abi Token.json --data a9059cbb…",
				Flags: []cli.Flag{file, data, &cli.BoolFlag{Name: "returns", Usage: "the data is what the function returned"}, outputFlag}, Action: abiDecode,
			},
			{
				Name: "event", Usage: "print an event's topic, or decode a log of it", ArgsUsage: "[SIGNATURE]",
				Description: "piecework abi event 'Transfer(address indexed from,address indexed to,uint256 value)'\n" +
					"piecework abi event --abi Token.json --topic ddf252ad… --topic 0000… --topic 0000… --data 0x00…05",
				Flags: []cli.Flag{
					file, textsFlag("topic", "a `TOPIC` of the log, in hex; repeat it in their order"),
					&cli.StringFlag{Name: "data", Usage: "`HEX` of the log's data"}, outputFlag,
				}, Action: abiEvent,
			},
			{
				Name: "selector", Usage: "print a function's or error's selector, or those of all in --abi", ArgsUsage: "[SIGNATURE]",
				Description: "piecework abi selector 'transfer(address,uint256)'\npiecework abi selector --abi Token.json",
				Flags:       []cli.Flag{file, outputFlag}, Action: abiSelector,
			},
			{
				Name: "revert", Usage: "say why a call reverted", ArgsUsage: "[DATA]",
				Description: "piecework abi revert 08c379a0…\npiecework abi revert --error 'InsufficientBalance(uint256 available,uint256 required)' --data cf479181…",
				Flags:       []cli.Flag{file, &cli.StringFlag{Name: "data", Usage: "the same as `HEX`"}, textsFlag("error", "the `SIGNATURE` of an error that the contract declares; repeat it"), outputFlag}, Action: abiRevert,
			},
			{
				Name: "typed-hash", Usage: "hash typed data (TIP-712) and show all that a signature would cover",
				Description: "piecework abi typed-hash --file permit.json\npiecework abi typed-hash --file permit.json -o json",
				Flags:       []cli.Flag{&cli.StringFlag{Name: "file", Usage: "JSON `FILE` with types, domain and message; - is standard input", Required: true}, outputFlag},
				Action:      abiTypedHash,
			},
		},
	}
}

// encoded is bytes that were encoded. Its table is the bare hex, for $(…).
type encoded struct {
	Signature string `json:"signature"`
	Data      string `json:"data"`
}

func (e encoded) schema() string { return "piecework.abi.encode.v1" }

func (e encoded) table() table { return table{notes: []string{e.Data}} }

// decoded is values with what they are of.
type decoded struct {
	Signature string          `json:"signature"`
	Values    json.RawMessage `json:"values"`

	params abi.Params
	values []any
}

func (d decoded) schema() string { return "piecework.abi.decode.v1" }

func (d decoded) table() table {
	t := table{heading: []string{"NAME", "TYPE", "VALUE"}, notes: []string{d.Signature}}
	for i, p := range d.params {
		t.rows = append(t.rows, []string{orDefault(p.Name, fmt.Sprint(i)), p.Type.String(), abi.FormatValue(p.Type, d.values[i])})
	}
	return t
}

func decodedOf(signature string, params abi.Params, values []any) (decoded, error) {
	body, err := params.JSON(values)
	return decoded{signature, body, params, values}, err
}

func abiEncode(c *cli.Context) error {
	text := c.Args().First()
	known, err := interfaceFlag(c)
	if err != nil {
		return err
	}
	if params, ok := bareParams(text, known); ok {
		data, err := encodeArgs(params, textsOf(c, "arg"), wallet.ParseAddress)
		if err != nil {
			return err
		}
		return printResult(c, encoded{params.String(), "0x" + hex.EncodeToString(data)})
	}
	method, err := methodOf(text, known)
	if err != nil {
		return err
	}
	data, err := encodeCall(method, textsOf(c, "arg"))
	if err != nil {
		return err
	}
	return printResult(c, encoded{method.Signature(), "0x" + hex.EncodeToString(data)})
}

// bareParams reads parameters without a function: "(address,uint256)", or "constructor" of a JSON ABI.
func bareParams(text string, known *abi.Interface) (abi.Params, bool) {
	if text == "constructor" && known != nil {
		return known.Constructor, true
	}
	if !strings.HasPrefix(text, "(") {
		return nil, false
	}
	params, err := abi.ParseParams(text)
	return params, err == nil
}

func abiDecode(c *cli.Context) error {
	known, err := interfaceFlag(c)
	if err != nil {
		return err
	}
	data, err := hexFlag(c, "data")
	if err != nil {
		return err
	}
	text := c.Args().First()
	if params, ok := bareParams(text, known); ok {
		return printDecoded(c, params.String(), params, data)
	}
	method, err := methodFor(text, known, data)
	if err != nil {
		return err
	}
	if c.Bool("returns") {
		return printDecoded(c, method.Signature(), method.Outputs, data)
	}
	values, err := method.DecodeInput(data)
	if err != nil {
		return withHint(asUsage(err), "Is it what the function returned? Then add --returns.")
	}
	out, err := decodedOf(method.Signature(), method.Inputs, values)
	if err != nil {
		return err
	}
	return printResult(c, out)
}

// methodFor is the function that a signature names, or that calldata calls.
func methodFor(text string, known *abi.Interface, calldata []byte) (abi.Method, error) {
	switch {
	case text != "":
		return methodOf(text, known)
	case known == nil:
		return abi.Method{}, usagef("what is it of? Give a SIGNATURE, or --abi FILE")
	}
	method, ok := known.MethodOf(calldata)
	if !ok {
		return abi.Method{}, withHint(fmt.Errorf("no function of the ABI has the selector %x", calldata[:min(4, len(calldata))]), "Give a SIGNATURE.")
	}
	return method, nil
}

func printDecoded(c *cli.Context, signature string, params abi.Params, data []byte) error {
	values, err := params.Decode(data)
	if err != nil {
		return asUsage(err)
	}
	out, err := decodedOf(signature, params, values)
	if err != nil {
		return err
	}
	return printResult(c, out)
}

// typedHash is what a signature over typed data covers.
type typedHash struct {
	Digest    string `json:"digest"`
	Separator string `json:"domain_separator"`
	Type      string `json:"type"`

	text string
}

func (t typedHash) schema() string { return "piecework.abi.typed.v1" }

func (t typedHash) table() table {
	return table{
		rows:  [][]string{{"digest", t.Digest}, {"domain separator", t.Separator}, {"type", t.Type}},
		notes: strings.Split(strings.TrimRight(t.text, "\n"), "\n"),
	}
}

func abiTypedHash(c *cli.Context) error {
	document, err := readInput(c, c.String("file"))
	if err != nil {
		return err
	}
	typed, err := abi.ParseTypedData(document)
	if err != nil {
		return usagef("--file %s: %s", c.String("file"), err)
	}
	digest, err := typed.Digest()
	if err != nil {
		return err
	}
	separator, err := typed.Separator()
	if err != nil {
		return err
	}
	name, err := typed.EncodeType("")
	if err != nil {
		return err
	}
	text, err := typed.Text()
	if err != nil {
		return err
	}
	return printResult(c, typedHash{fmt.Sprintf("0x%x", digest), fmt.Sprintf("0x%x", separator), name, text})
}
