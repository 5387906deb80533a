package vm

import (
	"math"

	"github.com/piecework/piecework/testnet/strictmath"
	"github.com/piecework/piecework/wallet"
)

// votePrecompiles are 0x01000005 to 0x0a: rewards and votes. An input of any other length than the right one answers zero.
var votePrecompiles = [6]precompile{
	{flat(500), func(c *precompileCall) ([]byte, bool, *fault) {
		return longWord(int64(c.m.state.Reward(c.caller))), true, nil
	}},
	query(20, 1, func(q *stakeQuery) []int64 { return []int64{b2i(q.state.IsWitness(q.address(0)))} }),
	query(500, 2, func(q *stakeQuery) []int64 {
		return []int64{q.votes(func(v Vote) bool { return v.Witness == q.address(1) })}
	}),
	query(20, 1, func(q *stakeQuery) []int64 { return []int64{q.votes(func(Vote) bool { return true })} }),
	query(20, 1, func(q *stakeQuery) []int64 { return []int64{q.state.ReceivedVotes(q.address(0))} }),
	query(20, 1, func(q *stakeQuery) []int64 { return []int64{int64(q.state.TronPower(q.address(0)) / wallet.TRX)} }),
}

// stakePrecompiles are 0x0100000b to 0x15: what a node knows about stake.
var stakePrecompiles = [11]precompile{
	query(50, 1, func(q *stakeQuery) []int64 { return []int64{q.parameter(q.number(0))} }),
	query(50, 1, func(q *stakeQuery) []int64 { return []int64{q.state.UnfreezesLeft(q.address(0))} }),
	query(50, 2, func(q *stakeQuery) []int64 { return []int64{q.frozen(q.address(0), q.number(1))} }),
	query(50, 2, (*stakeQuery).expired),
	query(50, 2, func(q *stakeQuery) []int64 { return q.sun(1, q.state.Delegatable) }),
	query(50, 3, (*stakeQuery).resourceOf),
	answers(3, query(50, 3, (*stakeQuery).undelegatable)),
	answers(2, query(50, 2, (*stakeQuery).usage)),
	query(50, 2, func(q *stakeQuery) []int64 { return q.sun(1, q.state.AllFrozen) }),
	query(50, 2, func(q *stakeQuery) []int64 { return q.sun(1, q.state.DelegatedOut) }),
	query(50, 2, func(q *stakeQuery) []int64 { return q.sun(1, q.state.AcquiredIn) }),
}

// stakeQuery is a question about stake: words in, words out.
type stakeQuery struct {
	state  State
	params *Params
	input  []byte
}

// query is a precompile that wants exactly so many words.
func query(price int64, inputWords int, answer func(*stakeQuery) []int64) precompile {
	return precompile{flat(price), func(c *precompileCall) ([]byte, bool, *fault) {
		if len(c.input) != inputWords*wordSize {
			return longWord(0), true, nil
		}
		var out []byte
		for _, n := range answer(&stakeQuery{c.m.state, c.m.params, c.input}) {
			out = append(out, longWord(n)...)
		}
		return out, true, nil
	}}
}

// answers widens what a query answers to a wrong input.
func answers(outputWords int, p precompile) precompile {
	run := p.run
	p.run = func(c *precompileCall) ([]byte, bool, *fault) {
		out, ok, err := run(c)
		return padded(out, 0, outputWords*wordSize), ok, err
	}
	return p
}

func (q *stakeQuery) address(n int) wallet.Address { return wordAddress(inputWord(q.input, n)) }
func (q *stakeQuery) number(n int) int64           { return saturate63(inputWord(q.input, n)) }

// resource reads a resource that accounts are limited by: bandwidth or energy.
func (q *stakeQuery) resource(n int) (Resource, bool) {
	kind := q.number(n)
	return Resource(kind & 1), kind == int64(Bandwidth) || kind == int64(Energy)
}

// sun asks something about the account of the first word and the resource of another.
func (q *stakeQuery) sun(n int, ask func(wallet.Address, Resource) wallet.Sun) []int64 {
	r, ok := q.resource(n)
	if !ok {
		return []int64{0}
	}
	return []int64{int64(ask(q.address(0), r))}
}

func (q *stakeQuery) votes(counts func(Vote) bool) (sum int64) {
	for _, v := range q.state.VotesOf(q.address(0)) {
		if counts(v) {
			sum += v.Count
		}
	}
	return sum
}

func (q *stakeQuery) parameter(code int64) int64 {
	totals := q.state.Totals()
	switch code {
	case 1:
		return totals.NetLimit
	case 2:
		return totals.NetWeight
	case 3:
		return totals.EnergyLimit
	case 4:
		return totals.EnergyWeight
	case 5:
		return q.params.UnfreezeDelayDays
	}
	return 0
}

// frozen is own V2 stake by a type that may be Tron power too.
func (q *stakeQuery) frozen(a wallet.Address, kind int64) int64 {
	if kind < int64(Bandwidth) || kind > int64(TronPower) {
		return 0
	}
	return int64(q.state.Frozen(a, Resource(kind)))
}

// expired is what can be withdrawn at a time in seconds.
func (q *stakeQuery) expired() []int64 {
	at := q.number(1)
	if at >= math.MaxInt64/1000 {
		at = math.MaxInt64
	} else {
		at *= 1000
	}
	sum := int64(0)
	for _, u := range q.state.Unfreezing(q.address(0)) {
		if u.Expires <= at {
			sum += int64(u.Amount)
		}
	}
	return []int64{sum}
}

// resourceOf is what one account gives another, or its own stake.
func (q *stakeQuery) resourceOf() []int64 {
	target, from := q.address(0), q.address(1)
	if target == from {
		return []int64{q.frozen(from, q.number(2))}
	}
	r, ok := q.resource(2)
	if !ok {
		return []int64{0}
	}
	return []int64{int64(q.state.DelegatedTo(from, target, r))}
}

// undelegatable splits an amount into what is unused, what is used, and the seconds until that has recovered; in Java's doubles.
func (q *stakeQuery) undelegatable() []int64 {
	a, amount := q.address(0), q.number(1)
	r, ok := q.resource(2)
	if !ok || amount <= 0 || !q.state.Exists(a) {
		return []int64{0, 0, 0}
	}
	limit := int64(q.state.AllFrozen(a, r))
	used, seconds := q.state.UsedStake(a, r)
	amount = min(amount, limit)
	if limit <= int64(used) {
		return []int64{0, amount, seconds}
	}
	clean := strictmath.Long(float64(amount) * (float64(limit-int64(used)) / float64(limit)))
	return []int64{clean, amount - clean, seconds}
}

func (q *stakeQuery) usage() []int64 {
	r, ok := q.resource(1)
	if !ok {
		return []int64{0, 0}
	}
	used, seconds := q.state.UsedStake(q.address(0), r)
	return []int64{int64(used), seconds}
}
