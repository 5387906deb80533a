package cmd

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// defaultChallenge is the payee's time to settle when the payer does not say.
const defaultChallenge = 24 * time.Hour

func channelCommand() *cli.Command {
	id := &cli.StringFlag{Name: "id", Usage: "`ID` of the channel", Required: true}
	return &cli.Command{
		Name: "channel", Usage: "open, look at, settle and close payment channels",
		Subcommands: append(payerCommands(id), append(claimCommands(), []*cli.Command{
			{
				Name: "deploy", Usage: "put the PaymentChannels contract on a network that has none",
				Description: "piecework channel deploy --from alice\npiecework channel deploy --from alice --dry-run",
				Flags:       sendFlags(), Action: channelDeploy,
			},
			{
				Name: "open", Usage: "lock a deposit that a payee can be paid from; with --hub, as payee, let a hub open one to you",
				Description: "piecework channel open --payee bob --deposit 100 --from carol\n" +
					"piecework channel open --hub hub.example:7443 --asset 1000001 --from bob",
				Flags: append(sendFlags(), contractFlag(),
					&cli.StringFlag{Name: "payee", Usage: "`ADDRESS` or name of who is paid"},
					&cli.StringFlag{Name: "hub", Usage: "be the payee: the hub at `HOST:PORT` opens and funds the channel; you need no TRX"}, tlsCAFlag(),
					&cli.StringFlag{Name: "asset", Usage: "TRX, a TRC-10 `ID`, or the address of a TRC-20 token", Value: "TRX"},
					&cli.StringFlag{Name: "deposit", Usage: "`AMOUNT` of whole tokens to lock"},
					&cli.StringFlag{Name: "voucher-signer", Usage: "`ADDRESS` whose key signs the vouchers, such as a sponsor's; yours when left out"},
					&cli.StringFlag{Name: "challenge", Usage: "the payee's time to settle when you start to close: 10m to 90d", Value: "24h"},
				),
				Action: channelOpen,
			},
			{
				Name: "list", Usage: "list the channels that you pay from",
				Description: "piecework channel list --from carol\npiecework channel list --from carol -o json",
				Flags:       append(nodeFlags(), contractFlag(), fromFlag()), Action: channelList,
			},
			{
				Name: "show", Usage: "what the contract holds of a channel, and what you promised",
				Description: "piecework channel show --id 3f2a…\npiecework channel show --id 3f2a… -o json",
				Flags:       append(nodeFlags(), contractFlag(), id), Action: channelShow,
			},
			{
				Name: "settle", Usage: "as payee: let your server take what is due now",
				Description: "piecework channel settle --id 3f2a… --server 127.0.0.1:7443 --token-file ./token\npiecework channel settle --id 3f2a… --server 127.0.0.1:7443 --token-file ./token -o json",
				Flags:       append(serverFlags(), id, outputFlag), Action: channelSettle,
			},
			{
				Name: "close", Usage: "as payee: let your server settle for the last time and refund the payer at once",
				Description: "piecework channel close --id 3f2a… --server 127.0.0.1:7443 --token-file ./token\npiecework channel close --id 3f2a… --server 127.0.0.1:7443 --token-file ./token -o json",
				Flags:       append(serverFlags(), id, outputFlag), Action: channelClose,
			},
			{
				Name: "start-close", Usage: "as payer: ask for the rest back; the payee has the challenge time to settle",
				Description: "piecework channel start-close --id 3f2a… --from carol\npiecework channel start-close --id 3f2a… --from carol --dry-run",
				Flags:       append(sendFlags(), contractFlag(), id), Action: channelStartClose,
			},
			{
				Name: "finish-close", Usage: "as payer: take the rest when the challenge is over",
				Description: "piecework channel finish-close --id 3f2a… --from carol\npiecework channel finish-close --id 3f2a… --from carol --dry-run",
				Flags:       append(sendFlags(), contractFlag(), id), Action: channelFinishClose,
			},
		}...)...),
	}
}

func contractFlag() cli.Flag {
	return &cli.StringFlag{Name: "contract", Usage: "`ADDRESS` of the PaymentChannels contract", Required: true}
}

func fromFlag() cli.Flag {
	return &cli.StringFlag{Name: "from", Usage: "`NAME` or address of the account", Required: true}
}

// opened is a channel that was opened.
type opened struct {
	sent
	ID        string         `json:"id,omitempty"`
	Payer     wallet.Address `json:"payer"`
	Payee     wallet.Address `json:"payee"`
	Asset     string         `json:"asset"`
	Deposit   string         `json:"deposit"`
	Units     string         `json:"deposit_units"`
	Challenge string         `json:"challenge"`
}

func (o opened) schema() string { return "piecework.channel.open.v1" }

func (o opened) table() table {
	rows := [][]string{{"channel", orDefault(o.ID, "(its id is given by the block)")}, {"payee", o.Payee.String()}, {"deposit", o.Deposit}, {"challenge", o.Challenge}}
	return table{rows: append(rows, o.rows()...)}
}

