package cmd

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/trc10"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// accountShown is an account as it is printed. Amounts ending in _sun are sun; TRX beside them is the same in decimals.
type accountShown struct {
	Address   wallet.Address   `json:"address"`
	Name      string           `json:"name,omitempty"`
	Contract  bool             `json:"contract"`
	Witness   bool             `json:"witness"`
	Balance   string           `json:"balance_sun"`
	TRX       string           `json:"balance_trx"`
	Tokens    []tokenShown     `json:"trc10"`
	Stakes    []stakeShown     `json:"stakes"`
	Unstaking []unstakingShown `json:"unstaking"`
	Votes     []voteShown      `json:"votes"`
	Reward    string           `json:"reward_sun"`
	Created   *time.Time       `json:"created,omitempty"`
	LastUsed  *time.Time       `json:"last_used,omitempty"`
}

type tokenShown struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Units  string `json:"units"`
	Amount string `json:"amount"`
}

type stakeShown struct {
	Resource string `json:"resource"`
	Own      string `json:"own_sun"`
	Lent     string `json:"lent_sun"`
	Borrowed string `json:"borrowed_sun"`
	row      []string
}

type unstakingShown struct {
	Resource string    `json:"resource"`
	Amount   string    `json:"amount_sun"`
	Until    time.Time `json:"until"`
	trx      string
}

type voteShown struct {
	Witness wallet.Address `json:"witness"`
	Votes   int64          `json:"votes"`
}

func (a accountShown) schema() string { return "piecework.account.state.v1" }

func (a accountShown) table() table {
	t := table{rows: [][]string{{"address", a.Address.String()}}}
	add := func(name, value string) {
		if value != "" {
			t.rows = append(t.rows, []string{name, value})
		}
	}
	add("name", a.Name)
	if a.Contract {
		add("kind", "contract")
	} else if a.Witness {
		add("kind", "super representative or candidate")
	}
	add("balance", a.TRX+" TRX")
	for _, token := range a.Tokens {
		add("token "+token.ID, token.Amount)
	}
	for _, s := range a.Stakes {
		add("staked for "+s.Resource, fmt.Sprintf("%s TRX own, %s lent, %s borrowed", s.row[0], s.row[1], s.row[2]))
	}
	for _, u := range a.Unstaking {
		add("unstaking", fmt.Sprintf("%s TRX of %s until %s", u.trx, u.Resource, u.Until.Format(time.RFC3339)))
	}
	for _, v := range a.Votes {
		add("votes", fmt.Sprintf("%d for %s", v.Votes, v.Witness))
	}
	if a.Reward != "0" {
		add("reward", a.Reward+" sun; `piecework account withdraw-rewards` takes it")
	}
	if a.Created != nil {
		add("created", a.Created.Format(time.RFC3339))
	}
	if a.LastUsed != nil {
		add("last used", a.LastUsed.Format(time.RFC3339))
	}
	return t
}

func accountShow(c *cli.Context) error {
	s, address, err := dialAccount(c)
	if err != nil {
		return err
	}
	defer s.close()
	account, err := s.node.Account(c.Context, node.Head, address)
	if errors.Is(err, node.ErrNotFound) {
		return withHint(err, "Nobody has used this address on %s yet; the first transfer to it activates it.", s.network.Name)
	}
	if err != nil {
		return err
	}
	out, err := showAccount(c, s, account)
	if err != nil {
		return err
	}
	return printResult(c, out)
}

func showAccount(c *cli.Context, s *session, a *node.Account) (accountShown, error) {
	reward, err := s.node.Reward(c.Context, a.Address)
	if err != nil {
		return accountShown{}, err
	}
	out := accountShown{
		Address: a.Address, Name: a.Name, Contract: a.Contract, Witness: a.Witness, Balance: sunText(a.Balance), TRX: a.Balance.String(),
		Tokens: []tokenShown{}, Stakes: []stakeShown{}, Unstaking: []unstakingShown{}, Votes: []voteShown{}, Reward: sunText(reward),
		Created: known(a.Created), LastUsed: known(a.LastUsed),
	}
	for _, id := range sortedKeys(a.Tokens) {
		token, err := showToken(c, s, id, a.Tokens[id])
		if err != nil {
			return out, err
		}
		out.Tokens = append(out.Tokens, token)
	}
	for _, r := range []node.Resource{node.Bandwidth, node.Energy} {
		own, lent, borrowed := a.Staked[r], a.Lent[r], a.Borrowed[r]
		if own != 0 || lent != 0 || borrowed != 0 {
			out.Stakes = append(out.Stakes, stakeShown{r.String(), sunText(own), sunText(lent), sunText(borrowed), []string{own.String(), lent.String(), borrowed.String()}})
		}
	}
	for _, u := range a.Unstaking {
		out.Unstaking = append(out.Unstaking, unstakingShown{u.Resource.String(), sunText(u.Amount), u.Until, u.Amount.String()})
	}
	for _, v := range a.Votes {
		out.Votes = append(out.Votes, voteShown(v))
	}
	return out, nil
}

// showToken reads the decimals of a TRC-10 token; where they cannot be read, the units are shown alone.
func showToken(c *cli.Context, s *session, id string, units int64) (tokenShown, error) {
	shown := tokenShown{ID: id, Units: strconv.FormatInt(units, 10), Amount: strconv.FormatInt(units, 10) + " units"}
	parsed, err := trc10.ParseID(id)
	if err != nil || units < 0 {
		return shown, nil //nolint:nilerr // a stranger's token is shown as far as it can be
	}
	token, err := trc10.Open(c.Context, s.node, parsed)
	if errors.Is(err, trc10.ErrUnknown) {
		return shown, nil
	}
	if err != nil {
		return shown, err
	}
	shown.Name, shown.Amount = token.Name, token.Format(wallet.UnitsFromUint64(uint64(units)))
	return shown, nil
}

func sunText(s wallet.Sun) string { return strconv.FormatInt(int64(s), 10) }

// known is a time that JSON leaves out when it is not known.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
