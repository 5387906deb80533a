package contract

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// ErrEvent is wrapped by errors about a log that is none of the contract's events.
var ErrEvent = errors.New("not an event of the contract")

// Why the contract skipped an item of a batch: channel.Event.Reason of EventSkipped. The errors of a single call have the same names.
const (
	SkippedUnknownChannel = "UnknownChannel"
	SkippedStale          = "Stale"
	SkippedBadSignature   = "BadSignature"
	SkippedBadTail        = "BadTail"
	SkippedBadPreimage    = "BadPreimage"
)

var skipReasons = [...]string{"", SkippedUnknownChannel, SkippedStale, SkippedBadSignature, SkippedBadTail, SkippedBadPreimage}

// layout of an event: how many topics it has, its own included, and how many words of data.
type layout struct{ topics, words int }

var layouts = map[channel.EventKind]layout{
	channel.EventOpened:    {4, 5},
	channel.EventDeposited: {2, 1},
	channel.EventSettled:   {2, 1},
	channel.EventRevealed:  {3, 2},
	channel.EventSkipped:   {2, 1},
	channel.EventClosing:   {2, 1},
	channel.EventClosed:    {2, 2},
}

// kinds finds an event by its first topic.
var kinds = sync.OnceValue(func() map[[32]byte]channel.EventKind {
	topics := make(map[[32]byte]channel.EventKind, len(layouts))
	for kind := range layouts {
		topics[Topic(kind)] = kind
	}
	return topics
})

// Topic is the first topic of an event.
func Topic(kind channel.EventKind) [32]byte { return Interface().MustEvent(kind.String()).Topic() }

// DecodeEvent reads a log of the contract; that it is this contract's log is the caller's check. Block, Index and TxID stay zero. Errors wrap ErrEvent.
func DecodeEvent(topics [][32]byte, data []byte) (channel.Event, error) {
	if len(topics) == 0 {
		return channel.Event{}, fmt.Errorf("%w: no topic", ErrEvent)
	}
	kind, ok := kinds()[topics[0]]
	if !ok {
		return channel.Event{}, fmt.Errorf("%w: topic %x", ErrEvent, topics[0])
	}
	if want := layouts[kind]; len(topics) != want.topics || len(data) != 32*want.words {
		return channel.Event{}, fmt.Errorf("%w: %s with %d topics and %d bytes", ErrEvent, kind, len(topics), len(data))
	}
	e := channel.Event{Kind: kind, Channel: topics[1]}
	words := wordReader{data: data}
	readEvent(&e, topics, &words)
	if words.err != nil {
		return channel.Event{}, fmt.Errorf("%w: %s: %w", ErrEvent, kind, words.err)
	}
	return e, nil
}

func readEvent(e *channel.Event, topics [][32]byte, words *wordReader) {
	switch e.Kind {
	case channel.EventOpened:
		readOpened(e, topics, words)
	case channel.EventDeposited:
		e.Deposit = words.amount()
	case channel.EventSettled:
		e.Settled = words.amount()
	case channel.EventRevealed:
		e.Reveal = channel.Reveal{Tail: topics[2], Count: uint32(words.number(channel.MaxTailLength)), Preimage: words.word()}
	case channel.EventSkipped:
		e.Reason = skipReasons[words.number(uint64(len(skipReasons)-1))]
	case channel.EventClosing:
		e.CloseAt = int64(words.number(math.MaxInt64))
	case channel.EventClosed:
		e.Settled, e.Refund = words.amount(), words.amount()
	}
}

// readOpened rebuilds the terms, and checks that they are those of the id.
func readOpened(e *channel.Event, topics [][32]byte, words *wordReader) {
	e.Terms = channel.Terms{
		Payer:     words.addressOf(topics[2]),
		Payee:     words.addressOf(topics[3]),
		Signer:    words.addressOf(words.word()),
		Asset:     words.asset(),
		Challenge: time.Duration(words.number(uint64(channel.MaxChallenge/time.Second))) * time.Second,
		Seed:      words.word(),
	}
	e.Deposit = words.amount()
	if words.err == nil && e.Terms.ID() != e.Channel {
		words.err = errors.New("its terms are those of another channel")
	}
}

// wordReader takes words off data that is known to be long enough. The first problem stays in err.
type wordReader struct {
	data []byte
	err  error
}

func (w *wordReader) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *wordReader) word() [32]byte {
	word := [32]byte(w.data)
	w.data = w.data[32:]
	return word
}

func (w *wordReader) amount() channel.Amount {
	a, err := channel.AmountFromWord(w.word())
	w.fail(err)
	return a
}

func (w *wordReader) asset() channel.Asset {
	a, err := channel.AssetFromWord(w.word())
	w.fail(err)
	return a
}

// number reads a word of at most most; over it, it fails and gives 0.
func (w *wordReader) number(most uint64) uint64 {
	word := w.word()
	n := binary.BigEndian.Uint64(word[24:])
	if [24]byte(word[:24]) != [24]byte{} || n > most {
		w.fail(fmt.Errorf("%x is over %d", word, most))
		return 0
	}
	return n
}

func (w *wordReader) addressOf(word [32]byte) wallet.Address {
	if [12]byte(word[:12]) != [12]byte{} {
		w.fail(fmt.Errorf("%x is no address", word))
	}
	return wallet.AddressFromEVM([20]byte(word[12:]))
}
