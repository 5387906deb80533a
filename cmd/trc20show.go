package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/trc20/contract"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/events"
	"github.com/piecework/piecework/wallet/node"
)

func trc20TokenFlag() cli.Flag {
	return &cli.StringFlag{Name: "token", Usage: "`ADDRESS` of the token's contract, or the symbol of one in trc20 list", Required: true}
}

func trc20ReadCommands() []*cli.Command {
	return []*cli.Command{
		{
			Name: "list", Usage: "list the tokens that you call by their symbol: those you deployed, and those you add",
			Description: "piecework trc20 list --account bob\npiecework trc20 list --add T… -o json",
			Flags: append(nodeFlags(),
				&cli.StringFlag{Name: "account", Usage: "`ADDRESS` or name whose balances to show"},
				textsFlag("add", "from now on call the token at this `ADDRESS` by its symbol; it can be repeated")),
			Action: trc20List,
		},
		{
			Name: "show", Usage: "show a token, with --account also what the account has of it",
			Description: "piecework trc20 show --token TXYZ…\npiecework trc20 show --token ACM --account bob -o json",
			Flags:       append(nodeFlags(), trc20TokenFlag(), &cli.StringFlag{Name: "account", Usage: "`ADDRESS` or name whose balance to show"}), Action: trc20Show,
		},
		{
			Name: "allowance", Usage: "show how much a spender may take from an owner",
			Description: "piecework trc20 allowance --token TXYZ… --owner alice --spender bob\npiecework trc20 allowance --token ACM --owner alice --spender TPL66V… -o json",
			Flags: append(nodeFlags(), trc20TokenFlag(),
				&cli.StringFlag{Name: "owner", Usage: "`ADDRESS` or name of whose tokens they are", Required: true},
				&cli.StringFlag{Name: "spender", Usage: "`ADDRESS` or name of who may take them", Required: true}),
			Action: trc20Allowance,
		},
		{
			Name: "events", Usage: "print a token's transfers and approvals as blocks come; `events tail` knows more",
			Description: "piecework trc20 events --token TXYZ… --from-block 1000 --once\npiecework trc20 events --token ACM --address bob --from-cursor acm.cursor -o jsonl",
			Flags: slices.Concat(nodeFlags(), []cli.Flag{
				trc20TokenFlag(),
				textsFlag("address", "only transfers from or to this `ADDRESS` or name; it can be repeated"),
			}, followFlags()),
			Action: trc20Events,
		},
	}
}

// token20 is a TRC-20 token as it is printed.
type token20 struct {
	Contract     wallet.Address `json:"contract"`
	Name         string         `json:"name"`
	Symbol       string         `json:"symbol"`
	Decimals     int            `json:"decimals"`
	Supply       string         `json:"supply"`
	Units        string         `json:"supply_units"`
	Code         string         `json:"code"` // ours with its options, or unknown
	Balance      string         `json:"balance,omitempty"`
	BalanceUnits string         `json:"balance_units,omitempty"`
	Error        string         `json:"error,omitempty"` // in a list: why the token cannot be read; symbol, name and decimals are what they were when it was noted
}

func (t token20) schema() string { return "piecework.trc20.v1" }

func (t token20) table() table {
	out := table{rows: [][]string{
		{"contract", t.Contract.String()}, {"name", t.Name}, {"symbol", t.Symbol}, {"decimals", strconv.Itoa(t.Decimals)}, {"supply", t.Supply}, {"code", t.Code},
	}}
	if t.Balance != "" {
		out.rows = append(out.rows, []string{"balance", t.Balance})
	}
	return out
}

// tokens20 is a list of them.
type tokens20 struct {
	Tokens []token20 `json:"tokens"`
}

func (l tokens20) schema() string { return "piecework.trc20.list.v1" }