func channelDeploy(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	result, err := send(c, s, sending{call: contract.Deployment(s.from), effects: []string{"deploys the PaymentChannels contract; it has no owner and can never be changed"}})
	if err != nil {
		return err
	}
	address, _ := result.transaction.ContractAddress()
	return printResult(c, deployed{sent: *result, Contract: address, Name: "PaymentChannels"})
}

func channelOpen(c *cli.Context) error {
	if c.String("hub") != "" {
		if c.String("payee") != "" || c.String("deposit") != "" {
			return usagef("--hub: the hub pays you and chooses the deposit; leave --payee and --deposit out")
		}
		return channelOpenByHub(c)
	}
	if c.String("payee") == "" || c.String("deposit") == "" {
		return usagef("want --payee and --deposit, or --hub to have a hub open a channel to you")
	}
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	want, coin, at, err := openingFrom(c, s)
	if err != nil {
		return err
	}
	purses, closePurses, err := openPurses(c, s, at)
	if err != nil {
		return err
	}
	defer closePurses()
	result, event, err := openChannel(c, s, at, coin, want)
	if err != nil {
		return err
	}
	out := opened{
		sent: *result, Payer: s.from, Payee: want.Payee, Asset: want.Asset.String(), Deposit: coin.format(want.Amount), Units: want.Amount.String(), Challenge: want.Challenge.String(),
	}
	if result.receipt == nil {
		return printResult(c, out)
	}
	if err := purses.Add(c.Context, event.Terms, event.Deposit); err != nil {
		return err
	}
	out.ID = event.Channel.String()
	return printResult(c, out)
}

// openChannel lets the contract take the deposit where it has to ask, and opens the channel. Without a block to look into the event is empty. A contract with other code gets
// neither: whoever named it would have the money.
func openChannel(c *cli.Context, s *session, at wallet.Address, coin money, want contract.Opening) (*sent, channel.Event, error) {
	if err := verifyContract(c, s, at); err != nil {
		return nil, channel.Event{}, err
	}
	has, err := coin.balance(c.Context, s.node, s.from)
	if err != nil {
		return nil, channel.Event{}, err
	}
	if has.Cmp(want.Amount.Units()) < 0 {
		return nil, channel.Event{}, fmt.Errorf("%w: the deposit is %s, %s has %s", errShort, coin.format(want.Amount), s.from, wallet.FormatUnits(has, coin.decimals))
	}
	if err := allow(c, s, coin, at, want.Amount); err != nil {
		return nil, channel.Event{}, err
	}
	call, err := contract.Open(want)
	if err != nil {
		return nil, channel.Event{}, usagef("%s", err)
	}
	result, err := send(c, s, sending{call: call.Trigger(s.from, at), effects: []string{
		fmt.Sprintf("locks %s of %s for %s; what is not promised comes back", coin.format(want.Amount), s.from, want.Payee),
		fmt.Sprintf("getting it back without the payee takes %s", want.Challenge),
	}})
	if err != nil || result.receipt == nil {
		return result, channel.Event{}, err
	}
	event, err := eventIn(result.receipt, at, channel.EventOpened)
	if err != nil {
		return nil, event, fmt.Errorf("transaction %s: %w", result.TxID, err)
	}
	return result, event, nil
}

func openingFrom(c *cli.Context, s *session) (contract.Opening, money, wallet.Address, error) {
	var want contract.Opening
	at, err := resolve(c, s.network, c.String("contract"))
	if err != nil {
		return want, money{}, at, err
	}
	if want.Payee, err = resolve(c, s.network, c.String("payee")); err != nil {
		return want, money{}, at, err
	}
	if want.Asset, err = channel.ParseAsset(c.String("asset")); err != nil {
		return want, money{}, at, usagef("--asset: %s", err)
	}
	coin, err := openMoney(c.Context, s.node, want.Asset)
	if err != nil {
		return want, coin, at, err
	}
	if want.Amount, err = coin.parse(c.String("deposit")); err != nil {
		return want, coin, at, usagef("--deposit: %s", err)
	}
	if want.Challenge, err = parsePeriod(c.String("challenge")); err != nil {
		return want, coin, at, usagef("--challenge: %s", err)
	}
	if want.Challenge < channel.MinChallenge || want.Challenge > channel.MaxChallenge {
		return want, coin, at, usagef("--challenge %s: want 10m to 90d", want.Challenge)
	}
	signer := s.from
	if text := c.String("voucher-signer"); text != "" {
		if signer, err = resolve(c, s.network, text); err != nil {
			return want, coin, at, err
		}
	}
	want, err = newOpening(want.Payee, signer, want.Asset, want.Amount, want.Challenge)
	return want, coin, at, err
}

