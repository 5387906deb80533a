package vm

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/testnet/javahash"
	"github.com/piecework/piecework/wallet"
)

const (
	// maxVotes is how many votes one VOTEWITNESS may cast, zero counts included.
	maxVotes = 30
	// maxVotesShown is of how many votes, cast or refused, the record tells: an array may have 98,000.
	maxVotesShown = 300
)

// stake executes the opcodes of staking and voting. What cannot be done answers 0 and leaves a rejected internal transaction; nothing here
// is an exception but VOTEWITNESS with arrays that do not match.
func (f *frame) stake(op byte) *fault {
	if err := f.chargeStake(op); err != nil {
		return err
	}
	if f.static && (op != opFREEZEEXPIRETIME && (f.m.params.Vote || op > opFREEZEEXPIRETIME)) {
		return faultStatic()
	}
	switch op {
	case opVOTEWITNESS:
		return f.vote()
	case opWITHDRAWREWARD:
		f.withdraw("withdrawReward", func(owner wallet.Address) (wallet.Sun, error) {
			return f.m.state.WithdrawReward(owner, f.m.seconds()*1000)
		})
	case opWITHDRAWEXPIREUNFREEZE:
		f.withdraw("withdrawExpireUnfreeze", f.m.state.WithdrawExpired)
	case opCANCELALLUNFREEZEV2:
		f.cancelUnfreezes()
	case opFREEZEBALANCEV2:
		f.amount(2, "freezeBalanceV2For", f.self, f.m.state.Freeze)
	case opUNFREEZEBALANCEV2:
		f.unfreeze()
	case opDELEGATERESOURCE, opUNDELEGATERESOURCE:
		f.delegate(op)
	default:
		f.legacyStake(op)
	}
	return nil
}

// chargeStake takes the price of the two opcodes for which it is not fixed.
func (f *frame) chargeStake(op byte) *fault {
	switch op {
	case opFREEZE:
		cost := int64(costFreeze)
		if !f.m.state.Exists(wordAddress(f.top(2))) {
			cost += costNewAccount
		}
		return f.charge(op, cost)
	case opVOTEWITNESS:
		amounts, ok := f.arrayEnd(f.top(1), f.top(0))
		witnesses, fits := f.arrayEnd(f.top(3), f.top(2))
		if !ok || !fits {
			return faultOutOfMemory(op)
		}
		return f.charge(op, costVote+f.growth(max(amounts, witnesses)))
	}
	return nil
}

// arrayEnd is how far an array of words with its length in front reaches. Before parameter 96 the size wrapped around, before 81 the word of
// the length was forgotten.
func (f *frame) arrayEnd(offset, length *uint256.Int) (int64, bool) {
	size := new(uint256.Int)
	_, overflow := size.MulOverflow(length, thirtyTwo)
	if f.m.params.EnergyAdjustment || f.m.params.Osaka {
		_, more := size.AddOverflow(size, thirtyTwo)
		overflow = overflow || more
	}
	if overflow && f.m.params.Osaka {
		return 0, false
	}
	return memoryEnd(offset, size)
}

// resource reads a resource as the V2 opcodes do: the whole word must be 0, 1 or 2.
func resourceOf(w *uint256.Int) (Resource, bool) {
	return Resource(w[0] & 3), w.LtUint64(uint64(TronPower) + 1)
}

// resourceName is how notes call a resource; only the low 32 bits of the word count here.
func resourceName(w *uint256.Int) string {
	switch uint32(w[0]) {
	case 0:
		return "Bandwidth"
	case 1:
		return "Energy"
	case 2:
		return "TronPower"
	}
	return "UnknownType"
}

// attempt runs an operation of the ledger so that a failure leaves nothing behind, and marks the record it belongs to.
func (f *frame) attempt(index int, operation func() error) bool {
	back := f.m.state.Snapshot()
	if err := operation(); err != nil {
		f.m.state.Revert(back)
		f.m.internal[index].Rejected = true
		return false
	}
	f.m.state.Keep(back)
	return true
}

var errOperand = fmt.Errorf("operand out of range")

// amount is an opcode whose operands are a resource and an amount, at the top; it takes n words in all.
func (f *frame) amount(n int, note string, to wallet.Address, operation func(wallet.Address, Resource, wallet.Sun) error) bool {
	kind, word := *f.top(0), *f.top(1)
	index := f.m.record(f, note+resourceName(&kind), to, int64(word.Uint64()), nil)
	done := f.attempt(index, func() error {
		r, known := resourceOf(&kind)
		sun, fits := signed63(&word)
		if !known || !fits {
			return errOperand
		}
		return operation(f.self, r, wallet.Sun(sun))
	})
	f.answer(n, done)
	return done
}