func (l tokens20) table() table {
	if len(l.Tokens) == 0 {
		return table{notes: []string{"No tokens yet. `piecework trc20 deploy` makes one, `piecework trc20 list --add T…` adds any other."}}
	}
	t := table{heading: []string{"SYMBOL", "CONTRACT", "NAME", "SUPPLY"}}
	if slices.ContainsFunc(l.Tokens, func(t token20) bool { return t.Balance != "" }) {
		t.heading = append(t.heading, "BALANCE")
	}
	for _, one := range l.Tokens {
		row := []string{one.Symbol, one.Contract.String(), one.Name, one.Supply, one.Balance}[:len(t.heading)]
		if one.Error != "" {
			row[len(row)-1] = one.Error
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func trc20List(c *cli.Context) error {
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	if err := addTokens(c, s); err != nil {
		return err
	}
	account, err := holder(c, s)
	if err != nil {
		return err
	}
	known, err := knownTokens(c, s)
	if err != nil {
		return err
	}
	list := tokens20{Tokens: []token20{}}
	var failed []error
	for _, k := range known {
		shown, err := describeKnown(c, s, k, account)
		if err != nil && (errors.Is(err, node.ErrUnreachable) || c.Context.Err() != nil) {
			return err // of no token is anything known
		}
		if err != nil {
			failed = append(failed, err)
			shown = token20{Contract: k.Contract, Name: k.Name, Symbol: k.Symbol, Decimals: k.Decimals, Error: err.Error()}
		}
		list.Tokens = append(list.Tokens, shown)
	}
	if err := printResult(c, list); err != nil || len(failed) == 0 || len(failed) < len(known) {
		return err
	}
	return withHint(fmt.Errorf("none of the tokens can be read: %w", failed[0]), "Another node of %s may know more: --node names it.", s.network.Name)
}

func describeKnown(c *cli.Context, s *session, k knownToken, account wallet.Address) (token20, error) {
	token, err := trc20.Open(c.Context, s.node, k.Contract)
	if err != nil {
		return token20{}, err
	}
	return describe20(c, s, token, account)
}

// holder is the account of --account, zero without it.
func holder(c *cli.Context, s *session) (wallet.Address, error) {
	if c.String("account") == "" {
		return wallet.Address{}, nil
	}
	return resolve(c, s.network, c.String("account"))
}

func trc20Show(c *cli.Context) error {
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	token, err := openTRC20(c, s)
	if err != nil {
		return err
	}
	account, err := holder(c, s)
	if err != nil {
		return err
	}
	out, err := describe20(c, s, token, account)
	if err != nil {
		return err
	}
	return printResult(c, out)
}

// describe20 reads what is shown of a token; of an account's balance only where there is an account.
func describe20(c *cli.Context, s *session, token *trc20.Token, account wallet.Address) (token20, error) {
	supply, err := token.TotalSupply(c.Context)
	if err != nil {
		return token20{}, err
	}
	out := token20{
		Contract: token.Contract(), Name: token.Name(), Symbol: token.Symbol(), Decimals: token.Decimals(), Supply: token.Format(supply), Units: supply.String(),
	}
	stored, err := s.node.Contract(c.Context, token.Contract())
	if err != nil {
		return out, err
	}
	out.Code = codeOf(stored.Code)
	if !account.IsZero() {
		balance, err := token.Balance(c.Context, account)
		if err != nil {
			return out, err
		}
		out.Balance, out.BalanceUnits = token.Format(balance), balance.String()
	}
	return out, nil
}

// codeOf says in words what code a token has.
func codeOf(runtime []byte) string {
	options, err := contract.Recognize(runtime)
	if errors.Is(err, contract.ErrOtherCode) {
		return "unknown to this program"
	}
	text := "Piecework's Token.sol, fixed supply"
	if options.Mintable {
		text = "Piecework's Token.sol, mintable by its owner"
	}
	if options.Burnable {
		text += ", burnable"
	}
	if options.Permit {
		text += ", permit"
	}
	return text
}

// allowed is an allowance.
type allowed struct {
	Contract wallet.Address `json:"contract"`
	Owner    wallet.Address `json:"owner"`
	Spender  wallet.Address `json:"spender"`
	Amount   string         `json:"amount"`
	Units    string         `json:"units"`
}

func (a allowed) schema() string { return "piecework.trc20.allowance.v1" }

func (a allowed) table() table {
	return table{rows: [][]string{{"allowed", a.Amount}, {"owner", a.Owner.String()}, {"spender", a.Spender.String()}}}
}

func trc20Allowance(c *cli.Context) error {
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	token, err := openTRC20(c, s)
	if err != nil {
		return err
	}
	owner, err := resolve(c, s.network, c.String("owner"))
	if err != nil {
		return err
	}
	spender, err := resolve(c, s.network, c.String("spender"))
	if err != nil {
		return err
	}
	amount, err := token.Allowance(c.Context, owner, spender)
	if err != nil {
		return err
	}
	return printResult(c, allowed{token.Contract(), owner, spender, formatAllowance(token, amount), amount.String()})
}

// formatAllowance calls the largest number what it means.
func formatAllowance(token *trc20.Token, amount wallet.Units) string {
	if amount.Cmp(unlimited()) == 0 {
		return "unlimited " + token.Symbol()
	}
	return token.Format(amount)
}

// unlimited is 2^256−1 units, which most tokens never lower.
func unlimited() wallet.Units {
	var all [32]byte
	for i := range all {
		all[i] = 0xff
	}
	return wallet.UnitsFromBytes(all)
}

// trc20Events follows one token: the contract's own ABI is not needed, and what it calls its events does not count.
func trc20Events(c *cli.Context) error {
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	token, err := openTRC20(c, s)
	if err != nil {
		return err
	}
	what := chosen{token: token, known: &abi.Interface{Events: []abi.Event{abi.MustEvent("Approval(address indexed owner, address indexed spender, uint256 value)")}}}
	what.filter = events.Filter{Contracts: []wallet.Address{token.Contract()}, Topics: [][32]byte{trc20.TransferTopic, trc20.ApprovalTopic}}
	for _, text := range textsOf(c, "address") {
		a, err := resolve(c, s.network, text)
		if err != nil {
			return err
		}
		what.filter.Addresses = append(what.filter.Addresses, a)
	}
	return tail(c, s, what)
}
