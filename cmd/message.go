package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
)

// maxSignedText bounds a message or a typed data document, in bytes.
const maxSignedText = 1 << 20

var messageForms = map[string]wallet.MessageForm{"v2": wallet.MessageV2, "v1": wallet.MessageV1, "v1-eth": wallet.MessageV1ETH}

func messageFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "message", Usage: "the `TEXT`"},
		&cli.StringFlag{Name: "message-file", Usage: "the text in `FILE`, every byte of it; - is stdin"},
	}
}

func signMessageCommand() *cli.Command {
	return &cli.Command{
		Name: "sign-message", Usage: "sign a text, as TronWeb and TronLink do (signMessageV2)",
		Description: "piecework wallet sign-message --message \"I am alice\" --from alice\npiecework wallet sign-message --message 0x68656c6c6f --form v1 --from alice -o json",
		Flags: append(append(append(offlineFlags(), passwordFlags()...), messageFlags()...), messageSigner(),
			&cli.StringFlag{Name: "form", Value: "v2", Usage: "`FORM`: v2; v1 and v1-eth sign the bytes behind a hex text, as TronWeb's trx.sign does"}),
		Action: signMessage,
	}
}

func messageSigner() cli.Flag {
	return &cli.StringFlag{Name: "from", Usage: "the account that signs: a `NAME` or address of the keystore", Required: true}
}

func verifyMessageCommand() *cli.Command {
	return &cli.Command{
		Name: "verify-message", Usage: "say whether an address signed a text, and in which form",
		Description: "piecework wallet verify-message --message \"I am alice\" --signature 1eb45a… --address TMVQGm1q…\n" +
			"piecework wallet verify-message --message-file letter.txt --signature 1eb45a…",
		Flags: append(append(offlineFlags(), messageFlags()...),
			&cli.StringFlag{Name: "signature", Usage: "130 `HEX` digits", Required: true},
			&cli.StringFlag{Name: "address", Usage: "who should have signed; without it, says who did (`ADDRESS` or name)"}),
		Action: verifyMessage,
	}
}

func signTypedCommand() *cli.Command {
	return &cli.Command{
		Name: "sign-typed", Usage: "sign typed data (TIP-712) of the network that is named",
		Description: "piecework wallet sign-typed --file permit.json --network nile --from alice\npiecework wallet sign-typed --file permit.json --from alice --yes -o json",
		Flags: append(append(offlineFlags(), passwordFlags()...), messageSigner(),
			&cli.StringFlag{Name: "file", Usage: "the document as JSON in `FILE`; - is stdin", Required: true},
			&cli.BoolFlag{Name: "yes", Usage: "do not ask"}),
		Action: signTyped,
	}
}

// signedShown is a signature as it is printed.
type signedShown struct {
	Signer    wallet.Address   `json:"signer"`
	Form      string           `json:"form"`
	Digest    string           `json:"digest"`
	Signature wallet.Signature `json:"-"`
	Text      string           `json:"signature"`
}

func (s signedShown) schema() string { return "piecework.signature.v1" }

func (s signedShown) table() table {
	return table{rows: [][]string{{"signer", s.Signer.String()}, {"form", s.Form}, {"digest", s.Digest}, {"signature", s.Text}}}
}

func shownSignature(signer wallet.Address, form string, digest [32]byte, signature wallet.Signature) signedShown {
	return signedShown{signer, form, fmt.Sprintf("%x", digest), signature, "0x" + signature.String()}
}

func givenMessage(c *cli.Context) ([]byte, error) {
	file := c.String("message-file")
	switch {
	case c.IsSet("message") == (file != ""):
		return nil, usagef("say what: one of --message and --message-file")
	case file != "":
		return readText(c, file)
	}
	return []byte(c.String("message")), nil
}

// readText reads a whole file or stdin.
func readText(c *cli.Context, file string) ([]byte, error) {
	var in io.Reader = lines(c)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxSignedText+1))
	if err == nil && len(text) > maxSignedText {
		err = usagef("%s has more than %d bytes", file, maxSignedText)
	}
	return text, err
}

func signMessage(c *cli.Context) error {
	form, ok := messageForms[c.String("form")]
	if !ok {
		return usagef("--form %s: want v2, v1 or v1-eth", c.String("form"))
	}
	message, err := givenMessage(c)
	if err != nil {
		return err
	}
	digest, err := form.Digest(message)
	if err != nil {
		return usagef("--message: %s", err)
	}
	network, err := settingsOf(c).network(c.String("network"))
	if err != nil {
		return err
	}
	key, err := unlock(c, network, c.String("from"))
	if err != nil {
		return err
	}
	signature, err := wallet.SignMessage(c.Context, key, form, message)
	if err != nil {
		return err
	}
	return printResult(c, shownSignature(key.Address(), string(form), digest, signature))
}

