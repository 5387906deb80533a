package cmd

import (
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// explained is a transaction with its outcome, for people who wonder.
type explained struct {
	TxID     string          `json:"txid"`
	What     string          `json:"what"`
	Data     []string        `json:"data,omitempty"`
	Signers  []string        `json:"signers"`
	State    string          `json:"state"`
	Block    int64           `json:"block,omitempty"`
	Time     *time.Time      `json:"time,omitempty"`
	Failed   bool            `json:"failed"`
	Result   string          `json:"result,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	FeeSun   string          `json:"fee_sun"`
	Cost     *costShown      `json:"cost,omitempty"`
	Events   []eventShown    `json:"events"`
	Internal []transferShown `json:"internal_transfers"`
	Next     string          `json:"next,omitempty"`
	fee      wallet.Sun
}

type costShown struct {
	Bandwidth     int64  `json:"bandwidth"`
	BandwidthFee  string `json:"bandwidth_fee_sun"`
	Energy        int64  `json:"energy"`
	EnergyStaked  int64  `json:"energy_by_stake"`
	EnergyOrigin  int64  `json:"energy_by_deployer"`
	EnergyPenalty int64  `json:"energy_penalty"`
	EnergyFee     string `json:"energy_fee_sun"`
	text          []string
}

type eventShown struct {
	Contract wallet.Address `json:"contract"`
	Event    string         `json:"event"`
}

type transferShown struct {
	From     wallet.Address   `json:"from"`
	To       wallet.Address   `json:"to"`
	Value    string           `json:"value_sun"`
	Tokens   map[string]int64 `json:"tokens,omitempty"`
	Note     string           `json:"note"`
	Rejected bool             `json:"rejected,omitempty"`
}

func (e explained) schema() string { return "piecework.tx.explanation.v1" }

func (e explained) table() table {
	t := table{}
	add := func(name, value string) {
		if value != "" {
			t.rows = append(t.rows, []string{name, value})
		}
	}
	add("txid", e.TxID)
	add("what", e.What)
	for _, line := range e.Data {
		add("data", line)
	}
	for _, by := range e.Signers {
		add("signed by", by)
	}
	add("state", e.State)
	if e.Time != nil {
		add("block", fmt.Sprintf("%d, %s", e.Block, e.Time.Format("2006-01-02 15:04:05 UTC")))
	}
	add("result", e.Result)
	add("reason", e.Reason)
	if e.Cost != nil {
		add("burnt", e.fee.String()+" TRX")
		for _, line := range e.Cost.text {
			add("cost", line)
		}
	}
	for _, event := range e.Events {
		add("event", event.Event+" of "+event.Contract.String())
	}
	for _, i := range e.Internal {
		add("inside", fmt.Sprintf("%s: %s → %s, %s sun%s", i.Note, i.From, i.To, i.Value, tokensText(i.Tokens)))
	}
	if e.Next != "" {
		t.notes = []string{e.Next}
	}
	return t
}

func tokensText(tokens map[string]int64) string {
	text := ""
	for _, id := range sortedKeys(tokens) {
		text += fmt.Sprintf(", %d units of token %s", tokens[id], id)
	}
	return text
}

func txExplain(c *cli.Context) error {
	id, known, err := whichTransaction(c)
	if err != nil {
		return err
	}
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	if err := sentOn(c, s, id); err != nil {
		return err
	}
	if at := transactionAt(c, s, id); at != nil {
		known = at
	}
	if known == nil {
		return withHint(fmt.Errorf("%w: %s knows no transaction %s", errNotFound, s.network.Name, id), "Is it the right --network? `piecework tx status --txid %s` says more.", id)
	}
	status, err := s.node.Status(c.Context, id, known.Body().Expiration)
	if err != nil {
		return err
	}
	out := explained{
		TxID: id.String(), What: fmt.Sprint(known.Contract()), Data: calldata(known.Contract()), State: status.State.String(),
		FeeSun: "0", Signers: []string{}, Events: []eventShown{}, Internal: []transferShown{}, Next: meaning(status, true),
	}
	if signers, err := known.Signers(); err == nil {
		for _, by := range signers {
			out.Signers = append(out.Signers, by.String())
		}
	}
	if status.Receipt != nil {
		out.receipt(status.Receipt, interfaces{c: c, s: s, read: map[wallet.Address]*abi.Interface{}})
		out.Next = nextStep(known, status.Receipt)
	}
	return printResult(c, out)
}

func (e *explained) receipt(r *node.Receipt, contracts interfaces) {
	e.Block, e.Time, e.Failed, e.Result, e.fee, e.FeeSun = r.Block, known(r.Time), r.Failed, r.Result, r.Fee, sunText(r.Fee)
	if r.Failed {
		e.Reason = r.Reason
		if len(r.Output) > 0 {
			e.Reason = contracts.of(r.Contract).DecodeRevert(r.Output).Error()
		}
	}
	cost := r.Cost
	e.Cost = &costShown{
		cost.Bandwidth, sunText(cost.BandwidthFee), cost.Energy, cost.EnergyStaked, cost.EnergyOrigin, cost.EnergyPenalty, sunText(cost.EnergyFee),
		[]string{fmt.Sprintf("%d bandwidth, %s TRX burnt for it", cost.Bandwidth, cost.BandwidthFee)},
	}
	if cost.Energy > 0 {
		e.Cost.text = append(e.Cost.text, fmt.Sprintf("%d energy: %d of the stake, %d of the deployer's, %s TRX burnt for the rest; %d of it because the contract is busy",
			cost.Energy, cost.EnergyStaked, cost.EnergyOrigin, cost.EnergyFee, cost.EnergyPenalty))
	}
	for _, l := range r.Logs {
		e.Events = append(e.Events, eventShown{l.Contract, contracts.event(l)})
	}
	for _, i := range r.Internal {
		e.Internal = append(e.Internal, transferShown{i.From, i.To, sunText(i.Value), i.Tokens, i.Note, i.Rejected})
	}
}

// nextStep is what to do about an outcome.
func nextStep(t *tx.Transaction, r *node.Receipt) string {
	switch r.Result {
	case "OUT_OF_ENERGY":
		return fmt.Sprintf("The fee limit of %s TRX was too low for the energy. Simulate it (--dry-run) and send it with a higher --fee-limit.", t.Body().FeeLimit)
	case "OUT_OF_TIME":
		return "The node ran out of time; all energy of the limit was taken. Do less in one call, or try again when the chain is less busy."
	case "REVERT":
		return "The contract refused it for the reason above; only the cost was taken. Change what it complains about, then try with --dry-run."
	}
	if r.Failed {
		return "It had no effect beside its cost."
	}
	return ""
}

// interfaces reads the ABIs of contracts, each once.
type interfaces struct {
	c    *cli.Context
	s    *session
	read map[wallet.Address]*abi.Interface
}

// of is the interface that is stored beside a contract; an empty one where there is none that can be read.
func (i interfaces) of(address wallet.Address) *abi.Interface {
	if known, ok := i.read[address]; ok {
		return known
	}
	i.read[address] = &abi.Interface{}
	contract, err := i.s.node.Contract(i.c.Context, address)
	if err == nil {
		if parsed, err := abi.ParseJSON(contract.ABI); err == nil {
			i.read[address] = parsed
		}
	}
	return i.read[address]
}

// wellKnownEvents are decoded even for contracts without a stored ABI.
func wellKnownEvents() []abi.Event {
	return []abi.Event{
		abi.MustEvent("event Transfer(address indexed from, address indexed to, uint256 value)"),
		abi.MustEvent("event Approval(address indexed owner, address indexed spender, uint256 value)"),
	}
}

// event is a log in words, or in hex when nobody can read it.
func (i interfaces) event(l node.Log) string {
	if event, ok := i.of(l.Contract).EventOf(l.Topics); ok {
		if text, err := eventText(event, l); err == nil {
			return text
		}
	}
	for _, event := range wellKnownEvents() {
		if text, err := eventText(event, l); err == nil && event.Matches(l.Topics) {
			return text
		}
	}
	if len(l.Topics) > 0 {
		return fmt.Sprintf("topic %x, %d bytes of data", l.Topics[0], len(l.Data))
	}
	return fmt.Sprintf("no topic, %d bytes of data", len(l.Data))
}

func eventText(event abi.Event, l node.Log) (string, error) {
	if !event.Matches(l.Topics) {
		return "", errors.New("it is another event")
	}
	values, err := event.Decode(l.Topics, l.Data)
	if err != nil {
		return "", err
	}
	return event.Name + "(" + namedValues(event.Inputs, values) + ")", nil
}
