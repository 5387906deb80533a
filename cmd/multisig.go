package cmd

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

func multisigCommand() *cli.Command {
	return &cli.Command{
		Name: "multisig", Usage: "a transaction that several keys sign: show who has, sign, append, combine",
		Subcommands: []*cli.Command{
			{
				Name: "show", Usage: "who has signed, what it weighs, who still can",
				Description: "piecework wallet multisig show --tx payment.json\npiecework wallet multisig show --tx payment.json --network mainnet -o json",
				Flags:       append(nodeFlags(), inFlags()...), Action: multisigShow,
			},
			{
				Name: "sign", Usage: "add the signature of a key of yours; no network is needed (the same as `piecework tx sign`)",
				Description: "piecework wallet multisig sign --tx payment.json --from bob --out payment-bob.json\npiecework wallet multisig sign --qr-in photo.png --from bob --qr",
				Flags:       append(append(offlineFlags(), whatFlags()...), signFlags()...), Action: txSign,
			},
			{
				Name: "append", Usage: "add a signature that was made elsewhere",
				Description: "piecework wallet multisig append --tx payment.json --signature c3006e… --out more.json\npiecework wallet multisig append --qr-in photo.png --signature c3006e…",
				Flags: append(inFlags(), &cli.StringFlag{Name: "signature", Usage: "130 `HEX` digits", Required: true},
					outFlag(), qrFlag(), qrFileFlag()),
				Action: multisigAppend,
			},
			{
				Name: "combine", Usage: "put the signatures of several copies into one",
				Description: "piecework wallet multisig combine --tx bob.json --tx carol.json --out both.json\npiecework wallet multisig combine --tx bob.json --tx carol.json --qr",
				Flags: []cli.Flag{
					&cli.StringSliceFlag{Name: "tx", Usage: "a signed copy in `FILE`; give two or more", Required: true},
					outFlag(), qrFlag(), qrFileFlag(),
				},
				Action: multisigCombine,
			},
		},
	}
}

// multisigShown is how far a transaction is signed.
type multisigShown struct {
	TxID       string           `json:"txid"`
	What       string           `json:"what"`
	Account    wallet.Address   `json:"account"`
	Permission permissionID     `json:"permission"`
	Have       int64            `json:"weight"`
	Need       int64            `json:"threshold"`
	Signed     []keyShown       `json:"signed"`
	Missing    []keyShown       `json:"can_sign"`
	Strangers  []wallet.Address `json:"strangers"` // signed, and have no say
	Ready      bool             `json:"ready"`
	Problem    string           `json:"problem,omitempty"`
}

type permissionID struct {
	ID   int32  `json:"id"`
	Name string `json:"name"`
}

func (m multisigShown) schema() string { return "piecework.multisig.v1" }

func (m multisigShown) table() table {
	t := table{rows: [][]string{
		{"txid", m.TxID},
		{"what", m.What},
		{"permission", fmt.Sprintf("%d %q of %s", m.Permission.ID, m.Permission.Name, m.Account)},
		{"weight", fmt.Sprintf("%d of %d", m.Have, m.Need)},
	}}
	for _, k := range m.Signed {
		t.rows = append(t.rows, []string{"signed", fmt.Sprintf("%s, weight %d", k.Address, k.Weight)})
	}
	for _, k := range m.Missing {
		t.rows = append(t.rows, []string{"can sign", fmt.Sprintf("%s, weight %d", k.Address, k.Weight)})
	}
	for _, a := range m.Strangers {
		t.rows = append(t.rows, []string{"no say", a.String() + " has signed and is no key of the permission"})
	}
	if m.Ready {
		t.notes = []string{"It can be sent: `piecework tx send`."}
	} else {
		t.notes = []string{"It cannot be sent yet: " + m.Problem + "."}
	}
	return t
}

func multisigShow(c *cli.Context) error {
	t, err := takeTransaction(c)
	if err != nil {
		return err
	}
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	owner := t.Contract().Sender()
	account, err := s.node.Account(c.Context, node.Head, owner)
	if err != nil {
		return err
	}
	permission := account.Permissions.ByID(t.Body().PermissionID)
	if permission == nil {
		return &refusedErr{fmt.Errorf("%s has no permission %d", owner, t.Body().PermissionID)}
	}
	out, err := weigh(t, permission)
	if err != nil {
		return err
	}
	return printResult(c, out)
}

func weigh(t *tx.Transaction, p *tx.Permission) (multisigShown, error) {
	out := multisigShown{
		TxID: t.ID().String(), What: fmt.Sprint(t.Contract()), Account: t.Contract().Sender(), Permission: permissionID{p.ID, p.Name}, Need: p.Threshold,
		Signed: []keyShown{}, Missing: []keyShown{}, Strangers: []wallet.Address{},
	}
	signers, err := t.Signers()
	if err != nil {
		return out, err
	}
	signed := map[wallet.Address]bool{}
	for _, by := range signers {
		signed[by] = true
		if p.Weight(by) == 0 {
			out.Strangers = append(out.Strangers, by)
		}
	}
	for _, k := range p.Keys {
		if signed[k.Address] {
			out.Signed, out.Have = append(out.Signed, keyShown(k)), out.Have+k.Weight
		} else {
			out.Missing = append(out.Missing, keyShown(k))
		}
	}
	if err := t.CheckSignatures(*p); err != nil {
		out.Problem = err.Error()
	} else {
		out.Ready = true
	}
	return out, nil
}

func multisigAppend(c *cli.Context) error {
	t, err := takeTransaction(c)
	if err != nil {
		return err
	}
	signature, err := wallet.ParseSignature(c.String("signature"))
	if err != nil {
		return usagef("--signature: %s", err)
	}
	by, err := t.AddSignature(signature)
	switch {
	case errors.Is(err, tx.ErrSigned), errors.Is(err, tx.ErrSignatures):
		return &refusedErr{err}
	case err != nil:
		return usagef("--signature: %s", err)
	}
	say(c, "• it is a signature of %s\n", by)
	return handOver(c, t)
}

func multisigCombine(c *cli.Context) error {
	files := c.StringSlice("tx")
	if len(files) < 2 {
		return usagef("--tx: give two copies or more")
	}
	combined, err := readTransaction(c, files[0])
	if err != nil {
		return err
	}
	for _, file := range files[1:] {
		copied, err := readTransaction(c, file)
		if err != nil {
			return err
		}
		if err := combined.Merge(copied); err != nil {
			return &refusedErr{fmt.Errorf("%s: %w", file, err)}
		}
	}
	signers, err := combined.Signers()
	if err != nil {
		return err
	}
	for _, by := range signers {
		say(c, "• signed by %s\n", by)
	}
	return handOver(c, combined)
}
