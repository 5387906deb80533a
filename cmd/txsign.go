package cmd

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// txSign signs a transaction that somebody else built: its bytes are hashed as they came, shown, compared with what was asked, and never written anew.
func txSign(c *cli.Context) error {
	transaction, err := takeTransaction(c)
	if err != nil {
		return err
	}
	network, err := settingsOf(c).network(c.String("network"))
	if err != nil {
		return err
	}
	showTransaction(c, transaction)
	compared, err := compare(c, network, transaction)
	if err != nil {
		return err
	}
	key, err := unlock(c, network, c.String("from"))
	if err != nil {
		return err
	}
	if err := confirmSigning(c, transaction, key, compared && !network.RealMoney); err != nil {
		return err
	}
	if err := addSignature(c, key, transaction); err != nil {
		return err
	}
	return handOver(c, transaction)
}

// confirmSigning asks a person, unless it is expected: what the flags asked for, on a network where nothing is lost. A key that is not the owner's own may sign
// where the account's permission names it, which no machine without a network can know: so that is never expected.
func confirmSigning(c *cli.Context, t *tx.Transaction, key *wallet.Key, expected bool) error {
	owner, question := t.Contract().Sender(), fmt.Sprintf("Sign this with the key of %s?", key.Address())
	if owner != key.Address() {
		warn(c, fmt.Sprintf("the key of %s is not that of %s: it counts only if the account's permission %d names it, which nobody knows without a network", key.Address(), owner, t.Body().PermissionID))
		say(c, "  `piecework account permissions show %s` tells on a machine that has one.\n", owner)
		question, expected = fmt.Sprintf("Sign this for %s with the key of %s?", owner, key.Address()), false
	}
	if expected || c.Bool("yes") {
		return nil
	}
	return ask(c, question)
}

// addSignature signs unless the key has signed already.
func addSignature(c *cli.Context, key *wallet.Key, t *tx.Transaction) error {
	signers, err := t.Signers()
	if err != nil {
		return fmt.Errorf("reading the signatures that it has: %w", err)
	}
	for _, by := range signers {
		if by == key.Address() {
			return withHint(&refusedErr{fmt.Errorf("%s: %w", by, tx.ErrSigned)}, "`piecework wallet multisig show` says who has signed.")
		}
	}
	return t.Sign(c.Context, key)
}

// takeTransaction reads the transaction that --tx or --qr-in names.
func takeTransaction(c *cli.Context) (*tx.Transaction, error) {
	file, picture := c.String("tx"), c.String("qr-in")
	switch {
	case file != "" && picture != "":
		return nil, usagef("--tx and --qr-in: one of them is enough")
	case picture != "":
		return readQR(picture)
	case file != "":
		return readTransaction(c, file)
	}
	return nil, missingFlags(c, "tx")
}

// compare refuses a transaction that is not what the flags ask for, or that holds something that cannot be shown. It says whether the flags asked for anything.
func compare(c *cli.Context, network wallet.Network, t *tx.Transaction) (bool, error) {
	if o, unreadable := t.Contract().(*tx.Opaque); unreadable {
		return false, withHint(&refusedErr{fmt.Errorf("%w: %w", tx.ErrUnreadable, o.Why)}, "Nothing was signed.")
	}
	if !t.Canonical() {
		return false, withHint(&refusedErr{fmt.Errorf("%w: it holds bytes that do not show, or not in the usual order", tx.ErrUnreadable)}, "Nothing was signed.")
	}
	body := t.Body()
	want := tx.Expected{PermissionID: body.PermissionID, Memo: body.Memo, FeeLimit: body.FeeLimit, Contract: t.Contract()}
	if limit := c.String("max-fee-limit"); limit != "" {
		sun, err := wallet.ParseTRX(limit)
		if err != nil {
			return false, usagef("--max-fee-limit: %s", err)
		}
		want.FeeLimit = sun
	}
	asked, err := expectedFrom(c, network, t.Contract().Sender())
	if err != nil {
		return false, err
	}
	if asked != nil {
		want.Contract = asked
	}
	var mismatch *tx.MismatchError
	if err := t.Matches(want); errors.As(err, &mismatch) {
		return false, withHint(&refusedErr{err}, "Nothing was signed. Whoever built it made a mistake, or wants to deceive you.")
	} else if err != nil {
		return false, err
	}
	return asked != nil, nil
}

// showTransaction tells a person on stderr what the bytes say.
func showTransaction(c *cli.Context, t *tx.Transaction) {
	say(c, "• %s\n", t.Contract())
	for _, line := range calldata(t.Contract()) {
		say(c, "• %s\n", line)
	}
	if alike, err := lookAlikes(c, t); err == nil {
		for _, warning := range alike {
			warn(c, warning)
		}
	}
	fields := table{}
	for _, f := range t.Show() {
		fields.rows = append(fields.rows, []string{"  " + f.Name, f.Value})
	}
	_ = writeTable(c.App.ErrWriter, fields)
}

// lookAlikes warns of addresses in it that a person would take for a contact's or for one of ours, those in the data of a token's transfer among them.
func lookAlikes(c *cli.Context, t *tx.Transaction) ([]string, error) {
	var addresses []wallet.Address
	for _, f := range tx.Show(t.Contract()) {
		if address, err := wallet.ParseAddress(f.Value); err == nil {
			addresses = append(addresses, address)
		}
	}
	_, values, _ := knownCall(t.Contract())
	for _, v := range values {
		if address, is := v.(wallet.Address); is {
			addresses = append(addresses, address)
		}
	}
	var warnings []string
	for _, address := range addresses {
		alike, err := lookAlike(c, address)
		if err != nil {
			return nil, err
		}
		if alike != nil {
			warnings = append(warnings, alike.Error())
		}
	}
	return warnings, nil
}
