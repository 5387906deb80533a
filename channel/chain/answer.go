package chain

import (
	"errors"
	"fmt"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// Errors of a Writer that the Sender and who uses it tell apart. None of them ends a worker.
var (
	// ErrShort: the account cannot pay for the transaction. Nothing was sent.
	ErrShort = errors.New("the account has not enough TRX for the transaction")
	// ErrOverCap: the transaction would need a higher fee limit than is allowed. Nothing was sent.
	ErrOverCap = errors.New("the fee limit would be over the cap")
	// ErrReverts: the simulation says that the call would fail. Nothing was sent.
	ErrReverts = errors.New("the call would fail")
	// ErrRefused: the node refused the signed bytes. They may still get in by another node until they expire, so nothing replaces them before.
	ErrRefused = errors.New("the node refused the transaction")
)

// Fee bounds what a transaction may burn.
type Fee struct {
	Percent int64      // of the energy; 0 is 130
	Least   int64      // energy that it needs by our own reckoning: a simulation below it is not believed, since the state may be another one by then
	Cap     wallet.Sun // 0 is the chain's own
}

// Limit is the fee limit for a simulated energy at a price. ErrOverCap when even the usual one is over the cap; a raised one is cut to it.
func (f Fee) Limit(simulated int64, price wallet.Sun) (wallet.Sun, error) {
	energy := max(simulated, f.Least)
	usual := wallet.Sun(energy*FeePercent/100) * price
	if f.Cap > 0 && usual > f.Cap {
		return 0, fmt.Errorf("%w: it would be %s TRX, the cap is %s", ErrOverCap, usual, f.Cap)
	}
	raised := wallet.Sun(energy*max(f.Percent, FeePercent)/100) * price
	if f.Cap > 0 {
		raised = min(raised, f.Cap)
	}
	return raised, nil
}

// FeePercent is what a fee limit is above a simulation, in per cent, when nothing has failed before.
const FeePercent = 130

// Answer is what is done after a transaction failed in a block.
type Answer struct {
	Percent int64  // the fee limit of the next try, of its simulation
	Alone   bool   // the next try settles one channel at a time
	Why     string // in words, for the log and the operator
}

// answers are in the order in which they are looked for: java-tron's receipt.result.
var answers = []struct {
	result string
	answer Answer
}{
	{"OUT_OF_ENERGY", Answer{Percent: 200, Why: "the energy needed grew after the simulation: the next try has a higher limit, within the cap"}},
	{"OUT_OF_TIME", Answer{Percent: FeePercent, Alone: true, Why: "it took longer than a transaction may: its channels are settled one by one"}},
	{"REVERT", Answer{Percent: FeePercent, Alone: true, Why: "the contract or a token refused: its channels are tried one by one, later"}},
}

// AnswerTo says what to do about a failure, by the text that an Outcome gave.
func AnswerTo(failure string) Answer {
	for _, row := range answers {
		if strings.HasPrefix(failure, row.result) {
			return row.answer
		}
	}
	return Answer{Percent: FeePercent, Why: "it failed in the machine: it is tried again later"}
}
