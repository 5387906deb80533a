package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/contract"
)

// maxKit bounds what is read of a kit: about 50,000 channels.
const maxKit = 64 << 20

// claimKit is what a machine that has nothing else settles from: terms and best evidence of channels on one contract.
type claimKit struct {
	domain  channel.Domain
	records []channel.Record
}

// channelKit writes the evidence that a server holds into a file.
func channelKit(c *cli.Context) error {
	remote, err := dialServer(c)
	if err != nil {
		return err
	}
	defer func() { _ = remote.Close() }()
	stream, err := remote.Settlements().ExportClaimKit(remote.Authorized(c.Context), &channelpb.ExportClaimKitRequest{})
	if err != nil {
		return remote.Error(channel.ID{}, err)
	}
	kit := &channelpb.ClaimKit{}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return remote.Error(channel.ID{}, err)
		}
		kit.ChainId, kit.Contract = part.GetKit().GetChainId(), part.GetKit().GetContract()
		kit.Claims = append(kit.Claims, part.GetKit().GetClaims()...)
	}
	text, err := protojson.MarshalOptions{Multiline: true}.Marshal(kit)
	if err != nil {
		return fmt.Errorf("encoding the claim kit: %w", err)
	}
	file := c.String("out")
	if err := writeNew(file, append(text, '\n')); err != nil {
		return err
	}
	return printResult(c, kitWritten{File: file, Channels: len(kit.GetClaims())})
}

// writeNew writes a file that only its owner reads, and never over another one. It is on the disk when it returns nil.
func writeNew(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return withHint(fmt.Errorf("writing the claim kit: %w", err), "Name a file that does not exist yet with --out.")
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

type kitWritten struct {
	File     string `json:"file"`
	Channels int    `json:"channels"`
}

func (k kitWritten) schema() string { return "piecework.channel.kit.v1" }

func (k kitWritten) table() table {
	return table{rows: [][]string{{"claim kit", k.File}, {"channels", fmt.Sprint(k.Channels)}}, notes: []string{
		"Whoever has the file can settle these channels; the money goes to the payee whoever does. Make a new one as payments go on.",
	}}
}

// readKit reads a kit and checks its form and bounds.
func readKit(file string) (claimKit, error) {
	info, err := os.Stat(file)
	if err != nil {
		return claimKit{}, fmt.Errorf("reading the claim kit: %w", err)
	}
	if info.Size() > maxKit {
		return claimKit{}, usagef("reading the claim kit: %s has %d bytes, at most %d", file, info.Size(), maxKit)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return claimKit{}, fmt.Errorf("reading the claim kit: %w", err)
	}
	return parseKit(text)
}

func parseKit(text []byte) (claimKit, error) {
	read := &channelpb.ClaimKit{}
	if err := protojson.Unmarshal(text, read); err != nil {
		return claimKit{}, usagef("not a claim kit: %s", err)
	}
	domain, err := message.ToDomain(read)
	if err != nil {
		return claimKit{}, usagef("not a claim kit: %s", err)
	}
	kit := claimKit{domain: domain}
	for i, claim := range read.GetClaims() {
		record, err := message.ToClaim(claim)
		if err != nil {
			return claimKit{}, usagef("claim %d of the kit is malformed: %s", i+1, err)
		}
		kit.records = append(kit.records, record)
	}
	return kit, nil
}

// check looks at every signature and preimage.
func (k claimKit) check() error {
	rule := channel.NewRule(k.domain, 0)
	for i := range k.records {
		if err := rule.CheckEvidence(&k.records[i]); err != nil {
			return usagef("claim %d of the kit is no evidence: %s", i+1, err)
		}
	}
	return nil
}

// openKit reads a kit and checks it: that it is for the chain of the node, all its evidence, and that its contract is the one we know.
func openKit(c *cli.Context, s *session, file string) (claimKit, error) {
	kit, err := readKit(file)
	if err != nil {
		return kit, err
	}
	if have := channel.DomainOn(s.node.Genesis(), kit.domain.Contract); have != kit.domain {
		return kit, withHint(&refusedErr{fmt.Errorf("the kit is for the chain with id %#x, the node is on %#x", kit.domain.ChainID, have.ChainID)},
			"Name the network of the kit with --network.")
	}
	if err := kit.check(); err != nil {
		return kit, err
	}
	return kit, verifyContract(c, s, kit.domain.Contract)
}

// figures brings a record of the kit to what the contract holds now.
func (k claimKit) figures(c *cli.Context, s *session, r *channel.Record) (contract.Figures, error) {
	figures, err := figuresOf(c, s, k.domain.Contract, r.ID)
	if err != nil {
		return figures, err
	}
	r.Deposit, r.Settled, r.CloseAt, r.State = figures.Deposit, figures.Settled, figures.CloseAt, figures.State()
	return figures, nil
}