// newOpening is a channel with a fresh salt, whose vouchers signer signs: the payer itself, or a service that it trusts with the deposit.
func newOpening(payee, signer wallet.Address, asset channel.Asset, amount channel.Amount, challenge time.Duration) (contract.Opening, error) {
	want := contract.Opening{Payee: payee, Signer: signer, Asset: asset, Amount: amount, Challenge: challenge}
	_, err := rand.Read(want.Salt[:])
	return want, err
}

// allow lets the contract take the deposit of a TRC-20 token, when it may not yet.
func allow(c *cli.Context, s *session, coin money, at wallet.Address, amount channel.Amount) error {
	if coin.token20 == nil {
		return nil
	}
	if coin.token20.CheckAllowance(c.Context, s.from, at, amount.Units()) == nil {
		return nil
	}
	call, err := coin.token20.Approve(s.from, at, amount.Units())
	if err != nil {
		return err
	}
	if c.Bool("dry-run") {
		return withHint(fmt.Errorf("the contract may not take %s of %s yet, so opening cannot be simulated", coin.format(amount), s.from),
			"Approve it first, or run this without --dry-run: it approves exactly the deposit.")
	}
	_, err = send(c, s, sending{call: call, effects: []string{fmt.Sprintf("lets the contract take %s", coin.format(amount))}})
	return err
}

func contractAndID(c *cli.Context, s *session) (wallet.Address, channel.ID, error) {
	at, err := resolve(c, s.network, c.String("contract"))
	if err != nil {
		return at, channel.ID{}, err
	}
	id, err := channel.ParseID(c.String("id"))
	if err != nil {
		return at, id, usagef("--id: %s", err)
	}
	return at, id, nil
}

func figuresOf(c *cli.Context, s *session, at wallet.Address, id channel.ID) (contract.Figures, error) {
	simulation, err := s.node.Simulate(c.Context, node.Head, node.Call{Contract: at, Data: contract.GetChannel(id).Data})
	if err != nil {
		return contract.Figures{}, fmt.Errorf("reading channel %s: %w", id.Short(), err)
	}
	return contract.DecodeChannel(simulation.Output)
}

// ownChannel is a channel that --from opened, with what its own file knows of it.
type ownChannel struct {
	*session
	at     wallet.Address // the contract
	record channel.Record
}

// dialOwn connects, and finds the channel that the command names.
func dialOwn(c *cli.Context) (*ownChannel, error) {
	s, err := dialFrom(c)
	if err != nil {
		return nil, err
	}
	own := &ownChannel{session: s}
	if err = own.find(c); err != nil {
		s.close()
		return nil, err
	}
	return own, nil
}

func (o *ownChannel) find(c *cli.Context) error {
	at, id, err := contractAndID(c, o.session)
	if err != nil {
		return err
	}
	o.at = at
	if o.record, err = ownRecord(c, o.session, at, id); err != nil {
		return withHint(err, "Only the file in the --data-dir that it was opened with knows its terms; `piecework channel recover --txid …` reads them from the transaction that opened it.")
	}
	return nil
}

// ownRecord is the payer's own record of a channel.
func ownRecord(c *cli.Context, s *session, at wallet.Address, id channel.ID) (channel.Record, error) {
	purses, closePurses, err := openPurses(c, s, at)
	if err != nil {
		return channel.Record{}, err
	}
	defer closePurses()
	records, err := purses.List(c.Context)
	if err != nil {
		return channel.Record{}, err
	}
	for _, r := range records {
		if r.ID == id {
			return r, nil
		}
	}
	return channel.Record{}, fmt.Errorf("channel %s is not in your file: %w", id.Short(), channel.ErrUnknownChannel)
}

// openPurses opens the payer's file for one contract: what it opened, promised and revealed there.
func openPurses(c *cli.Context, s *session, at wallet.Address) (*client.Purses, func(), error) {
	dir, err := dataDir(c)
	if err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("making %s: %w", dir, err)
	}
	domain := channel.DomainOn(s.node.Genesis(), at)
	file, err := store.Open(c.Context, filepath.Join(dir, fmt.Sprintf("purse-%08x-%s.db", domain.ChainID, at)))
	if err != nil {
		return nil, nil, err
	}
	purses := &client.Purses{Store: file, Domain: domain}
	if key, is := s.signer.(*wallet.Key); is {
		purses.Signer = key
	}
	return purses, func() { _ = file.Close() }, nil
}

// eventIn finds the contract's event in a receipt.
func eventIn(r *node.Receipt, at wallet.Address, kind channel.EventKind) (channel.Event, error) {
	for _, l := range r.Logs {
		if l.Contract != at {
			continue
		}
		event, err := contract.DecodeEvent(l.Topics, l.Data)
		if err == nil && event.Kind == kind {
			return event, nil
		}
	}
	return channel.Event{}, errors.New("the contract did not say what was expected; is it a PaymentChannels contract?")
}