func verifyMessage(c *cli.Context) error {
	message, err := givenMessage(c)
	if err != nil {
		return err
	}
	signature, err := wallet.ParseSignature(c.String("signature"))
	if err != nil {
		return usagef("--signature: %s", err)
	}
	network, err := settingsOf(c).network(c.String("network"))
	if err != nil {
		return err
	}
	address, err := claimed(c, network, message, signature)
	if err != nil {
		return err
	}
	form, err := wallet.VerifyMessage(message, signature, address)
	if errors.Is(err, wallet.ErrMessage) {
		return withHint(&refusedErr{err}, "Is it the whole message, to the last space and line end?")
	}
	if err != nil {
		return usagef("%s", err)
	}
	digest, err := form.Digest(message)
	if err != nil {
		return err
	}
	return printResult(c, shownSignature(address, string(form), digest, signature))
}

// claimed is who is said to have signed; when nobody says, the signer in the usual form.
func claimed(c *cli.Context, network wallet.Network, message []byte, signature wallet.Signature) (wallet.Address, error) {
	if c.String("address") != "" {
		return resolve(c, network, c.String("address"))
	}
	digest, err := wallet.MessageV2.Digest(message)
	if err != nil {
		return wallet.Address{}, err
	}
	address, err := signature.Recover(digest)
	if err != nil {
		return address, usagef("--signature: %s", err)
	}
	return address, nil
}

// signTyped signs typed data only when its domain is of the network that was named: a permit for mainnet is not signed on a test network.
func signTyped(c *cli.Context) error {
	document, err := readText(c, c.String("file"))
	if err != nil {
		return fmt.Errorf("reading the typed data: %w", err)
	}
	data, err := abi.ParseTypedData(document)
	if err != nil {
		return usagef("%s: %s", c.String("file"), err)
	}
	network, err := settingsOf(c).network(c.String("network"))
	if err != nil {
		return err
	}
	if err := checkDomain(network, data); err != nil {
		return err
	}
	digest, err := data.Digest()
	if err != nil {
		return usagef("%s: %s", c.String("file"), err)
	}
	key, err := unlock(c, network, c.String("from"))
	if err != nil {
		return err
	}
	text, err := data.Text() // not the document itself: only what is signed, addresses as people know them, nothing out of sight
	if err != nil {
		return usagef("%s: %s", c.String("file"), err)
	}
	say(c, "%s\n", text)
	if _, named := data.Domain["chainId"]; !named {
		warn(c, "it names no chain, so the signature counts on every network")
	}
	for _, address := range addressesIn(data.Message) {
		alike, err := lookAlike(c, address)
		if err != nil {
			return err
		}
		if alike != nil {
			warn(c, alike.Error())
		}
	}
	if !c.Bool("yes") {
		if err := ask(c, fmt.Sprintf("Sign this typed data with the key of %s?", key.Address())); err != nil {
			return err
		}
	}
	signature, err := data.Sign(c.Context, key)
	if err != nil {
		return err
	}
	return printResult(c, shownSignature(key.Address(), "TIP-712", digest, signature))
}

// addressesIn are all addresses of a message, wherever they stand in it.
func addressesIn(value any) (found []wallet.Address) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range sortedKeys(v) {
			found = append(found, addressesIn(v[name])...)
		}
	case []any:
		for _, one := range v {
			found = append(found, addressesIn(one)...)
		}
	case wallet.Address:
		found = append(found, v)
	case string:
		if address, err := wallet.ParseAddress(v); err == nil {
			found = append(found, address)
		}
	}
	return found
}

func checkDomain(network wallet.Network, data *abi.TypedData) error {
	if network.ChainID != 0 {
		if err := data.CheckChain(network.ChainID); err != nil {
			return withHint(&refusedErr{err}, "Name the network that it is for with --network. Nothing was signed.")
		}
		return nil
	}
	for _, public := range wallet.Networks() { // the local network may have any chain id but a public network's
		if id, ok := data.ChainID(); ok && public.ChainID != 0 && data.CheckChain(public.ChainID) == nil {
			return withHint(&refusedErr{fmt.Errorf("the typed data is for %s (chain id %s)", public.Name, id)}, "If you mean it, give --network %s. Nothing was signed.", public.Name)
		}
	}
	return nil
}
