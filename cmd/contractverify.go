package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
)

// verified is code on the chain that is what a compiler wrote.
type verified struct {
	Contract   wallet.Address  `json:"contract"`
	Name       string          `json:"name"`
	Match      string          `json:"match"` // exact: the very same sources; code: the same code, other comments, names or places of files
	Immutables []string        `json:"immutables,omitempty"`
	Arguments  json.RawMessage `json:"constructor,omitempty"`
	Deployer   wallet.Address  `json:"deployer"`

	arguments string
}

func (v verified) schema() string { return "piecework.contract.verify.v1" }

func (v verified) table() table {
	t := table{rows: [][]string{{"contract", v.Contract.String()}, {"is", v.Name}, {"match", v.Match}, {"deployer", v.Deployer.String()}}}
	if v.arguments != "" {
		t.rows = append(t.rows, []string{"deployed with", v.arguments})
	}
	for _, i := range v.Immutables {
		t.rows = append(t.rows, []string{"immutable", i})
	}
	return t
}

func contractVerify(c *cli.Context) error {
	artifact, err := artifactFlag(c)
	if err != nil {
		return err
	}
	if len(artifact.Runtime) == 0 {
		return usagef("--artifact: it has no runtime code (deployedBytecode, bin-runtime) to compare with")
	}
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	address, err := resolve(c, s.network, c.String("to"))
	if err != nil {
		return err
	}
	stored, err := s.node.Contract(c.Context, address)
	if err != nil {
		return withHint(err, "Is %s a contract, and on %s?", address, s.network.Name)
	}
	same, err := artifact.Compare(stored.Code)
	if err != nil {
		return withHint(fmt.Errorf("%s is not %s: %w", address, artifact.Name, err), "The version of the compiler and its optimizer's settings must be the same.")
	}
	out := verified{Contract: address, Name: artifact.Name, Match: "code", Deployer: stored.Deployer}
	if same.Metadata {
		out.Match = "exact"
	}
	for _, word := range same.Immutables {
		out.Immutables = append(out.Immutables, fmt.Sprintf("0x%x", word))
	}
	if err := out.constructor(artifact, stored.InitCode); err != nil {
		return err
	}
	return printResult(c, out)
}

// constructor reads the arguments that stand behind the creation code, when the contract was deployed by a transaction and not by another contract.
func (v *verified) constructor(a *abi.Artifact, initCode []byte) error {
	known, err := interfaceOf(a)
	if err != nil {
		return err
	}
	encoded, ok := bytes.CutPrefix(initCode, a.Creation)
	if !ok || len(a.Creation) == 0 || len(known.Constructor) == 0 {
		return nil
	}
	values, err := known.Constructor.Decode(encoded)
	if err != nil {
		return nil //nolint:nilerr // what stands there are other bytes; the code is the same all the same
	}
	v.arguments = known.Constructor.Format(values)
	v.Arguments, err = known.Constructor.JSON(values)
	return err
}
