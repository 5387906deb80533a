package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
)

func trc20PermitCommand() *cli.Command {
	return &cli.Command{
		Name: "permit", Usage: "sign an allowance that somebody else can submit and pay for (TIP-2612), or submit one",
		Description: "piecework trc20 permit --token TXYZ… --spender bob --amount 5 --deadline 1h --from alice -o json > permit.json\n" +
			"piecework trc20 permit --submit permit.json --from bob",
		Flags: append(sendFlags(),
			&cli.StringFlag{Name: "submit", Usage: "submit the permit in `FILE`; --from pays for it"},
			&cli.StringFlag{Name: "token", Usage: "`ADDRESS` of the token's contract, or the symbol of one that you deployed"},
			&cli.StringFlag{Name: "spender", Usage: "`ADDRESS` or name of who may take them"},
			&cli.StringFlag{Name: "amount", Usage: "whole tokens, as in 12.5, or unlimited"},
			&cli.StringFlag{Name: "deadline", Value: "1h", Usage: "how long it can be submitted: `PERIOD` as in 1h or 7d, or forever"},
		),
		Action: func(c *cli.Context) error {
			if c.String("submit") != "" {
				return permitSubmit(c)
			}
			return permitSign(c)
		},
	}
}

// permitFile is a signed permit, as it is printed and handed on.
type permitFile struct {
	Contract  wallet.Address `json:"contract"`
	Owner     wallet.Address `json:"owner"`
	Spender   wallet.Address `json:"spender"`
	Amount    string         `json:"amount"`
	Units     string         `json:"units"`
	Nonce     string         `json:"nonce"`
	Deadline  int64          `json:"deadline"` // seconds since 1970
	Signature string         `json:"signature,omitempty"`
	TypedData *abi.TypedData `json:"typed_data"`
}

func (p permitFile) schema() string { return "piecework.trc20.permit.v1" }

func (p permitFile) table() table {
	return table{rows: [][]string{
		{"allows", p.Amount},
		{"owner", p.Owner.String()},
		{"spender", p.Spender.String()},
		{"until", time.Unix(p.Deadline, 0).UTC().Format(time.RFC3339)},
		{"nonce", p.Nonce},
		{"signature", orDefault(p.Signature, "(not signed: a dry run)")},
	}, notes: []string{"With -o json it can be kept in a file and submitted by anybody: `piecework trc20 permit --submit FILE`."}}
}

func permitSign(c *cli.Context) error {
	for _, name := range []string{"token", "spender", "amount"} {
		if c.String(name) == "" {
			return usagef("--%s is missing", name)
		}
	}
	if c.String("unsigned") != "" {
		return usagef("--unsigned: a permit is no transaction that could be signed elsewhere; --dry-run shows it without a signature")
	}
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	permit, token, err := permitFrom(c, s)
	if err != nil {
		return err
	}
	out := permitFile{
		Contract: token.Contract(), Owner: permit.Owner, Spender: permit.Spender, Amount: formatAllowance(token, permit.Amount), Units: permit.Amount.String(),
		Nonce: permit.Nonce.String(), Deadline: permit.Deadline.Unix(), TypedData: permit.TypedData(),
	}
	say(c, "• lets %s take up to %s of %s (contract %s), as soon as anybody submits it\n", out.Spender, out.Amount, out.Owner, out.Contract)
	for _, warning := range s.warnings {
		warn(c, warning)
	}
	if c.Bool("dry-run") {
		return printResult(c, out)
	}
	if err := confirm(c, s); err != nil {
		return err
	}
	if by := s.signer.Address(); by != permit.Owner {
		return withHint(&refusedErr{fmt.Errorf("%s cannot sign a permit of %s: the token takes the owner's own signature only", by, permit.Owner)}, "Nothing was signed.")
	}
	signature, err := out.TypedData.Sign(c.Context, s.signer)
	if err != nil {
		return fmt.Errorf("signing: %w", err)
	}
	out.Signature = "0x" + signature.String()
	return printResult(c, out)
}

func permitFrom(c *cli.Context, s *session) (*trc20.Permit, *trc20.Token, error) {
	token, err := openTRC20(c, s)
	if err != nil {
		return nil, nil, err
	}
	spender, err := recipient(c, s, c.String("spender"))
	if err != nil {
		return nil, nil, err
	}
	amount, err := allowanceFlag(c, token)
	if err != nil {
		return nil, nil, err
	}
	deadline := trc20.Forever
	if text := c.String("deadline"); text != "forever" {
		period, err := parsePeriod(text)
		if err != nil {
			return nil, nil, usagef("--deadline: %s", err)
		}
		head, err := s.node.HeadTime(c.Context)
		if err != nil {
			return nil, nil, err
		}
		deadline = head.Add(period).Truncate(time.Second)
	}
	permit, err := token.Permit(c.Context, s.from, spender, amount, deadline, chainID(s))
	if errors.Is(err, trc20.ErrNoPermit) {
		err = withHint(&refusedErr{err}, "Nothing was signed. `piecework trc20 approve` gives the same allowance by a transaction.")
	}
	return permit, token, err
}

// chainID is that of typed data: the last four bytes of the genesis block's id.
func chainID(s *session) uint32 {
	g := s.node.Genesis()
	return uint32(g[28])<<24 | uint32(g[29])<<16 | uint32(g[30])<<8 | uint32(g[31])
}

func permitSubmit(c *cli.Context) error {
	for _, name := range []string{"token", "spender", "amount"} {
		if c.IsSet(name) {
			return usagef("--%s is in the file of --submit already", name)
		}
	}
	file, signature, err := readPermit(c)
	if err != nil {
		return err
	}
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	token, err := tokenAt(c, s, file.Contract)
	if err != nil {
		return err
	}
	amount, err := wallet.ParseUnits(file.Units, 0)
	if err != nil {
		return usagef("--submit: units: %s", err)
	}
	permit, err := token.Permit(c.Context, file.Owner, file.Spender, amount, time.Unix(file.Deadline, 0), chainID(s))
	if err != nil {
		return err
	}
	if permit.Nonce.String() != file.Nonce {
		return withHint(&refusedErr{fmt.Errorf("the permit has nonce %s, the owner is at %s: it was used already, or another was", file.Nonce, permit.Nonce)},
			"Nothing was sent. The owner can sign a new one.")
	}
	call, err := permit.Submit(s.from, signature)
	if err != nil {
		return &refusedErr{err}
	}
	return change20(c, s, token, call, amount, fmt.Sprintf("lets %s take up to %s of %s, by permit", file.Spender, formatAllowance(token, amount), file.Owner))
}

func readPermit(c *cli.Context) (permitFile, wallet.Signature, error) {
	var file permitFile
	data, err := readInput(c, c.String("submit"))
	if err != nil {
		return file, wallet.Signature{}, err
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return file, wallet.Signature{}, usagef("--submit %s: %s", c.String("submit"), err)
	}
	signature, err := wallet.ParseSignature(file.Signature)
	if err != nil {
		return file, signature, usagef("--submit %s: %s", c.String("submit"), err)
	}
	return file, signature, nil
}
