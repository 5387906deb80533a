package cmd

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

func accountVote(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	call := &tx.VoteWitness{Owner: s.from}
	total := int64(0)
	for _, text := range c.StringSlice("for") {
		vote, err := parseVote(c, s, text)
		if err != nil {
			return err
		}
		call.Votes, total = append(call.Votes, vote), total+vote.Count
	}
	resources, err := s.node.Resources(c.Context, s.from)
	if err != nil {
		return err
	}
	if total > resources.VotesLimit {
		return withHint(fmt.Errorf("%w: %s has %d votes, not %d", errShort, s.from, resources.VotesLimit, total), "A staked TRX is a vote: `piecework account stake`. "+nothingSent)
	}
	if err := candidates(c, s, call.Votes); err != nil {
		return err
	}
	return sendCall(c, s, call, "all earlier votes are replaced")
}

func parseVote(c *cli.Context, s *session, text string) (tx.Vote, error) {
	name, number, ok := strings.Cut(text, "=")
	count, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || count <= 0 {
		return tx.Vote{}, usagef("--for %q: want ADDRESS=VOTES, votes a whole number", text)
	}
	candidate, err := resolve(c, s.network, name)
	return tx.Vote{Candidate: candidate, Count: count}, err
}

// candidates refuses a vote for somebody who does not stand.
func candidates(c *cli.Context, s *session, votes []tx.Vote) error {
	witnesses, err := s.node.Witnesses(c.Context)
	if err != nil {
		return err
	}
	standing := map[wallet.Address]bool{}
	for _, w := range witnesses {
		standing[w.Address] = true
	}
	for _, v := range votes {
		if !standing[v.Candidate] {
			return withHint(&refusedErr{fmt.Errorf("%s is no candidate", v.Candidate)}, "`piecework account witnesses` lists them. "+nothingSent)
		}
	}
	return nil
}

// witnessesShown is who can be voted for.
type witnessesShown struct {
	Witnesses []witnessShown `json:"witnesses"`
}

type witnessShown struct {
	Address   wallet.Address `json:"address"`
	Votes     int64          `json:"votes"`
	Active    bool           `json:"active"`
	Brokerage int64          `json:"brokerage_percent"`
	URL       string         `json:"url"`
}

func (w witnessesShown) schema() string { return "piecework.witnesses.v1" }

func (w witnessesShown) table() table {
	t := table{heading: []string{"ADDRESS", "VOTES", "PRODUCES BLOCKS", "KEEPS", "PAGE"}}
	for _, one := range w.Witnesses {
		t.rows = append(t.rows, []string{one.Address.String(), fmt.Sprint(one.Votes), yesNo(one.Active), fmt.Sprintf("%d %%", one.Brokerage), strconv.QuoteToGraphic(one.URL)})
	}
	return t
}

func accountWitnesses(c *cli.Context) error {
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	witnesses, err := s.node.Witnesses(c.Context)
	if err != nil {
		return err
	}
	out := witnessesShown{Witnesses: []witnessShown{}}
	shown := newProgress(c, "asked about", int64(len(witnesses)), "witnesses")
	for i, w := range witnesses {
		brokerage, err := s.node.Brokerage(c.Context, w.Address)
		if err != nil {
			return err
		}
		out.Witnesses = append(out.Witnesses, witnessShown{w.Address, w.Votes, w.Active, brokerage, w.URL})
		shown.at(int64(i))
	}
	shown.end()
	return printResult(c, out)
}

// rewardsShown is what voting earned.
type rewardsShown struct {
	Address wallet.Address `json:"address"`
	Reward  string         `json:"reward_sun"`
	TRX     string         `json:"reward_trx"`
	Votes   []voteShown    `json:"votes"`
}

func (r rewardsShown) schema() string { return "piecework.rewards.v1" }

func (r rewardsShown) table() table {
	t := table{rows: [][]string{{"account", r.Address.String()}, {"reward", r.TRX + " TRX"}}}
	for _, v := range r.Votes {
		t.rows = append(t.rows, []string{"votes", fmt.Sprintf("%d for %s", v.Votes, v.Witness)})
	}
	return t
}

func accountRewards(c *cli.Context) error {
	s, address, err := dialAccount(c)
	if err != nil {
		return err
	}
	defer s.close()
	account, err := s.node.Account(c.Context, node.Head, address)
	if err != nil {
		return err
	}
	reward, err := s.node.Reward(c.Context, address)
	if err != nil {
		return err
	}
	out := rewardsShown{Address: address, Reward: sunText(reward), TRX: reward.String(), Votes: []voteShown{}}
	for _, v := range account.Votes {
		out.Votes = append(out.Votes, voteShown(v))
	}
	return printResult(c, out)
}

func accountWithdrawRewards(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	reward, err := s.node.Reward(c.Context, s.from)
	if err != nil {
		return err
	}
	if reward == 0 {
		return withHint(&refusedErr{fmt.Errorf("%s has no rewards to take", s.from)}, "Votes earn them: `piecework account vote`. "+nothingSent)
	}
	return sendCall(c, s, &tx.WithdrawBalance{Owner: s.from}, fmt.Sprintf("pays out %s TRX", reward))
}