func (f *frame) unfreeze() {
	var paid wallet.Sun
	done := f.amount(2, "unfreezeBalanceV2For", f.self, func(owner wallet.Address, r Resource, sun wallet.Sun) (err error) {
		paid, err = f.m.state.Unfreeze(owner, r, sun)
		return err
	})
	if done && paid > 0 {
		f.m.record(f, "withdrawExpireUnfreezeWhileUnfreezing", f.self, int64(paid), nil)
	}
}

func (f *frame) delegate(op byte) {
	to := wordAddress(f.top(2))
	note, operation := "delegateResourceOf", f.m.state.Delegate
	if op == opUNDELEGATERESOURCE {
		note, operation = "unDelegateResourceOf", f.m.state.Undelegate
	}
	f.amount(3, note, to, func(owner wallet.Address, r Resource, sun wallet.Sun) error { return operation(owner, to, r, sun) })
}

// withdraw pays something out: 0 without rejection when there is nothing.
func (f *frame) withdraw(note string, operation func(wallet.Address) (wallet.Sun, error)) {
	index := f.m.record(f, note, f.self, 0, nil)
	var paid wallet.Sun
	done := f.attempt(index, func() (err error) {
		paid, err = operation(f.self)
		return err
	})
	if !done {
		paid = 0
	}
	f.m.internal[index].Values[0].Amount = int64(paid)
	f.number(0, int64(paid))
}

func (f *frame) cancelUnfreezes() {
	index := f.m.record(f, "cancelAllUnfreezeV2", f.self, 0, nil)
	var c Cancelled
	done := f.attempt(index, func() (err error) {
		c, err = f.m.state.CancelUnfreezes(f.self)
		return err
	})
	if done {
		f.m.internal[index].Extra = fmt.Sprintf(`{"BANDWIDTH":%d,"ENERGY":%d,"TRON_POWER":%d}`, c.Frozen[Bandwidth], c.Frozen[Energy], c.Frozen[TronPower])
		if c.Paid > 0 {
			f.m.record(f, "withdrawExpireUnfreezeWhileCanceling", f.self, int64(c.Paid), nil)
		}
	}
	f.answer(0, done)
}

// legacyStake is Stake 1.0. Once Stake 2.0 is on, FREEZE does nothing.
func (f *frame) legacyStake(op byte) {
	legacy, ok := f.m.state.(LegacyStakes)
	kind := *f.top(0)
	r, known := Resource(kind[0]&1), uint32(kind[0]) <= uint32(Energy)
	switch op {
	case opFREEZEEXPIRETIME:
		var at int64
		if ok && known {
			at = legacy.LegacyExpiry(f.self, wordAddress(f.top(1)), r)
		}
		f.number(2, at/1000)
	case opFREEZE:
		if f.m.params.UnfreezeDelayDays > 0 {
			f.number(3, 0)
			return
		}
		word, to := *f.top(1), wordAddress(f.top(2))
		index := f.m.record(f, "freezeFor"+resourceName(&kind), to, int64(word.Uint64()), nil)
		f.answer(3, f.attempt(index, func() error {
			sun, fits := signed63(&word)
			if !ok || !known || !fits {
				return errOperand
			}
			return legacy.FreezeLegacy(f.self, to, r, wallet.Sun(sun))
		}))
	case opUNFREEZE:
		to := wordAddress(f.top(1))
		index := f.m.record(f, "unfreezeFor"+resourceName(&kind), to, 0, nil)
		f.answer(2, f.attempt(index, func() error {
			if !ok || !known {
				return errOperand
			}
			sun, err := legacy.UnfreezeLegacy(f.self, to, r)
			if err == nil {
				f.m.internal[index].Values[0].Amount = int64(sun)
			}
			return err
		}))
	}
}

// vote is VOTEWITNESS. Both arrays have their length in front, which must be the operand.
func (f *frame) vote() *fault {
	counts, countsAt := saturate31(f.top(0)), f.top(1)
	witnesses, witnessesAt := saturate31(f.top(2)), f.top(3)
	index := f.m.record(f, "voteWitness", wallet.Address{}, 0, nil)
	nWitnesses, wErr := f.lengthWord(witnessesAt)
	nCounts, cErr := f.lengthWord(countsAt)
	if wErr != nil || cErr != nil {
		return faultOutOfMemory(opVOTEWITNESS)
	}
	if nWitnesses != witnesses || nCounts != counts {
		return faultExecution("TVM VoteWitness: memory array length do not match length parameter!")
	}
	if witnesses != counts {
		f.answer(4, false) // the record is not marked
		return nil
	}
	votes, ok := f.readVotes(witnessesAt, countsAt, witnesses)
	if ok {
		if len(votes) <= maxVotesShown {
			f.m.internal[index].Extra = votesJSON(votes)
		}
		ok = f.attempt(index, func() error { return f.castVotes(votes) })
	} else {
		f.m.internal[index].Rejected = true
	}
	f.answer(4, ok)
	return nil
}

// lengthWord reads the word in front of an array. Before parameter 81 its memory was not paid for, so its offset may be anything.
func (f *frame) lengthWord(offset *uint256.Int) (int, error) {
	if _, ok := memoryEnd(offset, thirtyTwo); !ok {
		return 0, errOperand
	}
	return saturate31(new(uint256.Int).SetBytes32(f.chunk(offset, thirtyTwo))), nil
}

// readVotes reads both arrays. A count beyond 63 bits is no vote, nor is an array that wraps around.
func (f *frame) readVotes(witnessesAt, countsAt *uint256.Int, n int) ([]Vote, bool) {
	size := uint256.NewInt(uint64(n) * wordSize)
	from, to := new(uint256.Int).AddUint64(witnessesAt, wordSize), new(uint256.Int).AddUint64(countsAt, wordSize)
	_, ok := memoryEnd(from, size)
	if _, fits := memoryEnd(to, size); !ok || !fits {
		return nil, false
	}
	f.chunk(from, size)
	counts := f.chunk(to, size)
	witnesses := f.chunk(from, size)
	votes := make([]Vote, n)
	for i := range votes {
		count, fits := signed63(inputWord(counts, i))
		if !fits {
			return nil, false
		}
		votes[i] = Vote{wordAddress(inputWord(witnesses, i)), count}
	}
	return votes, true
}

// castVotes checks the votes, merges those for the same witness and drops zero counts. The account keeps them in the order of the map in which
// java-tron merges.
func (f *frame) castVotes(votes []Vote) error {
	if len(votes) > maxVotes {
		return fmt.Errorf("VoteNumber more than maxVoteNumber %d", maxVotes)
	}
	var merged []Vote
	var sum uint64
	for _, v := range votes {
		switch {
		case !f.m.state.IsWitness(v.Witness):
			return fmt.Errorf("Witness[%s] not exists", v.Witness) //nolint:staticcheck // java-tron's words
		case v.Count < 0:
			return fmt.Errorf("vote count must not be less than 0")
		}
		var carry uint64
		if sum, carry = bits.Add64(sum, uint64(v.Count), 0); carry != 0 || sum > 1<<63-1 {
			return errOperand
		}
		if v.Count > 0 {
			merged = mergeVote(merged, v)
		}
	}
	if sum > (1<<63-1)/uint64(wallet.TRX) {
		return errOperand
	}
	javahash.Sort(merged, javahash.Grown(len(merged)), func(v Vote) uint32 { return javahash.Bytes(v.Witness[:]) })
	return f.m.state.Vote(f.self, merged)
}

func mergeVote(votes []Vote, v Vote) []Vote {
	for i := range votes {
		if votes[i].Witness == v.Witness {
			votes[i].Count += v.Count
			return votes
		}
	}
	return append(votes, v)
}

// votesJSON is the extra text of a voteWitness record: all votes as they were given.
func votesJSON(votes []Vote) string {
	var b strings.Builder
	b.WriteString(`{"votes":[`)
	for i, v := range votes {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"vote_address":"%s","vote_count":%d}`, v.Witness, v.Count)
	}
	b.WriteString("]}")
	return b.String()
}

// tokenBalance is TOKENBALANCE, which a bad token id turns into an exception.
func (f *frame) tokenBalance() *fault {
	word, holder := f.top(0), wordAddress(f.top(1))
	id := int64(word.Uint64())
	if f.m.params.MultiSign {
		var ok bool
		if id, ok = signed63(word); !ok {
			if f.m.params.Constantinople {
				return faultTransfer("validateForSmartContract failure:not valid token id")
			}
			return faultRange()
		}
		if id <= MinTokenID {
			return faultExecution("validateForSmartContract failure:not valid token id")
		}
	}
	f.number(2, int64(f.m.state.TokenBalance(holder, TokenID(id))))
	return nil
}
